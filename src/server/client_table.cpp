#include "server/client_table.hpp"

namespace rag::server {

std::shared_ptr<mcp::LegacyClient> ClientTable::get(const mcp::Session& session) {
    std::shared_ptr<mcp::LegacyClient> made;
    auto client = state_.with([&](State& state) {
        if (const auto known = state.clients.find(session.nonce); known != state.clients.end()) {
            state.order.splice(state.order.end(), state.order, known->second.place);
            return known->second.client;
        }
        made = std::make_shared<mcp::LegacyClient>(session.revision, session.capabilities);
        state.order.push_back(session.nonce);
        state.clients[session.nonce] = {made, std::prev(state.order.end())};
        if (state.order.size() > clients_max_) {
            state.clients.erase(state.order.front());
            state.order.pop_front();
        }
        return made;
    });
    if (made) {
        changes_.add(made);
    }
    return client;
}

void ClientTable::forget(const mcp::Session& session) {
    state_.with([&](State& state) {
        if (const auto known = state.clients.find(session.nonce); known != state.clients.end()) {
            state.order.erase(known->second.place);
            state.clients.erase(known);
        }
    });
}

}  // namespace rag::server
