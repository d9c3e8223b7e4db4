#include "tools/lasting_jobs.hpp"

#include "memory/world.hpp"
#include "tools/register.hpp"

using namespace rag;
using rag::test::World;

namespace {

/// The product's tools and tasks over a memory with a folder of two files.
struct Desk {
    Desk() {
        world.write_file("docs/a.md", "Alpha anchors.");
        world.write_file("docs/b.md", "Bravo bridges.");
        tools::register_tools(registry, memory);
    }

    /// Writes the call down; the task's id.
    std::string begin(const char* tool, const Json& arguments) {
        return registry.find_tool(tool)->task_plan.begin(world.context, arguments);
    }

    World world;
    const tools::MemoryProvider memory = [this](const CallContext&) -> memory::Memory& {
        return world.memory();
    };
    mcp::Registry registry;
    tools::LastingJobs tasks{memory};
};

const Json directory = {{"directory_path", "docs"}, {"collection_name", "c"}};

}  // namespace

TEST_CASE("lasting jobs: a call that was written down is there before it is done, and when it is") {
    Desk desk;
    const std::string id = desk.begin("ingest_directory", directory);
    CHECK(desk.begin("ingest_directory", directory) == id);
    auto task = desk.tasks.find(desk.world.context, id);
    REQUIRE(task);
    CHECK(task->status == mcp::TaskStatus::working);
    CHECK_FALSE(task->lifetime);
    desk.tasks.run(desk.world.context, id);
    task = desk.tasks.find(desk.world.context, id);
    CHECK(task->status == mcp::TaskStatus::completed);
    CHECK(task->result.at("isError") == false);
    CHECK(task->result.at("structuredContent").at("files_ingested") == 2);
    desk.tasks.run(desk.world.context, id);  // Once is enough.
    desk.tasks.cancel(desk.world.context, id);
    CHECK(desk.tasks.find(desk.world.context, id)->status == mcp::TaskStatus::completed);
    CHECK(desk.begin("ingest_directory", directory) != id);
}

TEST_CASE("lasting jobs: a task is nobody's but its principal's, not even an administrator's") {
    Desk desk;
    const std::string id = desk.begin("ingest_directory", directory);
    CallContext other = desk.world.context;
    other.caller.principal = "other";
    other.caller.role = Role::admin;
    CHECK_FALSE(desk.tasks.find(other, id));
    CHECK_FALSE(desk.tasks.find(desk.world.context, "no id"));
    CHECK_FALSE(desk.tasks.find(desk.world.context, "00000000-0000-4000-8000-000000000000"));
}

TEST_CASE("lasting jobs: what goes wrong with the work is the tool's error") {
    Desk desk;
    const std::string id = desk.begin("ingest_directory", directory);
    desk.world.embedder.before_each = [] {
        throw Error(ErrorCode::unavailable, "The model does not answer.");
    };
    desk.tasks.run(desk.world.context, id);
    const auto task = desk.tasks.find(desk.world.context, id);
    REQUIRE(task);
    CHECK(task->status == mcp::TaskStatus::completed);
    const Json text = task->result.at("content").at(0).at("text");
    const bool told =
        task->result.at("isError") == true || text.dump().find("failed") != std::string::npos;
    CHECK(told);
}

TEST_CASE("lasting jobs: one that was cancelled before it ran does nothing") {
    Desk desk;
    const std::string id = desk.begin("ingest_directory", directory);
    desk.tasks.cancel(desk.world.context, id);
    desk.tasks.run(desk.world.context, id);
    CHECK(desk.tasks.find(desk.world.context, id)->status == mcp::TaskStatus::cancelled);
    CHECK(desk.world.memory().list_documents(desk.world.context, {}).total_count == 0);
}

TEST_CASE("lasting jobs: long texts are worth a task, short ones are not") {
    Desk desk;
    const mcp::TaskPlan& plan = desk.registry.find_tool("ingest_text")->task_plan;
    CHECK_FALSE(plan.suits({{"content", "short"}}));
    CHECK_FALSE(plan.suits({{"content", 5}}));
    CHECK_FALSE(plan.suits(Json::object()));
    std::string content;
    while (content.size() < 300'000) {
        content += "Alpha anchors hold. ";
    }
    const Json arguments = {{"content", content}, {"collection_name", "c"}};
    CHECK(plan.suits(arguments));
    const std::string id = desk.begin("ingest_text", arguments);
    desk.tasks.run(desk.world.context, id);
    const auto task = desk.tasks.find(desk.world.context, id);
    REQUIRE(task);
    CHECK(task->result.at("structuredContent").at("status") == "created");
}
