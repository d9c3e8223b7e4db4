#include "browser/devtools.hpp"

#include "base/log.hpp"
#include "rag/error.hpp"

#include <utility>

namespace rag::browser {
namespace {

constexpr std::chrono::milliseconds look_every{250};
constexpr std::chrono::milliseconds reason_time{1'000};

}  // namespace

Devtools::Use::Use(Devtools& owner) : owner_(owner) {
    const std::scoped_lock lock(owner_.mutex_);
    granted_ = owner_.over_.empty();
    owner_.users_ += granted_ ? 1 : 0;
}

Devtools::Use::~Use() {
    const std::scoped_lock lock(owner_.mutex_);
    owner_.users_ -= granted_ ? 1 : 0;
    owner_.used_at_ = std::chrono::steady_clock::now();
}

Devtools::Devtools(DevtoolsOptions options, const CallContext& context)
    : options_(std::move(options)),
      used_at_(std::chrono::steady_clock::now()),
      reader_([this](const std::stop_token& over) { run(over); }) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_until(lock, context.stop, context.deadline,
                                [this] { return connected_ || !over_.empty(); })) {
        context.check();
    }
    if (!connected_) {
        throw Error(ErrorCode::unavailable, over_);
    }
}

Devtools::~Devtools() {
    reader_.request_stop();
    {
        const std::scoped_lock writing(writing_mutex_);
        if (transport_ != nullptr) {
            transport_->wake();
        }
    }
    reader_.join();
}

bool Devtools::is_over() const {
    const std::scoped_lock lock(mutex_);
    return !over_.empty();
}

pid_t Devtools::group() const {
    const std::scoped_lock lock(mutex_);
    return group_;
}

void Devtools::check() const {
    const std::scoped_lock lock(mutex_);
    if (!over_.empty()) {
        throw Error(ErrorCode::unavailable, over_);
    }
}

void Devtools::join(const std::string& session, Inbox& inbox) {
    const std::scoped_lock lock(mutex_);
    if (!over_.empty()) {
        inbox.close(over_);
        return;
    }
    sessions_[session] = &inbox;
}

void Devtools::leave(const Inbox& inbox) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(sessions_, [&](const auto& entry) { return entry.second == &inbox; });
    std::erase_if(awaited_, [&](const auto& entry) { return entry.second == &inbox; });
}

int Devtools::send(const std::string& session, const std::string& method, const Json& params,
                   Inbox* answer_to, SteadyTime deadline) {
    Json message = {{"method", method}, {"params", params}};
    if (!session.empty()) {
        message["sessionId"] = session;
    }
    int number = 0;
    {
        const std::scoped_lock lock(mutex_);
        if (!over_.empty()) {
            throw Error(ErrorCode::unavailable, over_);
        }
        number = ++last_number_;
        if (answer_to != nullptr) {
            awaited_[number] = answer_to;
        }
    }
    message["id"] = number;
    write(dump_json(message), deadline);
    return number;
}

void Devtools::write(std::string message, SteadyTime deadline) {
    const std::scoped_lock writing(writing_mutex_);
    check();
    if (transport_ == nullptr) {
        throw Error(ErrorCode::unavailable, "The browser takes no commands any more.");
    }
    try {
        transport_->send(std::move(message), ended_.get_token(), deadline);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::deadline_exceeded) {
            // Half a command may be written: nobody else could be understood after it.
            end(error.message());
            throw;
        }
        // The reader is about to learn why.
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, reason_time, [this] { return !over_.empty(); });
        throw Error(ErrorCode::unavailable, over_.empty() ? error.message() : over_);
    }
}

void Devtools::publish(Transport* transport) {
    const std::scoped_lock writing(writing_mutex_);
    transport_ = transport;
}

void Devtools::run(const std::stop_token& over) {
    try {
        const std::unique_ptr<Transport> transport = options_.connect(over);
        publish(transport.get());
        {
            const std::scoped_lock lock(mutex_);
            group_ = transport->group();
            connected_ = true;
        }
        changed_.notify_all();
        end(listen(*transport, over));
        publish(nullptr);
    } catch (const std::exception& error) {
        end(error.what());
    }
}

/// Returns why it is over.
std::string Devtools::listen(Transport& transport, const std::stop_token& over) {
    const auto hand = [this](std::string_view text) { hand_out(text); };
    try {
        while (!over.stop_requested()) {
            transport.receive(look_every, hand);
            std::string why = find_reason_to_end(transport);
            if (!why.empty()) {
                return why;
            }
        }
        return "The browser was ended.";
    } catch (const std::exception& error) {
        return error.what();
    }
}

void Devtools::hand_out(std::string_view text) {
    try {
        deliver(parse_json(text), text.size());
    } catch (const std::exception&) {
        // Texts of pages may hold halves of characters, which are no JSON. Who waits for such a
        // message has a time limit.
        log::debug("a message of the browser could not be read");
    }
}

void Devtools::deliver(Json message, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    if (message.contains("id")) {
        const auto awaited = awaited_.find(message.at("id").get<int>());
        if (awaited != awaited_.end()) {
            awaited->second->put(std::move(message), bytes);
            awaited_.erase(awaited);
        }
        return;
    }
    if (message.at("method") == "Target.detachedFromTarget") {
        const auto gone = sessions_.find(message.at("params").at("sessionId").get<std::string>());
        if (gone != sessions_.end()) {
            gone->second->close("The browser closed the page.");
        }
        return;
    }
    const auto session = sessions_.find(message.value("sessionId", std::string()));
    if (session != sessions_.end()) {
        session->second->put(std::move(message), bytes);
    }
}

/// Looks whether it is idle or at fault. Empty while it may go on.
std::string Devtools::find_reason_to_end(Transport& transport) {
    const auto now = std::chrono::steady_clock::now();
    {
        const std::scoped_lock lock(mutex_);
        if (!over_.empty()) {
            return over_;
        }
        if (users_ == 0) {
            if (now - used_at_ >= options_.idle_time) {
                over_ = "The browser was idle and was ended.";
            }
            return over_;
        }
    }
    return transport.find_fault();
}

void Devtools::end(const std::string& why) {
    ended_.request_stop();
    const std::scoped_lock lock(mutex_);
    if (over_.empty()) {
        over_ = why;
    }
    for (const auto& [session, inbox] : sessions_) {
        inbox->close(over_);
    }
    for (const auto& [number, inbox] : awaited_) {
        inbox->close(over_);
    }
    changed_.notify_all();
}

}  // namespace rag::browser
