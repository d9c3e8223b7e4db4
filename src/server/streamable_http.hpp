#pragma once

#include "base/workers.hpp"
#include "http/types.hpp"
#include "mcp/dispatcher.hpp"
#include "mcp/sessions.hpp"
#include "server/client_table.hpp"
#include "server/door.hpp"
#include "server/event_log.hpp"
#include "server/http_replies.hpp"
#include "server/intake.hpp"
#include "server/stream_keeper.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace rag::server {

/// The broadest role that the messages need.
std::optional<Role> role_for(const mcp::Dispatcher& dispatcher, const mcp::ParsedText& parsed);

/// The Streamable HTTP transport of both eras on one path (2025-03-26 to 2025-11-25 with sessions,
/// 2026-07-28 without). Handlers run on the worker that they came on, lengthy calls on the job
/// pool. Safe for concurrent use.
class StreamableHttp final {
public:
    /// All references must outlive this, and `jobs` be stopped before anything of it goes.
    StreamableHttp(mcp::Dispatcher& dispatcher, mcp::Sessions& sessions, StreamKeeper& streams,
                   Workers& jobs, Door door);

    /// Answers the exchange, now or later.
    void handle(const std::shared_ptr<http::Exchange>& exchange);

    /// The route to hang it on.
    http::Route route(const char* path = "/mcp");

private:
    struct Visit;
    struct Work;

    void post(const std::shared_ptr<http::Exchange>& exchange);
    bool refuse_scope(const std::shared_ptr<http::Exchange>& exchange, std::optional<Role> needed);
    void post_modern(Visit& visit, mcp::ParsedText parsed);
    void post_legacy(Visit& visit, mcp::ParsedText parsed);
    void open_session(Visit& visit, mcp::ParsedText parsed);
    bool find_session(Visit& visit);
    void get(const std::shared_ptr<http::Exchange>& exchange);
    void remove(const std::shared_ptr<http::Exchange>& exchange);

    void answer(Visit& visit, Intake intake);
    std::shared_ptr<CallStream> open_stream(const Visit& visit);
    void listen(Visit& visit, const std::shared_ptr<mcp::Call>& call);
    void run(Visit& visit, Intake intake);

    mcp::Dispatcher& dispatcher_;
    mcp::Sessions& sessions_;
    StreamKeeper& streams_;
    Workers& jobs_;
    const Door door_;
    ClientTable clients_;
    EventLog events_;
};

}  // namespace rag::server
