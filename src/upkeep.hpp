#pragma once

#include "cli/application.hpp"
#include "config.hpp"
#include "engine.hpp"

#include <string>

namespace rag {

/// As cli::Application has them; what decides is in storage/.
BackupReport back_up(const Config& config, const CallContext& context, const std::string& file);
BackupReport restore(const Config& config, const CallContext& context, const std::string& file);
cli::GarbageReport collect_garbage(const Config& config, Engine& engine, const CallContext& context,
                                   const Retention& retention, Removal removal);

}  // namespace rag
