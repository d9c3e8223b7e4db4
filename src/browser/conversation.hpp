#pragma once

#include "base/json.hpp"
#include "browser/devtools.hpp"
#include "browser/inbox.hpp"
#include "rag/context.hpp"

#include <functional>
#include <string>

namespace rag::browser {

/// What one caller and one session of the browser say to each other. Used by one thread.
class Conversation final {
public:
    /// May post, but not call.
    using OnEvent = std::function<void(const std::string& method, const Json& params)>;

    /// An empty session is the browser's own. The browser must outlive this. `context` ends every
    /// wait: with Error{cancelled} at a stop, Error{deadline_exceeded} at its deadline.
    Conversation(Devtools& browser, std::string session, const CallContext& context,
                 OnEvent on_event);
    ~Conversation();
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    /// The command's result; events that come before it are handled. Throws Error{unavailable} when
    /// the browser refuses the command or is over.
    Json call(const std::string& method, const Json& params = Json::object());
    /// Without waiting for an answer.
    void post(const std::string& method, const Json& params = Json::object());
    /// Waits until then for one message, and handles it if it comes.
    void follow(SteadyTime until);

private:
    /// Null when there was none.
    std::optional<Json> take(SteadyTime until);
    void handle(const Json& message);

    Devtools& browser_;
    const std::string session_;
    const CallContext& context_;
    const OnEvent on_event_;
    Inbox inbox_;
};

}  // namespace rag::browser
