#include "text/html_facts.hpp"

#include "base/utf8.hpp"
#include "text/html_items.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace rag::text {
namespace {

constexpr std::int64_t text_code_points_max = 300;
constexpr std::size_t list_max = 50;
constexpr std::size_t specifications_max = 100;
constexpr std::size_t key_bytes_max = 60;
constexpr std::size_t table_rows_min = 3;

/// On one line, well-formed, bounded. Empty for what is no text or number.
std::string text_in(const Json& value) {
    std::string text;
    if (value.is_string()) {
        text = value.get<std::string>();
    } else if (value.is_number()) {
        text = value.dump();
    } else if (value.is_array() && !value.empty()) {
        return text_in(value.front());
    } else if (value.is_object()) {
        for (const char* key : {"name", "@value", "@id"}) {
            if (const auto found = value.find(key); found != value.end() && found->is_string()) {
                return text_in(*found);
            }
        }
    }
    std::erase(text, '\0');
    if (!is_utf8(text)) {
        text = replace_invalid_utf8(text);
    }
    return std::string(first_code_points(collapse(text), text_code_points_max));
}

const Json& at(const Json& item, const char* key) {
    static const Json nothing;
    const auto found = item.is_object() ? item.find(key) : item.end();
    return item.is_object() && found != item.end() ? *found : nothing;
}

/// Names of types come as "Product", "schema:Product" or a list of such.
std::vector<std::string> types_of(const Json& item) {
    std::vector<std::string> types;
    const auto add = [&](const Json& type) {
        if (type.is_string()) {
            const std::string text = type.get<std::string>();
            types.push_back(to_lower(text.substr(text.find_last_of("/#:") + 1)));
        }
    };
    const Json& written = at(item, "@type");
    if (written.is_array()) {
        for (const Json& type : written) {
            add(type);
        }
    } else {
        add(written);
    }
    return types;
}

/// The word that filters use for a type; empty for one that says nothing of the page.
std::string page_type_of(const std::string& type) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 22> known{
        {{"product", "product"},
         {"productgroup", "product"},
         {"individualproduct", "product"},
         {"article", "article"},
         {"newsarticle", "article"},
         {"blogposting", "article"},
         {"techarticle", "article"},
         {"scholarlyarticle", "article"},
         {"report", "article"},
         {"faqpage", "faq"},
         {"qapage", "question"},
         {"recipe", "recipe"},
         {"event", "event"},
         {"howto", "howto"},
         {"course", "course"},
         {"jobposting", "job"},
         {"book", "book"},
         {"movie", "movie"},
         {"softwareapplication", "software"},
         {"videoobject", "video"},
         {"discussionforumposting", "discussion"},
         {"localbusiness", "business"}}};
    const auto* const found = std::find_if(known.begin(), known.end(),
                                           [&](const auto& pair) { return pair.first == type; });
    return found == known.end() ? std::string() : std::string(found->second);
}

void keep(Json& facts, const char* key, const Json& value) {
    std::string text = text_in(value);
    if (!facts.contains(key) && !text.empty()) {
        facts[key] = std::move(text);
    }
}

void keep_number(Json& facts, const char* key, const Json& value) {
    const auto number = number_with_unit(text_in(value));
    if (!facts.contains(key) && number) {
        facts[key] = *number;
    }
}

void keep_list(Json& facts, const char* key, const std::vector<std::string>& values) {
    if (!facts.contains(key) && !values.empty()) {
        facts[key] = values;
    }
}

void add_specification(Json& facts, const std::string& name, const std::string& value) {
    const std::string key = text_in(name).substr(0, key_bytes_max);
    Json& all = facts["specifications"];
    if (all.is_null()) {
        all = Json::object();
    }
    if (key.empty() || !is_utf8(key) || value.empty() || all.contains(key) ||
        all.size() >= specifications_max) {
        return;
    }
    all[key] = value;
    if (const auto number = number_with_unit(value)) {
        std::string plain;
        for (const char c : to_lower(key)) {
            const bool separates = c == ' ' || c == '.' || c == '-' || c == '/';
            plain.push_back(separates ? '_' : c);
        }
        facts["spec." + plain] = *number;
    }
}

