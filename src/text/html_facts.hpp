#pragma once

#include "base/json.hpp"
#include "text/html_tree.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

/// What a page says of itself for machines, from JSON-LD, microdata, OpenGraph and tables of
/// specifications, as metadata that filters can use:
///
/// - `page_type`: "product", "article", "faq", "recipe", "event", "howto", ...
/// - `published_at`, `modified_at`, `author`, `keywords`, `breadcrumbs`
/// - of a product: `brand`, `sku`, `gtin`, `price` (a number), `currency`, `availability`,
/// `rating`,
///   `rating_count`; of a FAQ: `questions`; of an event: `starts_at`, `ends_at`, `location`
/// - `specifications`: an object, key to value as written, and for each value that is a number with
///   or without a unit `spec.<key>` with that number, for `$gt` and the like.
///
/// What the page does not say is not there. Texts are well-formed, on one line, and bounded.
struct HtmlFacts {
    Json values = Json::object();
    /// In which forms the page says something: "json_ld", "microdata", "open_graph",
    /// "specifications".
    std::vector<std::string> forms;
};

HtmlFacts read_facts(const GumboNode& root);

/// The same from things as items_of gives them.
Json facts_of_items(const std::vector<Json>& items);

/// The number at the front of "2.5 kg", "1,299.00 EUR", "12"; null for a text that says more than a
/// number with its unit.
std::optional<double> number_with_unit(std::string_view text);

}  // namespace rag::text
