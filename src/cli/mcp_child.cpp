#include "cli/mcp_child.hpp"

#include "rag/error.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

extern char** environ;

namespace rag::cli {
namespace {

Error child_error(const std::string& what) {
    return {ErrorCode::unavailable, "The server that was started for this " + what};
}

std::vector<std::string> extend_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text(*entry);
        if (!added.contains(text.substr(0, text.find('=')))) {
            entries.push_back(text);
        }
    }
    for (const auto& [name, value] : added) {
        entries.push_back(name + '=' + value);
    }
    return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

McpChild::McpChild(const std::string& binary,
                   const std::map<std::string, std::string>& environment) {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
        throw child_error("got no pipe from the system.");
    }
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<std::string> command{binary, "serve", "--transport", "stdio"};
    std::vector<std::string> variables = extend_environment(environment);
    const int failed = posix_spawn(&pid_, binary.c_str(), &actions, nullptr,
                                   pointers_to(command).data(), pointers_to(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    output_ = out[0];
    if (failed != 0) {
        throw child_error("could not be started from '" + binary + "'.");
    }
    const Json answer =
        request("initialize", {{"protocolVersion", "2025-11-25"},
                               {"capabilities", Json::object()},
                               {"clientInfo", {{"name", "rag demo"}, {"version", "1"}}}});
    server_name_ = answer.at("serverInfo").value("title", "");
    send({{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}});
}

McpChild::~McpChild() {
    close(input_);
    close(output_);
    if (pid_ > 0) {
        int status = 0;
        waitpid(pid_, &status, 0);
    }
}

Json McpChild::call(const std::string& tool, const Json& arguments) {
    const Json result = request("tools/call", {{"name", tool}, {"arguments", arguments}});
    if (result.value("isError", false)) {
        throw Error(ErrorCode::internal, result.at("content").at(0).value("text", ""));
    }
    return result.at("structuredContent");
}

Json McpChild::request(const std::string& method, const Json& params) {
    const int id = ++last_id_;
    send({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
    for (;;) {
        const Json message = parse_json(read_line());
        if (message.value("id", Json()) != Json(id)) {
            continue;
        }
        if (message.contains("error")) {
            throw Error(ErrorCode::internal, message["error"].value("message", ""));
        }
        return message.at("result");
    }
}

void McpChild::send(const Json& message) {
    const std::string line = dump_json(message) + '\n';
    std::string_view left = line;
    while (!left.empty()) {
        const ssize_t written = write(input_, left.data(), left.size());
        if (written < 0 && errno != EINTR) {
            throw child_error("has gone.");
        }
        left.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

std::string McpChild::read_line() {
    for (;;) {
        const std::size_t newline = buffer_.find('\n');
        if (newline != std::string::npos) {
            std::string line = buffer_.substr(0, newline);
            buffer_.erase(0, newline + 1);
            return line;
        }
        std::array<char, 65536> piece{};
        const ssize_t got = read(output_, piece.data(), piece.size());
        if (got > 0) {
            buffer_.append(piece.data(), static_cast<std::size_t>(got));
        } else if (got == 0 || errno != EINTR) {
            throw child_error("closed its output; what it says on standard error tells why.");
        }
    }
}

}  // namespace rag::cli