template <class Visit>
void each_in(const Json& value, Visit visit) {
    if (value.is_array()) {
        for (const Json& each : value) {
            visit(each);
        }
    } else if (!value.is_null()) {
        visit(value);
    }
}

void take_offer(const Json& offers, Json& facts) {
    each_in(offers, [&](const Json& offer) {
        keep_number(facts, "price", at(offer, "price"));
        keep_number(facts, "price", at(offer, "lowPrice"));
        each_in(at(offer, "priceSpecification"), [&](const Json& specification) {
            keep_number(facts, "price", at(specification, "price"));
            keep(facts, "currency", at(specification, "priceCurrency"));
        });
        keep(facts, "currency", at(offer, "priceCurrency"));
        const std::string availability = text_in(at(offer, "availability"));
        keep(facts, "availability", availability.substr(availability.find_last_of('/') + 1));
    });
}

void take_product(const Json& item, Json& facts) {
    keep(facts, "product_name", at(item, "name"));
    keep(facts, "brand", at(item, "brand"));
    keep(facts, "brand", at(item, "manufacturer"));
    keep(facts, "sku", at(item, "sku"));
    keep(facts, "mpn", at(item, "mpn"));
    keep(facts, "product_category", at(item, "category"));
    for (const char* code : {"gtin", "gtin13", "gtin12", "gtin14", "gtin8", "isbn"}) {
        keep(facts, "gtin", at(item, code));
    }
    take_offer(at(item, "offers"), facts);
    const Json& rating = at(item, "aggregateRating");
    keep_number(facts, "rating", at(rating, "ratingValue"));
    keep_number(facts, "rating_count", at(rating, "reviewCount"));
    keep_number(facts, "rating_count", at(rating, "ratingCount"));
    each_in(at(item, "additionalProperty"), [&](const Json& property) {
        std::string value = text_in(at(property, "value"));
        const std::string unit = text_in(at(property, "unitText"));
        if (!value.empty() && !unit.empty()) {
            value += ' ' + unit;
        }
        add_specification(facts, text_in(at(property, "name")), value);
    });
    for (const char* measure : {"weight", "width", "height", "depth", "color", "material"}) {
        const Json& property = at(item, measure);
        const std::string value =
            property.is_object() ? text_in(at(property, "value")) : text_in(property);
        const std::string unit =
            property.is_object() ? text_in(at(property, "unitText")) : std::string();
        if (!value.empty()) {
            add_specification(facts, measure, unit.empty() ? value : value + ' ' + unit);
        }
    }
}

void take_questions(const Json& item, Json& facts) {
    std::vector<std::string> questions;
    each_in(at(item, "mainEntity"), [&](const Json& question) {
        std::string name = text_in(at(question, "name"));
        if (!name.empty() && questions.size() < list_max) {
            questions.push_back(std::move(name));
        }
    });
    keep_list(facts, "questions", questions);
}

void take_breadcrumbs(const Json& item, Json& facts) {
    std::vector<std::string> crumbs;
    each_in(at(item, "itemListElement"), [&](const Json& element) {
        std::string name = text_in(at(element, "name"));
        if (name.empty()) {
            name = text_in(at(at(element, "item"), "name"));
        }
        if (!name.empty() && crumbs.size() < list_max) {
            crumbs.push_back(std::move(name));
        }
    });
    keep_list(facts, "breadcrumbs", crumbs);
}

void take_item(const Json& item, Json& facts) {
    for (const std::string& type : types_of(item)) {
        if (type == "breadcrumblist") {
            take_breadcrumbs(item, facts);
        }
        const std::string page_type = page_type_of(type);
        if (page_type.empty()) {
            continue;
        }
        keep(facts, "page_type", page_type);
        keep(facts, "published_at", at(item, "datePublished"));
        keep(facts, "modified_at", at(item, "dateModified"));
        keep(facts, "author", at(item, "author"));
        if (page_type == "product") {
            take_product(item, facts);
        } else if (page_type == "faq" || page_type == "question") {
            take_questions(item, facts);
        } else if (page_type == "event") {
            keep(facts, "starts_at", at(item, "startDate"));
            keep(facts, "ends_at", at(item, "endDate"));
            keep(facts, "location", at(item, "location"));
        }
    }
}

