#include "mcp/client_requests.hpp"

#include "rag/error.hpp"

#include <string>
#include <utility>

namespace rag::mcp {
namespace {

constexpr std::size_t waiting_max = 64;
/// People answer elicitations; nobody waits longer than this for one.
constexpr std::chrono::minutes answer_time_max{10};

}  // namespace

Json ClientRequests::ask(const CallContext& context, Outlet& outlet, std::string_view method,
                         Json params) {
    std::unique_lock lock(mutex_);
    if (waiting_.size() >= waiting_max) {
        throw Error(ErrorCode::rate_limited,
                    "Too many questions to this client are open; answer one of them first.");
    }
    const RequestId id{"server-" + std::to_string(++last_id_)};
    waiting_.emplace(id, nullptr);
    lock.unlock();
    const bool sent =
        outlet.send(make_request(id, method, std::move(params)), Importance::required);
    lock.lock();
    if (sent) {
        const auto time = context.time_left(std::chrono::milliseconds(answer_time_max));
        answered_.wait_for(lock, context.stop, time, [&] { return !waiting_[id].is_null(); });
    }
    const Json answer = std::exchange(waiting_[id], nullptr);
    waiting_.erase(id);
    lock.unlock();
    context.check();
    if (answer.is_null()) {
        throw Error(ErrorCode::unavailable,
                    "The client did not answer " + std::string(method) + ".");
    }
    if (answer.contains("error")) {
        throw Error(ErrorCode::unavailable,
                    "The client refused " + std::string(method) + ": " +
                        answer["error"].value("message", std::string("no reason given")));
    }
    return answer["result"];
}

void ClientRequests::answer(const Message& response) {
    if (!response.id) {
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        const auto at = waiting_.find(*response.id);
        if (at == waiting_.end()) {
            return;
        }
        at->second = response.error.is_null() ? Json{{"result", response.result}}
                                              : Json{{"error", response.error}};
    }
    answered_.notify_all();
}

}  // namespace rag::mcp
