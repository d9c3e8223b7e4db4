#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::formats {

using TableRow = std::vector<std::string>;

/// White space collapsed to single spaces, none at the ends.
std::string one_line(std::string_view text);

/// A line of plain text as Markdown that reads the same: what would make it a heading, a fence or
/// an underline is escaped.
std::string plain_line(std::string_view line);

/// `[text](target)`, or the text alone where there is no target that means something elsewhere.
std::string markdown_link(std::string_view text, std::string_view target);

/// Puts a document together from blocks, with a blank line between them. Every function throws
/// Error{invalid_argument} once the whole is larger than text_bytes_max.
class MarkdownBuilder final {
public:
    void heading(int level, std::string_view title);
    /// Lines end with \n; each is escaped.
    void paragraph(std::string_view text);
    /// Items that follow each other make one list. `depth` counts from 0.
    void item(int depth, std::string_view mark, std::string_view text);
    void code(std::string_view language, std::string_view text);
    /// The first row is the head; shorter rows are left short.
    void table(const std::vector<TableRow>& rows);
    /// Ready-made Markdown.
    void block(std::string_view markdown);

    bool is_empty() const { return out_.empty(); }
    std::string take();

private:
    void begin_block();
    void check_size() const;

    std::string out_;
    bool in_list_ = false;
};

}  // namespace rag::formats
