#include "storage/postgres_connection.hpp"

#include "base/utf8.hpp"

#include <poll.h>
#include <pqxx/pqxx>

#include <array>
#include <unordered_map>
#include <utility>

// The library has one way to give parameters and to listen from 7.10 on, and had others before.
#define RAG_PQXX (PQXX_VERSION_MAJOR * 100 + PQXX_VERSION_MINOR)

namespace rag::storage {
namespace {

/// Statements kept on the server for each connection; filters make new texts without end.
constexpr std::size_t prepared_max = 200;

template <class F>
auto convert(F&& work, PostgresFailure::Kind lost) {
    try {
        return work();
    } catch (const pqxx::in_doubt_error&) {
        throw PostgresFailure{PostgresFailure::Kind::in_doubt, ""};
    } catch (const pqxx::broken_connection&) {
        throw PostgresFailure{lost, ""};
    } catch (const pqxx::sql_error& error) {
        const std::string& state = error.sqlstate();
        // Class 08, and 57P01 to 57P03: the server or an administrator ended the connection.
        const bool gone = state.starts_with("08") || state.starts_with("57P");
        throw PostgresFailure{gone ? lost : PostgresFailure::Kind::statement, state};
    } catch (const std::exception&) {
        throw PostgresFailure{lost, ""};
    }
}

SqlRows read_rows(const pqxx::result& result) {
    SqlRows answer;
    answer.affected = static_cast<std::int64_t>(result.affected_rows());
    answer.rows.reserve(static_cast<std::size_t>(result.size()));
    for (const auto& row : result) {
        SqlRow values;
        values.reserve(static_cast<std::size_t>(row.size()));
        for (const auto& field : row) {
            if (field.is_null()) {
                values.emplace_back();
            } else {
                values.emplace_back(std::string(field.c_str(), field.size()));
            }
        }
        answer.rows.push_back(std::move(values));
    }
    return answer;
}

#if RAG_PQXX >= 700
pqxx::params to_params(const SqlParams& params) {
    pqxx::params list;
    for (const auto& value : params) {
        if (value) {
            list.append(*value);
        } else {
            list.append();
        }
    }
    return list;
}
#else
std::vector<const char*> to_params(const SqlParams& params) {
    std::vector<const char*> list;
    for (const auto& value : params) {
        list.push_back(value ? value->c_str() : nullptr);
    }
    return list;
}
#endif

#if RAG_PQXX < 710
class Receiver final : public pqxx::notification_receiver {
public:
    Receiver(pqxx::connection& connection, const std::string& channel,
             std::function<void(const std::string&)> note)
        : notification_receiver(connection, channel), note_(std::move(note)) {}
    void operator()(const std::string& payload, int /*backend*/) override { note_(payload); }

private:
    const std::function<void(const std::string&)> note_;
};
#endif

/// What a server said that refused a connection; the library has no code for it. Empty where none
/// was reached. Holds names, never a password.
std::string refusal_in(std::string_view complaint) {
    constexpr std::string_view mark = "FATAL:";
    const std::size_t at = complaint.rfind(mark);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view said = complaint.substr(at + mark.size());
    return std::string(trim(said.substr(0, said.find('\n'))));
}

}  // namespace

struct PostgresConnection::State {
    explicit State(const std::string& address) try : connection(address) {
    } catch (const pqxx::broken_connection& error) {
        throw PostgresFailure{PostgresFailure::Kind::connection, "", refusal_in(error.what())};
    }

    pqxx::connection connection;
#if RAG_PQXX < 710
    std::unique_ptr<Receiver> receiver;
#endif
    /// The library's own transactions begin with a round trip that can carry nothing else.
    std::unique_ptr<pqxx::nontransaction> work;
    PostgresFailure::Kind lost_at_commit = PostgresFailure::Kind::in_doubt;
    /// By SQL text the name on the server; null for what was run once.
    std::unordered_map<std::string, std::optional<std::string>> statements;
    bool prepares = true;

    /// The name of the statement on the server, if it has one. Preparing is a round trip of its
    /// own: what is run once, as most is after a start, goes without.
    const std::optional<std::string>& prepare(const std::string& sql) {
        static const std::optional<std::string> none;
        const auto known = statements.find(sql);
        if (known == statements.end()) {
            if (statements.size() < prepared_max) {
                statements.emplace(sql, std::nullopt);
            }
            return none;
        }
        if (!known->second) {
            const std::string name = "rag_" + std::to_string(prepared_count);
            connection.prepare(name, sql);
            known->second = name;
            ++prepared_count;
        }
        return known->second;
    }

