#include "mcp/sessions.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace rag::mcp {
namespace {

constexpr std::size_t nonce_bytes = 16;
constexpr std::size_t session_id_max = 1024;

/// Whether the fields are of the types that open() writes; those of another version may not be.
bool are_fields(const Json& fields) {
    return fields.is_array() && fields.size() == 5 && fields[0].is_string() &&
           fields[1].is_string() && fields[2].is_number_unsigned() &&
           fields[3].is_number_integer() && fields[4].is_string();
}

/// Principals may be long or personal; the id needs only to tell them apart.
std::string digest(const std::string& principal) {
    return to_base64url(sha256(principal).substr(0, nonce_bytes));
}

}  // namespace

void RecentlyEndedSessions::add(const std::string& nonce, Timestamp) {
    state_.with([&](State& state) {
        if (!state.nonces.insert(nonce).second) {
            return;
        }
        state.order.push_back(nonce);
        if (state.order.size() > count_max_) {
            state.nonces.erase(state.order.front());
            state.order.pop_front();
        }
    });
}

bool RecentlyEndedSessions::contains(const std::string& nonce) {
    return state_.with([&](const State& state) { return state.nonces.contains(nonce); });
}

Sessions::Sessions(const std::string& secret, EndedSessions& ended, const Clock& clock,
                   std::chrono::hours lifetime)
    : seal_(secret, "session"), ended_(ended), clock_(clock), lifetime_(lifetime) {}

std::string Sessions::open(Revision revision, const std::string& principal,
                           const ClientCapabilities& capabilities) const {
    const Timestamp until = clock_.now() + lifetime_;
    return seal_.close(
        Json::array({to_string(revision), digest(principal), to_bits(capabilities),
                     until.time_since_epoch().count(), to_base64url(random_bytes(nonce_bytes))}));
}

std::optional<Session> Sessions::find(std::string_view id, const std::string& principal) const {
    if (id.size() > session_id_max) {
        return std::nullopt;
    }
    const std::optional<Json> fields = seal_.open(id);
    if (!fields || !are_fields(*fields)) {
        return std::nullopt;
    }
    const std::optional<Revision> revision = parse_revision((*fields)[0].get<std::string>());
    if (!revision || (*fields)[1] != digest(principal)) {
        return std::nullopt;
    }
    Session session;
    session.revision = *revision;
    session.principal = principal;
    session.capabilities = capabilities_from_bits((*fields)[2].get<unsigned>());
    session.until = Timestamp(std::chrono::milliseconds((*fields)[3].get<std::int64_t>()));
    session.nonce = (*fields)[4].get<std::string>();
    if (clock_.now() >= session.until || ended_.contains(session.nonce)) {
        return std::nullopt;
    }
    return session;
}

void Sessions::end(const Session& session) {
    ended_.add(session.nonce, session.until);
}

}  // namespace rag::mcp
