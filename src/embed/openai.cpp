#include "embed/openai.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "embed/openai_reply.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace rag::embed {

namespace {

constexpr std::int64_t text_characters_max = 8000;
constexpr std::size_t reply_bytes_max = std::size_t{64} << 20;
constexpr int dimensions_max = 65'536;
/// As good as none, and small enough to be added to a time.
constexpr std::chrono::hours unbounded{24};
constexpr std::string_view azure_suffix = ".openai.azure.com";

struct KnownModel {
    std::string_view name;
    int dimensions;
    bool can_shorten;
};

constexpr std::array<KnownModel, 3> known_models{{
    {"text-embedding-3-small", 1536, true},
    {"text-embedding-3-large", 3072, true},
    {"text-embedding-ada-002", 1536, false},
}};

const KnownModel* find_known(std::string_view model) {
    const auto place = std::ranges::find(known_models, model, &KnownModel::name);
    return place == known_models.end() ? nullptr : &*place;
}

/// {base}/embeddings; a query of the base stays behind the path.
Url make_endpoint(const std::string& base_url) {
    std::optional<Url> url = parse_url(base_url);
    if (!url) {
        throw Error(ErrorCode::invalid_argument,
                    "OPENAI_BASE_URL is not an absolute http or https URL; give one such as "
                    "https://api.openai.com/v1.");
    }
    while (url->path.ends_with('/')) {
        url->path.pop_back();
    }
    url->path += "/embeddings";
    return *url;
}

void check_options(const OpenAiOptions& options) {
    const auto unfit = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; };
    if (std::ranges::any_of(options.api_key, unfit)) {
        throw Error(ErrorCode::invalid_argument,
                    "OPENAI_API_KEY holds white space or a control character; give the key alone.");
    }
    if (options.model.empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "RAG_EMBEDDING_MODEL is empty; name the model that the service offers.");
    }
    const KnownModel* known = find_known(options.model);
    const int most = known != nullptr ? known->dimensions : dimensions_max;
    const bool fixed = known != nullptr && !known->can_shorten && options.dimensions != 0;
    if (options.dimensions < 0 || options.dimensions > most ||
        (fixed && options.dimensions != most)) {
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("RAG_EMBEDDING_DIMENSIONS is {}, but {} gives {} {}; leave it unset "
                        "for the model's own number.",
                        options.dimensions, options.model, fixed ? "always" : "1 to", most));
    }
}

bool may_succeed_later(int status) {
    return status == 408 || status == 429 || status >= 500;
}

/// Well-formed, and no longer than services take.
std::string fit_text(std::string_view text) {
    const std::string well_formed = replace_invalid_utf8(text);
    return std::string(first_code_points(well_formed, text_characters_max));
}

}  // namespace

OpenAi::OpenAi(OpenAiOptions options, HttpClient& http, RetryTools tools)
    : options_(std::move(options)),
      http_(http),
      tools_(std::move(tools)),
      endpoint_(make_endpoint(options_.base_url)),
      space_{"openai/" + options_.model, options_.dimensions},
      cache_(options_.query_cache_entries),
      outage_(options_.outage_pause) {
    check_options(options_);
    if (space_.dimensions > 0) {
        return;
    }
    if (const KnownModel* known = find_known(options_.model)) {
        space_.dimensions = known->dimensions;
        return;
    }
    const std::vector<Vector> vectors = request_vectors(CallContext{}, {"dimensions"}, unbounded);
    space_.dimensions = static_cast<int>(vectors.front().size());
}

std::vector<Vector> OpenAi::embed_passages(const CallContext& context,
                                           std::span<const std::string> texts) {
    context.check();
    std::vector<std::string_view> sent;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (!is_blank(texts[i])) {
            sent.push_back(texts[i]);
            places.push_back(i);
        }
    }
    const Vector zeros(static_cast<std::size_t>(space_.dimensions), 0.0F);
    std::vector<Vector> vectors(texts.size(), zeros);
    if (sent.empty()) {
        return vectors;
    }
    std::vector<Vector> answered = request_vectors(context, sent, unbounded);
    for (std::size_t i = 0; i < places.size(); ++i) {
        vectors[places[i]] = std::move(answered[i]);
    }
    return vectors;
}

Vector OpenAi::embed_query(const CallContext& context, std::string_view text,
                           const CountWords& /*count_words*/) {
    context.check();
    if (is_blank(text)) {
        return Vector(static_cast<std::size_t>(space_.dimensions), 0.0F);
    }
    if (std::optional<Vector> known = cache_.find(text)) {
        return *std::move(known);
    }
    Vector vector = request_vectors(context, {text}, options_.query_time_max).front();
    cache_.put(text, vector);
    return vector;
}

std::vector<Vector> OpenAi::request_vectors(const CallContext& context,
                                            const std::vector<std::string_view>& texts,
                                            std::chrono::milliseconds time_max) {
    const HttpResponse response = send_until_answered(context, make_request(texts), time_max);
    if (response.truncated) {
        throw Error(ErrorCode::unavailable,
                    fmt::format("The embedding service {} sent a reply of more than {} MiB.",
                                endpoint_.authority(), reply_bytes_max >> 20));
    }
    try {
        return parse_embeddings_reply(response.body, texts.size(), space_.dimensions);
    } catch (const Error& error) {
        throw Error(ErrorCode::unavailable,
                    fmt::format("The embedding service {} {}; check OPENAI_BASE_URL, "
                                "RAG_EMBEDDING_MODEL and RAG_EMBEDDING_DIMENSIONS.",
                                endpoint_.authority(), error.message()));
    }
}

