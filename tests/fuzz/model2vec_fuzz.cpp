#include "embed/model2vec.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Two bytes give the length of a tokenizer.json; what follows it is a model.safetensors. Whatever
/// they hold, opening ends with a model that can be used or with an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint16_t length = 0;
    if (size < sizeof length) {
        return 0;
    }
    std::memcpy(&length, data, sizeof length);
    const auto rest = std::as_bytes(std::span(data, size)).subspan(sizeof length);
    const auto tokenizer = rest.first(std::min<std::size_t>(length, rest.size()));
    try {
        rag::embed::Model2Vec model(
            "fuzz", {reinterpret_cast<const char*>(tokenizer.data()), tokenizer.size()},
            rest.subspan(tokenizer.size()));
        model.embed_query({}, "some words, na\xC3\xAFve \xFF", {});
    } catch (const rag::Error&) {
    }
    return 0;
}
