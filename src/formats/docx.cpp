#include "base/utf8.hpp"
#include "formats/containers.hpp"
#include "formats/docx_styles.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/office_package.hpp"
#include "formats/xml.hpp"
#include "rag/error.hpp"

#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

using Event = XmlReader::Event;

struct Note {
    int number = 0;
    std::string text;
};

struct Paragraph {
    std::string text;
    int heading = 0;
    std::optional<ListPlace> list;
    bool code = false;
    bool repeats = false;     ///< A line of the table of contents.
    std::vector<Note> notes;  ///< That it refers to.
};

/// What is read goes to the document, into a cell of a table, or into a note.
struct Sink {
    std::function<void(Paragraph&&)> paragraph;
    std::function<void(std::vector<TableRow>&&)> table;
};

/// Sees everything that a reader of the document sees, once.
class DocxReader final {
public:
    explicit DocxReader(const OfficePackage& package)
        : package_(package),
          styles_(related("styles")),
          lists_(related("numbering")),
          relations_(package.relations_of(package.main_part())) {
        read_notes("footnotes", footnotes_);
        read_notes("endnotes", endnotes_);
    }

    ReadDocument read() {
        ReadDocument document;
        package_.read_properties(document);
        const Sink sink{[&](Paragraph&& paragraph) { write(paragraph, document); },
                        [&](std::vector<TableRow>&& rows) { write_table(rows); }};
        XmlReader xml(package_.archive().part(package_.main_part()), package_.main_part());
        while (true) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            if (event == Event::start && xml.is("body")) {
                read_blocks(xml, sink);
            }
        }
        write_code();
        document.markdown = out_.take();
        return document;
    }

