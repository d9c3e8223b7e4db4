#pragma once

#include "base/json.hpp"
#include "browser/inbox.hpp"
#include "browser/transport.hpp"
#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace rag::browser {

struct DevtoolsOptions {
    Connect connect;
    std::chrono::milliseconds idle_time{60'000};  ///< Without a user; then the browser is left.
};

/// One browser and its protocol (Chrome DevTools Protocol 1.3, flat sessions). Owns the way to it
/// and the one thread that reads from it; safe for concurrent use. It ends by itself when it is
/// idle, and when the way or what it leads to ends; then every inbox is closed with the reason.
class Devtools final {
public:
    /// Connects. Throws Error{unavailable} where that cannot be done, and as `context` has it.
    explicit Devtools(DevtoolsOptions options, const CallContext& context = {});
    ~Devtools();
    Devtools(const Devtools&) = delete;
    Devtools& operator=(const Devtools&) = delete;

    /// While it lives the browser is in use and does not end for being idle. Not granted once the
    /// browser is over.
    class Use final {
    public:
        explicit Use(Devtools& owner);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

        bool is_granted() const { return granted_; }

    private:
        Devtools& owner_;
        bool granted_ = false;
    };

    bool is_over() const;
    /// As Transport::group.
    pid_t group() const;

    /// What the session says goes there from now on. The inbox must be closed off with `leave`.
    void join(const std::string& session, Inbox& inbox);
    /// From now on nothing goes there.
    void leave(const Inbox& inbox);

    /// Sends a command; an answer goes to the inbox where one is given. Returns the command's
    /// number. Throws Error{unavailable, deadline_exceeded}.
    int send(const std::string& session, const std::string& method, const Json& params,
             Inbox* answer_to, SteadyTime deadline);

private:
    void run(const std::stop_token& over);
    void publish(Transport* transport);
    std::string listen(Transport& transport, const std::stop_token& over);
    void hand_out(std::string_view text);
    void deliver(Json message, std::size_t bytes);
    std::string find_reason_to_end(Transport& transport);
    void end(const std::string& why);
    void write(std::string message, SteadyTime deadline);
    void check() const;

    const DevtoolsOptions options_;
    std::stop_source ended_;  ///< Ends the wait of whoever writes.

    mutable std::mutex mutex_;             ///< Guards what follows.
    std::condition_variable_any changed_;  ///< It is connected, or over.
    bool connected_ = false;               ///< True from the start on.
    pid_t group_ = -1;                     ///< Constant from the start on.
    std::string over_;                     ///< Why it is over; empty before.
    int users_ = 0;
    SteadyTime used_at_{};
    int last_number_ = 0;
    std::map<std::string, Inbox*> sessions_;
    std::map<int, Inbox*> awaited_;  ///< By command number.

    std::mutex writing_mutex_;        ///< Held while a command is written.
    Transport* transport_ = nullptr;  ///< Guarded by it; null before the start and after the end.
    std::jthread reader_;             ///< Last: it uses all of the above.
};

}  // namespace rag::browser