/// OpenGraph and its relatives.
void take_meta(const GumboNode& node, Json& facts) {
    std::string name = to_lower(attribute_of(node, "property"));
    if (name.empty()) {
        name = to_lower(attribute_of(node, "name"));
    }
    const Json content = collapse(attribute_of(node, "content"));
    if (name == "og:type") {
        const std::string type = to_lower(content.get<std::string>());
        const std::string last = type.substr(type.find_last_of(".:") + 1);
        keep(facts, "page_type", page_type_of(last));
    } else if (name == "article:published_time" || name == "date" || name == "dc.date" ||
               name == "citation_publication_date") {
        keep(facts, "published_at", content);
    } else if (name == "article:modified_time" || name == "og:updated_time" ||
               name == "last-modified") {
        keep(facts, "modified_at", content);
    } else if (name == "author" || name == "article:author") {
        keep(facts, "author", content);
    } else if (name == "keywords") {
        keep(facts, "keywords", content);
    } else if (name == "product:price:amount" || name == "og:price:amount") {
        keep_number(facts, "price", content);
    } else if (name == "product:price:currency" || name == "og:price:currency") {
        keep(facts, "currency", content);
    } else if (name == "product:brand") {
        keep(facts, "brand", content);
    } else if (name == "product:availability") {
        keep(facts, "availability", content);
    }
}

/// Whether the head, or what of it slipped into the body, has a property of OpenGraph.
bool has_open_graph(const GumboNode& node, int depth) {
    if (depth > html_depth_max || !is_element(node)) {
        return false;
    }
    if (is_element(node, GUMBO_TAG_META)) {
        return to_lower(attribute_of(node, "property")).starts_with("og:");
    }
    const auto children = children_of(node);
    return std::any_of(children.begin(), children.end(),
                       [&](const GumboNode* child) { return has_open_graph(*child, depth + 1); });
}

bool names_specifications(const GumboNode& node) {
    constexpr std::array<std::string_view, 6> words{"spec",      "attribut", "technical",
                                                    "datasheet", "propert",  "features"};
    const std::string names =
        to_lower(attribute_of(node, "class")) + ' ' + to_lower(attribute_of(node, "id"));
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return names.find(word) != std::string::npos;
    });
}

struct Row {
    std::string key;
    std::string value;
    bool headed = false;  ///< The key is a header cell.
    bool pair = true;     ///< Exactly two cells.
};

Row read_row(const GumboNode& node) {
    Row row;
    int cells = 0;
    for (const GumboNode* cell : children_of(node)) {
        const bool header = is_element(*cell, GUMBO_TAG_TH);
        if (!header && !is_element(*cell, GUMBO_TAG_TD)) {
            continue;
        }
        ++cells;
        if (cells == 1) {
            row.key = text_in(text_of(*cell));
            row.headed = header;
        } else if (cells == 2) {
            row.value = header ? std::string() : text_in(text_of(*cell));
        }
    }
    row.pair = cells == 2;
    return row;
}

void collect_rows(const GumboNode& node, std::vector<Row>& rows, int depth) {
    for (const GumboNode* child : children_of(node)) {
        if (is_element(*child, GUMBO_TAG_TR)) {
            rows.push_back(read_row(*child));
        } else if (is_element(*child, GUMBO_TAG_TBODY) && depth < 2) {
            collect_rows(*child, rows, depth + 1);
        }
    }
}

/// Two columns, short keys, and a sign that they are keys: header cells, or a telling name.
void take_table(const GumboNode& table, bool named, Json& facts) {
    std::vector<Row> rows;
    collect_rows(table, rows, 0);
    const auto fits = [](const Row& row) {
        return row.pair && !row.key.empty() && row.key.size() <= key_bytes_max;
    };
    const auto fitting = std::count_if(rows.begin(), rows.end(), fits);
    const auto headed = std::count_if(rows.begin(), rows.end(),
                                      [&](const Row& row) { return fits(row) && row.headed; });
    const auto most = [&](std::ptrdiff_t count) {
        return static_cast<std::size_t>(count) >= table_rows_min &&
               static_cast<std::size_t>(count) * 10 >= rows.size() * 8;
    };
    if (!most(headed) && !(named && most(fitting))) {
        return;
    }
    for (const Row& row : rows) {
        if (fits(row)) {
            add_specification(facts, row.key, row.value);
        }
    }
}

