#include "support/rag_command.hpp"

#include "support/temp_dir.hpp"

#include <fstream>
#include <iterator>

namespace rag::test {
namespace {

/// For a line of output: long, because whole memories are moved and re-indexed.
constexpr std::chrono::seconds answer_timeout{120};

ProcessOptions rag_process(const std::vector<std::string>& arguments) {
    ProcessOptions options;
    options.command = {RAG_BINARY};
    options.command.insert(options.command.end(), arguments.begin(), arguments.end());
    return options;
}

Ended run(const ProcessOptions& options) {
    Process process(options);
    process.close_input();
    Ended ended;
    while (const auto line = process.read_line(answer_timeout)) {
        ended.output += *line + '\n';
    }
    ended.status = process.wait(answer_timeout).value_or(-1);
    std::ifstream errors(options.error_file);
    ended.errors.assign(std::istreambuf_iterator<char>(errors), {});
    return ended;
}

}  // namespace

Ended run_rag(const std::vector<std::string>& arguments,
              const std::map<std::string, std::string>& environment) {
    const TempDir dir;
    ProcessOptions options = rag_process(arguments);
    options.environment = environment;
    options.working_dir = dir.path().string();
    options.error_file = dir.file("errors");
    return run(options);
}

Ended run_rag(const TestMemory& memory, const std::vector<std::string>& arguments,
              const std::map<std::string, std::string>& further) {
    const TempDir dir;
    ProcessOptions options = rag_process(memory, arguments, dir.file("errors"));
    options.environment.insert(further.begin(), further.end());
    return run(options);
}

ProcessOptions rag_process(const TestMemory& memory, const std::vector<std::string>& arguments,
                           const std::string& error_file) {
    ProcessOptions options = rag_process(arguments);
    options.environment = memory.environment();
    options.working_dir = memory.dir();
    options.error_file = error_file;
    return options;
}

}  // namespace rag::test
