#pragma once

#include <cstddef>
#include <memory>
#include <string>

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

/// How many connections a Postgres server has of programs that go by this name.
std::size_t count_connections(const std::string& address, const std::string& application);

}  // namespace rag::test
