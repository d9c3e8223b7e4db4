#pragma once

#include "mcp/call.hpp"
#include "mcp/outlet.hpp"
#include "mcp/registry.hpp"
#include "mcp/seal.hpp"

#include <functional>

namespace rag::mcp {

/// One round of a handler.
using Round = std::function<ToolResult(const Dialogue& dialogue)>;

/// How long the state of an unfinished modern call stays good.
constexpr std::chrono::seconds request_state_lifetime{600};

/// Carries a call through as many rounds as its handler wants to ask the client.
///
/// Modern (2026-07-28, basic/patterns/mrtr): one round for each request; the answers and the signed
/// state come with the client's next request. The result that `input_needed` is turned into is left
/// in `interim` and null returned. Legacy: the questions go to the client as requests of ours, on
/// the call's own outlet, and all rounds happen here.
///
/// Throws RpcFailure for wrong inputResponses, a requestState that is not ours, and a capability
/// that the client did not declare.
class Conversation {
public:
    /// All must outlive this.
    Conversation(const Call& call, const CallContext& context, Outlet& outlet, const Seal& seal,
                 const Clock& clock)
        : call_(call), context_(context), outlet_(outlet), seal_(seal), clock_(clock) {}

    std::optional<ToolResult> carry(const Round& round);
    Json take_interim() { return std::move(interim_); }

private:
    Dialogue open_dialogue() const;
    void read_modern_answers(Dialogue& dialogue) const;
    Json make_interim(const InputNeeded& needed) const;
    Json ask_legacy(const InputNeeded& needed) const;
    Json binding() const;
    void log(LogLevel level, const Json& data) const;

    const Call& call_;
    const CallContext& context_;
    Outlet& outlet_;
    const Seal& seal_;
    const Clock& clock_;
    Json interim_;
};

/// Throws RpcFailure{-32021} where the client did not declare what it is asked for.
void check_capabilities(const ClientCapabilities& declared, const InputNeeded& needed);

/// Sends notifications/message if the call's client wants messages of that level.
void send_log(const Call& call, Outlet& outlet, LogLevel level, const Json& data);

}  // namespace rag::mcp
