#include "formats/notebook.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "formats/markdown_builder.hpp"
#include "rag/error.hpp"
#include "text/decode.hpp"
#include "text/lines.hpp"

namespace rag::formats {
namespace {

constexpr std::int64_t output_code_points_max = 2'000;  ///< Of each output of a cell.
constexpr std::size_t outputs_max = 20;                 ///< Of each cell.

/// A text, or the list of its lines.
std::string text_of(const Json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    std::string text;
    if (value.is_array()) {
        for (const Json& line : value) {
            text += line.is_string() ? line.get<std::string>() : std::string();
        }
    }
    return text;
}

const Json& member(const Json& object, const char* key) {
    static const Json nothing;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : nothing;
}

/// What a terminal would take as orders for colours and cursors (ECMA-48, 5.4) is left out.
std::string without_escapes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\x1B') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 1 < text.size() && text[i + 1] == '[') {
            i += 2;
            while (i < text.size() && (text[i] < '@' || text[i] > '~')) {
                ++i;
            }
        }
    }
    return out;
}

std::string output_text(const Json& output) {
    const std::string type = text_of(member(output, "output_type"));
    if (type == "error" || type == "pyerr") {
        return text_of(member(output, "ename")) + ": " + text_of(member(output, "evalue"));
    }
    for (const Json* place :
         {&member(output, "text"), &member(member(output, "data"), "text/plain"),
          &member(member(output, "data"), "text/markdown")}) {
        if (std::string text = text_of(*place); !is_blank(text)) {
            return text;
        }
    }
    return {};
}

void write_outputs(const Json& outputs, MarkdownBuilder& out) {
    if (!outputs.is_array()) {
        return;
    }
    std::size_t written = 0;
    for (const Json& output : outputs) {
        const std::string text = without_escapes(output_text(output));
        if (is_blank(text) || ++written > outputs_max) {
            continue;
        }
        const std::string_view shown = first_code_points(text, output_code_points_max);
        out.paragraph("Output:");
        out.code("", std::string(shown) + (shown.size() < text.size() ? "\n..." : ""));
    }
}

/// Plain text is the answer of a notebook that says nothing of its language.
std::string language_of(const Json& notebook) {
    const Json& metadata = member(notebook, "metadata");
    for (const Json* place :
         {&member(member(metadata, "language_info"), "name"),
          &member(member(metadata, "kernelspec"), "language"), &member(metadata, "language")}) {
        if (std::string name = text_of(*place); !name.empty()) {
            return name;
        }
    }
    return {};
}

std::string first_title(std::string_view markdown) {
    while (!markdown.empty()) {
        const std::size_t end = std::min(markdown.find('\n'), markdown.size());
        const std::string_view line = markdown.substr(0, end);
        markdown.remove_prefix(std::min(end + 1, markdown.size()));
        if (text::atx_level(line) == 1) {
            return text::without_markup(text::atx_title(line));
        }
    }
    return {};
}

const Json& cells_of(const Json& notebook) {
    const Json& cells = member(notebook, "cells");
    if (cells.is_array()) {
        return cells;
    }
    const Json& sheets = member(notebook, "worksheets");  // nbformat 3
    return sheets.is_array() && !sheets.empty() ? member(sheets[0], "cells") : cells;
}

}  // namespace

ReadDocument read_notebook(std::string_view bytes) {
    Json notebook;
    try {
        notebook = parse_json(text::decode_text(bytes, ""));
    } catch (const Error&) {
        throw Error(ErrorCode::invalid_argument,
                    "The notebook is damaged: it is no valid JSON. Open it in Jupyter and save it "
                    "anew.");
    }
    const Json& cells = cells_of(notebook);
    if (!cells.is_array()) {
        throw Error(ErrorCode::invalid_argument,
                    "The file is no notebook: it has no cells. Give it the extension .json to take "
                    "it in as data.");
    }
    const std::string language = language_of(notebook);
    ReadDocument document;
    MarkdownBuilder out;
    for (const Json& cell : cells) {
        const std::string type = text_of(member(cell, "cell_type"));
        const Json& input = member(cell, type == "code" ? "input" : "source");
        const std::string source = text_of(input.is_null() ? member(cell, "source") : input);
        if (type == "code") {
            out.code(language, source);
            write_outputs(member(cell, "outputs"), out);
        } else if (type == "markdown" || type == "heading") {
            if (document.title.empty()) {
                document.title = first_title(source);
            }
            type == "heading" ? out.heading(member(cell, "level").is_number_integer()
                                                ? member(cell, "level").get<int>()
                                                : 1,
                                            source)
                              : out.block(source);
        } else {
            out.paragraph(source);
        }
    }
    if (!language.empty()) {
        document.metadata["programming_language"] = language;
    }
    document.markdown = out.take();
    return document;
}

}  // namespace rag::formats
