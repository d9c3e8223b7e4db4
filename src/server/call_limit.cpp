#include "server/call_limit.hpp"

#include "http/message.hpp"

#include <fmt/format.h>

namespace rag::server {

std::shared_ptr<void> CallLimit::take(const std::string& principal) {
    if (calls_max_ > 0) {
        const std::scoped_lock lock(running_->mutex);
        std::size_t& calls = running_->calls[principal];
        if (calls >= calls_max_) {
            return nullptr;
        }
        ++calls;
    }
    return {static_cast<void*>(running_.get()),
            [running = running_, principal, counted = calls_max_ > 0](void*) {
                const std::scoped_lock lock(running->mutex);
                const auto found = running->calls.find(principal);
                if (counted && found != running->calls.end() && --found->second == 0) {
                    running->calls.erase(found);
                }
            }};
}

http::Response CallLimit::refuse() const {
    http::Response refusal = http::make_error_response(
        429, fmt::format("{} calls of yours are running, which is the most at once "
                         "(RAG_CONCURRENT_CALLS); wait for one to end, or a second.",
                         calls_max_));
    refusal.headers.emplace_back("Retry-After", "1");
    return refusal;
}

}  // namespace rag::server
