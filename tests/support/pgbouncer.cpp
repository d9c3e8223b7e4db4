#include "support/pgbouncer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <thread>

namespace rag::test {
namespace {

constexpr const char* program = "/usr/sbin/pgbouncer";
constexpr int attempts_max = 5;
constexpr std::chrono::seconds start_max{10};

struct Loopback {
    int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};

    explicit Loopback(std::uint16_t port) {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
    }
    ~Loopback() { ::close(descriptor); }
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;

    sockaddr* any() { return reinterpret_cast<sockaddr*>(&address); }
};

/// Free when asked for; another program may take it a moment later, hence the attempts.
std::uint16_t find_port() {
    Loopback socket(0);
    socklen_t size = sizeof socket.address;
    if (::bind(socket.descriptor, socket.any(), size) != 0 ||
        ::getsockname(socket.descriptor, socket.any(), &size) != 0) {
        throw std::runtime_error("no free port was found on loopback");
    }
    return ntohs(socket.address.sin_port);
}

bool listens(std::uint16_t port) {
    Loopback socket(port);
    return ::connect(socket.descriptor, socket.any(), sizeof socket.address) == 0;
}

}  // namespace

Pgbouncer::Pgbouncer(const std::string& server) {
    if (!std::filesystem::exists(program)) {
        throw std::runtime_error("/usr/sbin/pgbouncer is missing; install the package pgbouncer");
    }
    // It refuses to run as root and takes on a user that could not enter the folder otherwise.
    std::filesystem::permissions(dir_.path(), std::filesystem::perms{0755});
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        if (start(server)) {
            return;
        }
    }
    throw std::runtime_error("pgbouncer did not start");
}

bool Pgbouncer::start(const std::string& server) {
    std::smatch parts;
    static const std::regex form("postgresql://([^@]+)@([^:/]+):([0-9]+)/([^?]+).*");
    if (!std::regex_match(server, parts, form)) {
        throw std::runtime_error("the server's address is of another form than the tests use");
    }
    const std::uint16_t port = find_port();
    const std::string settings = dir_.file("pgbouncer.ini");
    std::ofstream(settings) << "[databases]\n* = host=" << parts[2] << " port=" << parts[3]
                            << " user=" << parts[1]
                            << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port
                            << "\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
                               "default_pool_size = 3\nmax_client_conn = 50\n";
    ProcessOptions options;
    options.command = {program};
    if (geteuid() == 0) {
        options.command.insert(options.command.end(), {"-u", "postgres"});
    }
    options.command.push_back(settings);
    options.error_file = dir_.file("log");
    process_ = std::make_unique<Process>(options);
    const auto end = std::chrono::steady_clock::now() + start_max;
    while (std::chrono::steady_clock::now() < end) {
        if (listens(port)) {
            address_ = "postgresql://" + parts[1].str() + "@127.0.0.1:" + std::to_string(port) +
                       '/' + parts[4].str();
            return true;
        }
        if (process_->wait(std::chrono::milliseconds(20))) {
            return false;
        }
    }
    return false;
}

}  // namespace rag::test