/// The response of status 200, or an Error that says why there is none. A call that has a deadline
/// gives the service up after `time_max` at the latest.
HttpResponse OpenAi::send_until_answered(const CallContext& context, const HttpRequest& request,
                                         std::chrono::milliseconds time_max) {
    refuse_in_outage(context);
    const SteadyTime begun = tools_.steady_now();
    CallContext own = context;
    if (context.deadline != SteadyTime::max()) {
        own.deadline = std::min(context.deadline, begun + time_max);
    }
    Retry retry(tools_, options_.retry);
    for (;;) {
        context.check();
        std::string failure;
        std::optional<std::chrono::milliseconds> asked;
        const auto allowed = own.time_left(options_.request_timeout);
        try {
            HttpResponse response = http_.send(own, request);
            if (response.status == 200) {
                outage_.end();
                return response;
            }
            failure = describe_refusal(response);
            if (!may_succeed_later(response.status)) {
                throw Error(ErrorCode::invalid_argument, failure);
            }
            asked = parse_retry_after(response.header("retry-after"), tools_.now());
        } catch (const Error& error) {
            failure = describe_failure(error, allowed);
            if (tools_.steady_now() - begun >= options_.query_time_max) {
                outage_.begin(tools_.steady_now(), failure);
            }
            context.check();
        }
        if (!retry.wait(own, asked)) {
            outage_.begin(tools_.steady_now(), failure);
            throw Error(ErrorCode::unavailable, failure);
        }
    }
}

void OpenAi::refuse_in_outage(const CallContext& context) {
    if (context.deadline == SteadyTime::max()) {
        return;
    }
    if (const std::optional<std::string> failure = outage_.refusal(tools_.steady_now())) {
        throw Error(ErrorCode::unavailable, *failure);
    }
}

/// Of what kept a request from being answered; throws what another try would not change.
std::string OpenAi::describe_failure(const Error& error, std::chrono::milliseconds waited) const {
    switch (error.code()) {
        case ErrorCode::deadline_exceeded:
            return fmt::format("The embedding service {} did not answer within {} s.",
                               endpoint_.authority(), waited.count() / 1000);
        case ErrorCode::unavailable:
            return fmt::format(
                "The embedding service {} cannot be reached; check "
                "OPENAI_BASE_URL and the network.",
                endpoint_.authority());
        case ErrorCode::invalid_argument: throw Error(ErrorCode::unavailable, error.message());
        default: throw error;
    }
}

HttpRequest OpenAi::make_request(const std::vector<std::string_view>& texts) const {
    Json body{{"model", options_.model}, {"encoding_format", "float"}};
    Json& input = body["input"] = Json::array();
    for (const std::string_view text : texts) {
        input.push_back(fit_text(text));
    }
    if (options_.dimensions > 0) {
        body["dimensions"] = options_.dimensions;
    }
    HttpRequest request{
        .method = "POST",
        .url = endpoint_.text(),
        .headers = {{"content-type", "application/json"}, {"accept", "application/json"}},
        .body = dump_json(body),
        .reach = Reach::anywhere,
        // A redirect could carry the key to another host.
        .redirects_max = 0,
        .body_bytes_max = reply_bytes_max,
        .timeout = options_.request_timeout,
    };
    if (options_.api_key.empty()) {
        return request;
    }
    if (endpoint_.host.ends_with(azure_suffix)) {
        request.headers.emplace_back("api-key", options_.api_key);
    } else {
        request.headers.emplace_back("authorization", "Bearer " + options_.api_key);
    }
    return request;
}

std::string OpenAi::describe_refusal(const HttpResponse& response) const {
    const std::string host = endpoint_.authority();
    const int status = response.status;
    if (status == 401 || status == 403) {
        // What such a reply says is left out: services quote parts of the key.
        return fmt::format(
            "The embedding service {} refused the key (HTTP {}); check "
            "OPENAI_API_KEY.",
            host, status);
    }
    std::string said = parse_error_reply(response.body);
    if (!options_.api_key.empty() && said.find(options_.api_key) != std::string::npos) {
        said.clear();
    }
    const std::string quoted = said.empty() ? "" : fmt::format(" and said \"{}\"", said);
    if (status == 404) {
        return fmt::format(
            "The embedding service {} has no model {} or no /embeddings there "
            "(HTTP 404){}; check RAG_EMBEDDING_MODEL and OPENAI_BASE_URL.",
            host, options_.model, quoted);
    }
    if (status == 429) {
        return fmt::format(
            "The embedding service {} refuses further requests for now (HTTP 429){}; "
            "try again later or check the account's limits.",
            host, quoted);
    }
    if (status >= 500) {
        return fmt::format("The embedding service {} failed (HTTP {}){}; try again later.", host,
                           status, quoted);
    }
    return fmt::format(
        "The embedding service {} did not take the request (HTTP {}){}; check "
        "RAG_EMBEDDING_MODEL and RAG_EMBEDDING_DIMENSIONS.",
        host, status, quoted);
}

}  // namespace rag::embed
