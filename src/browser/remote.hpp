#pragma once

#include "base/url.hpp"
#include "browser/transport.hpp"
#include "net/resolver.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag::browser {

/// A browser that runs elsewhere, as RAG_BROWSER names it: ws:// or wss:// leads to its WebSocket,
/// http:// or https:// to a place whose /json/version names that. Path, query and user information
/// may hold what opens it and are shown nowhere.
struct RemoteAddress {
    enum class Kind { websocket, web };

    Kind kind = Kind::websocket;
    Url url;                  ///< Of the scheme http or https.
    std::string credentials;  ///< "user:password" as it was written there; mostly empty.

    /// All that may be shown: scheme, host and port as they were written.
    std::string place() const;
};

/// Whether the setting names a browser elsewhere, well or badly.
bool is_remote(std::string_view setting);

/// Null for what is no address of a browser.
std::optional<RemoteAddress> parse_remote_address(std::string_view setting);

/// The setting without what opens the browser; anything else than an address as it is.
std::string mask_remote_address(const std::string& setting);

/// How the WebSocket is asked for. Of what /json/version says only path and query count: it cannot
/// lead to another machine. Throws Error{unavailable} with a sentence that shows nothing secret.
RemoteAddress find_websocket(const RemoteAddress& address, const net::Lookup& lookup,
                             const std::stop_token& over);

/// Connects when it is called.
Connect reach_browser(RemoteAddress address, net::Lookup lookup);

}  // namespace rag::browser
