#pragma once

#include "base/json.hpp"
#include "browser/descriptor.hpp"
#include "browser/framing.hpp"
#include "browser/inbox.hpp"
#include "browser/process.hpp"
#include "rag/clock.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rag::browser {

struct DevtoolsOptions {
    std::string program;
    std::vector<std::string> arguments;  ///< Beside those that the pipe and the profile need.
    std::chrono::milliseconds idle_time{60'000};  ///< Without a user; then the browser is ended.
    std::int64_t memory_bytes_max = std::int64_t{1} << 30U;  ///< Of all its processes together.
};

/// One running browser and its protocol (Chrome DevTools Protocol 1.3, flat sessions, over a pipe:
/// no port that anybody else could speak to). Owns the process, its profile and the one thread that
/// reads from it; safe for concurrent use. It ends by itself when it is idle, when it needs too
/// much memory, and when the process ends; then every inbox is closed with the reason.
class Devtools final {
public:
    /// Starts the process. Throws Error{unavailable} where that cannot be done.
    explicit Devtools(DevtoolsOptions options);
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
    /// What all processes of the browser belong to.
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
    enum class ComplaintsEnd { ahead, reached };

    void run();
    std::string listen(const BrowserProcess& process);
    std::string read_messages(const BrowserProcess& process, MessageSplitter& splitter);
    void read_complaints(const BrowserProcess& process);
    void hand_out(const std::string& text);
    void deliver(Json message, std::size_t bytes);
    std::string find_reason_to_end();
    void end(const std::string& why);
    std::string describe_own_end() const;
    void write(std::string_view bytes, SteadyTime deadline);
    void check() const;

    const DevtoolsOptions options_;
    Descriptor wake_;         ///< An eventfd; readable when the reader is to look up.
    std::string complaints_;  ///< The last of what the process wrote to standard error; reader's.
    ComplaintsEnd complaints_end_ = ComplaintsEnd::ahead;  ///< The reader's.
    SteadyTime memory_looked_at_{};                        ///< The reader's.

    mutable std::mutex mutex_;         ///< Guards what follows.
    std::condition_variable started_;  ///< It runs, or is over.
    pid_t group_ = -1;                 ///< Constant from the start on.
    std::string over_;                 ///< Why it is over; empty before.
    int users_ = 0;
    SteadyTime used_at_{};
    int last_number_ = 0;
    std::map<std::string, Inbox*> sessions_;
    std::map<int, Inbox*> awaited_;  ///< By command number.

    std::mutex writing_mutex_;  ///< Held while a command is written.
    int commands_ = -1;         ///< Guarded by it; -1 once the process is gone.
    std::jthread reader_;       ///< Last: it uses all of the above.
};

}  // namespace rag::browser
