#include "browser/devtools.hpp"

#include "base/log.hpp"
#include "browser/profile.hpp"
#include "rag/error.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace rag::browser {
namespace {

constexpr std::size_t message_bytes_max = 96U << 20U;  ///< A page of 8 MB, every character escaped.
constexpr std::size_t complaints_bytes_max = 4096;
constexpr std::chrono::milliseconds look_every{250};
constexpr std::chrono::milliseconds memory_look_every{500};
constexpr std::chrono::milliseconds write_slice{50};
constexpr std::size_t piece_bytes = 256 * 1024;

bool is_ready(const pollfd& entry) {
    return entry.revents != 0;
}

std::vector<std::string> arguments_for(const DevtoolsOptions& options, const Profile& profile) {
    std::vector<std::string> arguments = options.arguments;
    arguments.emplace_back("--remote-debugging-pipe");
    arguments.push_back("--user-data-dir=" + profile.path());
    return arguments;
}

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

Devtools::Devtools(DevtoolsOptions options)
    : options_(std::move(options)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      used_at_(std::chrono::steady_clock::now()),
      reader_([this] { run(); }) {
    std::unique_lock lock(mutex_);
    started_.wait(lock, [this] { return group_ > 0 || !over_.empty(); });
    if (group_ <= 0) {
        throw Error(ErrorCode::unavailable, over_);
    }
}

Devtools::~Devtools() {
    const std::uint64_t one = 1;
    // Cannot fail: an eventfd takes far more than one.
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
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
    std::string text = dump_json(message);
    text.push_back('\0');
    write(text, deadline);
    return number;
}

/// The browser may be busy; it is waited for in slices, so that its end is noticed.
void Devtools::write(std::string_view bytes, SteadyTime deadline) {
    const std::scoped_lock writing(writing_mutex_);
    while (!bytes.empty()) {
        check();
        const ssize_t written =
            commands_ < 0 ? -1 : ::send(commands_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (commands_ < 0 || (errno != EAGAIN && errno != EINTR)) {
            throw Error(ErrorCode::unavailable, "The browser takes no commands any more.");
        } else if (std::chrono::steady_clock::now() >= deadline) {
            // Half a command may be written: nobody else could be understood after it.
            end("The browser was too busy to take a command.");
            throw Error(ErrorCode::deadline_exceeded,
                        "The browser was too busy to take a command.");
        } else {
            pollfd entry{commands_, POLLOUT, 0};
            ::poll(&entry, 1, static_cast<int>(write_slice.count()));
        }
    }
}

void Devtools::run() {
    std::string why;
    try {
        const Profile profile;
        const BrowserProcess process(options_.program, arguments_for(options_, profile),
                                     profile.path());
        {
            const std::scoped_lock writing(writing_mutex_);
            commands_ = process.commands();
        }
        {
            const std::scoped_lock lock(mutex_);
            group_ = process.group();
        }
        started_.notify_all();
        why = listen(process);
        end(why);
        const std::scoped_lock writing(writing_mutex_);
        commands_ = -1;
    } catch (const std::exception& error) {
        end(error.what());
    }
    started_.notify_all();
}

/// Returns why it is over.
std::string Devtools::listen(const BrowserProcess& process) {
    MessageSplitter splitter(message_bytes_max);
    for (;;) {
        std::array<pollfd, 3> all{};
        all[0] = {process.messages(), POLLIN, 0};
        all[1] = {wake_.get(), POLLIN, 0};
        all[2] = {complaints_end_ == ComplaintsEnd::reached ? -1 : process.complaints(), POLLIN, 0};
        ::poll(all.data(), all.size(), static_cast<int>(look_every.count()));
        if (is_ready(all[1])) {
            return "The browser was ended.";
        }
        if (is_ready(all[2])) {
            read_complaints(process);
        }
        std::string why = is_ready(all[0]) ? read_messages(process, splitter) : std::string();
        if (why.empty()) {
            why = find_reason_to_end();
        }
        if (!why.empty()) {
            return why;
        }
    }
}

/// Returns why it is over; empty while it goes on.
std::string Devtools::read_messages(const BrowserProcess& process, MessageSplitter& splitter) {
    std::string piece(piece_bytes, '\0');
    const ssize_t got = ::read(process.messages(), piece.data(), piece.size());
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? std::string() : describe_own_end();
    }
    if (got == 0) {
        read_complaints(process);
        return describe_own_end();
    }
    try {
        for (const std::string& text :
             splitter.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(got)))) {
            hand_out(text);
        }
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

void Devtools::read_complaints(const BrowserProcess& process) {
    std::array<char, complaints_bytes_max> piece{};
    const ssize_t got = ::read(process.complaints(), piece.data(), piece.size());
    if (got > 0) {
        complaints_.append(piece.data(), static_cast<std::size_t>(got));
        if (complaints_.size() > complaints_bytes_max) {
            complaints_.erase(0, complaints_.size() - complaints_bytes_max);
        }
    } else if (got == 0) {
        complaints_end_ = ComplaintsEnd::reached;
    }
}

std::string Devtools::describe_own_end() const {
    log::debug("the browser ended; the last it wrote: {}", complaints_);
    if (complaints_.find("No usable sandbox") != std::string::npos) {
        return "The browser cannot make its sandbox here: it needs user namespaces. Where this "
               "program is confined already, as in a container, set RAG_BROWSER_SANDBOX=off.";
    }
    return "The browser ended by itself.";
}

void Devtools::hand_out(const std::string& text) {
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

/// Looks whether it is idle or needs too much. Empty while it may go on.
std::string Devtools::find_reason_to_end() {
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
    if (now - memory_looked_at_ < memory_look_every) {
        return {};
    }
    memory_looked_at_ = now;
    return private_bytes_of_group(group()) <= options_.memory_bytes_max
               ? std::string()
               : "The browser needed more than " +
                     std::to_string(options_.memory_bytes_max >> 20U) +
                     " MB of memory and was ended.";
}

void Devtools::end(const std::string& why) {
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
}

}  // namespace rag::browser
