#pragma once

#include "formats/limits.hpp"
#include "rag/document_reader.hpp"

#include <condition_variable>
#include <mutex>
#include <string>

namespace rag::formats {

struct WorkerOptions {
    /// What is started with worker_command; by default this program, also when its file has been
    /// replaced by a newer one meanwhile.
    std::string program = "/proc/self/exe";
    std::chrono::milliseconds time_max = worker_time_max;
    int at_once_max = workers_at_once_max;
};

/// Reads each document in a process of its own; see worker.hpp. Calls beyond `at_once_max` wait for
/// their turn. Safe for concurrent use.
class WorkerReader final : public DocumentReader {
public:
    explicit WorkerReader(WorkerOptions options = {}) : options_(std::move(options)) {}

    ReadDocument read(const CallContext& context, DocumentType type,
                      std::string_view bytes) override;

private:
    class Turn;

    const WorkerOptions options_;
    std::mutex mutex_;
    std::condition_variable_any freed_;
    int running_ = 0;  ///< Guarded by mutex_.
};

}  // namespace rag::formats
