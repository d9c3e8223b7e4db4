#pragma once

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <memory>
#include <string>

namespace rag::test {

/// A pgbouncer in transaction mode before a Postgres server, on loopback, gone at the end. Throws
/// std::runtime_error with a sentence when there is no such program or it does not start.
class Pgbouncer {
public:
    /// `server` is the address of the server behind, postgresql://user@host:port/database.
    explicit Pgbouncer(const std::string& server);

    const std::string& address() const { return address_; }

private:
    bool start(const std::string& server);

    TempDir dir_;
    std::unique_ptr<Process> process_;
    std::string address_;
};

}  // namespace rag::test
