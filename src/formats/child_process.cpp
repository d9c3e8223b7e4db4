#include "formats/child_process.hpp"

#include "base/descriptor.hpp"
#include "rag/error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

namespace rag::formats {
namespace {

constexpr std::size_t error_bytes_max = 4096;
/// How long a stop request may go unnoticed.
constexpr std::chrono::milliseconds look_pause{50};
constexpr std::chrono::milliseconds end_pause{1};

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
};

[[noreturn]] void refuse_start(const char* what, int error) {
    throw Error(ErrorCode::invalid_argument, std::string("The document cannot be read now: ") +
                                                 what + " failed (" + std::strerror(error) +
                                                 "). Try again later.");
}

void open_pipe(Pipe& made) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        refuse_start("making a pipe", errno);
    }
    made.read_end = Descriptor(ends[0]);
    made.write_end = Descriptor(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

/// What posix_spawn is told; freed with this.
class SpawnPlan final {
public:
    SpawnPlan(const ChildOptions& options, int output, int errors) {
        const int input = options.input;
        posix_spawn_file_actions_init(&actions);
        if (input >= 0) {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        posix_spawnattr_init(&attributes);
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
        if (options.group == ProcessGroup::own) {
            posix_spawnattr_setpgroup(&attributes, 0);
            flags |= POSIX_SPAWN_SETPGROUP;
        }
        posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

/// A started program. Ends it, and what it has started, unless it has ended.
class Child final {
public:
    explicit Child(const ChildOptions& options) : leads_group_(options.group == ProcessGroup::own) {
        open_pipe(output_);
        open_pipe(errors_);
        // Descriptors below 3 would be overwritten on the way; the standard ones are always open
        // here, so that new ones are higher.
        const SpawnPlan plan(options, output_.write_end.get(), errors_.write_end.get());
        std::vector<std::string> words{options.program};
        words.insert(words.end(), options.arguments.begin(), options.arguments.end());
        std::vector<char*> argv;
        for (std::string& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        std::array<std::string, 2> settings{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
        std::array<char*, 3> environment{settings[0].data(), settings[1].data(), nullptr};
        const int error = posix_spawn(&pid_, options.program.c_str(), &plan.actions,
                                      &plan.attributes, argv.data(), environment.data());
        if (error != 0) {
            pid_ = -1;
            refuse_start("starting its reader", error);
        }
        output_.write_end.close();
        errors_.write_end.close();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { end_now(); }

    Descriptor& output() { return output_.read_end; }
    Descriptor& errors() { return errors_.read_end; }

    /// The wait status once it has ended by itself.
    std::optional<int> ended() {
        siginfo_t info{};
        if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != pid_) {
            return std::nullopt;
        }
        return end_now();
    }

    /// While the process has not been waited for, nobody else has its id or leads its group.
    int end_now() {
        int status = 0;
        if (pid_ > 0) {
            kill(leads_group_ ? -pid_ : pid_, SIGKILL);
            kill(pid_, SIGKILL);
            while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
            }
            pid_ = -1;
        }
        return status;
    }

private:
    const bool leads_group_;
    pid_t pid_ = -1;
    Pipe output_;
    Pipe errors_;
};

/// Reads what is there, and closes at the end. False when more than `bytes_max` came.
bool drain(Descriptor& from, std::string& into, std::size_t bytes_max) {
    std::array<char, 64 * 1024> buffer{};
    while (from.is_open()) {
        const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return true;
        }
        if (got <= 0) {
            from.close();
            return true;
        }
        const std::size_t room = bytes_max - into.size();
        into.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
        if (static_cast<std::size_t>(got) > room) {
            return false;
        }
    }
    return true;
}

void wait_for_output(Child& child, std::chrono::milliseconds time) {
    std::array<pollfd, 2> polled{
        {{child.output().get(), POLLIN, 0}, {child.errors().get(), POLLIN, 0}}};
    poll(polled.data(), polled.size(), static_cast<int>(time.count()));
}

}  // namespace

ChildResult run_child(const CallContext& context, const ChildOptions& options) {
    context.check();
    const auto over_at = std::chrono::steady_clock::now() + options.time_max;
    ChildResult result;
    Child child(options);
    std::optional<int> status;
    while (!status) {
        context.check();
        if (std::chrono::steady_clock::now() >= over_at) {
            result.end = ChildEnd::out_of_time;
            return result;
        }
        const bool listens = child.output().is_open() || child.errors().is_open();
        wait_for_output(child, listens ? look_pause : end_pause);
        if (!drain(child.output(), result.output, options.output_bytes_max)) {
            result.end = ChildEnd::too_much_output;
            return result;
        }
        // Further complaints are read and forgotten, so that nobody waits for us.
        std::string more;
        drain(child.errors(), more, error_bytes_max * 1024);
        result.errors.append(more, 0,
                             error_bytes_max - std::min(error_bytes_max, result.errors.size()));
        if (!child.output().is_open()) {
            status = child.ended();
        }
    }
    const bool exited = WIFEXITED(*status);
    result.end = exited ? ChildEnd::exited : ChildEnd::killed;
    result.status = exited ? WEXITSTATUS(*status) : WTERMSIG(*status);
    return result;
}

std::string find_program(std::string_view name) {
    for (const char* folder : {"/usr/local/bin/", "/usr/bin/", "/bin/"}) {
        const std::string path = folder + std::string(name);
        if (access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    return {};
}

int open_in_memory(std::string_view bytes) {
    Descriptor file(memfd_create("document", MFD_CLOEXEC));
    if (!file.is_open()) {
        refuse_start("setting memory aside", errno);
    }
    for (std::size_t written = 0; written < bytes.size();) {
        const ssize_t step = ::write(file.get(), bytes.data() + written, bytes.size() - written);
        if (step < 0 && errno == EINTR) {
            continue;
        }
        if (step <= 0) {
            refuse_start("setting memory aside", errno);
        }
        written += static_cast<std::size_t>(step);
    }
    lseek(file.get(), 0, SEEK_SET);
    return fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

}  // namespace rag::formats
