#include "text/chunk.hpp"

#include "base/utf8.hpp"
#include "text/blocks.hpp"
#include "text/characters.hpp"
#include "text/cut.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace rag::text {
namespace {

using HeadingPath = std::vector<std::string>;

/// Titles of the headings that are open at a place, outermost first. Levels may be skipped.
class OpenHeadings final {
public:
    void enter(int level, std::string title) {
        while (!levels_.empty() && levels_.back() >= level) {
            levels_.pop_back();
            path_.pop_back();
        }
        levels_.push_back(level);
        path_.push_back(std::move(title));
    }

    const HeadingPath& path() const { return path_; }

private:
    std::vector<int> levels_;
    HeadingPath path_;
};

/// A block, or a part of one, with its place in bytes and in code points.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::int64_t first = 0;
    std::int64_t last = 0;
    CutPreference preference = CutPreference::sentence;
    bool heading = false;
    bool begins_definition = false;
    std::int64_t page = 0;

    std::int64_t code_points() const { return last - first; }
};

/// The number of a heading "Page 12".
std::optional<std::int64_t> page_of(std::string_view title) {
    constexpr std::string_view word = "Page ";
    if (!title.starts_with(word)) {
        return std::nullopt;
    }
    std::int64_t page = 0;
    const char* const end = title.data() + title.size();
    const auto read = std::from_chars(title.data() + word.size(), end, page);
    return read.ec == std::errc() && read.ptr == end && page > 0 ? std::optional(page)
                                                                 : std::nullopt;
}

/// Joins blocks into chunks. A section whose blocks fit the target is held back until it is whole,
/// and then joined to the chunk before it or not; a longer one is filled into chunks as it comes.
/// What is held back is therefore never more than the target and one block.
class ChunkBuilder final {
public:
    ChunkBuilder(std::string_view text, const ChunkLimits& limits) : text_(text) {
        range_.max = std::max<std::int64_t>(limits.code_points_max, 1);
        range_.target = std::clamp<std::int64_t>(limits.code_points_target, 1, range_.max);
    }

    void add(const Block& block) {
        const Span span = span_of(block);
        if (span.heading) {
            end_section();
            headings_.enter(block.heading_level, block.heading_title);
        }
        if (long_section_) {
            place(span);
            return;
        }
        section_.push_back(span);
        if (section_.back().last - section_.front().first > range_.target) {
            begin_long_section();
        }
    }

    std::vector<TextChunk> finish() {
        end_section();
        flush();
        return std::move(chunks_);
    }

private:
    struct OpenChunk {
        bool open = false;
        bool has_body = false;  ///< More than headings.
        Span span;
        HeadingPath path;  ///< What the sections of its body share.
        std::int64_t page_last = 0;
    };

    /// The present page; 0 for good when the text does not begin with one.
    void turn_page(const Block& block) {
        if (!begun_ || page_ > 0) {
            page_ = block.heading_level == 1 ? page_of(block.heading_title).value_or(page_) : page_;
        }
        begun_ = true;
    }

    Span span_of(const Block& block) {
        turn_page(block);
        Span span;
        span.page = page_;
        span.begin = block.begin;
        span.end = block.end;
        span.first = count_to(block.begin);
        span.last = count_to(block.end);
        span.preference = block.preference;
        span.heading = block.heading_level > 0;
        span.begins_definition = block.begins_definition;
        return span;
    }

    /// Code points before `offset`. Offsets come in ascending order, so that all calls together
    /// read the text once.
    std::int64_t count_to(std::size_t offset) {
        counted_ += count_code_points(text_.substr(counted_bytes_, offset - counted_bytes_));
        counted_bytes_ = offset;
        return counted_;
    }

    void end_section() {
        if (long_section_) {
            flush();
        } else if (!section_.empty()) {
            if (chunk_.open && !section_joins_chunk()) {
                flush();
            }
            for (const Span& span : section_) {
                extend(span);
            }
        }
        section_.clear();
        long_section_ = false;
    }

    /// Short sections share a chunk while they have a heading in common, or are mere crumbs.
    bool section_joins_chunk() const {
        const std::int64_t joined = section_.back().last - chunk_.span.first;
        if (!chunk_.has_body) {
            return joined <= range_.max;
        }
        const HeadingPath& path = headings_.path();
        const bool related = chunk_.path.empty() || (!path.empty() && path[0] == chunk_.path[0]);
        return joined <= range_.target && (related || is_small(chunk_.span));
    }

