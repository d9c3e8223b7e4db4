#pragma once

#include "support/temp_dir.hpp"

#include <string>

namespace rag::test {

/// A Postgres server that a test may stop; gone at the end. Throws std::runtime_error when the
/// script that makes it fails.
class OwnPostgres {
public:
    OwnPostgres();
    ~OwnPostgres();
    OwnPostgres(const OwnPostgres&) = delete;
    OwnPostgres& operator=(const OwnPostgres&) = delete;

    const std::string& address() const { return address_; }
    /// Ends all connections and returns when it answers again, at the same address.
    void restart() const { run("restart"); }

private:
    std::string run(const std::string& what) const;

    TempDir dir_;
    std::string command_;
    std::string address_;
};

}  // namespace rag::test
