#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

/// A database of the tests as another program sees it.
namespace rag::test {

/// A write transaction of another program's; whatever is written while it lives is younger. Rolled
/// back at the end unless it was committed.
class HeldTransaction {
public:
    virtual ~HeldTransaction() = default;
    virtual void commit() = 0;
};

/// In Postgres, others go on writing beside it. In a SQLite file they wait for its end.
std::unique_ptr<HeldTransaction> hold_postgres(const std::string& address);
std::unique_ptr<HeldTransaction> hold_sqlite(const std::string& path);

/// A database of its own on a Postgres server; gone at the end.
class OwnDatabase {
public:
    /// `server` is the address of any other database there.
    explicit OwnDatabase(std::string server);
    ~OwnDatabase();
    OwnDatabase(const OwnDatabase&) = delete;
    OwnDatabase& operator=(const OwnDatabase&) = delete;

    const std::string& address() const { return address_; }
    void execute(const std::string& sql) const;
    /// The first column.
    std::vector<std::string> query(const std::string& sql) const;

private:
    std::string server_;
    std::string name_;
    std::string address_;
};

/// How many connections a Postgres server has of programs that go by this name.
std::size_t count_connections(const std::string& address, const std::string& application);

}  // namespace rag::test
