#pragma once

#include "cli/application.hpp"

#include <memory>

namespace rag {

/// Builds the product from a configuration. Opens nothing.
std::unique_ptr<cli::Application> make_application(const LoadedConfig& config);

}  // namespace rag
