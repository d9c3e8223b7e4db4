#pragma once

#include "mcp/outlet.hpp"

namespace rag::server {

/// The answer to a call that is a stream: messages, the reply the last of them.
class CallStream : public mcp::Outlet {
public:
    /// Ends it, after what was sent. May be called more than once.
    virtual void close() = 0;
};

}  // namespace rag::server
