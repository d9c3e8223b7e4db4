#include "text/chunk.hpp"

#include "base/utf8.hpp"

#include <doctest/doctest.h>
#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <memory>
#include <random>
#include <set>

using namespace rag::text;

namespace {

constexpr TextFormat formats[] = {TextFormat::markdown, TextFormat::plain, TextFormat::code,
                                  TextFormat::data};

/// Byte offsets of every code point, and of the end.
std::vector<std::size_t> code_point_offsets(const std::string& text) {
    std::vector<std::size_t> offsets;
    for (std::size_t i = 0; i < text.size(); i += rag::decode_utf8(text, i).bytes) {
        offsets.push_back(i);
    }
    offsets.push_back(text.size());
    return offsets;
}

/// Byte offsets at which graphemes of at most `max` code points may be cut.
std::set<std::size_t> grapheme_offsets(const std::string& text) {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> iterator(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    UText view = UTEXT_INITIALIZER;
    utext_openUTF8(&view, text.data(), static_cast<std::int64_t>(text.size()), &status);
    iterator->setText(&view, status);
    std::set<std::size_t> offsets;
    for (auto i = iterator->first(); i != icu::BreakIterator::DONE; i = iterator->next()) {
        offsets.insert(static_cast<std::size_t>(i));
    }
    utext_close(&view);
    return offsets;
}

/// What the header promises of every text.
void check_chunks(const std::string& text, const std::vector<TextChunk>& chunks,
                  const ChunkLimits& limits) {
    const std::vector<std::size_t> offsets = code_point_offsets(text);
    std::size_t covered = 0;
    for (const TextChunk& chunk : chunks) {
        REQUIRE(chunk.char_start < chunk.char_end);
        REQUIRE(chunk.char_end < static_cast<std::int64_t>(offsets.size()));
        REQUIRE(chunk.char_end - chunk.char_start <= limits.code_points_max);
        const std::size_t begin = offsets[static_cast<std::size_t>(chunk.char_start)];
        const std::size_t end = offsets[static_cast<std::size_t>(chunk.char_end)];
        REQUIRE(begin >= covered);
        REQUIRE(rag::is_blank(std::string_view(text).substr(covered, begin - covered)));
        REQUIRE(chunk.content == text.substr(begin, end - begin));
        REQUIRE_FALSE(rag::is_blank(chunk.content));
        covered = end;
    }
    REQUIRE(rag::is_blank(std::string_view(text).substr(covered)));
}

void check_graphemes(const std::string& text, const std::vector<TextChunk>& chunks) {
    const std::vector<std::size_t> offsets = code_point_offsets(text);
    const std::set<std::size_t> graphemes = grapheme_offsets(text);
    for (const TextChunk& chunk : chunks) {
        REQUIRE(graphemes.contains(offsets[static_cast<std::size_t>(chunk.char_start)]));
        REQUIRE(graphemes.contains(offsets[static_cast<std::size_t>(chunk.char_end)]));
    }
}

std::string repeat(std::string_view text, std::size_t count) {
    std::string out;
    out.reserve(text.size() * count);
    while (count-- > 0) {
        out += text;
    }
    return out;
}

}  // namespace

TEST_CASE("chunk: the promises hold for random texts, formats and limits") {
    const std::vector<std::string> pieces{
        "a",
        "word ",
        "Sentence. ",
        "\n",
        "\n\n",
        " ",
        "# ",
        "## H\n",
        "```\n",
        "~~~~\n",
        "| a ",
        "|---|\n",
        "---\n",
        "===\n",
        "- item\n",
        "1. x\n",
        "> q\n",
        "é",
        "e\xCC\x81",
        " \xCC\x81",
        "東京。",
        "👩‍👩‍👧",
        "🇩🇪",
        "\xC2\xA0",
        "\xE3\x80\x80",
        "\t",
        "    code\n",
        "def f():\n",
        "}\n",
        "\xE2\x80\x8B",
        "กำ",
        "각",
        "\xE1\x84\x80\xE1\x85\xA1",
        "[x](y)",
        "**b**",
        "\xEF\xBB\xBF",
        "\xE2\x80\xA8",
        "?! ",
        "...\n",
        "\xC2\x85",
    };
    std::mt19937 random(42);
    for (int round = 0; round < 4'000; ++round) {
        std::string text;
        for (auto left = random() % 120; left > 0; --left) {
            text += pieces[random() % pieces.size()];
        }
        const auto max = static_cast<std::int64_t>(12 + random() % 90);
        const ChunkLimits limits{max / static_cast<std::int64_t>(1 + random() % 4), max};
        const TextFormat format = formats[random() % 4];
        CAPTURE(text);
        CAPTURE(limits.code_points_target);
        CAPTURE(limits.code_points_max);
        CAPTURE(static_cast<int>(format));
        const auto chunks = chunk_text(text, format, limits);
        check_chunks(text, chunks, limits);
        if (text.find("👩") == std::string::npos &&
            text.find("\xCC\x81\xCC\x81\xCC\x81") == std::string::npos) {
            check_graphemes(text, chunks);
        }
    }
}

TEST_CASE("chunk: the promises hold for nasty texts") {
    const std::string texts[] = {
        std::string(5'000'000, 'x'),
        repeat("word ", 1'000'000),
        repeat("x\n", 500'000),
        repeat("\n", 500'000) + "x",
        repeat("# H\n", 50'000),
        repeat("a\n---\n", 50'000),
        repeat("```\n", 50'001),
        repeat("| a | b |\n|---|---|\n", 20'000),
        repeat("a|b\n", 50'000),
        repeat("- ", 200'000),
        repeat("[", 300),
        "# " + repeat("[", 350),
        "e" + repeat("\xCC\x81", 100'000),
        repeat("🇩🇪", 50'000),
        repeat("👩‍", 20'000),
        repeat(" \xCC\x81", 50'000),
        repeat("。", 100'000),
        repeat(".", 100'000),
        repeat("\xC2\xA0", 100'000) + "x" + repeat("\xE3\x80\x80", 100'000),
        "---\n" + repeat("a: b\n", 50'000),
    };
    for (const std::string& text : texts) {
        for (const TextFormat format : formats) {
            CAPTURE(text.substr(0, 20));
            CAPTURE(static_cast<int>(format));
            check_chunks(text, chunk_text(text, format), {});
        }
    }
}

TEST_CASE("chunk: limits that make no sense are taken as the nearest that do") {
    for (const ChunkLimits& limits :
         {ChunkLimits{0, 0}, ChunkLimits{-5, 10}, ChunkLimits{100, 10}}) {
        const std::string text = "Some words. And some more of them.\n\n# H\n\nx";
        const std::int64_t max = std::max<std::int64_t>(limits.code_points_max, 1);
        check_chunks(text, chunk_text(text, TextFormat::markdown, limits), {1, max});
    }
}
