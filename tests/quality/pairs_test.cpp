#include "pairs.hpp"

#include "pages.hpp"
#include "rag/error.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

using namespace rag;
using namespace rag::training;

namespace {

constexpr std::string_view page = R"(---
title: "Keys"
description: How keys change
---
import Tabs from '@tabs';

Keys open the doors of the house, and every door has one. Lost keys are replaced by new ones.

## Rotation {#rotation}

The [keys](/keys.md) are changed every ninety days by **the people at the gate** of the house.

```
code is left out, however long the line may be that stands in it, for it is no prose
```

Whoever leaves hands them back on the last day, and the gate writes that down in its book.
)";

bool holds(const std::vector<TextPair>& pairs, const std::string& left, const std::string& part) {
    return std::ranges::any_of(pairs, [&](const TextPair& pair) {
        return pair.left == left && pair.right.find(part) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("pages: front matter, headings and prose are read, code and markup are not") {
    const Page read = parse_page(page);
    CHECK(read.title == "Keys");
    CHECK(read.description == "How keys change");
    REQUIRE(read.sections.size() == 2);
    CHECK(read.sections[1].heading == "Rotation");
    REQUIRE(read.sections[1].paragraphs.size() == 2);
    CHECK(read.sections[1].paragraphs[0] ==
          "The keys are changed every ninety days by the people at the gate of the house.");
}

TEST_CASE("pages: titles go with sections, and paragraphs with the next") {
    Random random(1);
    std::vector<TextPair> pairs;
    append_page_pairs(parse_page(page), 3, random, pairs);
    CHECK(holds(pairs, "Keys Rotation", "Whoever leaves"));
    CHECK(holds(pairs, "Keys How keys change", "Keys open the doors"));
    CHECK(holds(pairs,
                "The keys are changed every ninety days by the people at the gate of the house.",
                "Whoever leaves"));
    CHECK(std::ranges::all_of(pairs, [](const TextPair& pair) { return pair.group == 3; }));
}

TEST_CASE("pages: books in XML become titles and paragraphs") {
    const std::string markdown = xml_to_markdown(
        "<document><title>Water</title><content><para id=\"a\">It <emphasis>flows</emphasis>."
        "</para><section><title>Ice</title><para>It stands.</para></section></content></document>");
    CHECK(markdown.find("# Water") != std::string::npos);
    CHECK(markdown.find("\n\n## Ice\n\n") != std::string::npos);
    CHECK(markdown.find("It  flows .") != std::string::npos);
    CHECK(xml_to_markdown("<a><programlisting>x < y</programlisting>b").find('x') ==
          std::string::npos);
    CHECK(xml_to_markdown("<") == " ");
}

TEST_CASE("pairs: lists are read, and the same seed gives the same pairs") {
    const test::TempDir folder;
    std::ofstream(folder.path() / "groups.tsv") << "# words\nred\tscarlet\tcrimson\nalone\n";
    std::ofstream(folder.path() / "pairs.tsv") << "left\tright\ngroup\ta\tb\ngroup\tc\td\n";
    TextSource source{.name = "words", .kind = SourceKind::groups, .path = "groups.tsv"};
    const auto once = make_pairs(source, folder.path(), 5);
    const auto again = make_pairs(source, folder.path(), 5);
    CHECK(once.size() == 36);
    CHECK(write_pairs({{"words", 1, once}}) == write_pairs({{"words", 1, again}}));
    source.kind = SourceKind::pairs;
    source.path = "pairs.tsv";
    source.pairs_max = 2;
    CHECK(make_pairs(source, folder.path(), 5).size() == 2);
    source.pairs_max = 9;
    const auto pairs = make_pairs(source, folder.path(), 5);
    REQUIRE(pairs.size() == 3);
    const auto read = parse_pairs(write_pairs({{"one", 0.5, pairs}, {"two", 1, once}}));
    REQUIRE(read.size() == 2);
    CHECK(read[0].weight == 0.5);
    CHECK(read[1].pairs.size() == 36);
}

TEST_CASE("pairs: what is wrong is named by its line") {
    CHECK_THROWS_WITH_AS(parse_sources("a\tpages\n"),
                         doctest::Contains("Line 1 of the sources has 2 columns"), Error);
    CHECK_THROWS_WITH_AS(parse_sources("# x\na\tfilms\tp\t1\t1\tMIT\tme\n"),
                         doctest::Contains("Line 2: the kind 'films'"), Error);
    CHECK_THROWS_WITH_AS(parse_pairs("a\tb\n"), doctest::Contains("Line 1 of the pairs"), Error);
    CHECK_THROWS_AS(make_pairs({.name = "x", .path = "nowhere"}, "/nowhere", 1), Error);
}
