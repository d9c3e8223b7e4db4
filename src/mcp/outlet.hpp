#pragma once

#include "base/json.hpp"

namespace rag::mcp {

/// What may become of a message when the client reads more slowly than we write.
enum class Importance {
    droppable,  ///< Progress and log messages.
    required,   ///< Everything else; where it cannot be delivered, the stream is at its end.
};

/// Where messages for a client go, one whole JSON-RPC message at a time. Implementations are safe
/// for concurrent use, do not block for long and do not throw.
class Outlet {
public:
    virtual ~Outlet() = default;

    /// False when the client is gone.
    virtual bool send(const Json& message, Importance importance) = 0;

    /// The client need not stay connected; what is sent from now on waits until it comes back. Does
    /// nothing where it could not come back.
    virtual void let_go() {}
};

}  // namespace rag::mcp
