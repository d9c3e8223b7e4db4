#include "storage/postgres_sessions.hpp"

#include <string>

namespace rag::storage {

void PostgresEndedSessions::add(const CallContext& context, std::string_view session,
                                Timestamp until) {
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        transaction.run("delete from @S.ended_sessions where expires_at <= clock_timestamp()");
        transaction.run(
            "insert into @S.ended_sessions (id, expires_at) "
            "values ($1, to_timestamp($2::double precision / 1000)) "
            "on conflict (id) do nothing",
            {std::string(session), std::to_string(until.time_since_epoch().count())});
    });
}

bool PostgresEndedSessions::contains(const CallContext& context, std::string_view session) {
    return !pool_
                .read(context, "select 1 from @S.ended_sessions where id = $1",
                      {std::string(session)})
                .empty();
}

}  // namespace rag::storage
