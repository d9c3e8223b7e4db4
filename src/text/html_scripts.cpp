#include "text/html_scripts.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace rag::text {
namespace {

/// Ids of the element that the widespread frameworks fill, in lower case.
constexpr auto mount_ids = std::to_array<std::string_view>({
    "__next",
    "__nuxt",
    "___gatsby",
    "app",
    "app-root",
    "application",
    "main-app",
    "mount",
    "react-root",
    "root",
    "svelte",
});

bool is_run(const GumboNode& script) {
    const std::string type = to_lower(collapse(attribute_of(script, "type")));
    const bool is_script = type.empty() || type == "module" ||
                           type.find("javascript") != std::string::npos ||
                           type.find("ecmascript") != std::string::npos;
    return is_script && (has_attribute(script, "src") || !children_of(script).empty());
}

/// Nothing to read inside. Scripts and comments do not count.
bool is_empty(const GumboNode& node, int depth = 0) {
    if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_CDATA) {
        return false;
    }
    if (depth > html_depth_max || is_element(node, GUMBO_TAG_SCRIPT) ||
        is_element(node, GUMBO_TAG_STYLE)) {
        return true;
    }
    const auto children = children_of(node);
    return std::all_of(children.begin(), children.end(),
                       [&](const GumboNode* child) { return is_empty(*child, depth + 1); });
}

bool is_mount(const GumboNode& node) {
    const std::string id = to_lower(collapse(attribute_of(node, "id")));
    if (std::find(mount_ids.begin(), mount_ids.end(), id) != mount_ids.end()) {
        return true;
    }
    // Of an element that HTML does not know the name stands as it was written: <app-root>.
    const GumboStringPiece& written = node.v.element.original_tag;
    return node.v.element.tag == GUMBO_TAG_UNKNOWN && written.data != nullptr &&
           std::string_view(written.data, written.length).find('-') != std::string_view::npos;
}

/// The content of a noscript element is markup in the body and text in the head.
bool asks_for_scripts(const GumboNode& noscript) {
    return to_lower(text_of(noscript)).find("script") != std::string::npos;
}

void read(const GumboNode& node, ScriptSigns& signs, int depth) {
    if (depth > html_depth_max || !is_element(node)) {
        return;
    }
    if (is_element(node, GUMBO_TAG_SCRIPT)) {
        signs.scripts += is_run(node) ? 1 : 0;
        return;
    }
    if (is_element(node, GUMBO_TAG_NOSCRIPT)) {
        signs.awaits_scripts = signs.awaits_scripts || asks_for_scripts(node);
        return;
    }
    if (is_mount(node) && is_empty(node)) {
        signs.awaits_scripts = true;
    }
    for (const GumboNode* child : children_of(node)) {
        read(*child, signs, depth + 1);
    }
}

}  // namespace

ScriptSigns read_script_signs(const GumboNode& root) {
    ScriptSigns signs;
    read(root, signs, 0);
    return signs;
}

}  // namespace rag::text
