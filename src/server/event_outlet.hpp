#pragma once

#include "http/types.hpp"
#include "rag/clock.hpp"
#include "server/call_stream.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

namespace rag::server {

/// Messages as server-sent events. Safe for concurrent use.
class EventOutlet final : public CallStream {
public:
    /// `stream` is shared with the connection that writes it out.
    explicit EventOutlet(std::shared_ptr<http::EventStream> stream);

    bool send(const Json& message, mcp::Importance importance) override;
    /// An event of another kind than a message.
    bool send_event(const std::string& event, const std::string& data);
    /// One event as it goes over the wire, the empty line at its end included.
    bool send_text(const std::string& event, mcp::Importance importance);
    /// A comment that keeps proxies and clients from thinking the stream dead.
    bool keep_alive();
    /// Asks the client not to come back sooner than that.
    void hint_retry(std::chrono::milliseconds after);
    void close() override { stream_->close(); }

    std::stop_token gone() const { return stream_->gone(); }
    /// When the last event (no comment) went out, or when the stream was opened.
    std::chrono::steady_clock::time_point last_used() const { return last_used_.load(); }

private:
    const std::shared_ptr<http::EventStream> stream_;
    std::atomic<std::chrono::steady_clock::time_point> last_used_;
};

}  // namespace rag::server
