#include "support/watching_process.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace rag::test {
namespace {

constexpr std::chrono::seconds event_timeout{60};

}  // namespace

WatchingProcess::WatchingProcess(const TestMemory& memory, const std::string& folder,
                                 const std::string& collection)
    : process_(rag_process(memory,
                           {"watch", folder, "--collection", collection, "--create", "--json"},
                           log_dir_.file("errors"))) {}

nlohmann::json WatchingProcess::await(const std::string& event, const std::string& filename) {
    while (const std::optional<std::string> line = process_.read_line(event_timeout)) {
        nlohmann::json told = nlohmann::json::parse(*line);
        if (told.at("event") == nlohmann::json(event) &&
            (filename.empty() || told.at("filename") == nlohmann::json(filename))) {
            return told;
        }
    }
    throw std::runtime_error("`rag watch` ended without the event '" + event + "': " + errors());
}

std::optional<int> WatchingProcess::stop() {
    process_.signal(SIGTERM);
    return process_.wait(event_timeout);
}

std::string WatchingProcess::errors() const {
    std::ifstream file(log_dir_.file("errors"));
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rag::test
