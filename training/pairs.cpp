#include "pairs.hpp"

#include "files.hpp"
#include "pages.hpp"
#include "rag/error.hpp"
#include "random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace rag::training {

namespace {

/// Of a group of texts each is paired with this many others.
constexpr std::size_t partners = 12;

template <class Number>
Number parse_number(std::string_view text, std::size_t line) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Line {}: '{}' is not a number.", line, text));
    }
    return number;
}

SourceKind parse_kind(std::string_view word, std::size_t line) {
    static const std::map<std::string_view, SourceKind> kinds{{"pages", SourceKind::pages},
                                                              {"pairs", SourceKind::pairs},
                                                              {"groups", SourceKind::groups},
                                                              {"other", SourceKind::other}};
    const auto found = kinds.find(word);
    if (found == kinds.end()) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Line {}: the kind '{}' is not pages, pairs, groups or other.",
                                line, word));
    }
    return found->second;
}

std::vector<TextPair> read_pair_lines(std::string_view text) {
    std::vector<TextPair> pairs;
    std::map<std::string, std::uint64_t, std::less<>> groups;
    std::uint64_t number = 0;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> parts = split(line, '\t');
        ++number;
        if (parts.size() == 2) {
            pairs.push_back({number, on_one_line(parts[0]), on_one_line(parts[1])});
        } else if (parts.size() == 3) {
            const auto group = groups.try_emplace(std::string(parts[0]), number).first->second;
            pairs.push_back({group, on_one_line(parts[1]), on_one_line(parts[2])});
        }
    }
    return pairs;
}

std::vector<TextPair> read_group_lines(std::string_view text, Random& random) {
    std::vector<TextPair> pairs;
    std::uint64_t group = 0;
    for (const std::string_view line : lines_of(text)) {
        ++group;
        const std::vector<std::string_view> members = split(line, '\t');
        if (line.starts_with('#') || members.size() < 2) {
            continue;
        }
        for (std::size_t i = 0; i < members.size(); ++i) {
            for (std::size_t round = 0; round < partners; ++round) {
                const std::size_t other =
                    (i + 1 + random.below(members.size() - 1)) % members.size();
                pairs.push_back({group, on_one_line(members[i]), on_one_line(members[other])});
            }
        }
    }
    return pairs;
}

bool is_useful(const TextPair& pair) {
    return !pair.left.empty() && !pair.right.empty() && pair.left != pair.right;
}

}  // namespace

std::vector<TextSource> parse_sources(std::string_view text) {
    std::vector<TextSource> sources;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(text)) {
        ++number;
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        const std::vector<std::string_view> parts = split(line, '\t');
        if (parts.size() != 7) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("Line {} of the sources has {} columns, not 7: name, kind, "
                                    "path, pairs at most, weight, licence, attribution.",
                                    number, parts.size()));
        }
        sources.push_back({.name = std::string(parts[0]),
                           .kind = parse_kind(parts[1], number),
                           .path = std::string(parts[2]),
                           .pairs_max = parse_number<std::size_t>(parts[3], number),
                           .weight = parse_number<double>(parts[4], number),
                           .licence = std::string(parts[5]),
                           .attribution = std::string(parts[6])});
    }
    return sources;
}

std::vector<TextPair> make_pairs(const TextSource& source, const std::filesystem::path& folder,
                                 std::uint64_t seed) {
    Random random(seed);
    const std::filesystem::path path = folder / source.path;
    std::vector<TextPair> pairs;
    switch (source.kind) {
        case SourceKind::pages: pairs = read_pages(path, random); break;
        case SourceKind::pairs: pairs = read_pair_lines(read_file(path)); break;
        case SourceKind::groups: pairs = read_group_lines(read_file(path), random); break;
        case SourceKind::other: break;
    }
    std::erase_if(pairs, [](const TextPair& pair) { return !is_useful(pair); });
    random.shuffle(pairs);
    pairs.resize(std::min(pairs.size(), source.pairs_max));
    return pairs;
}

std::string write_pairs(const std::vector<SourcePairs>& sources) {
    std::string text;
    for (const SourcePairs& source : sources) {
        for (const TextPair& pair : source.pairs) {
            fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\t{}\n", source.name,
                           source.weight, pair.group, pair.left, pair.right);
        }
    }
    return text;
}

std::vector<SourcePairs> parse_pairs(std::string_view text) {
    std::vector<SourcePairs> sources;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(text)) {
        ++number;
        const std::vector<std::string_view> parts = split(line, '\t');
        if (parts.size() != 5) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("Line {} of the pairs has {} columns, not 5: source, weight, "
                                    "group, left, right.",
                                    number, parts.size()));
        }
        if (sources.empty() || sources.back().name != parts[0]) {
            sources.push_back({std::string(parts[0]), parse_number<double>(parts[1], number), {}});
        }
        sources.back().pairs.push_back({parse_number<std::uint64_t>(parts[2], number),
                                        std::string(parts[3]), std::string(parts[4])});
    }
    return sources;
}

}  // namespace rag::training
