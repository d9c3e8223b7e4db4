#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace httplib {
class Server;
}

namespace rag::test {

/// An embedding service on loopback that takes its time; every text gets the same vector of three
/// dimensions.
class SlowService {
public:
    explicit SlowService(std::chrono::milliseconds delay);
    ~SlowService();
    SlowService(const SlowService&) = delete;
    SlowService& operator=(const SlowService&) = delete;

    /// What a server needs in its environment to embed here.
    std::map<std::string, std::string> environment() const;
    /// Waits until a request for the texts of a document or a question has come; false after 10 s.
    bool wait_for_request() const;
    /// The traceparent of the last request.
    std::string trace_parent() const;

private:
    const std::chrono::milliseconds delay_;
    std::atomic<int> requests_{0};
    mutable std::mutex mutex_;
    std::string trace_parent_;  ///< Guarded by mutex_.
    std::unique_ptr<httplib::Server> server_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace rag::test
