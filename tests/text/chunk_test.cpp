#include "text/chunk.hpp"

#include "base/utf8.hpp"

#include <doctest/doctest.h>

using namespace rag::text;

namespace {

std::string sentences(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is sentence number " + std::to_string(i) + " of the story. ";
    }
    text.pop_back();
    return text;
}

std::string rows(int count, const std::string& row) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += row + std::to_string(i) + " |\n";
    }
    return text;
}

}  // namespace

TEST_CASE("chunk: a blank text gives none, a short one is one chunk") {
    CHECK(chunk_text("", TextFormat::markdown).empty());
    CHECK(chunk_text(" \n\t\n\xC2\xA0", TextFormat::plain).empty());
    const auto chunks = chunk_text("\n  Hello, wörld.  \n", TextFormat::plain);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].content == "Hello, wörld.");
    CHECK(chunks[0].char_start == 3);
    CHECK(chunks[0].char_end == 16);
    CHECK(chunks[0].heading_path.empty());
}

TEST_CASE("chunk: long sections stand apart, each with its heading line and path") {
    const std::string text = "# Guide\n\nIntro.\n\n## Install\n\n" + sentences(30) +
                             "\n\n### Linux\n\n" + sentences(28) + "\n\n## Use\n\n" + sentences(25);
    const auto chunks = chunk_text(text, TextFormat::markdown);
    REQUIRE(chunks.size() == 4);
    CHECK(chunks[0].content == "# Guide\n\nIntro.");
    CHECK(chunks[0].heading_path == "Guide");
    CHECK(chunks[1].content.starts_with("## Install\n"));
    CHECK(chunks[1].heading_path == "Guide > Install");
    CHECK(chunks[2].content.starts_with("### Linux\n"));
    CHECK(chunks[2].heading_path == "Guide > Install > Linux");
    CHECK(chunks[3].heading_path == "Guide > Use");
}

TEST_CASE("chunk: short sections are joined under what their paths share") {
    const auto chunks =
        chunk_text("# FAQ\n\n## One\n\nYes.\n\n## Two\n\nNo.\n", TextFormat::markdown);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].content.starts_with("# FAQ"));
    CHECK(chunks[0].content.ends_with("No."));
    CHECK(chunks[0].heading_path == "FAQ");
}

TEST_CASE("chunk: headings alone go with the text below them") {
    const auto chunks =
        chunk_text("# A\n\n## B\n\n### C\n\n" + sentences(25), TextFormat::markdown);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].heading_path == "A > B > C");
    CHECK(chunks[0].content.starts_with("# A\n"));
}

TEST_CASE("chunk: setext headings, closing signs and markup in titles") {
    const auto chunks =
        chunk_text("Big *Title*\n===========\n\none\n\n## The `x` of [y](z) ##\n\ntwo\n",
                   TextFormat::markdown, {10, 100});
    REQUIRE(chunks.size() == 2);
    CHECK(chunks[0].heading_path == "Big Title");
    CHECK(chunks[0].content == "Big *Title*\n===========\n\none");
    CHECK(chunks[1].heading_path == "Big Title > The x of y");
}

TEST_CASE("chunk: number signs in fences, in plain text and in words are no headings") {
    const std::string text = "```sh\n# a comment\n```\n\n#hashtag\n\n    # indented\n";
    for (const TextFormat format : {TextFormat::markdown, TextFormat::plain}) {
        const auto chunks = chunk_text(text, format);
        REQUIRE(chunks.size() == 1);
        CHECK(chunks[0].heading_path.empty());
    }
    CHECK(chunk_text("# Not a heading\n\nx", TextFormat::plain)[0].heading_path.empty());
}

TEST_CASE("chunk: a fence or paragraph stays whole up to the maximum") {
    std::string fence = "```cpp\n";
    while (fence.size() < 2'000) {
        fence += "int line = 1;\n\n";
    }
    fence += "```";
    const auto chunks =
        chunk_text(sentences(10) + "\n\n" + fence + "\n\n" + sentences(10), TextFormat::markdown);
    REQUIRE(chunks.size() == 3);
    CHECK(chunks[1].content == fence);
    const std::string paragraph = sentences(50);
    REQUIRE(paragraph.size() < 2'400);
    CHECK(chunk_text(paragraph, TextFormat::plain).size() == 1);
}

TEST_CASE("chunk: a longer paragraph is cut at sentence ends") {
    const auto chunks = chunk_text(sentences(200), TextFormat::markdown);
    CHECK(chunks.size() > 3);
    for (const TextChunk& chunk : chunks) {
        CHECK(chunk.content.starts_with("This is sentence"));
        CHECK(chunk.content.ends_with("story."));
    }
    std::string chinese;
    for (int i = 0; i < 1'000; ++i) {
        chinese += "我们今天去东京。";
    }
    for (const TextChunk& chunk : chunk_text(chinese, TextFormat::plain)) {
        CHECK(chunk.content.ends_with("。"));
    }
}

TEST_CASE("chunk: a longer table is cut between rows, a longer fence between lines") {
    const std::string table = "| a | b |\n|---|---|\n" + rows(300, "| value | ");
    const auto chunks = chunk_text(table, TextFormat::markdown);
    CHECK(chunks.size() > 2);
    for (const TextChunk& chunk : chunks) {
        CHECK(chunk.content.starts_with("| "));
        CHECK(chunk.content.ends_with(" |"));
    }
    const auto parts =
        chunk_text("```\n" + rows(300, "code. line | ") + "```", TextFormat::markdown);
    CHECK(parts.size() > 2);
    for (const TextChunk& chunk : parts) {
        CHECK((chunk.content.ends_with(" |") || chunk.content.ends_with("```")));
    }
}

TEST_CASE("chunk: an unclosed fence reaches to the end") {
    const auto chunks = chunk_text("text\n\n```\n# no heading\n\n# none\n", TextFormat::markdown);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].heading_path.empty());
}

