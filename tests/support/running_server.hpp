#pragma once

#include "support/mcp_client.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <map>
#include <memory>
#include <string>

namespace rag::test {

enum class StoreKind { sqlite, postgres };

/// The server that RAG_TEST_POSTGRES names. Throws std::runtime_error with a sentence when it is
/// not set.
std::string postgres_address();

/// Where a memory of its own lives: a folder, and with Postgres a schema that goes with it.
class TestMemory {
public:
    /// With Postgres: in the database that RAG_TEST_POSTGRES names; throws std::runtime_error with
    /// a sentence when it is not set.
    explicit TestMemory(StoreKind kind);
    ~TestMemory();

    std::string dir() const { return dir_.path().string(); }  ///< Working directory, allowed root.
    /// What a server on this memory finds in its environment.
    std::map<std::string, std::string> environment() const;

private:
    TempDir dir_;
    std::string schema_;
    std::string database_url_;
};

/// A real `rag serve` as a child process, on a memory that may outlive it.
class RunningServer {
public:
    /// `launcher`: words before the command, of a program that becomes it (exec).
    RunningServer(const TestMemory& memory, Transport transport,
                  std::map<std::string, std::string> environment = {},
                  const std::vector<std::string>& launcher = {});

    Process& process() { return *process_; }
    /// "http://127.0.0.1:PORT"; empty for stdio.
    const std::string& address() const { return address_; }
    std::unique_ptr<McpClient> connect(Wire wire);
    /// What /health says; the status stands beside it as "http_status".
    nlohmann::json health() const;
    /// What it wrote to standard error so far.
    std::string log() const;

private:
    std::string wait_for_address();

    const Transport transport_;
    TempDir log_dir_;
    std::unique_ptr<Process> process_;
    std::string address_;
};

/// Calls a tool; the result object of the call. Throws std::runtime_error on a JSON-RPC error.
nlohmann::json call_tool(McpClient& client, const std::string& name, nlohmann::json arguments);

}  // namespace rag::test