private:
    using Notes = std::map<std::string, std::string, std::less<>>;

    std::string_view related(std::string_view type) const {
        return package_.archive().part(package_.related_part(package_.main_part(), type));
    }

    void read_notes(std::string_view type, Notes& notes) {
        const std::string_view part = related(type);
        if (part.empty()) {
            return;
        }
        XmlReader xml(part, std::string(type) + ".xml");
        for (Event event = xml.next(); event != Event::done; event = xml.next()) {
            if (event != Event::start || !(xml.is("footnote") || xml.is("endnote"))) {
                continue;
            }
            const std::string id = xml.attribute("id");
            const bool separator = xml.has_attribute("type") && xml.attribute("type") != "normal";
            const std::string text = read_flat(xml);
            if (!separator) {
                notes[id] = text;
            }
        }
    }

    /// Everything up to the end of the present element as text on one line.
    std::string read_flat(XmlReader& xml) {
        std::string text;
        const auto add = [&](std::string_view part) {
            text += text.empty() || part.empty() ? "" : " ";
            text += one_line(part);
        };
        read_blocks(xml, {[&](Paragraph&& paragraph) { add(paragraph.text); },
                          [&](std::vector<TableRow>&& rows) {
                              for (const TableRow& row : rows) {
                                  for (const std::string& cell : row) {
                                      add(cell);
                                  }
                              }
                          }});
        return text;
    }

    /// What no reader sees.
    static bool is_hidden(const XmlReader& xml) {
        static const std::set<std::string_view> names{
            "del",     "moveFrom", "instrText", "Fallback", "rPr",         "sectPr",
            "sdtPr",   "tblPr",    "tblGrid",   "trPr",     "sdtEndPr",    "pPrChange",
            "tblPrEx", "delText",  "fldData",   "binData",  "delInstrText"};
        return names.contains(xml.name());
    }

    /// Up to the end of the element that has just started.
    void read_blocks(XmlReader& xml, const Sink& sink) {
        if (nesting_ >= nesting_max) {
            xml.skip();
            return;
        }
        ++nesting_;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            if (event == Event::end) {
                --open;
            } else if (event == Event::start) {
                if (xml.is("p")) {
                    sink.paragraph(read_paragraph(xml));
                } else if (xml.is("tbl")) {
                    sink.table(read_table(xml));
                } else if (is_hidden(xml)) {
                    xml.skip();
                } else {
                    note_span(xml);
                    ++open;
                }
            }
        }
        --nesting_;
    }

    void note_span(const XmlReader& xml) {
        if (xml.is("gridSpan")) {
            const std::string value = xml.attribute("val");
            std::from_chars(value.data(), value.data() + value.size(), span_);
        }
    }

    Paragraph read_paragraph(XmlReader& xml) {
        Paragraph paragraph;
        struct OpenLink {
            int open = 0;
            std::size_t begin = 0;
            std::string target;
        };
        std::optional<OpenLink> open_link;
        int open = 1;
        while (open > 0) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            if (event == Event::end) {
                --open;
                if (open_link && open_link->open == open) {
                    const std::string words = paragraph.text.substr(open_link->begin);
                    paragraph.text.resize(open_link->begin);
                    paragraph.text += markdown_link(words, open_link->target);
                    open_link.reset();
                }
            } else if (event == Event::start) {
                if (xml.is("hyperlink") && !open_link) {
                    const auto relation = relations_.find(xml.relation("id"));
                    open_link = {open, paragraph.text.size(),
                                 relation == relations_.end() ? "" : relation->second.target};
                    ++open;
                } else if (!read_inline(xml, paragraph)) {
                    ++open;
                }
            }
        }
        if (paragraph.repeats || (is_blank(paragraph.text) && !paragraph.code)) {
            paragraph.text.clear();
        }
        return paragraph;
    }

    /// False for an element that is to be entered.
    bool read_inline(XmlReader& xml, Paragraph& paragraph) {
        if (xml.is("pPr")) {
            read_properties(xml, paragraph);
        } else if (xml.is("t")) {
            paragraph.text += xml.read_text(text_bytes_max);
        } else if (xml.is("txbxContent")) {
            const std::string text = read_flat(xml);
            paragraph.text += (paragraph.text.empty() ? "" : " ") + text + ' ';
        } else if (xml.is("footnoteReference") || xml.is("endnoteReference")) {
            refer(xml.is("footnoteReference") ? footnotes_ : endnotes_, xml.attribute("id"),
                  paragraph);
            xml.skip();
        } else if (is_hidden(xml)) {
            xml.skip();
        } else {
            paragraph.text += xml.is("tab") || xml.is("ptab") ? " "
                              : xml.is("br") || xml.is("cr")  ? "\n"
                              : xml.is("noBreakHyphen")       ? "-"
                              : xml.is("docPr")               ? described(xml.attribute("descr"))
                                                              : "";
            return false;
        }
        return true;
    }

    static std::string described(const std::string& words) {
        return is_blank(words) ? std::string() : "[Image: " + one_line(words) + "] ";
    }

    void refer(const Notes& notes, const std::string& id, Paragraph& paragraph) {
        const auto note = notes.find(id);
        if (note != notes.end() && !note->second.empty()) {
            ++note_count_;
            paragraph.text += "[^" + std::to_string(note_count_) + ']';
            paragraph.notes.push_back({note_count_, note->second});
        }
    }

    void read_properties(XmlReader& xml, Paragraph& paragraph) {
        std::string style;
        ListPlace list;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event != Event::start) {
                continue;
            }
            const std::string value = xml.attribute("val");
            if (xml.is("pStyle")) {
                style = value;
            } else if (xml.is("numId")) {
                list.list = value;
            } else if (xml.is("ilvl")) {
                std::from_chars(value.data(), value.data() + value.size(), list.level);
            } else if (xml.is("outlineLvl")) {
                int level = -1;
                std::from_chars(value.data(), value.data() + value.size(), level);
                paragraph.heading = level >= 0 && level < list_levels ? level + 1 : 0;
            }
        }
        if (const int level = styles_.heading_level(style); level > 0) {
            paragraph.heading = level;
        }
        paragraph.code = styles_.is_code(style);
        paragraph.repeats = styles_.is_contents(style);
        if (list.list.empty()) {
            list = styles_.list_of(style);
        }
        if (!list.list.empty() && list.list != "0" && paragraph.heading == 0) {
            paragraph.list = list;
        }
    }

    std::vector<TableRow> read_table(XmlReader& xml) {
        std::vector<TableRow> rows;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            if (event == Event::end) {
                --open;
            } else if (event == Event::start) {
                if (xml.is("tr")) {
                    rows.emplace_back();
                    ++open;
                } else if (xml.is("tc") && !rows.empty()) {
                    read_cell(xml, rows.back());
                } else if (is_hidden(xml)) {
                    xml.skip();
                } else {
                    ++open;
                }
            }
        }
        return rows;
    }

    /// A cell that spans several columns is followed by empty ones.
    void read_cell(XmlReader& xml, TableRow& row) {
        const int outside = std::exchange(span_, 1);
        row.push_back(read_flat(xml));
        for (int i = 1; i < span_ && row.size() < table_columns_max; ++i) {
            row.emplace_back();
        }
        span_ = outside;
        check_cells();
    }

    void check_cells() {
        if (++cells_ > cells_max) {
            throw Error(ErrorCode::invalid_argument,
                        "The document has more than " + std::to_string(cells_max) +
                            " cells in its tables. Split it into several files.");
        }
    }

    /// Lines of a program are one paragraph each, or one for all of them.
    void write_code() { out_.code("", std::exchange(code_, {})); }

    void write(const Paragraph& paragraph, ReadDocument& document) {
        if (paragraph.code) {
            code_ += paragraph.text + '\n';
            return;
        }
        write_code();
        if (paragraph.heading > 0) {
            out_.heading(paragraph.heading, paragraph.text);
            if (document.title.empty() && paragraph.heading == 1) {
                document.title = one_line(paragraph.text);
            }
        } else if (paragraph.list && !paragraph.text.empty()) {
            out_.item(paragraph.list->level, lists_.next_mark(*paragraph.list), paragraph.text);
        } else {
            out_.paragraph(paragraph.text);
        }
        // Right where it is referred to, so that both come into one passage.
        for (const Note& note : paragraph.notes) {
            out_.paragraph("[^" + std::to_string(note.number) + "]: " + note.text);
        }
    }

    /// A table of one cell is a frame around text.
    void write_table(const std::vector<TableRow>& rows) {
        write_code();
        if (rows.size() == 1 && rows[0].size() == 1) {
            out_.paragraph(rows[0][0]);
        } else {
            out_.table(rows);
        }
    }

    const OfficePackage& package_;
    DocxStyles styles_;
    DocxLists lists_;
    Relations relations_;
    Notes footnotes_;
    Notes endnotes_;
    MarkdownBuilder out_;
    std::string code_;  ///< Lines that are not yet written.
    int note_count_ = 0;
    int nesting_ = 0;
    int span_ = 1;  ///< Columns that the present cell takes.
    std::size_t cells_ = 0;
};

}  // namespace

ReadDocument read_docx(std::string_view bytes) {
    const OfficePackage package(bytes);
    return DocxReader(package).read();
}

}  // namespace rag::formats
