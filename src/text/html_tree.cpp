#include "text/html_tree.hpp"

#include "base/utf8.hpp"
#include "text/characters.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rag::text {
namespace {

constexpr std::size_t arena_bytes_max = 384U << 20U;
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

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Elements that never stay open, or are closed by the next of their kind.
bool nests(std::string_view tag) {
    constexpr auto flat = std::to_array<std::string_view>({
        "area",  "base", "br",    "col",    "dd",    "dt",    "embed", "hr",  "img", "input",
        "li",    "link", "meta",  "option", "p",     "param", "rb",    "rp",  "rt",  "source",
        "tbody", "td",   "tfoot", "th",     "thead", "tr",    "track", "wbr",
    });
    static_assert(std::is_sorted(flat.begin(), flat.end()));
    return !std::binary_search(flat.begin(), flat.end(), tag);
}

/// An estimate from start and end tags alone. The parser's work is the page's length times its
/// depth, so that a page made to be deep must be known before.
bool is_too_deep(std::string_view source) {
    int depth = 0;
    for (std::size_t i = source.find('<'); i < source.size(); i = source.find('<', i + 1)) {
        const bool closes = i + 1 < source.size() && source[i + 1] == '/';
        const std::size_t name = i + (closes ? 2 : 1);
        std::size_t end = name;
        while (end < source.size() && end < name + 16 && is_letter(source[end])) {
            ++end;
        }
        if (end == name || !nests(to_lower(source.substr(name, end - name)))) {
            continue;
        }
        depth = closes ? std::max(depth - 1, 0) : depth + 1;
        if (depth > html_depth_max) {
            return true;
        }
    }
    return false;
}

void append_text(const GumboNode& node, std::string& out, std::size_t bytes_max, int depth) {
    if (out.size() >= bytes_max || depth > html_depth_max) {
        return;
    }
    if (is_text(node)) {
        out.append(node.v.text.text);
        return;
    }
    if (is_element(node, GUMBO_TAG_SCRIPT) || is_element(node, GUMBO_TAG_STYLE)) {
        return;
    }
    for (const GumboNode* child : children_of(node)) {
        append_text(*child, out, bytes_max, depth + 1);
    }
}

}  // namespace

void* HtmlArena::allocate(std::size_t bytes) {
    constexpr std::size_t alignment = alignof(std::max_align_t);
    bytes = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    if (bytes > arena_bytes_max - total_) {
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

HtmlTree::HtmlTree(std::string source) : source_(std::move(source)) {
    if (!is_too_deep(source_)) {
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
    std::string text;
    append_text(node, text, bytes_max, 0);
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

std::string strip_tags(std::string_view source) {
    std::string out;
    std::size_t i = 0;
    while (i < source.size()) {
        const std::size_t open = std::min(source.find('<', i), source.size());
        out.append(source.substr(i, open - i));
        const std::size_t close = source.find('>', open);
        if (close == std::string_view::npos) {
            break;
        }
        out.push_back(' ');
        i = close + 1;
    }
    return collapse(out);
}

}  // namespace rag::text
