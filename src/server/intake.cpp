#include "server/intake.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace rag::server {
namespace {

mcp::Reply refuse(std::optional<mcp::RequestId> id, std::string sentence) {
    return mcp::Dispatcher::refuse(
        {std::move(id), {mcp::code::invalid_request, std::move(sentence), nullptr}});
}

void take_message(mcp::Dispatcher& dispatcher, mcp::ParsedMessage parsed,
                  const mcp::Arrival& arrival, Intake& intake) {
    if (const auto* bad = std::get_if<mcp::BadMessage>(&parsed)) {
        intake.replies.push_back(mcp::Dispatcher::refuse(*bad));
        return;
    }
    mcp::Message& message = std::get<mcp::Message>(parsed);
    if (message.kind != mcp::Message::Kind::request) {
        dispatcher.hear(message, arrival);
        return;
    }
    if (intake.is_batch && (message.method == "initialize" || mcp::claims_modern(message.params))) {
        intake.replies.push_back(refuse(message.id, "This request must not be part of a batch."));
        return;
    }
    auto admitted = dispatcher.admit(std::move(message), arrival);
    if (auto* reply = std::get_if<mcp::Reply>(&admitted)) {
        intake.replies.push_back(std::move(*reply));
    } else {
        intake.calls.push_back(std::move(std::get<std::shared_ptr<mcp::Call>>(admitted)));
    }
}

std::optional<mcp::Reply> join(Intake& intake) {
    if (intake.replies.empty()) {
        return std::nullopt;
    }
    if (!intake.is_batch) {
        return std::move(intake.replies.front());
    }
    mcp::Reply joined{Json::array(), 200};
    for (mcp::Reply& reply : intake.replies) {
        joined.message.push_back(std::move(reply.message));
    }
    return joined;
}

}  // namespace

bool Intake::has_lengthy() const {
    return std::any_of(calls.begin(), calls.end(),
                       [](const auto& call) { return call->pace == mcp::Pace::lengthy; });
}

bool Intake::wants_stream() const {
    return std::any_of(calls.begin(), calls.end(),
                       [](const auto& call) { return call->wants_stream; });
}

bool Intake::only_instant() const {
    return std::all_of(calls.begin(), calls.end(),
                       [](const auto& call) { return call->pace == mcp::Pace::instant; });
}

Intake take_in(mcp::Dispatcher& dispatcher, mcp::ParsedText parsed, const mcp::Arrival& arrival) {
    Intake intake;
    if (parsed.is_batch && !(arrival.client && mcp::has_batches(arrival.client->revision()))) {
        intake.replies.push_back(
            refuse(std::nullopt, "Batches are not part of the revision that is spoken here."));
        return intake;
    }
    intake.is_batch = parsed.is_batch;
    for (mcp::ParsedMessage& message : parsed.messages) {
        take_message(dispatcher, std::move(message), arrival, intake);
    }
    return intake;
}

std::optional<mcp::Reply> run_all(mcp::Dispatcher& dispatcher, Intake& intake,
                                  mcp::Outlet& outlet) {
    for (const auto& call : intake.calls) {
        if (std::optional<mcp::Reply> reply = dispatcher.run(*call, outlet)) {
            intake.replies.push_back(std::move(*reply));
        }
    }
    intake.calls.clear();
    intake.place.reset();
    return join(intake);
}

mcp::Reply turn_away(const mcp::Dispatcher& dispatcher, Intake& intake) {
    for (const auto& call : intake.calls) {
        intake.replies.push_back(dispatcher.turn_away(*call));
        call->ticket.leave();
    }
    intake.calls.clear();
    intake.place.reset();
    return *join(intake);
}

}  // namespace rag::server
