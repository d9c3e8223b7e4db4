#include "server/admission.hpp"

namespace rag::server {

std::string payer_of(const http::Request& request, const Caller& caller, AuthScheme scheme) {
    return scheme == AuthScheme::open ? "@" + request.peer : caller.principal;
}

http::Gate make_gate(const OriginGate& origins, Authenticator& authenticator,
                     RateLimit& rate_limit) {
    return [&origins, &authenticator,
            &rate_limit](const http::Request& head) -> std::unique_ptr<http::Response> {
        if (auto refusal = origins.check(head)) {
            return refusal;
        }
        Authenticator::Admission admission = authenticator.admit(head);
        if (admission.refusal) {
            return std::move(admission.refusal);
        }
        if (head.method != "POST") {
            return nullptr;  // Only messages are calls.
        }
        return rate_limit.check(payer_of(head, admission.caller, authenticator.scheme()));
    };
}

}  // namespace rag::server
