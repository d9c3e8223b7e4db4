#include "text/html_items.hpp"

#include <string>
#include <utility>

namespace rag::text {
namespace {

constexpr std::size_t script_bytes_max = 512 * 1024;
constexpr std::size_t value_bytes_max = 2000;
constexpr std::size_t properties_max = 200;
constexpr int depth_max = 16;

/// The name at the end of "https://schema.org/Product".
std::string_view last_part(std::string_view type) {
    const std::size_t cut = type.find_last_of("/#");
    return cut == std::string_view::npos ? type : type.substr(cut + 1);
}

void collect_typed(const Json& value, std::vector<Json>& items, int depth) {
    if (depth > depth_max || items.size() >= html_items_max) {
        return;
    }
    if (value.is_array()) {
        for (const Json& each : value) {
            collect_typed(each, items, depth + 1);
        }
        return;
    }
    if (!value.is_object()) {
        return;
    }
    if (value.contains("@type")) {
        items.push_back(value);
    }
    if (const auto graph = value.find("@graph"); graph != value.end()) {
        collect_typed(*graph, items, depth + 1);
    }
}

class ItemReader final {
public:
    HtmlItems items;

    void read(const GumboNode& node, Json* item, int depth) {
        if (depth > html_depth_max || !is_element(node)) {
            return;
        }
        if (is_element(node, GUMBO_TAG_SCRIPT)) {
            read_script(node);
            return;
        }
        Json* inner = item;
        Json own;
        const bool scope = has_attribute(node, "itemscope") && nested_ < depth_max;
        if (scope) {
            own = {{"@type", last_part(attribute_of(node, "itemtype"))}};
            inner = &own;
            ++nested_;
        }
        for (const GumboNode* child : children_of(node)) {
            read(*child, inner, depth + 1);
        }
        const std::string name = collapse(attribute_of(node, "itemprop"));
        if (scope) {
            --nested_;
            if (item == nullptr || name.empty()) {
                keep(std::move(own));
            } else {
                add(*item, name, std::move(own));
            }
        } else if (item != nullptr && !name.empty()) {
            add(*item, name, value_of(node));
        }
    }

private:
    void read_script(const GumboNode& node) {
        if (to_lower(collapse(attribute_of(node, "type"))) != "application/ld+json") {
            return;
        }
        std::string text;
        for (const GumboNode* child : children_of(node)) {
            if (child->type == GUMBO_NODE_TEXT || child->type == GUMBO_NODE_CDATA) {
                text += child->v.text.text;
            }
        }
        for (Json& item : read_json_ld(text)) {
            if (items.json_ld.size() < html_items_max) {
                items.json_ld.push_back(std::move(item));
            }
        }
    }

    void keep(Json item) {
        if (items.microdata.size() < html_items_max) {
            items.microdata.push_back(std::move(item));
        }
    }

    /// HTML, 5.2.3: what a property's element stands for.
    static Json value_of(const GumboNode& node) {
        for (const char* attribute : {"content", "datetime", "value"}) {
            if (has_attribute(node, attribute)) {
                return std::string(attribute_of(node, attribute).substr(0, value_bytes_max));
            }
        }
        for (const char* attribute : {"src", "href"}) {
            const std::string_view value = attribute_of(node, attribute);
            if (!value.empty()) {
                return std::string(value.substr(0, value_bytes_max));
            }
        }
        return text_of(node, value_bytes_max);
    }

    static void add(Json& item, const std::string& name, Json value) {
        if (item.size() >= properties_max) {
            return;
        }
        Json& there = item[name];
        if (there.is_null()) {
            there = std::move(value);
        } else if (there.is_array()) {
            if (there.size() < properties_max) {
                there.push_back(std::move(value));
            }
        } else {
            there = Json::array({std::move(there), std::move(value)});
        }
    }

    int nested_ = 0;
};

}  // namespace

std::vector<Json> read_json_ld(std::string_view text) {
    std::vector<Json> items;
    if (text.size() > script_bytes_max) {
        return items;
    }
    const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false,
                                   /*ignore_comments=*/true);
    if (!value.is_discarded()) {
        collect_typed(value, items, 0);
    }
    return items;
}

HtmlItems items_of(const GumboNode& root) {
    ItemReader reader;
    reader.read(root, nullptr, 0);
    return std::move(reader.items);
}

}  // namespace rag::text
