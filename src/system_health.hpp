#pragma once

#include "base/json.hpp"
#include "config.hpp"
#include "engine.hpp"

namespace rag {

/// What the parts of a server are doing, for its health routes and `rag status`. Safe for
/// concurrent use.
class SystemHealth final {
public:
    /// Both must outlive this.
    SystemHealth(const Config& config, Engine& engine)
        : config_(config), engine_(engine), started_(engine.clock().now()) {}

    /// `status`, version, uptime and the index in numbers. Never blocks.
    Json summarise() const;
    /// The same and each part, asked now: `status` (ok, degraded, failed), `latency_ms` (null where
    /// nothing was asked) and `message`. Waits for each at most a few seconds. Never throws for a
    /// part that fails.
    Json examine() const;

private:
    const Config& config_;
    Engine& engine_;
    const Timestamp started_;
};

/// The index of this process in numbers; null where there is none.
Json index_form(const std::optional<index::LocalIndexStatus>& status);

}  // namespace rag
