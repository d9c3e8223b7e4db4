#pragma once

#include "support/running_server.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rag::test {

struct Configuration {
    Transport transport = Transport::stdio;
    Wire wire = Wire::legacy;
    StoreKind store = StoreKind::sqlite;
};

/// "stdio, modern, postgres"
std::string to_string(const Configuration& configuration);

/// Every file of tests/scenarios, by name.
std::vector<std::filesystem::path> list_scenarios();

/// Plays one scenario on a server of its own and returns what went wrong, a sentence each, with the
/// number of the step; empty when everything was as the file says. The format is in
/// tests/scenarios/README.md.
std::vector<std::string> play_scenario(const std::filesystem::path& file,
                                       const Configuration& configuration);

}  // namespace rag::test
