#include "browser/conversation.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <utility>

namespace rag::browser {

Conversation::Conversation(Devtools& browser, std::string session, const CallContext& context,
                           OnEvent on_event)
    : browser_(browser),
      session_(std::move(session)),
      context_(context),
      on_event_(std::move(on_event)) {
    if (!session_.empty()) {
        browser_.join(session_, inbox_);
    }
}

Conversation::~Conversation() {
    browser_.leave(inbox_);
}

Json Conversation::call(const std::string& method, const Json& params) {
    const int number = browser_.send(session_, method, params, &inbox_, context_.deadline);
    for (;;) {
        std::optional<Json> message = take(context_.deadline);
        if (!message) {
            continue;
        }
        if (!message->contains("id")) {
            handle(*message);
        } else if (message->at("id") == number) {
            if (const auto error = message->find("error"); error != message->end()) {
                throw Error(ErrorCode::unavailable, "The browser refused " + method + ": " +
                                                        error->value("message", "without a word"));
            }
            return std::move(message->at("result"));
        }
    }
}

void Conversation::post(const std::string& method, const Json& params) {
    browser_.send(session_, method, params, nullptr, context_.deadline);
}

void Conversation::follow(SteadyTime until) {
    if (const auto message = take(until); message && !message->contains("id")) {
        handle(*message);
    }
}

std::optional<Json> Conversation::take(SteadyTime until) {
    auto message = inbox_.take(context_.stop, std::min(until, context_.deadline));
    if (!message) {
        context_.check();
    }
    return message;
}

void Conversation::handle(const Json& message) {
    if (on_event_) {
        on_event_(message.at("method").get_ref<const std::string&>(), message.at("params"));
    }
}

}  // namespace rag::browser
