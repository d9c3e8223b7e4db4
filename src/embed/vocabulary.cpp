#include "embed/vocabulary.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace rag::embed {

namespace {

constexpr std::size_t vocabulary_bytes_max = std::size_t{256} << 20;

}  // namespace

Vocabulary::Vocabulary(std::string_view lines) : lines_(lines) {
    if (lines.size() > vocabulary_bytes_max) {
        throw Error(ErrorCode::corrupt, "The vocabulary of the embedding model is over 256 MiB.");
    }
    const auto line_ends = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
    offsets_.reserve(line_ends + 2);
    std::size_t begin = 0;
    while (begin < lines.size()) {
        offsets_.push_back(static_cast<std::uint32_t>(begin));
        const std::size_t end = std::min(lines.find('\n', begin), lines.size());
        begin = end + 1;
    }
    offsets_.push_back(static_cast<std::uint32_t>(begin));

    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(16, 2 * size()));
    slots_.resize(capacity);
    shift_ = 64 - std::countr_zero(capacity);
    for (TokenId token = 0; token < size(); ++token) {
        insert(token);
    }
}

std::string_view Vocabulary::text(TokenId token) const {
    const std::size_t begin = offsets_[token];
    return lines_.substr(begin, offsets_[token + 1] - begin - 1);
}

TokenId Vocabulary::find(std::string_view token) const {
    std::uint64_t hash = hash_start;
    for (const char byte : token) {
        hash = hash_step(hash, byte);
    }
    return find(hash, {}, token);
}

TokenId Vocabulary::find(std::uint64_t hash, std::string_view prefix, std::string_view rest) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = slot_of(hash);; at = (at + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[at];
        if (slot.token_plus_one == 0) {
            return no_token;
        }
        if (slot.tag != tag) {
            continue;
        }
        const std::string_view found = text(slot.token_plus_one - 1);
        if (found.size() == prefix.size() + rest.size() && found.starts_with(prefix) &&
            std::memcmp(found.data() + prefix.size(), rest.data(), rest.size()) == 0) {
            return slot.token_plus_one - 1;
        }
    }
}

void Vocabulary::insert(TokenId token) {
    const std::string_view token_text = text(token);
    if (token_text.empty()) {
        return;
    }
    std::uint64_t hash = hash_start;
    for (const char byte : token_text) {
        hash = hash_step(hash, byte);
    }
    const std::uint32_t tag = tag_of(hash);
    std::size_t at = slot_of(hash);
    while (slots_[at].token_plus_one != 0) {
        if (slots_[at].tag == tag && text(slots_[at].token_plus_one - 1) == token_text) {
            return;
        }
        at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {tag, token + 1};
}

}  // namespace rag::embed
