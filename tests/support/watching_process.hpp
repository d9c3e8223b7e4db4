#pragma once

#include "support/process.hpp"
#include "support/rag_command.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace rag::test {

/// A real `rag watch` of a folder of the memory, as a child process. Used by one thread.
class WatchingProcess {
public:
    /// `folder` is relative to the memory's; the collection is made when it is not there.
    WatchingProcess(const TestMemory& memory, const std::string& folder,
                    const std::string& collection);

    Process& process() { return process_; }
    /// The next event of this name (and about this file, unless empty); those before it are passed
    /// over. Throws std::runtime_error when it does not come.
    nlohmann::json await(const std::string& event, const std::string& filename = "");
    /// Asks it to end; its exit status.
    std::optional<int> stop();
    std::string errors() const;

private:
    TempDir log_dir_;
    Process process_;
};

}  // namespace rag::test
