#include "embed/word_piece.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace rag::embed {

namespace {

constexpr std::size_t piece_characters_limit = 128;
constexpr std::string_view continuation_mark = "##";
constexpr std::uint64_t continuation_hash =
    Vocabulary::hash_step(Vocabulary::hash_step(Vocabulary::hash_start, '#'), '#');

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

std::size_t character_end(std::string_view word, std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < word.size() && continues_character(word[end])) {
        ++end;
    }
    return end;
}

}  // namespace

WordPiece::WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options)
    : vocabulary_(vocabulary), options_(options) {
    for (int i = 0; i < 128; ++i) {
        const char character = static_cast<char>(i);
        ascii_tokens_[i] = vocabulary_.find(std::string_view(&character, 1));
    }
}

void WordPiece::append_tokens(std::string_view word, std::vector<TokenId>& tokens) const {
    if (word.size() == 1) {
        const auto byte = static_cast<unsigned char>(word[0]);
        if (byte < 128 && ascii_tokens_[byte] != no_token) {
            tokens.push_back(ascii_tokens_[byte]);
        }
        return;
    }
    if (word.size() > options_.word_characters_max &&
        static_cast<std::size_t>(count_code_points(word)) > options_.word_characters_max) {
        return;
    }
    const std::size_t tokens_before = tokens.size();
    std::size_t at = 0;
    while (at < word.size()) {
        const Match match = longest_match(word, at);
        if (match.token != no_token) {
            tokens.push_back(match.token);
            at = match.end;
        } else if (options_.unknown == UnknownPart::drop_word) {
            tokens.resize(tokens_before);
            return;
        } else {
            at = character_end(word, at);
        }
    }
}

WordPiece::Match WordPiece::longest_match(std::string_view word, std::size_t begin) const {
    struct Prefix {
        std::uint64_t hash;
        std::size_t end;
    };
    std::array<Prefix, piece_characters_limit> prefixes;
    const std::size_t count_max = std::min(options_.piece_characters_max, piece_characters_limit);
    std::uint64_t hash = begin == 0 ? Vocabulary::hash_start : continuation_hash;
    std::size_t count = 0;
    std::size_t end = begin;
    while (end < word.size() && count < count_max) {
        do {
            hash = Vocabulary::hash_step(hash, word[end]);
            ++end;
        } while (end < word.size() && continues_character(word[end]));
        prefixes[count++] = {hash, end};
    }
    const std::string_view mark = begin == 0 ? std::string_view{} : continuation_mark;
    while (count > 0) {
        const Prefix& prefix = prefixes[--count];
        const std::string_view piece = word.substr(begin, prefix.end - begin);
        const TokenId token = vocabulary_.find(prefix.hash, mark, piece);
        if (token != no_token) {
            return {token, prefix.end};
        }
    }
    return {};
}

}  // namespace rag::embed
