#include "support/database.hpp"

#include <sqlite3.h>
#include <pqxx/pqxx>

#include <unistd.h>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace rag::test {
namespace {

class HeldPostgres final : public HeldTransaction {
public:
    explicit HeldPostgres(const std::string& address) : connection_(address), work_(connection_) {
        work_.exec("select pg_current_xact_id()");
    }
    void commit() override { work_.commit(); }

private:
    pqxx::connection connection_;
    pqxx::work work_;
};

class HeldSqlite final : public HeldTransaction {
public:
    explicit HeldSqlite(const std::string& path) {
        if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) {
            throw std::runtime_error("the SQLite file cannot be opened");
        }
        sqlite3_busy_timeout(database_, 10'000);
        run("BEGIN IMMEDIATE");
    }
    ~HeldSqlite() override { sqlite3_close(database_); }
    HeldSqlite(const HeldSqlite&) = delete;
    HeldSqlite& operator=(const HeldSqlite&) = delete;
    void commit() override { run("COMMIT"); }

private:
    void run(const char* sql) {
        if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            throw std::runtime_error(std::string("SQLite refused ") + sql);
        }
    }

    sqlite3* database_ = nullptr;
};

}  // namespace

std::unique_ptr<HeldTransaction> hold_postgres(const std::string& address) {
    return std::make_unique<HeldPostgres>(address);
}

std::unique_ptr<HeldTransaction> hold_sqlite(const std::string& path) {
    return std::make_unique<HeldSqlite>(path);
}

OwnDatabase::OwnDatabase(std::string server) : server_(std::move(server)) {
    static std::atomic<int> made = 0;
    name_ = "test_database_" + std::to_string(getpid()) + '_' + std::to_string(++made);
    address_ = server_.substr(0, server_.rfind('/') + 1) + name_;
    pqxx::connection connection(server_);
    pqxx::nontransaction(connection).exec("create database " + name_);
}

OwnDatabase::~OwnDatabase() {
    try {
        pqxx::connection connection(server_);
        pqxx::nontransaction(connection).exec("drop database " + name_ + " with (force)");
    } catch (const std::exception&) {
        return;  // The server is gone.
    }
}

void OwnDatabase::execute(const std::string& sql) const {
    pqxx::connection connection(address_);
    pqxx::work work(connection);
    work.exec(sql);
    work.commit();
}

std::vector<std::string> OwnDatabase::query(const std::string& sql) const {
    pqxx::connection connection(address_);
    pqxx::work work(connection);
    std::vector<std::string> column;
    for (const auto& row : work.exec(sql)) {
        column.emplace_back(row[0].c_str());
    }
    return column;
}

std::size_t count_connections(const std::string& address, const std::string& application) {
    pqxx::connection connection(address);
    pqxx::work work(connection);
    return work
        .exec("select count(*) from pg_stat_activity where application_name = " +
              work.quote(application))
        .at(0)
        .at(0)
        .as<std::size_t>();
}

}  // namespace rag::test