void take_list(const GumboNode& list, Json& facts) {
    std::string key;
    for (const GumboNode* child : children_of(list)) {
        if (is_element(*child, GUMBO_TAG_DT)) {
            key = text_in(text_of(*child));
        } else if (is_element(*child, GUMBO_TAG_DD) && !key.empty()) {
            add_specification(facts, key, text_in(text_of(*child)));
            key.clear();
        }
    }
}

void read_node(const GumboNode& node, bool named, Json& facts, int depth) {
    if (depth > html_depth_max || !is_element(node)) {
        return;
    }
    named = named || (!is_element(node, GUMBO_TAG_BODY) && !is_element(node, GUMBO_TAG_HTML) &&
                      names_specifications(node));
    if (is_element(node, GUMBO_TAG_META)) {
        take_meta(node, facts);
    } else if (is_element(node, GUMBO_TAG_TABLE)) {
        take_table(node, named, facts);
    } else if (is_element(node, GUMBO_TAG_DL) && named) {
        take_list(node, facts);
    }
    for (const GumboNode* child : children_of(node)) {
        read_node(*child, named, facts, depth + 1);
    }
}

}  // namespace

Json facts_of_items(const std::vector<Json>& items) {
    Json facts = Json::object();
    for (const Json& item : items) {
        take_item(item, facts);
    }
    return facts;
}

HtmlFacts read_facts(const GumboNode& root) {
    HtmlFacts found;
    HtmlItems items = items_of(root);
    const auto note = [&found](bool there, const char* form) {
        if (there) {
            found.forms.emplace_back(form);
        }
    };
    note(!items.json_ld.empty(), "json_ld");
    note(!items.microdata.empty(), "microdata");
    note(has_open_graph(root, 0), "open_graph");
    std::vector<Json> all = std::move(items.json_ld);
    std::move(items.microdata.begin(), items.microdata.end(), std::back_inserter(all));
    found.values = facts_of_items(all);
    read_node(root, false, found.values, 0);
    const auto specifications = found.values.find("specifications");
    if (specifications != found.values.end() && specifications->empty()) {
        found.values.erase(specifications);
    }
    note(found.values.contains("specifications"), "specifications");
    return found;
}

std::optional<double> number_with_unit(std::string_view text) {
    text = trim(text);
    constexpr std::size_t unit_bytes_max = 12;
    constexpr std::array<std::string_view, 4> signs{"$", "\u20AC", "\u00A3", "\u00A5"};
    for (const std::string_view sign : signs) {
        if (text.starts_with(sign)) {
            text = trim(text.substr(sign.size()));
        }
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789.,"), text.size());
    std::string digits(text.substr(0, end));
    const std::string_view unit = trim(text.substr(end));
    const bool wordy = unit.find_first_of("0123456789") != std::string_view::npos ||
                       unit.find(' ') != std::string_view::npos;
    if (digits.empty() || unit.size() > unit_bytes_max || wordy) {
        return std::nullopt;
    }
    // The last separator is the decimal one, unless it stands where thousands are parted.
    const std::size_t comma = digits.find_last_of(',');
    const std::size_t point = digits.find_last_of('.');
    const bool comma_is_decimal =
        comma != std::string::npos &&
        (point == std::string::npos ? digits.size() - comma != 4 : comma > point);
    std::erase(digits, comma_is_decimal ? '.' : ',');
    std::replace(digits.begin(), digits.end(), ',', '.');
    if (std::count(digits.begin(), digits.end(), '.') > 1 || digits == ".") {
        return std::nullopt;
    }
    const double value = std::strtod(digits.c_str(), nullptr);
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace rag::text
