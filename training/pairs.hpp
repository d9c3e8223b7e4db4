#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rag::training {

/// Two texts that belong together, each on one line.
struct TextPair {
    std::uint64_t group = 0;  ///< Pairs of one group never meet in a block: one page, one intent.
    std::string left;
    std::string right;
};

enum class SourceKind {
    pages,   ///< A folder of Markdown, HTML, text and XML.
    pairs,   ///< Lines `left <tab> right` or `group <tab> left <tab> right`.
    groups,  ///< Lines of texts that mean the same, with tabs between.
    other,   ///< Gives no pairs; named for the licences of what words.mjs and teach.mjs read.
};

/// One line of sources.tsv.
struct TextSource {
    std::string name{};
    SourceKind kind = SourceKind::pages;
    std::string path{};  ///< Below the folder of gathered texts.
    std::size_t pairs_max = 45'000;
    double weight = 1;          ///< How often its pairs are drawn, beside others.
    std::string licence{};      ///< As an SPDX expression.
    std::string attribution{};  ///< Whom to name, and the revision that was read.
};

/// Lines `name, kind, path, pairs_max, weight, licence, attribution` with tabs between; lines that
/// begin with # are left out. Throws Error{invalid_argument} that names the line.
std::vector<TextSource> parse_sources(std::string_view text);

/// At most `source.pairs_max` pairs, chosen by `seed`. Throws Error{invalid_argument} where the
/// path is not there.
std::vector<TextPair> make_pairs(const TextSource& source, const std::filesystem::path& folder,
                                 std::uint64_t seed);

/// The pairs of one source in a file of pairs.
struct SourcePairs {
    std::string name;
    double weight = 1;
    std::vector<TextPair> pairs;
};

/// A line a pair: source, weight, group, left, right with tabs between. Pairs of one source stand
/// together.
std::string write_pairs(const std::vector<SourcePairs>& sources);
std::vector<SourcePairs> parse_pairs(std::string_view text);

}  // namespace rag::training
