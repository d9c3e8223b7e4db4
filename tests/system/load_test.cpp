// More calls at once than a server has room for: each is answered or refused with the time to wait,
// and once the crowd has left nothing is refused.

#include "support/http_calls.hpp"
#include "support/running_server.hpp"
#include "support/slow_service.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr int clients = 40;
constexpr int calls_of_each = 3;

/// How often each status came, and what was wrong with the answers.
struct Tally {
    std::mutex mutex;
    std::map<int, int> statuses;
    std::vector<std::string> wrong;

    void note(const HttpAnswer& answer, int refusal_status) {
        const std::scoped_lock lock(mutex);
        ++statuses[answer.status];
        const bool found = answer.status == 200 && !answer.body["result"].value("isError", false);
        const bool refused = answer.status == refusal_status && answer.retry_after == "1";
        if (!found && !refused) {
            wrong.push_back(std::to_string(answer.status) + ", Retry-After '" +
                            answer.retry_after + "': " + answer.body.dump());
        }
    }
};

/// What everybody calls. Ingestion runs on threads of its own; a search keeps one of the callers'.
struct Call {
    const char* tool;
    const char* text;  ///< Name of the argument that embedding takes its time for.
};

constexpr Call ingestion{"ingest_text", "content"};
constexpr Call question{"search_documents", "query"};

HttpAnswer make_call(const RunningServer& server, const Call& call, int client, int number) {
    return call_modern(server.address(), "", call.tool,
                       {{call.text, "Text " + std::to_string(number) + " of " +
                                        std::to_string(client)},
                        {"collection_name", "c"}});
}

/// Everybody calls at once; embedding takes long enough for a crowd to form.
void crowd(const RunningServer& server, Tally& tally, const Call& call, int refusal_status) {
    std::vector<std::jthread> threads;
    for (int client = 0; client < clients; ++client) {
        threads.emplace_back([&, client] {
            for (int number = 0; number < calls_of_each; ++number) {
                tally.note(make_call(server, call, client, number), refusal_status);
            }
        });
    }
}

void check_refusals(std::map<std::string, std::string> limits, const Call& call,
                    int refusal_status) {
    const SlowService service(20ms);
    const TestMemory memory(StoreKind::sqlite);
    limits.merge(service.environment());
    RunningServer server(memory, Transport::streamable_http, limits);
    const json collection = {{"name", "c"}, {"description", "d"}};
    REQUIRE(call_modern(server.address(), "", "create_collection", collection).status == 200);
    Tally tally;
    crowd(server, tally, call, refusal_status);
    INFO((tally.wrong.empty() ? std::string() : tally.wrong.front()));
    CHECK(tally.wrong.empty());
    CHECK(tally.statuses[refusal_status] > 0);
    CHECK(tally.statuses[200] > 0);
    for (int number = 0; number < 20; ++number) {
        CHECK(make_call(server, ingestion, clients, number).status == 200);
    }
    const bool stored = call.tool == ingestion.tool;
    const json listed =
        call_modern(server.address(), "", "list_documents", {{"collection_name", "c"}}).body;
    CHECK(listed["result"]["structuredContent"]["total_count"] ==
          (stored ? tally.statuses[200] : 0) + 20);
}

}  // namespace

TEST_CASE("load: more calls than RAG_QUEUE holds are 503 with the time to wait") {
    check_refusals({{"RAG_WORKERS", "2"}, {"RAG_QUEUE", "4"}}, question, 503);
}

TEST_CASE("load: more calls than RAG_CONCURRENT_CALLS are 429, and what was answered is kept") {
    check_refusals({{"RAG_WORKERS", "8"}, {"RAG_CONCURRENT_CALLS", "4"}}, ingestion, 429);
}

TEST_CASE("load: clients within the queue's length are all answered") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http);
    const json collection = {{"name", "c"}, {"description", "d"}};
    REQUIRE(call_modern(server.address(), "", "create_collection", collection).status == 200);
    Tally tally;
    crowd(server, tally, ingestion, 0);
    INFO((tally.wrong.empty() ? std::string() : tally.wrong.front()));
    CHECK(tally.wrong.empty());
    CHECK(tally.statuses[200] == clients * calls_of_each);
}
