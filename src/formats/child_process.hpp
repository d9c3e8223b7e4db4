#pragma once

#include "rag/context.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::formats {

/// Whether the program leads a process group of its own, which ends with it.
enum class ProcessGroup { own, ours };

struct ChildOptions {
    std::string program;                 ///< An absolute path.
    std::vector<std::string> arguments;  ///< Without the program's name.
    int input = -1;                      ///< Becomes its standard input; -1: nothing to read.
    std::size_t output_bytes_max = 0;
    std::chrono::milliseconds time_max{0};
    ProcessGroup group = ProcessGroup::own;
};

enum class ChildEnd {
    exited,           ///< `status` is its exit status.
    killed,           ///< `status` is the signal, not one of ours.
    out_of_time,      ///< Ended by us.
    too_much_output,  ///< Ended by us; `output` holds as much as is allowed.
};

struct ChildResult {
    ChildEnd end = ChildEnd::exited;
    int status = 0;
    std::string output;
    std::string errors;  ///< The beginning of what it wrote to standard error.
};

/// Runs a program to its end, with three open files and an environment that holds nothing of ours.
/// Whatever happens, the program is gone when this returns, and with a group of its own what it has
/// started too. Throws Error{invalid_argument} when it cannot be started, and
/// Error{cancelled, deadline_exceeded} as the context has it.
ChildResult run_child(const CallContext& context, const ChildOptions& options);

/// The absolute path of an installed program; empty when there is none of this name. Looks where
/// systems install to, and not into PATH, which may name folders that others can write to.
std::string find_program(std::string_view name);

/// A file in memory that holds the bytes and stands at its beginning. The caller closes it.
int open_in_memory(std::string_view bytes);

}  // namespace rag::formats
