#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::storage {

/// Parameters of a statement in their text form; null is SQL's null.
using SqlParams = std::vector<std::optional<std::string>>;

using SqlRow = std::vector<std::optional<std::string>>;

/// Everything that a statement gave, in text form.
struct SqlRows {
    std::vector<SqlRow> rows;
    std::int64_t affected = 0;

    bool empty() const { return rows.empty(); }
};

/// Why a statement or a connection failed; never leaves the room.
struct PostgresFailure {
    enum class Kind {
        statement,   ///< The server refused it; the transaction is over, the connection is not.
        connection,  ///< Lost before the commit was sent, if there was anything to commit.
        in_doubt,    ///< Lost while committing: nobody knows.
    };
    Kind kind = Kind::statement;
    std::string sqlstate;
    std::string refusal{};  ///< In the server's words, where it let nobody in.
};

enum class Pooler { off, transaction };

enum class Access { write, read };

/// How a statement is planned. Words decide by their numbers how they are best looked up, which a
/// plan that is kept for all parameters cannot know.
enum class Plan {
    kept,   ///< Prepared from the second use on, where the connection permits it.
    fresh,  ///< For these parameters.
};

/// One connection, one thread at a time, one transaction at a time. The only place that knows the
/// client library. Its functions throw PostgresFailure.
class PostgresConnection {
public:
    PostgresConnection(const std::string& address, Pooler pooler);
    ~PostgresConnection();
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    /// Each statement of the transaction ends after `statement_max`, where one is given. One round
    /// trip, as every function here but the first use of LISTEN.
    void begin(Access access = Access::write,
               std::optional<std::chrono::milliseconds> statement_max = std::nullopt);
    SqlRows run(const std::string& sql, const SqlParams& params = {}, Plan plan = Plan::kept);
    /// Several statements without parameters and without rows.
    void run_script(const std::string& sql);
    void commit();
    /// A statement that may stand in no transaction; none may be open.
    void run_alone(const std::string& sql);
    /// Never throws; does nothing when no transaction is open.
    void abandon();
    /// From any thread: asks the server to end the statement that runs.
    void cancel() noexcept;

    /// From now on `note` gets the payload of each notification on the channel, from within
    /// wait_for_notifications. For a connection that does nothing else; at most once.
    void listen(const std::string& channel, std::function<void(const std::string& payload)> note);
    /// Hands out what has been notified; before that waits until something is, or the descriptor
    /// `wake` can be read, or the time is over.
    void wait_for_notifications(int wake, std::chrono::milliseconds most);

    std::string host() const;
    std::string database() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rag::storage
