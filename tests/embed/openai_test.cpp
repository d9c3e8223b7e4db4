#include "embed/openai.hpp"

#include "base/json.hpp"
#include "contract/embedder_contract.hpp"
#include "embed/batching.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>

using namespace rag;
using namespace rag::embed;
using std::chrono::milliseconds;

namespace {

constexpr const char* secret = "sk-very-secret";

/// Answers what it is told to, then vectors that depend on the text alone.
class FakeService final : public HttpClient {
public:
    using Answer = std::function<HttpResponse(const HttpRequest&)>;

    HttpResponse send(const CallContext&, const HttpRequest& request) override {
        const std::scoped_lock lock(mutex_);
        requests.push_back(request);
        if (answers.empty()) {
            return reply(request, 3);
        }
        const Answer answer = answers.front();
        answers.pop_front();
        return answer(request);
    }

    static HttpResponse reply(const HttpRequest& request, std::size_t dimensions) {
        Json body{{"data", Json::array()}};
        std::size_t index = 0;
        const Json asked = Json::parse(request.body);
        for (const Json& input : asked["input"]) {
            const auto& text = input.get_ref<const std::string&>();
            Json vector = Json::array();
            for (std::size_t i = 0; i < dimensions; ++i) {
                const std::size_t mixed = std::hash<std::string>{}(text + std::to_string(i));
                vector.push_back(static_cast<double>(mixed % 1000) + 1.0);
            }
            // Backwards, so that only `index` tells which is whose.
            body["data"].insert(body["data"].begin(),
                                Json{{"embedding", vector}, {"index", index++}});
        }
        HttpResponse response;
        response.status = 200;
        response.body = body.dump();
        return response;
    }

    std::deque<Answer> answers;
    std::vector<HttpRequest> requests;

private:
    std::mutex mutex_;
};

FakeService::Answer status(int code, std::string body = {}, HttpHeaders headers = {}) {
    return [=](const HttpRequest&) {
        HttpResponse response;
        response.status = code;
        response.body = body;
        response.headers = headers;
        return response;
    };
}

FakeService::Answer failure(ErrorCode code) {
    return [=](const HttpRequest&) -> HttpResponse { throw Error(code, "The fake fails."); };
}

/// A clock that moves only while somebody pauses.
struct FakeTime {
    SteadyTime steady = std::chrono::steady_clock::now();
    std::vector<milliseconds> pauses;

    RetryTools tools() {
        return {
            .now = [] { return Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)); },
            .steady_now = [this] { return steady; },
            .pause =
                [this](const CallContext&, milliseconds duration) {
                    pauses.push_back(duration);
                    steady += duration;
                },
            .random = [] { return 0.5; },
        };
    }
};

OpenAiOptions tiny_options() {
    OpenAiOptions options;
    options.base_url = "https://embed.example.com/v1";
    options.api_key = secret;
    options.model = "tiny";
    options.dimensions = 3;
    return options;
}

struct Setup {
    FakeService service;
    FakeTime time;
    OpenAi model{tiny_options(), service, time.tools()};

    /// The message of the failure, which must be `unavailable`; empty when there was none.
    std::string failure_of_one() {
        const std::vector<std::string> texts{"a text"};
        try {
            model.embed_passages({}, texts);
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::unavailable);
            return error.message();
        }
        return {};
    }
};

