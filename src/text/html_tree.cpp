#include "text/html_tree.hpp"

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/html_scan.hpp"

#include <algorithm>
#include <utility>

namespace rag::text {
namespace {

constexpr std::size_t arena_block_bytes = 256U << 10U;

void* allocate_in(void* arena, std::size_t bytes) {
    return static_cast<HtmlArena*>(arena)->allocate(bytes);
}

void keep(void* /*arena*/, void* /*memory*/) {}

/// Null when the arena is full. Holds nothing that a jump out of the parser would skip.
const GumboNode* parse(const char* source, std::size_t size, HtmlArena* arena) {
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = allocate_in;
    options.deallocator = keep;
    options.userdata = arena;
    options.max_errors = 0;
    if (setjmp(arena->too_large) != 0) {
        return nullptr;
    }
    const GumboOutput* output = gumbo_parse_with_options(&options, source, size);
    return output == nullptr ? nullptr : output->root;
}

/// Text of one element, for a bounded effort: elements inside of each other may all be asked.
class TextGatherer final {
public:
    explicit TextGatherer(std::size_t bytes_max)
        : bytes_max_(bytes_max), nodes_left_(bytes_max + 256) {}

    std::string text;

    void gather(const GumboNode& node, int depth) {
        if (text.size() >= bytes_max_ || depth > html_depth_max || nodes_left_ == 0) {
            return;
        }
        --nodes_left_;
        if (is_text(node)) {
            text.append(std::string_view(node.v.text.text).substr(0, bytes_max_ + 1));
            return;
        }
        if (is_element(node, GUMBO_TAG_SCRIPT) || is_element(node, GUMBO_TAG_STYLE)) {
            return;
        }
        for (const GumboNode* child : children_of(node)) {
            gather(*child, depth + 1);
        }
    }

private:
    std::size_t bytes_max_;
    std::size_t nodes_left_;
};

}  // namespace

void* HtmlArena::allocate(std::size_t bytes) {
    constexpr std::size_t alignment = alignof(std::max_align_t);
    bytes = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    if (bytes > html_tree_bytes_max - total_ || is_late()) {
        std::longjmp(too_large, 1);
    }
    if (bytes > left_) {
        const std::size_t size = std::max(bytes, arena_block_bytes);
        // Without initialisation: the parser fills what it takes.
        blocks_.emplace_back(new std::byte[size]);
        free_ = blocks_.back().get();
        left_ = size;
    }
    total_ += bytes;
    left_ -= bytes;
    return std::exchange(free_, free_ + bytes);
}

bool HtmlArena::is_late() {
    constexpr std::size_t allocations_between_looks = 64;
    return ++allocations_ % allocations_between_looks == 0 &&
           std::chrono::steady_clock::now() > deadline_;
}

HtmlTree::HtmlTree(std::string source) : source_(std::move(source)) {
    if (source_.size() <= html_parsed_bytes_max && !is_too_deep(source_)) {
        root_ = parse(source_.data(), source_.size(), &arena_);
    }
}

bool is_element(const GumboNode& node) {
    return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE;
}

bool is_element(const GumboNode& node, GumboTag tag) {
    return is_element(node) && node.v.element.tag == tag;
}

bool is_text(const GumboNode& node) {
    return node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE ||
           node.type == GUMBO_NODE_CDATA;
}

std::span<const GumboNode* const> children_of(const GumboNode& node) {
    if (!is_element(node)) {
        return {};
    }
    const GumboVector& children = node.v.element.children;
    return {reinterpret_cast<const GumboNode* const*>(children.data), children.length};
}

std::string_view attribute_of(const GumboNode& node, const char* name) {
    if (!is_element(node)) {
        return {};
    }
    const GumboAttribute* found = gumbo_get_attribute(&node.v.element.attributes, name);
    return found == nullptr ? std::string_view() : std::string_view(found->value);
}

bool has_attribute(const GumboNode& node, const char* name) {
    return is_element(node) && gumbo_get_attribute(&node.v.element.attributes, name) != nullptr;
}

std::string text_of(const GumboNode& node, std::size_t bytes_max) {
    TextGatherer gatherer(bytes_max);
    gatherer.gather(node, 0);
    std::string text = std::move(gatherer.text);
    if (text.size() > bytes_max) {
        std::size_t end = bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
            --end;
        }
        text.resize(end);
    }
    return collapse(text);
}

std::string collapse(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCodePoint c = decode_utf8(text, i);
        if (is_space(c.value)) {
            gap = !out.empty();
        } else {
            out.append(gap ? " " : "").append(text.substr(i, c.bytes));
            gap = false;
        }
        i += c.bytes;
    }
    return out;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    return out;
}

}  // namespace rag::text
