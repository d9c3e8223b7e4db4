#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace rag::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    }
    return {ends[0], ends[1]};
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
    std::vector<std::string> entries;
    for (const char* name :
         {"PATH", "HOME", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && !options.environment.contains(name)) {
            entries.push_back(std::string(name) + '=' + value);
        }
    }
    for (const auto& [name, value] : options.environment) {
        entries.push_back(name + '=' + value);
    }
    return entries;
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

}  // namespace

Process::Process(const ProcessOptions& options) {
    std::signal(SIGPIPE, SIG_IGN);
    const Pipe in = make_pipe();
    const Pipe out = make_pipe();
    std::vector<std::string> command = options.command;
    std::vector<std::string> environment = environment_of(options);
    const std::vector<char*> argv = pointers_to(command);
    const std::vector<char*> envp = pointers_to(environment);

    // Between fork and exec only async-signal-safe calls, because the tests have threads.
    pid_ = fork();
    if (pid_ < 0) {
        throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    }
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::signal(SIGPIPE, SIG_DFL);
        dup2(in.read_end, STDIN_FILENO);
        dup2(out.write_end, STDOUT_FILENO);
        if (!options.error_file.empty()) {
            const int file = open(options.error_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            if (file >= 0) {
                dup2(file, STDERR_FILENO);
            }
        }
        if (!options.working_dir.empty() && chdir(options.working_dir.c_str()) != 0) {
            _exit(126);
        }
        execve(argv[0], argv.data(), envp.data());
        _exit(127);
    }
    close(in.read_end);
    close(out.write_end);
    input_ = in.write_end;
    output_ = out.read_end;
}

Process::~Process() {
    close_input();
    if (!status_) {
        kill(pid_, SIGKILL);
        wait(std::chrono::seconds{10});
    }
    close(output_);
}

bool Process::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(input_, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void Process::close_input() {
    if (input_ >= 0) {
        close(input_);
        input_ = -1;
    }
}

std::optional<std::string> Process::read_line(std::chrono::milliseconds timeout) {
    const auto end = Clock::now() + timeout;
    for (;;) {
        const std::size_t newline = buffer_.find('\n');
        if (newline != std::string::npos) {
            std::string line = buffer_.substr(0, newline);
            buffer_.erase(0, newline + 1);
            return line;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        pollfd waiting{output_, POLLIN, 0};
        if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error("no line came from the process within " +
                                     std::to_string(timeout.count()) + " ms");
        }
        std::array<char, 65536> piece{};
        const ssize_t got = read(output_, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return std::nullopt;
        }
        buffer_.append(piece.data(), static_cast<std::size_t>(got));
    }
}

void Process::signal(int number) {
    if (!status_) {
        kill(pid_, number);
    }
}

std::optional<int> Process::wait(std::chrono::milliseconds timeout) {
    const auto end = Clock::now() + timeout;
    while (!status_) {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == pid_) {
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (Clock::now() >= end) {
            return std::nullopt;
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
        }
    }
    return status_;
}

double memory_kb(pid_t pid, std::string_view field) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(field) && line.substr(field.size(), 1) == ":") {
            return std::stod(line.substr(field.size() + 1));
        }
    }
    return 0;
}

}  // namespace rag::test
