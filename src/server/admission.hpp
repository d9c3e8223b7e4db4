#pragma once

#include "http/types.hpp"
#include "server/auth.hpp"
#include "server/gate.hpp"
#include "server/rate_limit.hpp"

#include <memory>

namespace rag::server {

/// By whose name a request is counted. Without authentication everyone has the same name: the
/// address tells them apart.
std::string payer_of(const http::Request& request, const Caller& caller, AuthScheme scheme);

/// What a request passes before its body is read, in this order: Host and Origin (403, preflights
/// are answered here), authentication (401), the rate of calls (429). All must outlive the gate.
http::Gate make_gate(const OriginGate& origins, Authenticator& authenticator,
                     RateLimit& rate_limit);

}  // namespace rag::server
