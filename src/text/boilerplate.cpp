#include "text/boilerplate.hpp"

#include "base/hash.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace rag::text {
namespace {

constexpr std::size_t blocks_at_top = 4;
constexpr std::size_t blocks_at_end = 6;
constexpr std::size_t block_bytes_min = 10;
constexpr std::size_t block_bytes_max = 4000;

/// Parts of the text between blank lines, in order; a fence is one.
std::vector<std::string_view> blocks_of(std::string_view markdown) {
    std::vector<std::string_view> blocks;
    std::size_t begin = std::string_view::npos;
    bool in_code = false;
    std::size_t at = 0;
    while (at < markdown.size()) {
        const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
        const std::string_view line = trim(markdown.substr(at, end - at));
        in_code = line.starts_with("```") ? !in_code : in_code;
        if (!line.empty() || in_code) {
            begin = std::min(begin, at);
        } else if (begin != std::string_view::npos) {
            blocks.push_back(markdown.substr(begin, at - begin));
            begin = std::string_view::npos;
        }
        at = end + 1;
    }
    if (begin != std::string_view::npos) {
        blocks.push_back(markdown.substr(begin));
    }
    return blocks;
}

/// What makes two blocks the same; 0 for one that is never boilerplate.
std::uint64_t key_of(std::string_view block) {
    block = trim(block);
    if (block.size() > block_bytes_max || block.starts_with('#') || block.starts_with("```") ||
        block.starts_with('|')) {
        return 0;
    }
    std::string text;
    for (std::size_t i = 0; i < block.size(); ++i) {
        if (block.substr(i).starts_with("](")) {
            i = std::min(block.find(')', i), block.size() - 1);
        } else if (block[i] != '[' && block[i] != ' ' && block[i] != '\n') {
            text.push_back(block[i]);
        }
    }
    return text.size() < block_bytes_min ? 0 : hash64(text);
}

/// Calls `visit` with the place of each block that stands where boilerplate does.
template <class Visit>
void each_edge(std::size_t count, Visit visit) {
    for (std::size_t i = 0; i < count; ++i) {
        if (i < blocks_at_top || i + blocks_at_end >= count) {
            visit(i);
        }
    }
}

}  // namespace

Boilerplate::Boilerplate(const Json& stored) : learnt_(stored.is_array()) {
    if (!learnt_) {
        return;
    }
    for (const Json& block : stored) {
        if (block.is_number_unsigned()) {
            blocks_.insert(block.get<std::uint64_t>());
        }
    }
}

bool Boilerplate::learn(std::string_view markdown) {
    if (learnt_) {
        return false;
    }
    std::set<std::uint64_t> own;
    const std::vector<std::string_view> blocks = blocks_of(markdown);
    each_edge(blocks.size(), [&](std::size_t i) { own.insert(key_of(blocks[i])); });
    for (const std::uint64_t key : own) {
        ++seen_[key];
    }
    if (++pages_ < boilerplate_pages) {
        return false;
    }
    learnt_ = true;
    for (const auto& [key, pages] : seen_) {
        if (key != 0 && pages >= boilerplate_pages_min) {
            blocks_.insert(key);
        }
    }
    seen_.clear();
    return true;
}

std::string Boilerplate::strip(const std::string& markdown) const {
    std::string text = markdown;
    // What was inside may stand at an edge then.
    while (!blocks_.empty() && strip_once(text)) {
    }
    return text;
}

bool Boilerplate::strip_once(std::string& markdown) const {
    const std::vector<std::string_view> blocks = blocks_of(markdown);
    std::vector<bool> left_out(blocks.size());
    each_edge(blocks.size(),
              [&](std::size_t i) { left_out[i] = blocks_.contains(key_of(blocks[i])); });
    if (std::find(left_out.begin(), left_out.end(), true) == left_out.end()) {
        return false;
    }
    std::string kept;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (!left_out[i]) {
            kept += (kept.empty() ? "" : "\n") + std::string(blocks[i]);
            if (!kept.ends_with('\n')) {
                kept += '\n';
            }
        }
    }
    if (is_blank(kept)) {
        return false;
    }
    markdown = std::move(kept);
    return true;
}

Json Boilerplate::stored() const {
    return learnt_ ? Json(blocks_) : Json();
}

}  // namespace rag::text
