#include "server/stdio.hpp"

#include "base/log.hpp"
#include "rag/error.hpp"
#include "server/intake.hpp"
#include "server/line_reader.hpp"
#include "server/line_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <utility>

namespace rag::server {
namespace {

constexpr const char* scope_name = "stdio";

/// Counts the calls that pools work on, so that the end of the input can wait for them.
class Running {
public:
    void enter() {
        const std::scoped_lock lock(mutex_);
        ++count_;
    }
    void leave() {
        const std::scoped_lock lock(mutex_);
        --count_;
        none_.notify_all();
    }
    bool wait_for_none(std::chrono::milliseconds most) {
        std::unique_lock lock(mutex_);
        return none_.wait_for(lock, most, [this] { return count_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable none_;
    int count_ = 0;
};

/// What the reader and the calls on the pools share; lives until the last of them is done.
struct Wire {
    explicit Wire(int out) : writer(std::make_shared<LineWriter>(out)) {}

    std::shared_ptr<LineWriter> writer;
    Running running;
};

struct OpenSubscription {
    std::shared_ptr<mcp::Call> call;
    std::shared_ptr<mcp::Subscription> subscription;
};

/// The state of one serve(); all but the wire is the reading thread's.
class Connection {
public:
    Connection(mcp::Dispatcher& dispatcher, Workers& calls, Workers& jobs, Caller caller, int out)
        : dispatcher_(dispatcher), calls_(calls), jobs_(jobs), wire_(std::make_shared<Wire>(out)) {
        arrival_.wire = mcp::Wire::stdio;
        arrival_.caller = std::move(caller);
        arrival_.client = std::make_shared<mcp::LegacyClient>();
        arrival_.client->add_outlet(wire_->writer);
        arrival_.scope = scope_name;
        dispatcher_.changes().add(arrival_.client);
    }

    void take(const LineReader::Line& line) {
        mcp::ParsedText parsed;
        if (line.too_long) {
            parsed.messages.push_back(mcp::BadMessage{
                std::nullopt, {mcp::code::invalid_request, "The message is too long.", nullptr}});
        } else if (line.text.find_first_not_of(" \t") == std::string::npos) {
            return;
        } else {
            parsed = mcp::parse_messages(line.text);
        }
        start(take_in(dispatcher_, std::move(parsed), arrival_));
        drop_cancelled();
    }

    bool is_broken() const { return wire_->writer->is_broken(); }

    void end(std::chrono::milliseconds drain) {
        for (const auto& [id, open] : subscriptions_) {
            wire_->writer->send(open.subscription->cancelled_notification(),
                                mcp::Importance::required);
            wire_->writer->send(open.subscription->final_response(dispatcher_.card()),
                                mcp::Importance::required);
        }
        subscriptions_.clear();
        if (!is_broken() && wire_->running.wait_for_none(drain)) {
            return;
        }
        dispatcher_.cancel_all(scope_name);
        wire_->writer->give_up();
        wire_->running.wait_for_none(drain);
    }

private:
    void start(Intake intake) {
        if (!intake.is_batch && !intake.calls.empty() &&
            intake.calls.front()->pace == mcp::Pace::listening) {
            listen(intake.calls.front());
            return;
        }
        if (intake.only_instant()) {
            answer(dispatcher_, intake, *wire_);
            return;
        }
        Workers& pool = intake.has_lengthy() ? jobs_ : calls_;
        auto work = std::make_shared<Intake>(std::move(intake));
        wire_->running.enter();
        const bool posted = pool.try_post([work, wire = wire_, &dispatcher = dispatcher_] {
            answer(dispatcher, *work, *wire);
            wire->running.leave();
        });
        if (!posted) {
            wire_->writer->send(turn_away(dispatcher_, *work).message, mcp::Importance::required);
            wire_->running.leave();
        }
    }

    static void answer(mcp::Dispatcher& dispatcher, Intake& intake, Wire& wire) {
        if (const auto reply = run_all(dispatcher, intake, *wire.writer)) {
            wire.writer->send(reply->message, mcp::Importance::required);
        }
    }

    void listen(const std::shared_ptr<mcp::Call>& call) {
        auto opened = dispatcher_.listen(*call, wire_->writer);
        if (const auto* reply = std::get_if<mcp::Reply>(&opened)) {
            wire_->writer->send(reply->message, mcp::Importance::required);
            return;
        }
        subscriptions_[call->id] = {call, std::get<std::shared_ptr<mcp::Subscription>>(opened)};
    }

    /// Subscriptions that the client cancelled; nothing is answered to them.
    void drop_cancelled() {
        std::erase_if(subscriptions_, [](const auto& entry) {
            return entry.second.call->ticket.token().stop_requested();
        });
    }

    mcp::Dispatcher& dispatcher_;
    Workers& calls_;
    Workers& jobs_;
    mcp::Arrival arrival_;
    const std::shared_ptr<Wire> wire_;  // Shared with calls that may outlast the connection.
    std::map<mcp::RequestId, OpenSubscription> subscriptions_;
};

}  // namespace

PrivateStdout::PrivateStdout() : fd_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (fd_ < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        throw Error(ErrorCode::internal, "Standard output is not open.");
    }
}

PrivateStdout::~PrivateStdout() {
    close(fd_);
}

Stdio::Stdio(mcp::Dispatcher& dispatcher, Caller caller, Workers& calls, Workers& jobs,
             StdioOptions options)
    : dispatcher_(dispatcher),
      caller_(std::move(caller)),
      calls_(calls),
      jobs_(jobs),
      options_(options) {}

void Stdio::serve(int in, int out, const std::stop_token& stop) {
    // A client that is gone shows as EPIPE at the next write.
    std::signal(SIGPIPE, SIG_IGN);
    LineReader reader(in, options_.line_bytes_max);
    Connection connection(dispatcher_, calls_, jobs_, caller_, out);
    while (!connection.is_broken()) {
        const std::optional<LineReader::Line> line = reader.next(stop);
        if (!line) {
            break;
        }
        connection.take(*line);
    }
    log::debug("stdio: the input has ended");
    connection.end(options_.drain);
}

}  // namespace rag::server
