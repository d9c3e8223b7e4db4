#include "text/stem.hpp"

#include "rag/error.hpp"

#include <libstemmer.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace rag::text {
namespace {

/// Words repeat (Zipf), and stemming one costs some hundred nanoseconds: a table that forgets the
/// older of two words with the same slot saves most of it.
class CachedStemmer final {
public:
    CachedStemmer() : stemmer_(sb_stemmer_new("english", "UTF_8")), entries_(slots) {
        if (stemmer_ == nullptr) {
            throw Error(ErrorCode::internal, "libstemmer has no English stemmer.");
        }
    }

    std::string_view stem(std::string_view word) {
        if (word.size() > Entry::word_bytes_max) {
            return compute(word);
        }
        Entry& entry = entries_[slot_of(word)];
        if (entry.word_size != word.size() ||
            std::memcmp(entry.word.data(), word.data(), word.size()) != 0) {
            const std::string_view stem = compute(word);
            if (stem.size() > Entry::word_bytes_max) {
                return stem;
            }
            entry.word_size = static_cast<std::uint8_t>(word.size());
            entry.stem_size = static_cast<std::uint8_t>(stem.size());
            std::memcpy(entry.word.data(), word.data(), word.size());
            std::memcpy(entry.stem.data(), stem.data(), stem.size());
        }
        return {entry.stem.data(), entry.stem_size};
    }

private:
    static constexpr std::size_t slots = 2048;

    struct Entry {
        static constexpr std::size_t word_bytes_max = 23;
        std::uint8_t word_size = 0;  ///< 0: nothing here yet; no word is empty.
        std::uint8_t stem_size = 0;
        std::array<char, word_bytes_max> word{};
        std::array<char, word_bytes_max> stem{};
    };

    struct Deleter {
        void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
    };

    static std::size_t slot_of(std::string_view word) {
        // FNV-1a, 64 bits.
        std::uint64_t hash = 0xcbf29ce484222325U;
        for (const char c : word) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        return static_cast<std::size_t>(hash ^ (hash >> 32)) % slots;
    }

    std::string_view compute(std::string_view word) {
        const sb_symbol* stem =
            sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                            static_cast<int>(word.size()));
        if (stem == nullptr) {
            throw Error(ErrorCode::internal, "A word could not be stemmed: out of memory.");
        }
        return {reinterpret_cast<const char*>(stem),
                static_cast<std::size_t>(sb_stemmer_length(stemmer_.get()))};
    }

    std::unique_ptr<sb_stemmer, Deleter> stemmer_;
    std::vector<Entry> entries_;
};

}  // namespace

std::string_view stem_english(std::string_view word) {
    if (word.size() <= 2) {
        return word;  // As the algorithm has it, and these are the most frequent ones.
    }
    thread_local CachedStemmer stemmer;
    return stemmer.stem(word);
}

}  // namespace rag::text
