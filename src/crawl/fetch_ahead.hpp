#pragma once

#include "crawl/fetcher.hpp"
#include "rag/context.hpp"
#include "rag/error.hpp"
#include "rag/http_client.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace rag::crawl {

/// What came of asking for one page. A value, so that threads share no exception.
struct Fetched {
    HttpResponse response;
    std::optional<ErrorCode> failure;  ///< Of the Error in its place.
    std::string sentence;

    /// The response. Throws the Error where there is none.
    HttpResponse take();
};

/// Asks for pages before their reader waits for them, several at once, in the order in which they
/// are given. Owns its threads; the destructor stops what is on its way. Used by one thread.
class FetchAhead final {
public:
    /// The fetcher must outlive this. With one at once there are no threads: a page is asked for
    /// when its answer is wanted.
    FetchAhead(Fetcher& fetcher, std::size_t at_once);
    ~FetchAhead();
    FetchAhead(const FetchAhead&) = delete;
    FetchAhead& operator=(const FetchAhead&) = delete;

    /// What Fetcher::get returns or throws. A stop of the context stops all that is on its way.
    std::future<Fetched> ask(const CallContext& context, Ask ask);

private:
    struct Task;

    void work();

    Fetcher& fetcher_;
    const std::size_t at_once_;
    std::stop_source stop_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::unique_ptr<Task>> tasks_;  ///< Not begun yet.
    std::size_t idle_ = 0;
    std::vector<std::jthread> threads_;  ///< Last: they use all of the above.
};

}  // namespace rag::crawl
