#pragma once

#include "base/json.hpp"
#include "base/workers.hpp"
#include "rag/http_client.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

namespace rag::browser {

/// What a page in a browser elsewhere asks for, fetched here, where names are looked up and
/// addresses checked as for every other fetch of this program. One for each page; owns the threads
/// that fetch, which the destructor ends.
class Errands final {
public:
    /// On one of the threads; null when there is no whole answer.
    using OnAnswer = std::function<void(const HttpResponse* answer)>;

    /// `client` must outlive this. Ends with the context's deadline, but not by its stop.
    Errands(HttpClient& client, const CallContext& context, std::int64_t bytes_max);
    ~Errands();
    Errands(const Errands&) = delete;
    Errands& operator=(const Errands&) = delete;

    /// False when the page asks for more than can be fetched; then nothing is called.
    [[nodiscard]] bool run(HttpRequest request, OnAnswer on_answer);

    /// Bodies of both ways so far.
    std::int64_t bytes() const { return bytes_.load(); }

private:
    void fetch(HttpRequest request, const OnAnswer& on_answer);

    HttpClient& client_;
    const std::int64_t bytes_max_;
    std::stop_source over_;
    CallContext context_;  ///< Constant after construction.
    std::atomic<std::int64_t> bytes_ = 0;
    Workers workers_;  ///< Last: they use all of the above.
};

/// The request that Fetch.requestPaused tells of. Null for what is not fetched: what is no http or
/// https, streams without an end, messages that nobody waits for, bodies that are not shown whole.
std::optional<HttpRequest> read_paused_request(const Json& params);

}  // namespace rag::browser
