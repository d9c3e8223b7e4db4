#pragma once

#include "base/guarded.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/legacy_client.hpp"
#include "mcp/sessions.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace rag::server {

/// What this process remembers of sessions that speak to it; the least recently used are forgotten
/// and made anew from their ids. Safe for concurrent use.
class ClientTable final {
public:
    /// `changes` must outlive this.
    explicit ClientTable(mcp::ChangeHub& changes, std::size_t clients_max = 10'000)
        : changes_(changes), clients_max_(clients_max) {}

    std::shared_ptr<mcp::LegacyClient> get(const mcp::Session& session);
    void forget(const mcp::Session& session);

private:
    using Order = std::list<std::string>;
    struct Entry {
        std::shared_ptr<mcp::LegacyClient>
            client;  // Shared with the calls and streams that use it.
        Order::iterator place;
    };
    struct State {
        Order order;  // Least recently used first.
        std::map<std::string, Entry> clients;
    };

    mcp::ChangeHub& changes_;
    const std::size_t clients_max_;
    Guarded<State> state_;
};

}  // namespace rag::server
