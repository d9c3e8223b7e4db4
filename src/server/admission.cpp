#include "server/admission.hpp"

namespace rag::server {

http::Gate make_gate(const OriginGate& origins, const Authenticator& authenticator,
                     RateLimit& rate_limit) {
    return [&origins, &authenticator,
            &rate_limit](const http::Request& head) -> std::unique_ptr<http::Response> {
        if (auto refusal = origins.check(head)) {
            return refusal;
        }
        if (auto refusal = authenticator.check(head)) {
            return refusal;
        }
        if (head.method != "POST") {
            return nullptr;  // Only messages are calls.
        }
        // Without authentication everyone has the same name: the address tells them apart.
        const bool open = authenticator.scheme() == AuthScheme::open;
        return rate_limit.check(open ? "@" + head.peer : authenticator.identify(head).principal);
    };
}

}  // namespace rag::server
