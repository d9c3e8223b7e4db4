#include "memory/world.hpp"

#include "memory/jobs.hpp"

#include <latch>
#include <thread>

using namespace rag;
using rag::test::error_of;
using rag::test::World;

namespace {

constexpr std::chrono::milliseconds lease_short{60};

memory::JobRequest request(const std::string& key) {
    return {"kind", key, Json::object()};
}

}  // namespace

TEST_CASE("jobs: a repeat on another server waits for the result instead of doing the work twice") {
    World world;
    memory::Jobs here(world.store, world.ids, std::chrono::seconds(30));
    memory::Jobs there(world.store, world.ids, std::chrono::seconds(30));
    std::latch started(1);
    std::latch go(1);
    std::thread first([&] {
        const Json result =
            here.run(world.context, request("k"), [&](const CallContext&, memory::JobNotes&) {
                started.count_down();
                go.wait();
                return Json(7);
            });
        CHECK(result == 7);
    });
    started.wait();
    go.count_down();
    const Json joined = there.run(world.context, request("k"),
                                  [](const CallContext&, memory::JobNotes&) { return Json(7); });
    CHECK(joined == 7);
    first.join();
}

TEST_CASE("jobs: a failure reaches those who wait with its code and sentence") {
    World world;
    memory::Jobs jobs(world.store, world.ids, std::chrono::seconds(30));
    CHECK(error_of([&] {
              jobs.run(world.context, request("k"),
                       [](const CallContext&, memory::JobNotes&) -> Json {
                           throw Error(ErrorCode::conflict, "Not so.");
                       });
          }) == "Not so.");
    const Job job = world.store.list_jobs(world.context, 1).at(0);
    CHECK(job.state == JobState::failed);
    CHECK(job.error == "Not so.");
}

TEST_CASE("jobs: a wish to stop that is written in the store reaches the work") {
    World world;
    memory::Jobs jobs(world.store, world.ids, lease_short);
    CHECK_THROWS_AS(jobs.run(world.context, request("k"),
                             [&](const CallContext& own, memory::JobNotes& notes) -> Json {
                                 world.store.request_job_stop({}, notes.id);
                                 for (;;) {
                                     own.check();
                                     std::this_thread::yield();
                                 }
                             }),
                    Error);
    CHECK(world.store.list_jobs(world.context, 1).at(0).state == JobState::cancelled);
}

TEST_CASE("jobs: a lease is kept while the work takes longer than it") {
    World world;
    memory::Jobs jobs(world.store, world.ids, lease_short);
    const auto until = std::chrono::steady_clock::now() + 4 * lease_short;
    bool abandoned = false;
    jobs.run(world.context, request("k"), [&](const CallContext&, memory::JobNotes&) {
        while (std::chrono::steady_clock::now() < until) {
            abandoned = abandoned || !world.store.list_abandoned_jobs({}, 10).empty();
            std::this_thread::yield();
        }
        return Json(1);
    });
    CHECK(!abandoned);
}

TEST_CASE("jobs: what a dying process leaves is resumed with its first caller's rights") {
    World world;
    world.write_file("docs/a.md", "Alpha anchors.");
    world.write_file("docs/b.md", "Bravo bridges.");
    auto dying = world.make(lease_short);
    int embedded = 0;
    world.embedder.before_each = [&] {
        if (++embedded == 2) {
            dying->shut_down();
            throw Error(ErrorCode::cancelled, "The call was cancelled.");
        }
    };
    memory::IngestDirectory directory{.path = "docs", .collection = "c"};
    CHECK(!error_of([&] { dying->ingest_directory(world.context, directory); }).empty());
    CHECK(world.store.list_jobs(world.context, 1).at(0).state == JobState::running);
    CHECK(world.memory().list_documents(world.context, {}).total_count == 1);
    world.embedder.before_each = {};
    CallContext own;
    while (world.memory().resume_jobs(own) == 0) {
        std::this_thread::yield();
    }
    const Job job = world.memory().list_jobs(world.context, 10).at(0);
    CHECK(job.state == JobState::completed);
    CHECK(job.result.at("files_ingested") == 2);
    CHECK(world.memory().list_documents(world.context, {}).total_count == 2);
}

TEST_CASE("jobs: callers see their own, admins all") {
    World world;
    world.write_file("docs/a.md", "Alpha anchors.");
    world.memory().ingest_directory(world.context, {.path = "docs", .collection = "c"});
    CallContext other = world.context;
    other.caller.principal = "other";
    other.caller.role = Role::writer;
    CHECK(world.memory().list_jobs(other, 10).empty());
    const std::string id = world.memory().list_jobs(world.context, 10).at(0).id;
    CHECK(error_of([&] { world.memory().get_job(other, id); }) == "Job " + id + " not found");
    CHECK(world.memory().get_job(world.context, id).state == JobState::completed);
    CHECK(!error_of([&] { world.memory().stop_job(world.context, id); }).empty());
}
