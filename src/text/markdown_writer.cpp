#include "text/markdown_writer.hpp"

#include <algorithm>
#include <utility>

namespace rag::text {
namespace {

/// Of the white space at the offset; a space that does not break (U+00A0) is as good as any.
std::size_t space_bytes(std::string_view text, std::size_t i) {
    if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')) {
        return 1;
    }
    return text[i] == '\xC2' && i + 1 < text.size() && text[i + 1] == '\xA0' ? 2 : 0;
}

std::string_view without_trailing_space(std::string_view line) {
    while (!line.empty() && line.back() == ' ') {
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

void MarkdownWriter::begin_content() {
    if (single_line_ > 0 && !out_.empty()) {
        space_ |= gap_ != Gap::none;
        gap_ = Gap::none;
    }
    if (out_.empty() || gap_ != Gap::none) {
        if (!out_.empty()) {
            out_.push_back('\n');
        }
        if (!out_.empty() && gap_ == Gap::block) {
            const std::size_t outside = first_prefix_.empty() || prefix_sizes_.empty()
                                            ? prefix_.size()
                                            : prefix_sizes_.back();
            out_.append(without_trailing_space(std::string_view(prefix_).substr(0, outside)));
            out_.push_back('\n');
        }
        out_.append(first_prefix_.empty() ? prefix_ : first_prefix_);
        first_prefix_.clear();
    } else if (space_ && !glued_) {
        out_.push_back(' ');
    }
    gap_ = Gap::none;
    space_ = false;
    glued_ = false;
    item_begins_ = false;
    ended_line_ = false;
}

void MarkdownWriter::write_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        if (const std::size_t space = space_bytes(text, i); space > 0) {
            space_ = true;
            i += space;
            continue;
        }
        std::size_t end = i;
        while (end < text.size() && space_bytes(text, end) == 0) {
            ++end;
        }
        const std::string_view word = text.substr(i, end - i);
        const bool begins_line = gap_ != Gap::none || out_.empty();
        begin_content();
        // A number sign at the beginning of a line would make it a heading.
        if (begins_line && word.find_first_not_of('#') == std::string_view::npos) {
            out_.push_back('\\');
        }
        out_.append(word);
        i = end;
    }
}

void MarkdownWriter::write_inline(std::string_view markup) {
    begin_content();
    out_.append(markup);
}

void MarkdownWriter::write_lines(std::string_view text) {
    begin_content();
    for (std::size_t i = 0; i <= text.size();) {
        const std::size_t newline = text.find('\n', i);
        const std::size_t end = newline == std::string_view::npos ? text.size() : newline;
        if (i > 0) {
            out_.push_back('\n');
            out_.append(i == end ? without_trailing_space(prefix_) : std::string_view(prefix_));
        }
        out_.append(text.substr(i, end - i));
        i = end + 1;
    }
}

void MarkdownWriter::indent(std::string_view first, std::string_view rest) {
    if (first_prefix_.empty()) {
        first_prefix_ = prefix_;
    }
    first_prefix_.append(first);
    prefix_sizes_.push_back(prefix_.size());
    prefix_.append(rest);
}

void MarkdownWriter::unindent() {
    prefix_.resize(prefix_sizes_.back());
    prefix_sizes_.pop_back();
    first_prefix_.clear();
}

void MarkdownWriter::take_back(const Mark& mark) {
    out_.resize(mark.size);
    first_prefix_ = mark.first_prefix;
    gap_ = mark.gap;
    space_ = mark.space;
    glued_ = mark.glued;
    item_begins_ = mark.item_begins;
    ended_line_ = mark.ended_line;
}

std::string MarkdownWriter::take() {
    if (!out_.empty()) {
        out_.push_back('\n');
    }
    return std::move(out_);
}

std::size_t longest_run(std::string_view text, char character) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char other : text) {
        run = other == character ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

}  // namespace rag::text
