#include "browser/pipe.hpp"

#include "base/log.hpp"
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

constexpr std::size_t complaints_bytes_max = 4096;
constexpr std::chrono::milliseconds memory_look_every{500};
constexpr std::chrono::milliseconds write_slice{50};
constexpr std::size_t piece_bytes = 256 * 1024;

bool is_ready(const pollfd& entry) {
    return entry.revents != 0;
}

std::vector<std::string> arguments_for(const PipeOptions& options, const Profile& profile) {
    std::vector<std::string> arguments = options.arguments;
    arguments.emplace_back("--remote-debugging-pipe");
    arguments.push_back("--user-data-dir=" + profile.path());
    return arguments;
}

}  // namespace

PipeTransport::PipeTransport(const PipeOptions& options)
    : memory_bytes_max_(options.memory_bytes_max),
      process_(options.program, arguments_for(options, profile_), profile_.path()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      splitter_(protocol_message_bytes_max) {}

void PipeTransport::wake() {
    const std::uint64_t one = 1;
    // Cannot fail: an eventfd takes far more than one.
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

/// The browser may be busy; it is waited for in slices, so that its end is noticed.
void PipeTransport::send(std::string message, const std::stop_token& over, SteadyTime deadline) {
    message.push_back('\0');
    std::string_view bytes = message;
    while (!bytes.empty()) {
        const ssize_t written =
            ::send(process_.commands(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if ((errno != EAGAIN && errno != EINTR) || over.stop_requested()) {
            throw Error(ErrorCode::unavailable, "The browser takes no commands any more.");
        } else if (std::chrono::steady_clock::now() >= deadline) {
            throw Error(ErrorCode::deadline_exceeded,
                        "The browser was too busy to take a command.");
        } else {
            pollfd entry{process_.commands(), POLLOUT, 0};
            ::poll(&entry, 1, static_cast<int>(write_slice.count()));
        }
    }
}

void PipeTransport::receive(std::chrono::milliseconds time, const OnMessage& on_message) {
    std::array<pollfd, 3> all{};
    all[0] = {process_.messages(), POLLIN, 0};
    all[1] = {wake_.get(), POLLIN, 0};
    all[2] = {complaints_end_ == ComplaintsEnd::reached ? -1 : process_.complaints(), POLLIN, 0};
    ::poll(all.data(), all.size(), static_cast<int>(time.count()));
    if (is_ready(all[1])) {
        std::uint64_t calls = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &calls, sizeof calls);
    }
    if (is_ready(all[2])) {
        read_complaints();
    }
    if (is_ready(all[0])) {
        read_messages(on_message);
    }
}

void PipeTransport::read_messages(const OnMessage& on_message) {
    std::string piece(piece_bytes, '\0');
    const ssize_t got = ::read(process_.messages(), piece.data(), piece.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        read_complaints();
        throw Error(ErrorCode::unavailable, describe_own_end());
    }
    for (const std::string& text :
         splitter_.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(got)))) {
        on_message(text);
    }
}

void PipeTransport::read_complaints() {
    std::array<char, complaints_bytes_max> piece{};
    const ssize_t got = ::read(process_.complaints(), piece.data(), piece.size());
    if (got > 0) {
        complaints_.append(piece.data(), static_cast<std::size_t>(got));
        if (complaints_.size() > complaints_bytes_max) {
            complaints_.erase(0, complaints_.size() - complaints_bytes_max);
        }
    } else if (got == 0) {
        complaints_end_ = ComplaintsEnd::reached;
    }
}

std::string PipeTransport::describe_own_end() const {
    log::debug("the browser ended; the last it wrote: {}", complaints_);
    if (complaints_.find("No usable sandbox") != std::string::npos) {
        return "The browser cannot make its sandbox here: it needs user namespaces. Where this "
               "program is confined already, as in a container, set RAG_BROWSER_SANDBOX=off.";
    }
    return "The browser ended by itself.";
}

std::string PipeTransport::find_fault() {
    const auto now = std::chrono::steady_clock::now();
    if (now - memory_looked_at_ < memory_look_every) {
        return {};
    }
    memory_looked_at_ = now;
    return private_bytes_of_group(group()) <= memory_bytes_max_
               ? std::string()
               : "The browser needed more than " + std::to_string(memory_bytes_max_ >> 20U) +
                     " MB of memory and was ended.";
}

Connect start_browser(PipeOptions options) {
    return [options = std::move(options)](const std::stop_token&) {
        return std::make_unique<PipeTransport>(options);
    };
}

}  // namespace rag::browser