bool says(const std::string& message, std::string_view part) {
    return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("openai: keeps to what every embedder keeps to") {
    Setup setup;
    contract::check_embedder(setup.model);
}

TEST_CASE("openai: keeps to it behind batches of two as well") {
    FakeService service;
    FakeTime time;
    Batching model(std::make_unique<OpenAi>(tiny_options(), service, time.tools()),
                   {.texts_max = 2, .bytes_max = 1000});
    contract::check_embedder(model);
}

TEST_CASE("openai: asks as the interface wants, and the key goes into the header alone") {
    Setup setup;
    CHECK(setup.failure_of_one().empty());
    REQUIRE(setup.service.requests.size() == 1);
    const HttpRequest& request = setup.service.requests[0];
    CHECK(request.method == "POST");
    CHECK(request.url == "https://embed.example.com/v1/embeddings");
    CHECK(request.reach == Reach::anywhere);
    CHECK(request.redirects_max == 0);
    const Json body = Json::parse(request.body);
    CHECK(body["model"] == "tiny");
    CHECK(body["dimensions"] == 3);
    CHECK(body["encoding_format"] == "float");
    CHECK(body["input"] == Json::array({"a text"}));
    CHECK_FALSE(says(request.body + request.url, secret));
    CHECK(request.headers.back() ==
          std::pair<std::string, std::string>("authorization", std::string("Bearer ") + secret));
}

TEST_CASE("openai: Azure takes the key in a header of its own, and its query stays") {
    FakeService service;
    FakeTime time;
    OpenAiOptions options = tiny_options();
    options.base_url = "https://us.openai.azure.com/openai/deployments/d?api-version=1";
    OpenAi model(options, service, time.tools());
    model.embed_query({}, "x", {});
    CHECK(service.requests[0].url ==
          "https://us.openai.azure.com/openai/deployments/d/embeddings?api-version=1");
    CHECK(service.requests[0].headers.back().first == "api-key");
}

TEST_CASE("openai: a 429 is tried again after the time that it names") {
    Setup setup;
    setup.service.answers = {status(429, "", {{"retry-after", "7"}}),
                             status(503, "", {{"retry-after", "Sun, 01 Mar 2026 00:00:09 GMT"}})};
    CHECK(setup.failure_of_one().empty());
    REQUIRE(setup.time.pauses.size() == 2);
    CHECK(setup.time.pauses[0] == milliseconds(7000));
    CHECK(setup.time.pauses[1] == milliseconds(9000));
}

TEST_CASE("openai: a service that keeps failing is given up within twenty seconds") {
    Setup setup;
    for (int i = 0; i < 100; ++i) {
        setup.service.answers.push_back(status(500, R"({"error":{"message":"out of memory"}})"));
    }
    const std::string message = setup.failure_of_one();
    CHECK(says(message, "embed.example.com"));
    CHECK(says(message, "out of memory"));
    milliseconds all{0};
    for (std::size_t i = 0; i < setup.time.pauses.size(); ++i) {
        all += setup.time.pauses[i];
        CHECK((i == 0 || setup.time.pauses[i] >= setup.time.pauses[i - 1]));
    }
    CHECK(all <= milliseconds(20'000));
    CHECK(setup.time.pauses.size() >= 4);
}

TEST_CASE("openai: a wait longer than the limit or the deadline is not begun") {
    Setup setup;
    setup.service.answers = {status(429, "", {{"retry-after", "3600"}})};
    CHECK(says(setup.failure_of_one(), "429"));
    setup.service.answers = {status(500)};
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + milliseconds(300);
    const std::vector<std::string> texts{"a text"};
    CHECK_THROWS_AS(setup.model.embed_passages(context, texts), Error);
    CHECK(setup.time.pauses.empty());
}

TEST_CASE("openai: a search gives a failing service up soon, and the next does not wait for it") {
    Setup setup;
    for (int i = 0; i < 100; ++i) {
        setup.service.answers.push_back(status(500));
    }
    CallContext context;
    context.deadline = setup.time.steady + std::chrono::minutes(1);
    const SteadyTime begun = setup.time.steady;
    CHECK_THROWS_AS(setup.model.embed_query(context, "one", {}), Error);
    CHECK(setup.time.steady - begun <= milliseconds(5'000));
    const std::size_t asked = setup.service.requests.size();
    CHECK(asked > 1);
    const std::vector<std::string> texts{"a text"};
    CHECK_THROWS_WITH(setup.model.embed_query(context, "two", {}), doctest::Contains("HTTP 500"));
    CHECK_THROWS_WITH(setup.model.embed_passages(context, texts), doctest::Contains("HTTP 500"));
    CHECK(setup.service.requests.size() == asked);

    setup.time.steady += milliseconds(5'000);
    setup.service.answers.clear();
    CHECK_NOTHROW(setup.model.embed_query(context, "three", {}));
    CHECK_NOTHROW(setup.model.embed_query(context, "four", {}));
    CHECK(setup.service.requests.size() == asked + 2);
}

TEST_CASE("openai: while a service is down one call after each pause asks it, and a job always") {
    Setup setup;
    setup.service.answers = {status(429, "", {{"retry-after", "3600"}})};
    CHECK(says(setup.failure_of_one(), "429"));
    CallContext context;
    context.deadline = setup.time.steady + std::chrono::minutes(1);
    setup.time.steady += milliseconds(5'000);
    setup.service.answers = {status(429, "", {{"retry-after", "3600"}})};
    CHECK_THROWS_AS(setup.model.embed_query(context, "one", {}), Error);
    CHECK_THROWS_AS(setup.model.embed_query(context, "two", {}), Error);
    CHECK(setup.service.requests.size() == 2);
    CHECK(setup.failure_of_one().empty());
    CHECK(setup.service.requests.size() == 3);
    CHECK_NOTHROW(setup.model.embed_query(context, "three", {}));
}

TEST_CASE("openai: time-outs and lost connections are tried again") {
    Setup setup;
    setup.service.answers = {failure(ErrorCode::deadline_exceeded),
                             failure(ErrorCode::unavailable)};
    CHECK(setup.failure_of_one().empty());
    CHECK(setup.time.pauses.size() == 2);
}

TEST_CASE("openai: a refusal that will not pass ends at once and says what to do") {
    for (const auto& [code, advice] :
         std::vector<std::pair<int, std::string>>{{400, "RAG_EMBEDDING_MODEL"},
                                                  {401, "OPENAI_API_KEY"},
                                                  {403, "OPENAI_API_KEY"},
                                                  {404, "OPENAI_BASE_URL"},
                                                  {302, "RAG_EMBEDDING_MODEL"}}) {
        CAPTURE(code);
        Setup setup;
        const std::string said = std::string(R"({"error":{"message":"bad key )") + secret + "\"}}";
        setup.service.answers = {status(code, said)};
        const std::string message = setup.failure_of_one();
        CHECK(says(message, "embed.example.com"));
        CHECK(says(message, advice));
        CHECK_FALSE(says(message, secret));
        CHECK(setup.time.pauses.empty());
        CHECK(setup.service.requests.size() == 1);
    }
}

TEST_CASE("openai: a reply that is wrong is an error that names the service") {
    for (const char* body :
         {"", "{", "[]", "null", "{\"data\":7}", R"({"data":[]})",
          R"({"data":[{"index":0,"embedding":[1,2,3]},{"index":1,"embedding":[1,2,3]}]})",
          R"({"data":[{"index":0,"embedding":[1,2]}]})",
          R"({"data":[{"index":5,"embedding":[1,2,3]}]})",
          R"({"data":[{"index":0,"embedding":["a",2,3]}]})", R"({"data":[{"index":0}]})",
          R"({"data":[{"index":0,"embedding":[1,2,3)"}) {
        CAPTURE(body);
        Setup setup;
        setup.service.answers = {status(200, body)};
        CHECK(says(setup.failure_of_one(), "embed.example.com"));
    }
}

TEST_CASE("openai: without an index the order of the reply counts") {
    Setup setup;
    setup.service.answers = {
        status(200, R"({"data":[{"embedding":[2,0,0]},{"embedding":[0,0,5]}]})")};
    const std::vector<std::string> texts{"a", "b"};
    const std::vector<Vector> vectors = setup.model.embed_passages({}, texts);
    CHECK(vectors[0] == Vector{1, 0, 0});
    CHECK(vectors[1] == Vector{0, 0, 1});
}

TEST_CASE("openai: the same question is asked once") {
    Setup setup;
    const Vector first = setup.model.embed_query({}, "what is it", {});
    CHECK(setup.model.embed_query({}, "what is it", {}) == first);
    CHECK(setup.service.requests.size() == 1);
    setup.model.embed_query({}, "what else", {});
    CHECK(setup.service.requests.size() == 2);
}

TEST_CASE("openai: dimensions are known, given, or asked for once") {
    FakeService service;
    FakeTime time;
    OpenAiOptions options = tiny_options();
    options.dimensions = 0;
    OpenAi probed(options, service, time.tools());
    CHECK(probed.space() == EmbeddingSpace{"openai/tiny", 3});
    CHECK(service.requests.size() == 1);
    options.model = "text-embedding-3-large";
    CHECK(OpenAi(options, service, time.tools()).space().dimensions == 3072);
    options.dimensions = 256;
    CHECK(OpenAi(options, service, time.tools()).space().dimensions == 256);
    CHECK(service.requests.size() == 1);
    options.dimensions = 4000;
    CHECK_THROWS_AS(OpenAi(options, service, time.tools()), Error);
    options = tiny_options();
    options.api_key = "two words";
    CHECK_THROWS_AS(OpenAi(options, service, time.tools()), Error);
    options = tiny_options();
    options.base_url = "ftp://x";
    CHECK_THROWS_AS(OpenAi(options, service, time.tools()), Error);
}

TEST_CASE("query cache: what was used least recently leaves first") {
    QueryCache cache(2);
    cache.put("a", {1});
    cache.put("b", {2});
    CHECK(cache.find("a") == Vector{1});
    cache.put("c", {3});
    CHECK(cache.size() == 2);
    CHECK_FALSE(cache.find("b").has_value());
    CHECK(cache.find("a") == Vector{1});
    CHECK(cache.find("c") == Vector{3});
    cache.put(std::string(QueryCache::text_bytes_max + 1, 'x'), {4});
    CHECK(cache.size() == 2);
}

TEST_CASE("retry-after: seconds or a date, never negative, else nothing") {
    const Timestamp now(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));
    CHECK(parse_retry_after("0", now) == milliseconds(0));
    CHECK(parse_retry_after(" 12 ", now) == milliseconds(12'000));
    CHECK(parse_retry_after("99999999999999999", now) > std::chrono::hours(24));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == milliseconds(0));
    for (const char* wrong : {"", "-1", "soon", "1.5", "Sun, 99 Nov 2026 08:49:37 GMT"}) {
        CHECK_FALSE(parse_retry_after(wrong, now).has_value());
    }
}

TEST_CASE("batching: a batch is full by texts or by bytes, and never empty") {
    const std::vector<std::string> texts{"aaaa", "bb", "cc", "d"};
    CHECK(count_batch(texts, {.texts_max = 3, .bytes_max = 100}) == 3);
    CHECK(count_batch(texts, {.texts_max = 9, .bytes_max = 7}) == 2);
    CHECK(count_batch(texts, {.texts_max = 9, .bytes_max = 1}) == 1);
    CHECK(count_batch({}, {}) == 0);
}