TEST_CASE("chunk: front matter is no heading") {
    const auto chunks = chunk_text("---\ntitle: x\n---\n\n# Real\n\ntext\n", TextFormat::markdown);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].content.starts_with("---\ntitle"));
    const auto sections = chunk_text("---\n\nline\n---\n\ntext\n", TextFormat::markdown, {4, 50});
    REQUIRE(sections.size() == 2);
    CHECK(sections[1].heading_path == "line");
}

TEST_CASE("chunk: code is cut where definitions begin") {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "# Doubles.\ndef function_" + std::to_string(i) +
                "(value):\n    first = value + value\n\n    return first\n\n\n";
    }
    const auto chunks = chunk_text(text, TextFormat::code);
    CHECK(chunks.size() > 2);
    for (const TextChunk& chunk : chunks) {
        CHECK(chunk.content.starts_with("# Doubles."));
        CHECK(chunk.content.ends_with("return first"));
    }
}

TEST_CASE("chunk: data is cut between lines") {
    std::string text;
    for (int i = 0; i < 500; ++i) {
        text += "{\"id\": " + std::to_string(i) + ", \"name\": \"A. b\"}\n";
    }
    for (const TextChunk& chunk : chunk_text(text, TextFormat::data)) {
        CHECK(chunk.content.starts_with("{"));
        CHECK(chunk.content.ends_with("}"));
        CHECK(rag::count_code_points(chunk.content) <= 1'200);
    }
}

TEST_CASE("chunk: a heading line of absurd length is a paragraph") {
    const auto chunks = chunk_text("# " + std::string(10'000, 'x'), TextFormat::markdown);
    CHECK(chunks.size() >= 5);
    CHECK(chunks[0].heading_path.empty());
}

TEST_CASE("indexed text: title, heading path and passage, without empty lines") {
    CHECK(indexed_text("T", "A > B", "c") == "T\nA > B\nc");
    CHECK(indexed_text("", "", "c") == "c");
    CHECK(indexed_text("T", "", "c") == "T\nc");
}

namespace {

/// So many lines of a body, with a gap here and there.
std::string body(const std::string& indent, int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) {
        text += indent + "call_number_" + std::to_string(i) + "();\n" + (i % 5 == 4 ? "\n" : "");
    }
    return text;
}

std::vector<TextChunk> code_chunks(const std::string& text) {
    return chunk_text(text, TextFormat::code);
}

}  // namespace

TEST_CASE("chunk: a function stays whole, with its comment, whatever gaps it has") {
    const std::string first = "// What the first does.\nint first() {\n" + body("    ", 60) + "}\n";
    const std::string second =
        "/// What the second does.\nint second()\n{\n" + body("    ", 60) + "    return 0;\n}\n";
    const auto chunks = code_chunks(first + "\n" + second);
    REQUIRE(chunks.size() == 2);
    CHECK(chunks[0].content + "\n" == first);
    CHECK(chunks[1].content + "\n" == second);
}

TEST_CASE("chunk: a long class is cut at its methods, in Python as with braces") {
    std::string python = "class Long:\n    \"\"\"What it is.\"\"\"\n\n";
    std::string braces = "class Long {\npublic:\n";
    for (int i = 0; i < 6; ++i) {
        const std::string name = "method_" + std::to_string(i);
        python += "    @decorated\n    def " + name + "(self):\n" + body("        ", 45) + "\n";
        braces += "    // Says more.\n    int " + name + "() const {\n" + body("        ", 45) +
                  "    }\n";
    }
    for (const std::string& text : {python, braces + "};\n"}) {
        const auto chunks = code_chunks(text);
        CAPTURE(text);
        REQUIRE(chunks.size() == 6);
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            const std::string name = "method_" + std::to_string(i) + "(";
            CHECK(chunks[i].content.find(name) != std::string::npos);
            CHECK(chunks[i].content.find("call_number_44") != std::string::npos);
        }
    }
}

TEST_CASE("chunk: small definitions share a chunk, one that is far too long is cut at gaps") {
    std::string small;
    for (int i = 0; i < 30; ++i) {
        small += "def f" + std::to_string(i) + "(x):\n    return x + " + std::to_string(i) + "\n\n";
    }
    CHECK(code_chunks(small).size() == 1);
    const auto chunks = code_chunks("void huge() {\n" + body("    ", 400) + "}\n");
    CHECK(chunks.size() > 4);
    for (const TextChunk& chunk : chunks) {
        CHECK(chunk.content.find("\n}") ==
              (&chunk == &chunks.back() ? chunk.content.size() - 2 : std::string::npos));
        CHECK(chunk.char_end - chunk.char_start <= 2400);
    }
}
