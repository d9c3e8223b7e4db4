// Requests a second over Streamable HTTP, both eras, beside a server made with the TypeScript SDK
// on the same machine in the same run; and what idle sessions and listeners cost.
// usage: rag_bench_peers NODE SCRIPT, the command that starts the peer; it prints its address.

#include "support/raw_mcp.hpp"
#include "support/running_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace rag::test;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds measured{2500};
constexpr std::chrono::milliseconds warm_up{500};
constexpr std::array<int, 3> connection_counts{1, 16, 64};
/// The peer keeps no sessions: its requests name none.
constexpr const char* stateless = "";
constexpr int sessions = 2000;
constexpr int listeners = 150;

/// One connection that always has one request under way.
class Caller {
public:
    Caller(std::uint16_t port, std::string request)
        : request_(std::move(request)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("cannot connect to the server");
        }
    }
    ~Caller() { ::close(socket_); }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    int socket() const { return socket_; }
    void ask() {
        received_.clear();
        if (::send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request_.size())) {
            throw std::runtime_error("a request was not taken whole");
        }
    }
    /// Reads what is there; true when the answer is complete.
    bool read() {
        std::array<char, 65536> piece{};
        const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
        if (got <= 0) {
            throw std::runtime_error("the server ended a connection");
        }
        received_.append(piece.data(), static_cast<std::size_t>(got));
        return is_complete();
    }
    const std::string& answer() const { return received_; }

private:
    bool is_complete() const {
        const std::size_t end = received_.find("\r\n\r\n");
        if (end == std::string::npos) {
            return false;
        }
        std::size_t at = received_.find("ontent-");
        while (at != std::string::npos && received_.compare(at + 8, 6, "ength:") != 0) {
            at = received_.find("ontent-", at + 1);
        }
        if (at == std::string::npos || at > end) {
            return received_.ends_with("0\r\n\r\n");
        }
        return received_.size() >= end + 4 + std::stoul(received_.substr(at + 14));
    }

    const std::string request_;
    const int socket_;
    std::string received_;
};

/// The text of a request with this id: in one session no two may be under way with the same.
using MakeRequest = std::function<std::string(int id)>;

/// Requests a second over that many connections.
double measure(std::uint16_t port, const MakeRequest& request, int connections) {
    std::vector<std::unique_ptr<Caller>> callers;
    std::vector<pollfd> watched;
    for (int i = 0; i < connections; ++i) {
        callers.push_back(std::make_unique<Caller>(port, request(i + 1)));
        callers.back()->ask();
        watched.push_back({callers.back()->socket(), POLLIN, 0});
    }
    const auto begin = Clock::now() + warm_up;
    const auto end = begin + measured;
    std::size_t answered = 0;
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        ::poll(watched.data(), watched.size(), 1000);
        for (std::size_t i = 0; i < watched.size(); ++i) {
            if (watched[i].revents == 0 || !callers[i]->read()) {
                continue;
            }
            if (callers[i]->answer().find("\"result\"") == std::string::npos) {
                throw std::runtime_error("not a result: " + callers[i]->answer());
            }
            answered += now >= begin ? 1 : 0;
            callers[i]->ask();
        }
    }
    return static_cast<double>(answered) / std::chrono::duration<double>(measured).count();
}

std::uint16_t port_in(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

/// The peer as a child process.
struct Peer {
    explicit Peer(char** arguments)
        : process(ProcessOptions{{arguments[1], arguments[2]}, {}, "", ""}) {
        const auto line = process.read_line(std::chrono::seconds(30));
        if (!line) {
            throw std::runtime_error("the peer did not say where it listens");
        }
        port = port_in(*line);
    }

    Process process;
    std::uint16_t port = 0;
};

void fill(RunningServer& server) {
    const auto client = server.connect(Wire::modern);
    call_tool(*client, "create_collection", {{"name", "c"}, {"description", "d"}});
    for (int i = 0; i < 50; ++i) {
        const std::string number = std::to_string(i);
        call_tool(
            *client, "ingest_text",
            {{"content", "Backup " + number + " of database " + std::to_string(i % 7) +
                             " runs at four in the morning and is kept for " + number + " days."},
             {"collection_name", "c"},
             {"document_title", "Backups " + number}});
    }
}

void compare(const char* what, std::uint16_t ours, const MakeRequest& our_request,
             std::uint16_t theirs, const MakeRequest& their_request) {
    for (const int connections : connection_counts) {
        const double own = measure(ours, our_request, connections);
        const double peer = measure(theirs, their_request, connections);
        std::printf("%-26s %3d connections: rag %8.0f/s, TypeScript SDK %7.0f/s, ratio %5.1f\n",
                    what, connections, own, peer, own / peer);
        std::fflush(stdout);
    }
}

MakeRequest make_legacy(const std::string& session, const std::string& method, const json& params) {
    return [=](int id) {
        return request_text("POST", session + "MCP-Protocol-Version: 2025-11-25\r\n",
                            legacy_request(id, method, params).dump());
    };
}

MakeRequest make_modern(const std::string& method, const json& params) {
    return [=](int id) { return post_modern(modern_request(id, method, params)); };
}

void measure_idle(RunningServer& server) {
    WireClient client(port_in(server.address()));
    const pid_t pid = server.process().pid();
    const auto open_sessions = [&](int count) {
        for (int i = 0; i < count; ++i) {
            open_session(client);
        }
    };
    open_sessions(200);
    double before = memory_kb(pid, "VmRSS");
    open_sessions(sessions);
    std::printf("an idle session: %.1f KB (of %d)\n", (memory_kb(pid, "VmRSS") - before) / sessions,
                sessions);
    std::vector<WireClient> open;
    const auto listen = [&](int count) {
        for (int i = 0; i < count; ++i) {
            open.emplace_back(port_in(server.address()));
            open.back().send(post_modern(listen_request({"memory://collections"})));
            read_event(open.back());
        }
    };
    listen(20);
    before = memory_kb(pid, "VmRSS");
    listen(listeners);
    std::printf("an idle listener: %.1f KB (of %d)\n",
                (memory_kb(pid, "VmRSS") - before) / listeners, listeners);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: rag_bench_peers NODE SCRIPT\n");
        return 2;
    }
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http);
    fill(server);
    Peer peer(arguments);
    const std::uint16_t port = port_in(server.address());
    WireClient ours(port);
    const std::string own = open_session(ours);
    const json search = {{"name", "search_documents"},
                         {"arguments", {{"query", "when does the backup run"}, {"limit", 1}}}};
    std::printf(
        "rag lists 14 tools and searches 50 documents; the peer lists one tool, which "
        "answers a constant\n");
    const auto both = [&](const std::string& what, const std::string& method, const json& params) {
        const MakeRequest modern = make_modern(method, params);
        compare((what + ", modern").c_str(), port, modern, peer.port, modern);
        compare((what + ", legacy").c_str(), port, make_legacy(own, method, params), peer.port,
                make_legacy(stateless, method, params));
    };
    both("tools/list", "tools/list", json::object());
    both("search_documents", "tools/call", search);
    measure_idle(server);
    return 0;
}
