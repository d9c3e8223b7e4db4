#include "mcp/progress.hpp"

#include "base/guarded.hpp"
#include "mcp/jsonrpc.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace rag::mcp {

struct ProgressReporter::State {
    struct Last {
        double done = -std::numeric_limits<double>::infinity();
        Outlet* outlet = nullptr;  // Null once finished.
    };

    Json token;
    Revision revision;
    Guarded<Last> last;
};

ProgressReporter::ProgressReporter(Json token, Revision revision, Outlet& outlet)
    : state_(std::make_shared<State>()) {
    state_->token = std::move(token);
    state_->revision = revision;
    state_->last.with([&](State::Last& last) { last.outlet = &outlet; });
}

ProgressSink ProgressReporter::sink() {
    return [state = state_](const Progress& progress) {
        if (!std::isfinite(progress.done)) {
            return;
        }
        Json params = {{"progressToken", state->token}, {"progress", progress.done}};
        if (progress.total) {
            params["total"] = *progress.total;
        }
        if (!progress.message.empty() && has_progress_messages(state->revision)) {
            params["message"] = progress.message;
        }
        const Json message = make_notification("notifications/progress", std::move(params));
        // Sent under the lock: that keeps the order, and an outlet neither blocks nor calls back.
        state->last.with([&](State::Last& last) {
            if (last.outlet != nullptr && progress.done > last.done) {
                last.done = progress.done;
                last.outlet->send(message, Importance::droppable);
            }
        });
    };
}

void ProgressReporter::finish() {
    state_->last.with([](State::Last& last) { last.outlet = nullptr; });
}

}  // namespace rag::mcp
