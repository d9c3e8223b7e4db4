#include "base/embedded.hpp"
#include "cli/mcp_child.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace rag::embedded {
extern const Files demo_documentation;
extern const Files demo_library;
}  // namespace rag::embedded

namespace rag::cli {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Question {
    const char* text;
    const char* collection;
};

/// Some share words with the passage that answers them, some share none.
constexpr Question questions[] = {
    {"How old must the President be?", "library"},
    {"Can the police search my home without a warrant?", "library"},
    {"Which fable tells of an animal that loses a race by sleeping?", "library"},
    {"why nobody believed the young herdsman when danger was real", "library"},
    {"who dedicated a cemetery for soldiers after a battle", "library"},
    {"How did the thirsty bird get at the water?", "library"},
    {"What are the unalienable rights?", "library"},
    {"How do I connect Claude Desktop?", "documentation"},
    {"Where does the server keep its data?", "documentation"},
    {"Which files may an agent read?", "documentation"},
};

/// A folder of its own for the demonstration's memory, gone afterwards.
class DemoFolder {
public:
    DemoFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "rag-demo-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw Error(ErrorCode::unavailable, "No temporary folder could be made at '" + pattern +
                                                    "'; set TMPDIR to one that can be written.");
        }
        path_ = pattern;
    }
    ~DemoFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    DemoFolder(const DemoFolder&) = delete;
    DemoFolder& operator=(const DemoFolder&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// Takes the files in and returns how many chunks they gave.
std::int64_t ingest(McpChild& server, const std::string& collection, const std::string& description,
                    const embedded::Files& files) {
    server.call("create_collection", {{"name", collection}, {"description", description}});
    std::int64_t chunks = 0;
    for (const auto& [name, content] : files) {
        const Json result = server.call(
            "ingest_text",
            {{"content", content}, {"collection_name", collection}, {"document_title", name}});
        chunks += result.at("num_chunks").get<std::int64_t>();
    }
    return chunks;
}

void ask(McpChild& server, const Question& question, int number, const Session& session) {
    const auto start = std::chrono::steady_clock::now();
    const Json answer = server.call("search_documents", {{"query", question.text},
                                                         {"collection_name", question.collection},
                                                         {"limit", 1},
                                                         {"include_metadata", true}});
    const Milliseconds took = std::chrono::steady_clock::now() - start;
    const Json& hit = answer.at("result").at(0);
    const std::size_t width = terminal_width() - 6;
    const std::string passage = hit.at("content");
    session.write(fmt::format("{:2}. {}\n", number, question.text) +
                  wrap_text(passage, width, "      ") +
                  fmt::format("      -- {}, {}, characters {} to {}; {:.1f} ms\n\n",
                              hit.at("source_filename").get<std::string>(),
                              hit.value("heading_path", "").empty() ? std::string("top")
                                                                    : hit.value("heading_path", ""),
                              hit.at("char_start").get<std::int64_t>(),
                              hit.at("char_end").get<std::int64_t>(), took.count()));
}

/// What the server notes of each call would stand between the questions and their answers, unless a
/// level is asked for.
std::string log_level_of(const LoadedConfig& config) {
    const ConfigEntry* level = config.find_set("RAG_LOG_LEVEL");
    return level == nullptr ? "warn" : level->value;
}

void run_demo(Session& session) {
    const DemoFolder folder;
    const auto start = std::chrono::steady_clock::now();
    McpChild server(std::filesystem::read_symlink("/proc/self/exe").string(),
                    {{"RAG_DATA_DIR", folder.path()},
                     {"DATABASE_URL", ""},
                     {"RAG_LOG_LEVEL", log_level_of(session.config())}});
    const Milliseconds started = std::chrono::steady_clock::now() - start;
    session.write(fmt::format("{} answered over MCP (stdio) after {:.0f} ms.\n",
                              server.server_name(), started.count()));
    const std::int64_t chunks =
        ingest(server, "library", "Texts in the public domain", embedded::demo_library) +
        ingest(server, "documentation", "How to use this program", embedded::demo_documentation);
    const Milliseconds ingested = std::chrono::steady_clock::now() - start;
    session.write(fmt::format("Took in {} texts, {} passages, in {:.0f} ms.\n\n",
                              embedded::demo_library.size() + embedded::demo_documentation.size(),
                              chunks, (ingested - started).count()));
    int number = 0;
    for (const Question& question : questions) {
        ask(server, question, ++number, session);
    }
    session.write("Give your own agent such a memory: rag mcp-config claude-desktop --write\n");
}

}  // namespace

void add_demo_command(Command root, Session& session) {
    root.add_subcommand("demo", "Take in real text, ask ten questions over MCP, show the passages")
        .callback([&session] { run_demo(session); });
}

}  // namespace rag::cli
