#include "support/running_server.hpp"

#include <httplib.h>
#include <pqxx/pqxx>

#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace rag::test {
namespace {

constexpr std::chrono::seconds start_timeout{60};

std::string make_schema_name() {
    static std::atomic<int> counter{0};
    return "test_" + std::to_string(getpid()) + '_' + std::to_string(++counter);
}

}  // namespace

std::string postgres_address() {
    const char* url = std::getenv("RAG_TEST_POSTGRES");
    if (url == nullptr || *url == '\0') {
        throw std::runtime_error(
            "RAG_TEST_POSTGRES is not set; set it to what scripts/postgres-for-tests prints.");
    }
    return url;
}

TestMemory::TestMemory(StoreKind kind) {
    if (kind == StoreKind::postgres) {
        database_url_ = postgres_address();
        schema_ = make_schema_name();
    }
}

TestMemory::~TestMemory() {
    if (schema_.empty()) {
        return;
    }
    try {
        pqxx::connection connection(database_url_);
        pqxx::nontransaction statement(connection);
        statement.exec("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE");
    } catch (const std::exception&) {
        // The cluster of the tests goes away anyway.
    }
}

std::map<std::string, std::string> TestMemory::environment() const {
    std::map<std::string, std::string> variables{
        {"RAG_DATA_DIR", dir() + "/.data"}, {"RAG_ALLOWED_ROOTS", dir()}, {"HOME", "/nonexistent"}};
    if (!schema_.empty()) {
        variables["DATABASE_URL"] = database_url_;
        variables["RAG_DB_SCHEMA"] = schema_;
    }
    return variables;
}

RunningServer::RunningServer(const TestMemory& memory, Transport transport,
                             std::map<std::string, std::string> environment,
                             const std::vector<std::string>& launcher)
    : transport_(transport) {
    ProcessOptions options;
    options.environment = memory.environment();
    for (auto& [name, value] : environment) {
        options.environment[name] = value;
    }
    options.working_dir = memory.dir();
    options.error_file = log_dir_.file("log");
    options.command = launcher;
    options.command.insert(options.command.end(),
                           {RAG_BINARY, "serve", "--transport",
                            transport == Transport::stdio ? "stdio" : "http"});
    if (transport != Transport::stdio) {
        options.command.insert(options.command.end(), {"--port", "0"});
    }
    process_ = std::make_unique<Process>(options);
    if (transport != Transport::stdio) {
        address_ = wait_for_address();
    }
}

std::unique_ptr<McpClient> RunningServer::connect(Wire wire) {
    switch (transport_) {
        case Transport::stdio: return connect_stdio(*process_, wire);
        case Transport::streamable_http: return connect_http(address_, wire);
        case Transport::sse: return connect_sse(address_);
    }
    throw std::logic_error("unknown transport");
}

nlohmann::json RunningServer::health() const {
    httplib::Client client(address_);
    const httplib::Result answer = client.Get("/health");
    if (!answer) {
        throw std::runtime_error("GET /health got no answer: " +
                                 httplib::to_string(answer.error()));
    }
    nlohmann::json states = nlohmann::json::parse(answer->body);
    states["http_status"] = answer->status;
    return states;
}

std::string RunningServer::log() const {
    std::ifstream file(log_dir_.file("log"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string RunningServer::wait_for_address() {
    const std::regex line("listening on (http://[0-9.]+:[0-9]+)");
    const auto end = std::chrono::steady_clock::now() + start_timeout;
    while (std::chrono::steady_clock::now() < end) {
        const std::string text = log();
        std::smatch found;
        if (std::regex_search(text, found, line)) {
            return found[1];
        }
        if (process_->wait(std::chrono::milliseconds{0})) {
            throw std::runtime_error("the server ended at its start: " + text);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    throw std::runtime_error("the server did not say where it listens: " + log());
}

nlohmann::json call_tool(McpClient& client, const std::string& name, nlohmann::json arguments) {
    const nlohmann::json answer =
        client.request("tools/call", {{"name", name}, {"arguments", std::move(arguments)}});
    if (!answer.contains("result")) {
        throw std::runtime_error("the call of " + name + " failed: " + answer.dump());
    }
    return answer["result"];
}

}  // namespace rag::test
