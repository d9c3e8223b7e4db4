#include "support/scenario.hpp"

#include "support/expectation.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace rag::test {
namespace {

using nlohmann::json;

void write_files(const json& files, const std::filesystem::path& dir) {
    for (const auto& [name, content] : files.items()) {
        const std::filesystem::path path = dir / name;
        std::filesystem::create_directories(path.parent_path());
        if (content.is_object()) {
            // {"symlink": "target"}
            std::filesystem::create_symlink(content.at("symlink").get<std::string>(), path);
            continue;
        }
        std::ofstream file(path, std::ios::binary);
        if (content.is_string()) {
            file << content.get<std::string>();
        } else {
            for (const json& byte : content) {
                file.put(static_cast<char>(byte.get<int>()));
            }
        }
    }
}

/// What was wrong with the whole JSON-RPC response of a tool's call, or nothing.
std::string check_call(const json& step, const json& response, const json& expected) {
    if (step.contains("expect_rpc_error")) {
        return response.contains("error")
                   ? find_mismatch(expected, response["error"], "the JSON-RPC error")
                   : "should be a JSON-RPC error, but is " + response.dump();
    }
    if (!response.contains("result")) {
        return "failed: " + response.dump();
    }
    const json& result = response["result"];
    const bool failed = result.value("isError", false);
    const std::string text = result.at("content").at(0).value("text", "");
    if (step.contains("expect_error")) {
        if (!failed) {
            return "should be an error, but is " + result.dump();
        }
        if (result.contains("structuredContent")) {
            return "is an error and must have no structuredContent";
        }
        const std::string mismatch =
            find_mismatch(expected.is_string() ? json{{"$contains", expected}} : expected, text);
        return mismatch;
    }
    if (failed) {
        return "failed: " + text;
    }
    if (json::parse(text) != result.at("structuredContent")) {
        return "has a text that is not its structuredContent: " + text;
    }
    return find_mismatch(expected, result["structuredContent"]);
}

class Player {
public:
    Player(const json& scenario, const Configuration& configuration)
        : memory_(configuration.store), wire_(configuration.wire) {
        variables_["dir"] = memory_.dir();
        if (scenario.contains("files")) {
            write_files(scenario["files"], memory_.dir());
        }
        std::map<std::string, std::string> environment;
        const json given = scenario.value("environment", json::object());
        for (const auto& [name, value] : given.items()) {
            environment[name] = substitute(value, variables_).get<std::string>();
        }
        transport_ = configuration.transport;
        environment_ = environment;
        start();
    }

    std::string play(const json& step) {
        if (step.contains("restart")) {
            client_.reset();
            server_.reset();
            start();
            return {};
        }
        if (step.contains("files")) {
            write_files(substitute(step["files"], variables_), memory_.dir());
            return {};
        }
        if (step.contains("remove")) {
            std::filesystem::remove_all(memory_.dir() + '/' + step["remove"].get<std::string>());
            return {};
        }
        const json params =
            step.contains("call")
                ? json{{"name", step["call"]},
                       {"arguments", substitute(step.value("args", json::object()), variables_)}}
                : substitute(step.value("params", json::object()), variables_);
        const std::string method =
            step.contains("call") ? "tools/call" : step.at("request").get<std::string>();
        const json response = client_->request(method, params);
        std::string problem = check(step, response);
        if (problem.empty() && step.contains("save")) {
            save(step["save"], step.contains("call") ? response["result"]["structuredContent"]
                                                     : response["result"]);
        }
        return problem;
    }

    std::string log() const { return server_->log(); }

private:
    void start() {
        server_ = std::make_unique<RunningServer>(memory_, transport_, environment_);
        client_ = server_->connect(wire_);
    }

    std::string check(const json& step, const json& response) const {
        for (const char* kind : {"expect_rpc_error", "expect_error", "expect"}) {
            if (!step.contains(kind)) {
                continue;
            }
            const json expected = substitute(step[kind], variables_);
            if (step.contains("call")) {
                return check_call(step, response, expected);
            }
            const char* part = step.contains("expect_rpc_error") ? "error" : "result";
            return response.contains(part) ? find_mismatch(expected, response[part])
                                           : "was answered with " + response.dump();
        }
        return step.contains("call") ? check_call(step, response, json::object()) : std::string{};
    }

    void save(const json& wanted, const json& result) {
        for (const auto& [name, pointer] : wanted.items()) {
            variables_[name] = result.at(json::json_pointer(pointer.get<std::string>()));
        }
    }

    TestMemory memory_;
    Wire wire_;
    Transport transport_ = Transport::stdio;
    std::map<std::string, std::string> environment_;
    Variables variables_;
    std::unique_ptr<RunningServer> server_;
    std::unique_ptr<McpClient> client_;
};

}  // namespace

std::string to_string(const Configuration& configuration) {
    const char* transports[] = {"stdio", "streamable http", "http+sse"};
    return std::string(transports[static_cast<int>(configuration.transport)]) + ", " +
           (configuration.wire == Wire::legacy ? "legacy" : "modern") + ", " +
           (configuration.store == StoreKind::sqlite ? "sqlite" : "postgres");
}

std::vector<std::filesystem::path> list_scenarios() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(RAG_SOURCE_DIR) + "/tests/scenarios")) {
        if (entry.path().extension() == ".json") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> play_scenario(const std::filesystem::path& file,
                                       const Configuration& configuration) {
    std::ifstream stream(file);
    const json scenario = json::parse(stream);
    std::vector<std::string> problems;
    int number = 0;
    try {
        Player player(scenario, configuration);
        for (const json& step : scenario.at("steps")) {
            ++number;
            const std::string problem = player.play(step);
            if (!problem.empty()) {
                const std::string name = step.contains("call") ? step["call"].get<std::string>()
                                                               : step.value("request", "");
                problems.push_back("step " + std::to_string(number) + " (" + name +
                                   "): " + problem);
            }
        }
    } catch (const std::exception& error) {
        problems.push_back("step " + std::to_string(number) + ": " + error.what());
    }
    return problems;
}

}  // namespace rag::test
