#pragma once

#include "rag/context.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rag {

/// Which addresses a request may reach.
enum class Reach {
    public_only,  ///< What an agent or a page named: public addresses, or hosts the operator
                  ///< allowed.
    anywhere,     ///< What the operator configured (embedding endpoint, issuer).
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string url;  ///< Absolute, http or https.
    HttpHeaders headers;
    std::string body;
    Reach reach = Reach::public_only;
    /// Came from an https page to a plain one: what the operator configured for the host is not sent.
    bool downgraded = false;
    int redirects_max = 5;  ///< Each hop is checked anew; 0 returns the redirect itself.
    std::size_t body_bytes_max = 10 * 1024 * 1024;  ///< After decompression.
    std::chrono::milliseconds timeout{30'000};      ///< For everything, redirects included.
};

struct HttpResponse {
    int status = 0;
    HttpHeaders headers;     ///< Names in lower case.
    std::string body;        ///< Decompressed.
    std::string url;         ///< Of the last hop.
    bool truncated = false;  ///< The body was longer than the limit and is cut there.

    /// The first value of the header, or an empty text. `name` in lower case.
    std::string_view header(std::string_view name) const;
};

/// Outbound HTTP, blocking. A response of any status is returned; Error is thrown when there is
/// none: `invalid_argument` for a URL that may not be fetched (the message says why), `unavailable`
/// for a host that cannot be reached, `deadline_exceeded`, `cancelled`. Safe for concurrent use.
class HttpClient {
public:
    virtual ~HttpClient() = default;

    virtual HttpResponse send(const CallContext& context, const HttpRequest& request) = 0;
};

}  // namespace rag
