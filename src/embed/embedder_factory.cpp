#include "embed/embedder_factory.hpp"

#include "embed/batching.hpp"
#include "embed/builtin_model.hpp"
#include "embed/model2vec.hpp"
#include "embed/openai.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace rag::embed {

namespace {

/// A request of OpenAI's may hold 300 000 tokens; in no script is one shorter than a byte.
constexpr BatchLimits service_batches{.texts_max = 128, .bytes_max = 256 * 1024};
constexpr BatchLimits local_batches{.texts_max = 512, .bytes_max = 4 * 1024 * 1024};

void check_dimensions(const EmbedderOptions& options, const EmbeddingSpace& space) {
    if (options.dimensions != 0 && options.dimensions != space.dimensions) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("RAG_EMBEDDING_DIMENSIONS is {}, but {} has {}; leave it unset.",
                                options.dimensions, space.model, space.dimensions));
    }
}

std::unique_ptr<Embedder> make_builtin(const EmbedderOptions& options) {
    std::unique_ptr<Embedder> model = make_builtin_model();
    const std::string& name = model->space().model;
    if (!options.model.empty() && options.model != builtin_model_name && options.model != name) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("RAG_EMBEDDING_MODEL is {}, but the provider builtin has only {}; "
                                "leave it unset, or set RAG_EMBEDDING_PROVIDER to openai or "
                                "model2vec.",
                                options.model, builtin_model_name));
    }
    check_dimensions(options, model->space());
    return model;
}

std::unique_ptr<Embedder> make_model2vec(const EmbedderOptions& options) {
    if (options.model.empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "RAG_EMBEDDING_MODEL is empty; the provider model2vec needs the folder that "
                    "holds tokenizer.json and model.safetensors.");
    }
    std::unique_ptr<Embedder> model = open_model2vec(options.model);
    check_dimensions(options, model->space());
    return model;
}

std::unique_ptr<Embedder> make_openai(const EmbedderOptions& options, HttpClient& http) {
    OpenAiOptions service;
    service.api_key = options.api_key;
    service.dimensions = options.dimensions;
    if (!options.base_url.empty()) {
        service.base_url = options.base_url;
    }
    if (!options.model.empty()) {
        service.model = options.model;
    }
    if (service.api_key.empty() && service.base_url == openai_base_url) {
        throw Error(ErrorCode::invalid_argument,
                    "OPENAI_API_KEY is not set, and OpenAI answers nobody without one; set it, or "
                    "OPENAI_BASE_URL for a service of your own.");
    }
    return std::make_unique<OpenAi>(std::move(service), http);
}

}  // namespace

std::optional<EmbeddingProvider> parse_embedding_provider(std::string_view word) {
    if (word == "builtin") {
        return EmbeddingProvider::builtin;
    }
    if (word == "openai") {
        return EmbeddingProvider::openai;
    }
    if (word == "model2vec") {
        return EmbeddingProvider::model2vec;
    }
    return std::nullopt;
}

std::unique_ptr<Embedder> make_embedder(const EmbedderOptions& options, HttpClient& http) {
    switch (options.provider) {
        case EmbeddingProvider::openai:
            return std::make_unique<Batching>(make_openai(options, http), service_batches);
        case EmbeddingProvider::model2vec:
            return std::make_unique<Batching>(make_model2vec(options), local_batches);
        case EmbeddingProvider::builtin: break;
    }
    return std::make_unique<Batching>(make_builtin(options), local_batches);
}

}  // namespace rag::embed
