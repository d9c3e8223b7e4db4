#include "browser/process.hpp"

#include "rag/error.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace rag::browser {
namespace {

/// Above the numbers that the child gives its ends.
constexpr int first_number = 10;
constexpr int child_reads = 3;
constexpr int child_writes = 4;
constexpr std::chrono::seconds reap_time{5};

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
};

Descriptor move_up(int number) {
    Descriptor low(number);
    return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, first_number));
}

Pipe make_pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Error(ErrorCode::unavailable, "The browser got no pipe from the system.");
    }
    Pipe pipe;
    pipe.read_end = move_up(ends[0]);
    pipe.write_end = move_up(ends[1]);
    return pipe;
}

/// A pair of sockets, which can be written to without a signal when nobody reads any more.
Pipe make_socket_pair() {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw Error(ErrorCode::unavailable, "The browser got no pipe from the system.");
    }
    Pipe pipe;
    pipe.read_end = move_up(ends[0]);
    pipe.write_end = move_up(ends[1]);
    return pipe;
}

void set_non_blocking(const Descriptor& end) {
    ::fcntl(end.get(), F_SETFL, ::fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// Everything that the child needs, made before the fork: between fork and exec there are only
/// async-signal-safe calls, because this process has threads.
struct Start {
    int reads;
    int writes;
    int complaints;
    int nothing;  ///< /dev/null
    pid_t parent;
    char* const* arguments;
    char* const* environment;
};

[[noreturn]] void become_browser(const Start& start) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != start.parent) {
        ::_exit(126);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        ::signal(number, SIG_DFL);
    }
    ::dup2(start.nothing, STDIN_FILENO);
    ::dup2(start.nothing, STDOUT_FILENO);
    ::dup2(start.complaints, STDERR_FILENO);
    ::dup2(start.reads, child_reads);
    ::dup2(start.writes, child_writes);
    // Whatever else is open here closes by itself if it was opened as it should be.
    ::syscall(SYS_close_range, child_writes + 1, ~0U, 0);
    ::execve(start.arguments[0], start.arguments, start.environment);
    ::_exit(127);
}

std::vector<std::string> environment_for(const std::string& home) {
    return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=" + home,
            "TMPDIR=" + home,
            "XDG_CONFIG_HOME=" + home,
            "XDG_CACHE_HOME=" + home,
            "LANG=C.UTF-8",
            "TZ=UTC"};
}

/// The group of a process, from /proc/pid/stat: the third word after the name's parenthesis.
pid_t group_of(const std::filesystem::path& folder) {
    std::ifstream file(folder / "stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) {
        return -1;
    }
    std::istringstream rest(line.substr(name_end + 1));
    std::string state;
    pid_t parent = -1;
    pid_t group = -1;
    rest >> state >> parent >> group;
    return group;
}

}  // namespace

BrowserProcess::BrowserProcess(const std::string& program,
                               const std::vector<std::string>& arguments, const std::string& home) {
    Pipe commands = make_socket_pair();
    Pipe messages = make_pipe();
    Pipe complaints = make_pipe();
    const Descriptor nothing = move_up(::open("/dev/null", O_RDWR | O_CLOEXEC));
    std::vector<std::string> command{program};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment = environment_for(home);
    const std::vector<char*> argv = pointers_to(command);
    const std::vector<char*> envp = pointers_to(environment);
    const Start start{commands.read_end.get(),
                      messages.write_end.get(),
                      complaints.write_end.get(),
                      nothing.get(),
                      ::getpid(),
                      argv.data(),
                      envp.data()};
    group_ = ::fork();
    if (group_ < 0) {
        throw Error(ErrorCode::unavailable, "The browser got no process from the system.");
    }
    if (group_ == 0) {
        become_browser(start);
    }
    // Both sides set it, so that it holds whichever comes first.
    ::setpgid(group_, group_);
    commands_ = std::move(commands.write_end);
    messages_ = std::move(messages.read_end);
    complaints_ = std::move(complaints.read_end);
    for (const Descriptor* end : {&commands_, &messages_, &complaints_}) {
        set_non_blocking(*end);
    }
}

BrowserProcess::~BrowserProcess() {
    ::kill(-group_, SIGKILL);
    ::kill(group_, SIGKILL);
    while (::waitpid(group_, nullptr, 0) < 0 && errno == EINTR) {
    }
    // Where this process is the first of a container, the browser's own children have become its.
    const auto end = std::chrono::steady_clock::now() + reap_time;
    while (::waitpid(-group_, nullptr, WNOHANG) >= 0 && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

std::int64_t private_bytes_of_group(pid_t group) {
    std::int64_t pages = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos ||
            group_of(entry->path()) != group) {
            continue;
        }
        std::ifstream file(entry->path() / "statm");
        std::int64_t size = 0;
        std::int64_t resident = 0;
        std::int64_t shared = 0;
        if (file >> size >> resident >> shared) {
            pages += resident - shared;
        }
    }
    return pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace rag::browser
