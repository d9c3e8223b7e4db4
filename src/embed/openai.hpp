#pragma once

#include "base/url.hpp"
#include "embed/outage.hpp"
#include "embed/query_cache.hpp"
#include "embed/retry.hpp"
#include "rag/embedder.hpp"
#include "rag/error.hpp"
#include "rag/http_client.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

constexpr std::string_view openai_base_url = "https://api.openai.com/v1";
constexpr std::string_view openai_default_model = "text-embedding-3-small";

struct OpenAiOptions {
    std::string base_url{openai_base_url};  ///< May have a query (Azure's api-version).
    std::string api_key;                    ///< Empty: none is sent. Never in a message or log.
    std::string model{openai_default_model};
    int dimensions = 0;  ///< 0: the model's own. Else asked for in every request.
    std::chrono::milliseconds request_timeout{60'000};
    RetryLimits retry;
    /// Of a question whose call has a deadline: a search has words to answer by.
    std::chrono::milliseconds query_time_max{5'000};
    std::chrono::milliseconds outage_pause{5'000};
    std::size_t query_cache_entries = 512;  ///< 3 MB of vectors at 1536 dimensions.
};

/// Any service that answers POST {base}/embeddings as OpenAI does: OpenAI, Azure, Ollama, vLLM,
/// TEI, llama.cpp. One call of embed_passages is one request, so put Batching around it. A text is
/// cut after 8000 characters, because services refuse what is longer than their model's window;
/// blank texts are not sent.
///
/// 429, 5xx and time-outs are tried again within the retry limits, other refusals are not. A
/// service that was given up is not waited for by calls that have a deadline, but for one of them
/// now and then; jobs, which have none, go on trying. Failures are Error{unavailable} with a
/// sentence that names the service's host and what to do.
/// Safe for concurrent use as far as the HttpClient is.
class OpenAi final : public Embedder {
public:
    /// Asks the service for one vector when the number of dimensions is neither given nor known for
    /// the model, so may throw as embed_passages does. `http` must outlive this object. Throws
    /// Error{invalid_argument} for a base URL that is none, a key that no header can hold, or a
    /// number of dimensions that the model cannot have.
    OpenAi(OpenAiOptions options, HttpClient& http, RetryTools tools = system_retry_tools());

    const EmbeddingSpace& space() const override { return space_; }
    FusionConstants fusion() const override { return {.dense_weight = 1.0}; }

    std::vector<Vector> embed_passages(const CallContext& context,
                                       std::span<const std::string> texts) override;
    Vector embed_query(const CallContext& context, std::string_view text,
                       const CountWords& count_words) override;

private:
    std::vector<Vector> request_vectors(const CallContext& context,
                                        const std::vector<std::string_view>& texts,
                                        std::chrono::milliseconds time_max);
    HttpResponse send_until_answered(const CallContext& context, const HttpRequest& request,
                                     std::chrono::milliseconds time_max);
    void refuse_in_outage(const CallContext& context);
    std::string describe_failure(const Error& error, std::chrono::milliseconds waited) const;
    HttpRequest make_request(const std::vector<std::string_view>& texts) const;
    std::string describe_refusal(const HttpResponse& response) const;

    const OpenAiOptions options_;
    HttpClient& http_;
    const RetryTools tools_;
    const Url endpoint_;
    EmbeddingSpace space_;  ///< Constant after construction.
    QueryCache cache_;      ///< Own synchronisation.
    Outage outage_;         ///< Own synchronisation.
};

}  // namespace rag::embed
