#include "server/event_outlet.hpp"

#include <utility>

namespace rag::server {

EventOutlet::EventOutlet(std::shared_ptr<http::EventStream> stream)
    : stream_(std::move(stream)), last_used_(std::chrono::steady_clock::now()) {}

bool EventOutlet::send(const Json& message, mcp::Importance importance) {
    return send_text("event: message\ndata: " + dump_json(message) + "\n\n", importance);
}

bool EventOutlet::send_text(const std::string& event, mcp::Importance importance) {
    last_used_ = std::chrono::steady_clock::now();
    return stream_->write(event, importance == mcp::Importance::droppable
                                     ? http::Delivery::droppable
                                     : http::Delivery::required);
}

bool EventOutlet::send_event(const std::string& event, const std::string& data) {
    return stream_->write("event: " + event + "\ndata: " + data + "\n\n", http::Delivery::required);
}

bool EventOutlet::keep_alive() {
    return stream_->write(": keepalive\n\n", http::Delivery::droppable);
}

void EventOutlet::hint_retry(std::chrono::milliseconds after) {
    stream_->write("retry: " + std::to_string(after.count()) + "\n\n", http::Delivery::droppable);
}

}  // namespace rag::server
