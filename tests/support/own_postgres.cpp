#include "support/own_postgres.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace rag::test {

OwnPostgres::OwnPostgres()
    : command_("RAG_TEST_POSTGRES_FOLDER='" + dir_.file("postgres") + "' '" +
               RAG_SOURCE_DIR "/scripts/postgres-for-tests' "),
      address_(run("start")) {}

OwnPostgres::~OwnPostgres() {
    [[maybe_unused]] const int status = std::system((command_ + "stop").c_str());
}

/// The first line of what the script prints.
std::string OwnPostgres::run(const std::string& what) const {
    FILE* pipe = popen((command_ + what).c_str(), "r");
    if (pipe == nullptr) {
        throw std::runtime_error("the script of the Postgres server cannot be run");
    }
    std::string output;
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) {
        output += buffer;
    }
    if (pclose(pipe) != 0) {
        throw std::runtime_error("the script of the Postgres server failed to " + what);
    }
    return output.substr(0, output.find('\n'));
}

}  // namespace rag::test
