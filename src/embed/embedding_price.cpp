#include "embed/embedding_price.hpp"

#include "base/url.hpp"
#include "embed/openai.hpp"

#include <array>
#include <string_view>

namespace rag::embed {
namespace {

struct ListPrice {
    std::string_view model;
    double price;
};

// OpenAI's price list of 2025, without its discount for batches.
constexpr std::array<ListPrice, 3> list_prices{{{"text-embedding-3-small", 0.02},
                                                {"text-embedding-3-large", 0.13},
                                                {"text-embedding-ada-002", 0.10}}};

bool is_openai_itself(const std::string& base_url) {
    const std::optional<Url> given = parse_url(base_url.empty() ? openai_base_url : base_url);
    const std::optional<Url> openai = parse_url(openai_base_url);
    return given && openai && given->host == openai->host;
}

}  // namespace

std::optional<double> known_price(const EmbedderOptions& options) {
    if (options.provider != EmbeddingProvider::openai) {
        return 0.0;
    }
    const std::string_view model = options.model.empty() ? openai_default_model : options.model;
    for (const ListPrice& known : list_prices) {
        if (known.model == model && is_openai_itself(options.base_url)) {
            return known.price;
        }
    }
    return std::nullopt;
}

}  // namespace rag::embed