    void begin_long_section() {
        if (chunk_.has_body) {
            flush();
        }
        for (const Span& span : section_) {
            place(span);
        }
        section_.clear();
        long_section_ = true;
    }

    bool is_small(const Span& span) const { return span.code_points() * 4 < range_.target; }

    void place(const Span& span) {
        if (chunk_.open) {
            const std::int64_t joined = span.last - chunk_.span.first;
            const bool leaves_crumb = !chunk_.has_body || is_small(chunk_.span);
            const bool fresh_start =
                span.begins_definition && chunk_.span.code_points() * 2 >= range_.target;
            const bool fits =
                (joined <= range_.target && !fresh_start) || (leaves_crumb && joined <= range_.max);
            if (fits) {
                extend(span);
                return;
            }
            const bool cut_anyway = span.code_points() > range_.max;
            const bool has_room = span.first - chunk_.span.first < range_.target;
            if (!leaves_crumb || !cut_anyway || !has_room) {
                flush();
            }
        }
        place_in_parts(span);
    }

    /// Fills the open chunk first, and leaves the last part open.
    void place_in_parts(Span rest) {
        while (true) {
            const std::int64_t used = chunk_.open ? rest.first - chunk_.span.first : 0;
            if (used + rest.code_points() <= range_.max) {
                extend(rest);
                return;
            }
            const CutRange room{std::max<std::int64_t>(range_.target - used, 1), range_.max - used};
            const std::string_view left = text_.substr(rest.begin, rest.end - rest.begin);
            const std::size_t cut = find_cut(left, rest.preference, room);
            Span part = rest;
            const std::string_view taken = left.substr(0, cut);
            part.end = rest.begin + cut - trailing_space(taken);
            part.last =
                rest.first + count_code_points(text_.substr(rest.begin, part.end - rest.begin));
            extend(part);
            flush();
            const std::size_t next =
                grapheme_start(left, cut, cut + leading_space(left.substr(cut)));
            rest.first += count_code_points(left.substr(0, next));
            rest.begin += next;
        }
    }

    void extend(const Span& span) {
        if (!chunk_.open) {
            chunk_.open = true;
            chunk_.span = span;
        }
        chunk_.span.end = span.end;
        chunk_.span.last = span.last;
        chunk_.page_last = span.page;
        const HeadingPath& path = headings_.path();
        if (!chunk_.has_body) {
            chunk_.path = path;
        } else if (!span.heading) {
            const auto [mine, theirs] =
                std::mismatch(chunk_.path.begin(), chunk_.path.end(), path.begin(), path.end());
            chunk_.path.erase(mine, chunk_.path.end());
        }
        chunk_.has_body |= !span.heading;
    }

    void flush() {
        if (!chunk_.open) {
            return;
        }
        const Span& span = chunk_.span;
        TextChunk chunk;
        chunk.content = text_.substr(span.begin, span.end - span.begin);
        chunk.char_start = span.first;
        chunk.char_end = span.last;
        chunk.page_first = span.page;
        chunk.page_last = chunk_.page_last;
        for (const std::string& title : chunk_.path) {
            if (!title.empty()) {
                chunk.heading_path += chunk.heading_path.empty() ? "" : " > ";
                chunk.heading_path += title;
            }
        }
        chunks_.push_back(std::move(chunk));
        chunk_ = {};
    }

    std::string_view text_;
    CutRange range_;
    OpenHeadings headings_;
    std::vector<Span> section_;  ///< Blocks of the current section, not yet in a chunk.
    bool long_section_ = false;  ///< The section outgrew the target: blocks are placed at once.
    OpenChunk chunk_;
    std::vector<TextChunk> chunks_;
    std::size_t counted_bytes_ = 0;
    std::int64_t counted_ = 0;
    bool begun_ = false;
    std::int64_t page_ = 0;
};

}  // namespace

std::vector<TextChunk> chunk_text(std::string_view text, TextFormat format,
                                  const ChunkLimits& limits) {
    ChunkBuilder builder(text, limits);
    find_blocks(text, format, [&](const Block& block) { builder.add(block); });
    return builder.finish();
}

std::string indexed_text(std::string_view title, std::string_view heading_path,
                         std::string_view content) {
    std::string out;
    out.reserve(title.size() + heading_path.size() + content.size() + 2);
    for (const std::string_view part : {title, heading_path, content}) {
        if (!part.empty()) {
            out.append(out.empty() ? "" : "\n").append(part);
        }
    }
    return out;
}

}  // namespace rag::text
