#pragma once

#include "base/json.hpp"
#include "text/html_tree.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace rag::text {

constexpr std::size_t html_items_max = 200;  ///< Further things that a page describes are ignored.

/// The things that a page describes for machines (schema.org), each an object with "@type". Values
/// are as written.
struct HtmlItems {
    std::vector<Json> json_ld;  ///< With what stands in "@graph".
    std::vector<Json> microdata;
};

HtmlItems items_of(const GumboNode& root);

/// The same of one JSON-LD text; empty for one that cannot be read.
std::vector<Json> read_json_ld(std::string_view text);

}  // namespace rag::text
