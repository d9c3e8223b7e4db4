#pragma once

#include <string_view>

/// The process that reads one document and nothing else: the same program, started with
/// `worker_command` and the document's type. The document is its standard input, which has to be a
/// file; what it says goes to standard output:
///
///   {"title": ..., "metadata": {...}}   or   {"error": "a sentence"}
///   the Markdown, to the end
///
/// What reads documents has met every kind of broken file and some made to do harm. Here it cannot
/// take the server with it: the process has a bound on memory, on time, writes no file, and for all
/// types but PDF can open none.
namespace rag::formats {

constexpr std::string_view worker_command = "extract-worker";

/// Whether these are the arguments of a worker.
bool is_worker_call(int argc, const char* const* argv);

/// Does the work; the process's exit code, 0 also for an error that could be told.
int run_worker(int argc, const char* const* argv);

}  // namespace rag::formats
