#include "base/utf8.hpp"
#include "formats/archive.hpp"
#include "formats/containers.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/xml.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

using Event = XmlReader::Event;

int number_of(const std::string& text, int otherwise) {
    int value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void read_meta(const Archive& archive, ReadDocument& document) {
    constexpr std::array<std::pair<std::string_view, const char*>, 7> kept{
        {{"initial-creator", "author"},
         {"creator", "author"},
         {"description", "description"},
         {"language", "language"},
         {"creation-date", "created_at"},
         {"date", "modified_at"},
         {"keyword", "keywords"}}};
    if (!archive.has("meta.xml")) {
        return;
    }
    XmlReader xml(archive.part("meta.xml"), "meta.xml");
    for (Event event = xml.next(); event != Event::done; event = xml.next()) {
        if (event != Event::start || xml.depth() != 2) {
            continue;
        }
        const std::string name(xml.name());
        const std::string value = one_line(xml.read_text(4096));
        if (name == "title") {
            document.title = value;
        }
        for (const auto& [known, key] : kept) {
            if (name == known && !value.empty() && !document.metadata.contains(key)) {
                document.metadata[key] = value;
            }
        }
    }
}

/// Reads the flow of text (OpenDocument 1.3, part 3, sections 5, 6 and 9).
class OdtReader final {
public:
    explicit OdtReader(const Archive& archive) : archive_(archive) {
        for (const char* part : {"styles.xml", "content.xml"}) {
            read_list_styles(part);
        }
    }

    void read(ReadDocument& document) {
        XmlReader xml(archive_.require("content.xml"), "content.xml");
        for (Event event = xml.next(); event != Event::done; event = xml.next()) {
            if (event == Event::start && xml.depth() == 2 && xml.is("text")) {
                read_flow(xml);
            }
        }
        if (document.title.empty()) {
            document.title = first_heading_;
        }
        document.markdown = out_.take();
    }

private:
    struct OpenList {
        std::string style;
        int count = 0;
    };

    void read_list_styles(const std::string& part) {
        if (!archive_.has(part)) {
            return;
        }
        XmlReader xml(archive_.part(part), part);
        std::string style;
        for (Event event = xml.next(); event != Event::done; event = xml.next()) {
            if (event != Event::start) {
                continue;
            }
            if (xml.is("body")) {
                return;
            }
            if (xml.is("list-style")) {
                style = xml.attribute("name");
            } else if (xml.is("list-level-style-number")) {
                numbered_.insert({style, number_of(xml.attribute("level"), 1)});
            }
        }
    }

    static bool is_hidden(const XmlReader& xml) {
        static const std::set<std::string_view> names{
            "tracked-changes",    "annotation",     "annotation-end",
            "sequence-decls",     "forms",          "table-of-content",
            "note-citation",      "variable-decls", "alphabetical-index",
            "illustration-index", "table-index",    "binary-data"};
        return names.contains(xml.name());
    }

    /// Blocks up to the end of the element that has just started.
    void read_flow(XmlReader& xml) {
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event == Event::end && xml.is("list") && !lists_.empty()) {
                lists_.pop_back();
            } else if (event == Event::start && !enter(xml)) {
                --open;
            }
        }
    }

    /// False when the element has been read to its end.
    bool enter(XmlReader& xml) {
        if (is_hidden(xml)) {
            xml.skip();
        } else if (xml.is("h")) {
            const int level = number_of(xml.attribute("outline-level"), 1);
            const std::string title = one_line(read_text(xml));
            out_.heading(level, title);
            first_heading_ = first_heading_.empty() ? title : first_heading_;
        } else if (xml.is("p")) {
            const bool title = xml.attribute("style-name") == "Title";
            const std::string text = read_text(xml);
            title ? out_.heading(1, text) : write_paragraph(text);
        } else if (xml.is("table")) {
            write_table(read_table(xml));
        } else {
            if (xml.is("list")) {
                const std::string style = xml.attribute("style-name");
                lists_.push_back(
                    {style.empty() && !lists_.empty() ? lists_.back().style : style, 0});
            } else if (xml.is("list-item") && !lists_.empty()) {
                ++lists_.back().count;
                begins_item_ = true;
            }
            return true;
        }
        return false;
    }

    void write_paragraph(const std::string& text) {
        if (lists_.empty()) {
            out_.paragraph(text);
        } else if (!is_blank(text)) {
            const int level = static_cast<int>(lists_.size());
            const bool numbered = numbered_.contains({lists_.back().style, level});
            const std::string mark =
                numbered ? std::to_string(lists_.back().count) + '.' : std::string("-");
            out_.item(level - 1, begins_item_ ? mark : " ", text);
            begins_item_ = false;
        }
        for (const std::string& note : std::exchange(notes_, {})) {
            out_.paragraph(note);
        }
    }

    /// The text of a paragraph, and of whatever is inside of it.
    std::string read_text(XmlReader& xml) {
        std::string text;
        std::string target;
        std::optional<std::size_t> link_begin;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event == Event::text) {
                text += xml.text();
            } else if (event == Event::end && xml.is("a") && link_begin) {
                const std::string words = text.substr(*link_begin);
                text.resize(*link_begin);
                text += markdown_link(words, target);
                link_begin.reset();
            } else if (event == Event::start && xml.is("a")) {
                link_begin = text.size();
                target = xml.attribute("href");
            } else if (event == Event::start && !enter_inline(xml, text)) {
                --open;
            }
        }
        return text;
    }

    bool enter_inline(XmlReader& xml, std::string& text) {
        if (is_hidden(xml)) {
            xml.skip();
        } else if (xml.is("note")) {
            read_note(xml, text);
        } else if (xml.is("desc")) {
            const std::string words = one_line(xml.read_text());
            text += words.empty() ? "" : "[Image: " + words + "] ";
        } else {
            text += xml.is("line-break")                          ? "\n"
                    : xml.is("s") || xml.is("tab") || xml.is("p") ? " "
                                                                  : "";
            return true;
        }
        return false;
    }

    void read_note(XmlReader& xml, std::string& text) {
        if (nesting_ >= nesting_max) {
            xml.skip();
            return;
        }
        ++nesting_;
        const std::string words = one_line(read_text(xml));
        --nesting_;
        if (!words.empty()) {
            const std::string mark = "[^" + std::to_string(++note_count_) + ']';
            text += mark;
            notes_.push_back(mark + ": " + words);
        }
    }

    std::vector<TableRow> read_table(XmlReader& xml) {
        std::vector<TableRow> rows;
        for (int open = 1; open > 0;) {
            const Event event = xml.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event != Event::start) {
                continue;
            }
            if (xml.is("table-row")) {
                rows.emplace_back();
            } else if ((xml.is("table-cell") || xml.is("covered-table-cell")) && !rows.empty()) {
                if (++cells_ > cells_max) {
                    throw Error(ErrorCode::invalid_argument,
                                "The document has more than " + std::to_string(cells_max) +
                                    " cells in its tables. Split it into several files.");
                }
                rows.back().push_back(read_text(xml));
                --open;
            }
        }
        return rows;
    }

    void write_table(const std::vector<TableRow>& rows) {
        if (rows.size() == 1 && rows[0].size() == 1) {
            out_.paragraph(rows[0][0]);
        } else {
            out_.table(rows);
        }
        for (const std::string& note : std::exchange(notes_, {})) {
            out_.paragraph(note);
        }
    }

    const Archive& archive_;
    std::set<std::pair<std::string, int>> numbered_;  ///< List styles and levels that count.
    std::vector<OpenList> lists_;
    bool begins_item_ = false;
    std::vector<std::string> notes_;  ///< Of the paragraph that is being read.
    std::string first_heading_;
    MarkdownBuilder out_;
    int note_count_ = 0;
    int nesting_ = 0;
    std::size_t cells_ = 0;
};

void check_protection(const Archive& archive) {
    constexpr std::string_view part = "META-INF/manifest.xml";
    if (archive.part(part).find("encryption-data") != std::string_view::npos) {
        throw Error(ErrorCode::invalid_argument,
                    "The document is protected with a password. Save it without one, then take it "
                    "in.");
    }
}

}  // namespace

ReadDocument read_odt(std::string_view bytes) {
    const Archive archive(bytes, is_markup_part);
    check_protection(archive);
    ReadDocument document;
    read_meta(archive, document);
    OdtReader(archive).read(document);
    return document;
}

}  // namespace rag::formats
