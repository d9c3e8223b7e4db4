#pragma once

#include "base/guarded.hpp"
#include "base/workers.hpp"
#include "http/types.hpp"
#include "mcp/dispatcher.hpp"
#include "rag/clock.hpp"
#include "server/intake.hpp"
#include "server/stream_keeper.hpp"
#include "server/streamable_http.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rag::server {

/// The HTTP+SSE transport of 2024-11-05: a stream for all that the server says, and a path to post
/// to. Its sessions live and die with their streams, in this process. Safe for concurrent use.
class LegacySse final {
public:
    /// `path_prefix` is what a reverse proxy strips, without slash at its end. The references must
    /// outlive this, and `jobs` and `streams` have ended before it goes.
    LegacySse(mcp::Dispatcher& dispatcher, StreamKeeper& streams, Workers& jobs, Door door,
              IdSource& ids, std::string path_prefix = "");

    /// GET /sse
    void open(const std::shared_ptr<http::Exchange>& exchange);
    /// POST /messages?sessionId=...
    void post(const std::shared_ptr<http::Exchange>& exchange);

    /// Both, and 405 for what else is asked of their paths.
    std::vector<http::Route> routes();

private:
    struct Connection {
        std::string principal;
        std::shared_ptr<mcp::LegacyClient> client;
        std::weak_ptr<EventOutlet> outlet;
    };
    struct Registration;

    void run(Intake intake, const std::shared_ptr<EventOutlet>& outlet);

    mcp::Dispatcher& dispatcher_;
    StreamKeeper& streams_;
    Workers& jobs_;
    const Door door_;
    IdSource& ids_;
    const std::string path_prefix_;

    using Connections = Guarded<std::map<std::string, Connection>>;
    const std::shared_ptr<Connections> connections_;  // Shared with the streams that leave it.
};

}  // namespace rag::server
