#include "base/utf8.hpp"
#include "formats/containers.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/office_package.hpp"
#include "formats/spreadsheet_values.hpp"
#include "formats/xml.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

using Event = XmlReader::Event;

struct Sheet {
    std::string name;
    std::string part;
};

std::size_t number_of(const std::string& text, std::size_t otherwise) {
    std::size_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// "C5" is in the third column.
std::size_t column_of(const std::string& reference, std::size_t otherwise) {
    std::size_t column = 0;
    for (const char c : reference) {
        if (c < 'A' || c > 'Z' || column > table_columns_max * 26) {
            break;
        }
        column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
    }
    return column == 0 ? otherwise : column - 1;
}

class XlsxReader final {
public:
    explicit XlsxReader(const OfficePackage& package) : package_(package) {
        read_strings();
        formats_ = CellFormats(related("styles"));
    }

    ReadDocument read() {
        ReadDocument document;
        package_.read_properties(document);
        const std::vector<Sheet> sheets = read_sheets();
        MarkdownBuilder out;
        for (const Sheet& sheet : sheets) {
            const std::vector<TableRow> rows = read_rows(sheet);
            if (!rows.empty()) {
                out.heading(1, sheet.name);
                out.table(rows);
            }
        }
        document.metadata["sheet_count"] = sheets.size();
        document.markdown = out.take();
        return document;
    }

private:
    std::string_view related(std::string_view type) const {
        return package_.archive().part(package_.related_part(package_.main_part(), type));
    }

    void read_strings() {
        const std::string_view part = related("sharedStrings");
        if (part.empty()) {
            return;
        }
        XmlReader xml(part, "sharedStrings.xml");
        for (Event event = xml.next(); event != Event::done; event = xml.next()) {
            if (event == Event::start && xml.is("si")) {
                strings_.push_back(read_rich_text(xml));
            }
        }
    }

    /// Runs of text, without the hints for pronunciation.
    static std::string read_rich_text(XmlReader& xml) {
        std::string text;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event == Event::start && xml.is("rPh")) {
                xml.skip();
                --open;
            } else if (event == Event::start && xml.is("t")) {
                text += xml.read_text();
                --open;
            }
        }
        return text;
    }

    std::vector<Sheet> read_sheets() {
        const Relations relations = package_.relations_of(package_.main_part());
        XmlReader xml(package_.archive().require(package_.main_part()), package_.main_part());
        std::vector<Sheet> sheets;
        for (Event event = xml.next(); event != Event::done; event = xml.next()) {
            if (event != Event::start) {
                continue;
            }
            if (xml.is("workbookPr")) {
                const std::string since_1904 = xml.attribute("date1904");
                epoch_ = since_1904 == "1" || since_1904 == "true" ? DateEpoch::year_1904
                                                                   : DateEpoch::year_1900;
            }
            if (xml.is("sheet")) {
                const auto relation = relations.find(xml.relation("id"));
                const std::string state = xml.attribute("state");
                if (relation != relations.end() && (state.empty() || state == "visible")) {
                    sheets.push_back({xml.attribute("name"), relation->second.target});
                }
            }
        }
        if (sheets.size() > sheets_max) {
            throw Error(ErrorCode::invalid_argument,
                        "The workbook has " + std::to_string(sheets.size()) + " sheets; at most " +
                            std::to_string(sheets_max) + " are read. Split it into several files.");
        }
        return sheets;
    }

    /// Rows that hold something.
    std::vector<TableRow> read_rows(const Sheet& sheet) {
        std::vector<TableRow> rows;
        if (!package_.archive().has(sheet.part)) {
            return rows;
        }
        XmlReader xml(package_.archive().part(sheet.part), sheet.part);
        TableRow row;
        for (Event event = xml.next(); event != Event::done; event = xml.next()) {
            if (event == Event::start && xml.is("c")) {
                read_cell(xml, row);
            } else if (event == Event::end && xml.is("row") && !row.empty()) {
                rows.push_back(std::exchange(row, {}));
            }
        }
        return rows;
    }

    void read_cell(XmlReader& xml, TableRow& row) {
        const std::size_t column = column_of(xml.attribute("r"), row.size());
        const std::string type = xml.attribute("t");
        const std::size_t style = number_of(xml.attribute("s"), 0);
        std::string value;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event == Event::start && (xml.is("v") || xml.is("is"))) {
                value = xml.is("v") ? xml.read_text() : read_rich_text(xml);
                --open;
            } else if (event == Event::start && xml.is("f")) {
                xml.skip();
                --open;
            }
        }
        value = shown(std::move(value), type, style);
        if (is_blank(value) || column >= table_columns_max) {
            return;
        }
        cells_ += 1 + (column > row.size() ? column - row.size() : 0);
        if (cells_ > cells_max) {
            throw Error(ErrorCode::invalid_argument, "The workbook has more than " +
                                                         std::to_string(cells_max) +
                                                         " cells. Split it into several files.");
        }
        if (row.size() <= column) {
            row.resize(column + 1);
        }
        row[column] = std::move(value);
    }

    std::string shown(std::string value, const std::string& type, std::size_t style) const {
        if (type == "s") {
            const std::size_t index = number_of(value, strings_.size());
            return index < strings_.size() ? strings_[index] : std::string();
        }
        if (type == "b") {
            return value == "1" ? "TRUE" : "FALSE";
        }
        if (type.empty() || type == "n") {
            return formats_.is_date(style) ? date_of_serial(value, epoch_) : short_number(value);
        }
        return value;
    }

    const OfficePackage& package_;
    std::vector<std::string> strings_;
    CellFormats formats_;
    DateEpoch epoch_ = DateEpoch::year_1900;
    std::size_t cells_ = 0;
};

}  // namespace

ReadDocument read_xlsx(std::string_view bytes) {
    const OfficePackage package(bytes);
    return XlsxReader(package).read();
}

}  // namespace rag::formats
