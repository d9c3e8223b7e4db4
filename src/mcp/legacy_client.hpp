#pragma once

#include "base/guarded.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/client_capabilities.hpp"
#include "mcp/client_requests.hpp"
#include "mcp/outlet.hpp"
#include "mcp/registry.hpp"
#include "mcp/revision.hpp"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rag::mcp {

constexpr std::size_t watched_resources_max = 1000;

/// Null for a word that names no level of RFC 5424.
std::optional<LogLevel> parse_log_level(std::string_view word);
std::string_view to_string(LogLevel level);

/// What this process remembers of one legacy client: of a connection (stdio, HTTP+SSE) or of a
/// session (Streamable HTTP), where it may be forgotten and made anew. Safe for concurrent use.
class LegacyClient final : public ChangeListener {
public:
    LegacyClient() = default;
    LegacyClient(Revision revision, const ClientCapabilities& capabilities);

    /// What `initialize` came to.
    void agree(Revision revision, const ClientCapabilities& capabilities);
    Revision revision() const;
    ClientCapabilities capabilities() const;

    void set_log_level(LogLevel level);
    LogLevel log_level() const;

    /// False when the client watches too many already.
    bool watch(const std::string& uri);
    void unwatch(const std::string& uri);

    /// Where messages go that belong to no request: each to one of these, the newest that takes it.
    /// Held weakly, so that their owner can end them.
    void add_outlet(std::weak_ptr<Outlet> outlet);

    ClientRequests& requests() { return requests_; }

    /// Only after the handshake, and while there is an outlet.
    bool hears() const override;
    void list_changed(ListKind kind) override;
    void resource_updated(const std::string& uri) override;

private:
    struct State {
        bool agreed =
            false;  ///< A client of the modern era on this connection gets nothing unasked.
        Revision revision = latest_legacy;
        ClientCapabilities capabilities;
        LogLevel log_level = LogLevel::info;
        std::set<std::string> watched;
        std::vector<std::weak_ptr<Outlet>> outlets;
    };

    void send(const Json& message);

    Guarded<State> state_;
    ClientRequests requests_;
};

}  // namespace rag::mcp