    pqxx::result run(const std::string& sql, const SqlParams& params, Plan plan) {
        const auto name =
            prepares && plan == Plan::kept ? prepare(sql) : std::optional<std::string>{};
#if RAG_PQXX >= 710
        if (name) {
            return work->exec(pqxx::prepped{*name}, to_params(params));
        }
        return work->exec(sql, to_params(params));
#elif RAG_PQXX >= 700
        if (name) {
            return work->exec_prepared(*name, to_params(params));
        }
        return work->exec_params(sql, to_params(params));
#else
        const std::vector<const char*> list = to_params(params);
        if (name) {
            return work->exec_prepared(*name, pqxx::prepare::make_dynamic_params(list));
        }
        return work->exec_params(sql, pqxx::prepare::make_dynamic_params(list));
#endif
    }

private:
    std::size_t prepared_count = 0;
};

PostgresConnection::PostgresConnection(const std::string& address, Pooler pooler)
    : state_(convert([&] { return std::make_unique<State>(address); },
                     PostgresFailure::Kind::connection)) {
    state_->prepares = pooler == Pooler::off;
}

PostgresConnection::~PostgresConnection() {
    abandon();
}

void PostgresConnection::begin(Access access,
                               std::optional<std::chrono::milliseconds> statement_max) {
    if (!state_->connection.is_open()) {
        // The library would open a new session, which has not what we prepared.
        throw PostgresFailure{PostgresFailure::Kind::connection, ""};
    }
    std::string sql = access == Access::read ? "begin read only" : "begin";
    state_->lost_at_commit = access == Access::read ? PostgresFailure::Kind::connection
                                                    : PostgresFailure::Kind::in_doubt;
    if (statement_max) {
        sql += "; set local statement_timeout = " + std::to_string(statement_max->count());
    }
    convert(
        [&] {
            state_->work = std::make_unique<pqxx::nontransaction>(state_->connection);
            state_->work->exec(sql);
        },
        PostgresFailure::Kind::connection);
}

SqlRows PostgresConnection::run(const std::string& sql, const SqlParams& params, Plan plan) {
    return convert([&] { return read_rows(state_->run(sql, params, plan)); },
                   PostgresFailure::Kind::connection);
}

void PostgresConnection::run_script(const std::string& sql) {
    convert([&] { state_->work->exec(sql); }, PostgresFailure::Kind::connection);
}

void PostgresConnection::commit() {
    convert([&] { state_->work->exec("commit"); }, state_->lost_at_commit);
    state_->work.reset();
}

void PostgresConnection::run_alone(const std::string& sql) {
    convert(
        [&] {
            pqxx::nontransaction statement(state_->connection);
            statement.exec(sql);
        },
        PostgresFailure::Kind::connection);
}

void PostgresConnection::abandon() {
    if (!state_->work) {
        return;
    }
    try {
        if (state_->connection.is_open()) {
            state_->work->exec("rollback");
        }
    } catch (const std::exception&) {
        // The server ends what a lost session left.
    }
    state_->work.reset();
}

void PostgresConnection::cancel() noexcept {
    try {
        state_->connection.cancel_query();
    } catch (const std::exception&) {
        return;
    }
}

void PostgresConnection::listen(const std::string& channel,
                                std::function<void(const std::string&)> note) {
    convert(
        [&] {
#if RAG_PQXX >= 710
            state_->connection.listen(
                channel, [note = std::move(note)](const pqxx::notification& notification) {
                    note(std::string(notification.payload));
                });
#else
            state_->receiver =
                std::make_unique<Receiver>(state_->connection, channel, std::move(note));
#endif
        },
        PostgresFailure::Kind::connection);
}

void PostgresConnection::wait_for_notifications(int wake, std::chrono::milliseconds most) {
    convert(
        [&] {
            // What came with the answer to an earlier statement makes the socket no more readable.
            if (state_->connection.get_notifs() > 0) {
                return;
            }
            std::array<pollfd, 2> waiting{
                {{state_->connection.sock(), POLLIN, 0}, {wake, POLLIN, 0}}};
            ::poll(waiting.data(), waiting.size(), static_cast<int>(most.count()));
            if (waiting[0].revents != 0) {
                state_->connection.get_notifs();
            }
        },
        PostgresFailure::Kind::connection);
}

std::string PostgresConnection::host() const {
    const char* name = state_->connection.hostname();
    return name != nullptr ? name : "local socket";
}

std::string PostgresConnection::database() const {
    const char* name = state_->connection.dbname();
    return name != nullptr ? name : "";
}

}  // namespace rag::storage
