#pragma once

#include "support/process.hpp"
#include "support/running_server.hpp"

#include <map>
#include <string>
#include <vector>

namespace rag::test {

/// How a run of the program ended.
struct Ended {
    int status = -1;  ///< 128 + signal when one ended it; -1 when it had to be killed.
    std::string output;
    std::string errors;
};

/// Runs `rag ARGUMENTS` to its end, in a folder of its own.
Ended run_rag(const std::vector<std::string>& arguments,
              const std::map<std::string, std::string>& environment);

/// On the memory, in its folder; `further` is added to the environment.
Ended run_rag(const TestMemory& memory, const std::vector<std::string>& arguments,
              const std::map<std::string, std::string>& further = {});

/// How `rag ARGUMENTS` is started on the memory, in its folder; standard error goes to the file.
ProcessOptions rag_process(const TestMemory& memory, const std::vector<std::string>& arguments,
                           const std::string& error_file);

}  // namespace rag::test
