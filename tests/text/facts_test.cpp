#include "text/html_facts.hpp"

#include "text/html.hpp"
#include "text/html_items.hpp"

#include <doctest/doctest.h>

using namespace rag;
using namespace rag::text;

namespace {

Json facts(const std::string& head, const std::string& body = "") {
    return read_html("<html><head>" + head + "</head><body>" + body + "</body></html>", "").facts;
}

}  // namespace

TEST_CASE("facts: a product of JSON-LD becomes keys that filters can use") {
    const Json found = facts(R"(<script type="application/ld+json">
        {"@context": "https://schema.org", "@graph": [{"@type": ["Product", "Thing"],
         "name": "Drill X", "brand": {"@type": "Brand", "name": "ACME"}, "sku": "D-1",
         "gtin13": "4006381333931", "category": "Tools",
         "offers": {"@type": "Offer", "price": "1,299.00", "priceCurrency": "EUR",
                    "availability": "https://schema.org/InStock"},
         "aggregateRating": {"ratingValue": 4.5, "reviewCount": "12"},
         "additionalProperty": [
            {"@type": "PropertyValue", "name": "Torque", "value": 60, "unitText": "Nm"},
            {"@type": "PropertyValue", "name": "Colour", "value": "blue"}]},
        {"@type": "BreadcrumbList", "itemListElement": [{"name": "Shop"}, {"item": {"name": "Drills"}}]}
        ]}</script>)");
    CHECK(found.at("page_type") == "product");
    CHECK(found.at("brand") == "ACME");
    CHECK(found.at("sku") == "D-1");
    CHECK(found.at("gtin") == "4006381333931");
    CHECK(found.at("price") == 1299.0);
    CHECK(found.at("currency") == "EUR");
    CHECK(found.at("availability") == "InStock");
    CHECK(found.at("rating") == 4.5);
    CHECK(found.at("rating_count") == 12);
    CHECK(found.at("specifications") == Json{{"Torque", "60 Nm"}, {"Colour", "blue"}});
    CHECK(found.at("spec.torque") == 60);
    CHECK_FALSE(found.contains("spec.colour"));
    CHECK(found.at("breadcrumbs") == Json{"Shop", "Drills"});
}

TEST_CASE("facts: microdata says the same") {
    const Json found = facts("", R"(<div itemscope itemtype="https://schema.org/Product">
        <h1 itemprop="name">Drill Y</h1>
        <span itemprop="brand" itemscope itemtype="https://schema.org/Brand"><b itemprop="name">ACME</b></span>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
        <meta itemprop="priceCurrency" content="USD"><span itemprop="price">$19.90</span>
        <link itemprop="availability" href="http://schema.org/OutOfStock"></div></div>)");
    CHECK(found.at("product_name") == "Drill Y");
    CHECK(found.at("brand") == "ACME");
    CHECK(found.at("price") == 19.9);
    CHECK(found.at("currency") == "USD");
    CHECK(found.at("availability") == "OutOfStock");
}

TEST_CASE("facts: articles, questions and OpenGraph") {
    const Json article = facts(R"(<meta property="og:type" content="article">
        <meta property="article:published_time" content="2024-05-01T10:00:00Z">
        <script type="application/ld+json">{"@type": "BlogPosting", "author": [{"name": "Ada"}],
        "dateModified": "2024-06-01"}</script>)");
    CHECK(article.at("page_type") == "article");
    CHECK(article.at("author") == "Ada");
    CHECK(article.at("published_at") == "2024-05-01T10:00:00Z");
    CHECK(article.at("modified_at") == "2024-06-01");
    const Json questions = facts(R"(<script type="application/ld+json">[{"@type": "FAQPage",
        "mainEntity": [{"@type": "Question", "name": "How?"}, {"@type": "Question", "name": "Why?"}]}]
        </script>)");
    CHECK(questions.at("page_type") == "faq");
    CHECK(questions.at("questions") == Json{"How?", "Why?"});
}

TEST_CASE("facts: tables of specifications are told from other tables") {
    const std::string rows =
        "<tr><th>Weight</th><td>2.5 kg</td></tr><tr><th>Length</th><td>1,200 mm</td></tr>"
        "<tr><th>Material</th><td>Steel</td></tr>";
    const Json found = facts("", "<table>" + rows + "</table>");
    CHECK(found.at("specifications").at("Weight") == "2.5 kg");
    CHECK(found.at("spec.weight") == 2.5);
    CHECK(found.at("spec.length") == 1200);
    CHECK_FALSE(found.contains("spec.material"));
    const std::string plain =
        "<tr><td>Monday</td><td>1</td></tr><tr><td>Tuesday</td><td>2</td></tr>"
        "<tr><td>Friday</td><td>3</td></tr>";
    CHECK(facts("", "<table>" + plain + "</table>").empty());
    CHECK(facts("", "<table class=product-specs>" + plain + "</table>").contains("specifications"));
    const Json list = facts("", "<dl class=specs><dt>Power</dt><dd>500 W</dd></dl>");
    CHECK(list.at("spec.power") == 500);
}

TEST_CASE("facts: numbers are read with either decimal sign and one unit") {
    CHECK(number_with_unit("2,5 kg") == 2.5);
    CHECK(number_with_unit("1,299") == 1299);
    CHECK(number_with_unit("1.299,50 EUR") == 1299.5);
    CHECK(number_with_unit("12") == 12);
    CHECK_FALSE(number_with_unit("10 x 20 cm"));
    CHECK_FALSE(number_with_unit("about 5"));
    CHECK_FALSE(number_with_unit(""));
    CHECK_FALSE(number_with_unit("1.2.3"));
}

TEST_CASE("facts: what cannot be read is nothing") {
    CHECK(read_json_ld("{").empty());
    CHECK(read_json_ld(std::string(100'000, '[')).empty());
    CHECK(facts("<script type=\"application/ld+json\">{\"@type\": \"Product\", \"offers\": 7, "
                "\"brand\": [], \"additionalProperty\": \"x\"}</script>") ==
          Json{{"page_type", "product"}});
}
