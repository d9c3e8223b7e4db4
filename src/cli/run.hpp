#pragma once

#include "cli/application.hpp"

namespace rag::cli {

/// The program: reads the command line, loads the configuration when a command needs it, runs the
/// command. Returns the exit code: 0, 1 for a call that failed (its sentence is on standard error),
/// 2 for a command line or a configuration that cannot be meant.
int run(int argc, const char* const* argv, const MakeApplication& make_application);

}  // namespace rag::cli
