#pragma once

#include "rag/embedder.hpp"
#include "rag/http_client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rag::embed {

enum class EmbeddingProvider {
    builtin,    ///< The static model inside the program; no network.
    openai,     ///< Any service that answers as OpenAI does.
    model2vec,  ///< A folder with a static model.
};

/// Null for a word that names no provider.
std::optional<EmbeddingProvider> parse_embedding_provider(std::string_view word);

struct EmbedderOptions {
    EmbeddingProvider provider = EmbeddingProvider::builtin;
    std::string model;     ///< Empty: the provider's own. For model2vec the folder.
    int dimensions = 0;    ///< 0: the model's own.
    std::string api_key;   ///< openai only.
    std::string base_url;  ///< openai only; empty: OpenAI's.
};

/// The embedder of the configuration, with lists cut into batches. `http` must outlive it. With
/// openai and a model whose dimensions are neither given nor known, asks the service once. Throws
/// Error{invalid_argument} for options that do not fit, and what the providers throw.
std::unique_ptr<Embedder> make_embedder(const EmbedderOptions& options, HttpClient& http);

}  // namespace rag::embed
