#pragma once

#include "base/json.hpp"
#include "mcp/outlet.hpp"
#include "mcp/revision.hpp"
#include "rag/context.hpp"

#include <memory>

namespace rag::mcp {

/// Turns a call's progress into notifications for the token that the client gave. Values that do
/// not increase are left out, and nothing is sent after `finish`, however late a handler's thread
/// reports. Safe for concurrent use.
class ProgressReporter {
public:
    /// `outlet` must outlive the call of finish().
    ProgressReporter(Json token, Revision revision, Outlet& outlet);
    ~ProgressReporter() { finish(); }
    ProgressReporter(const ProgressReporter&) = delete;
    ProgressReporter& operator=(const ProgressReporter&) = delete;

    /// May be called longer than this object lives.
    ProgressSink sink();
    void finish();

private:
    struct State;

    std::shared_ptr<State> state_;  // Shared with the sinks, which handlers may keep too long.
};

}  // namespace rag::mcp
