#include "contract/store_contract.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace rag::contract {
namespace {

constexpr std::chrono::minutes long_lease{10};
constexpr std::chrono::milliseconds no_lease{0};  ///< Over as soon as it is taken.

NewJob make_job(const std::string& id, const std::string& join_key) {
    return {id, "ingest_url", "somebody", join_key, {{"url", "https://a/"}, {"list", {1, 2.5}}}};
}

void a_job_comes_back(StoreUnderTest& tested) {
    Store& store = tested.store();
    const JobCreated made = store.create_job({}, make_job("id-1", "key"));
    CHECK(made.created);
    const auto job = store.find_job({}, "id-1");
    REQUIRE(job);
    CHECK(job->id == "id-1");
    CHECK(job->kind == "ingest_url");
    CHECK(job->principal == "somebody");
    CHECK(job->join_key == "key");
    CHECK(job->request == make_job("", "").request);
    CHECK(job->progress.is_null());
    CHECK(job->result.is_null());
    CHECK(job->error.empty());
    CHECK(job->state == JobState::queued);
    CHECK_FALSE(job->stop_requested);
    CHECK(job->created_at == made.job.created_at);
    CHECK_FALSE(store.find_job({}, "id-2"));
}

void equal_jobs_are_joined_while_they_live(StoreUnderTest& tested) {
    Store& store = tested.store();
    CHECK(store.create_job({}, make_job("id-1", "key")).created);
    const JobCreated joined = store.create_job({}, make_job("id-2", "key"));
    CHECK_FALSE(joined.created);
    CHECK(joined.job.id == "id-1");
    CHECK(store.create_job({}, make_job("id-3", "other")).created);
    CHECK(store.lease_job({}, "id-1", "me", long_lease));
    CHECK_FALSE(store.create_job({}, make_job("id-4", "key")).created);
    store.finish_job({}, "id-1", {JobState::completed, {{"done", 1}}, ""});
    CHECK(store.create_job({}, make_job("id-5", "key")).created);
    CHECK(store.find_job({}, "id-1")->result == nlohmann::json{{"done", 1}});
    CHECK_FALSE(store.find_job({}, "id-2"));
}

void one_of_many_makes_a_job(StoreUnderTest& tested) {
    Store& store = tested.store();
    std::vector<JobCreated> results(4);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < results.size(); ++i) {
            threads.emplace_back([&, i] {
                results[i] = store.create_job({}, make_job("id-" + std::to_string(i), "key"));
            });
        }
    }
    CHECK(std::count_if(results.begin(), results.end(),
                        [](const JobCreated& result) { return result.created; }) == 1);
    for (const JobCreated& result : results) {
        CHECK(result.job.id == results[0].job.id);
    }
}

void a_lease_is_held_by_one(StoreUnderTest& tested) {
    Store& store = tested.store();
    store.create_job({}, make_job("id-1", "key"));
    std::atomic<int> leased = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                leased += store.lease_job({}, "id-1", std::to_string(i), long_lease) ? 1 : 0;
            });
        }
    }
    CHECK(leased == 1);
    CHECK(store.find_job({}, "id-1")->state == JobState::running);
    CHECK_FALSE(store.lease_job({}, "no such job", "me", long_lease));
}

void a_lease_that_ran_out_is_taken_over(StoreUnderTest& tested) {
    Store& store = tested.store();
    store.create_job({}, make_job("id-1", "key"));
    CHECK(store.lease_job({}, "id-1", "first", long_lease));
    CHECK(store.lease_job({}, "id-1", "first", no_lease));
    CHECK(store.list_abandoned_jobs({}, 10).size() == 1);
    CHECK(store.save_job_progress({}, "id-1", "first", {{"n", 1}}) == JobSignal::go_on);
    CHECK(store.lease_job({}, "id-1", "second", long_lease));
    CHECK(store.list_abandoned_jobs({}, 10).empty());
    CHECK(store.save_job_progress({}, "id-1", "first", {{"n", 2}}) == JobSignal::lost_lease);
    CHECK(store.save_job_progress({}, "id-1", "second", {{"n", 3}}) == JobSignal::go_on);
    CHECK(store.find_job({}, "id-1")->progress == nlohmann::json{{"n", 3}});
    CHECK_FALSE(store.lease_job({}, "id-1", "first", long_lease));
}

void abandoned_jobs_come_oldest_first(StoreUnderTest& tested) {
    Store& store = tested.store();
    for (const char* id : {"c", "a", "b", "d"}) {
        store.create_job({}, make_job(id, id));
    }
    store.lease_job({}, "a", "me", long_lease);
    store.lease_job({}, "b", "me", no_lease);
    store.finish_job({}, "d", {JobState::failed, nullptr, "It broke."});
    const auto ids_of = [](const std::vector<Job>& jobs) {
        std::string ids;
        for (const Job& job : jobs) {
            ids += job.id;
        }
        return ids;
    };
    CHECK(ids_of(store.list_abandoned_jobs({}, 10)) == "cb");
    CHECK(ids_of(store.list_abandoned_jobs({}, 1)) == "c");
    CHECK(ids_of(store.list_jobs({}, 10)) == "dbac");
    CHECK(ids_of(store.list_jobs({}, 2)) == "db");
    CHECK(store.list_jobs({}, 0).empty());
    CHECK(store.list_jobs({}, -1).empty());
    CHECK(store.find_job({}, "d")->error == "It broke.");
}

void an_owner_learns_that_it_should_stop(StoreUnderTest& tested) {
    Store& store = tested.store();
    store.create_job({}, make_job("id-1", "key"));
    CHECK_FALSE(store.request_job_stop({}, "no such job"));
    CHECK(store.save_job_progress({}, "id-1", "me", 1) == JobSignal::lost_lease);
    CHECK(store.lease_job({}, "id-1", "me", long_lease));
    CHECK(store.save_job_progress({}, "id-1", "me", 1) == JobSignal::go_on);
    CHECK(store.request_job_stop({}, "id-1"));
    CHECK(store.save_job_progress({}, "id-1", "me", 2) == JobSignal::stop);
    CHECK(store.find_job({}, "id-1")->stop_requested);
    store.finish_job({}, "id-1", {JobState::cancelled, nullptr, ""});
    CHECK(store.find_job({}, "id-1")->state == JobState::cancelled);
    CHECK_FALSE(store.request_job_stop({}, "id-1"));
    CHECK(store.save_job_progress({}, "id-1", "me", 3) == JobSignal::lost_lease);
    CHECK_FALSE(store.lease_job({}, "id-1", "me", long_lease));
    store.finish_job({}, "id-1", {JobState::completed, 5, ""});
    CHECK(store.find_job({}, "id-1")->state == JobState::cancelled);
    CHECK_NOTHROW(store.finish_job({}, "no such job", {}));
}

using Row = std::tuple<ChangeKind, CollectionId, DocumentId>;

/// All that is readable from there on, and the position after it; waits for transactions of others
/// that are still open, because a store may hold back what follows them.
std::set<Row> read_all(Store& store, FeedPosition& position, std::size_t expected,
                       std::int64_t limit = 100) {
    std::set<Row> rows;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
        const ChangeBatch batch = store.read_changes({}, position, limit);
        CHECK_FALSE(batch.rebuild);
        for (const Change& change : batch.changes) {
            rows.emplace(change.kind, change.collection, change.document);
        }
        position = batch.next;
        if (batch.changes.empty() && rows.size() >= expected) {
            break;
        }
    }
    return rows;
}

void every_write_is_in_the_feed(StoreUnderTest& tested) {
    Store& store = tested.store();
    FeedPosition position = store.feed_end({});
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const Row made_one{ChangeKind::collection_changed, one, 0};
    const Row made_two{ChangeKind::collection_changed, two, 0};
    CHECK(read_all(store, position, 2) == std::set<Row>{made_one, made_two});
    const DocumentId id = store.add_document({}, make_document(one, "text")).id;
    const Row in_one{ChangeKind::document_changed, one, id};
    const Row in_two{ChangeKind::document_changed, two, id};
    CHECK(read_all(store, position, 1) == std::set<Row>{in_one});
    tested.share(id, two);
    store.update_document({}, id, make_change("text 2"));
    CHECK(read_all(store, position, 2) == std::set<Row>{in_one, in_two});
    store.update_collection_description({}, "two", "Else");
    CHECK(read_all(store, position, 1) == std::set<Row>{made_two});
    store.delete_collection({}, "two");
    CHECK(read_all(store, position, 3) ==
          std::set<Row>{made_two, in_one, {ChangeKind::document_deleted, two, id}});
    store.delete_document({}, id);
    const Row gone{ChangeKind::document_deleted, one, id};
    CHECK(read_all(store, position, 1) == std::set<Row>{gone});
    CHECK(read_all(store, position, 0).empty());
    CHECK(position.epoch == store.feed_end({}).epoch);
}

void the_feed_is_read_in_batches(StoreUnderTest& tested) {
    Store& store = tested.store();
    FeedPosition position = store.feed_end({});
    const CollectionId id = add_collection(store, "notes");
    for (int i = 0; i < 20; ++i) {
        store.add_document({}, make_document(id, "text " + std::to_string(i)));
    }
    FeedPosition again = position;
    CHECK(read_all(store, position, 21, 3).size() == 21);
    CHECK(store.read_changes({}, again, 3).changes.size() == 3);
    CHECK(store.read_changes({}, again, 3).changes.size() == 3);
    CHECK(store.read_changes({}, again, 0).changes.size() <= 1);
}

void a_foreign_position_asks_for_a_rebuild(StoreUnderTest& tested) {
    Store& store = tested.store();
    add_collection(store, "notes");
    FeedPosition position = store.feed_end({});
    position.epoch = "another";
    const ChangeBatch batch = store.read_changes({}, position, 10);
    CHECK(batch.rebuild);
    CHECK(batch.changes.empty());
    FeedPosition next = batch.next;
    CHECK_FALSE(store.read_changes({}, next, 10).rebuild);
    FeedPosition ahead = store.feed_end({});
    ahead.position += 1'000'000'000;
    CHECK(store.read_changes({}, ahead, 10).rebuild);
    CHECK(store.read_changes({}, {"", 0}, 10).rebuild);
    add_collection(store, "after");
    CHECK(
        read_all(store, next, 1)
            .contains({ChangeKind::collection_changed, store.find_collection({}, "after")->id, 0}));
}

void a_write_that_fails_is_not_in_the_feed(StoreUnderTest& tested) {
    Store& store = tested.store();
    FeedPosition position = store.feed_end({});
    const CollectionId id = add_collection(store, "notes");
    store.add_document({}, make_document(id, "text"));
    // Both, or a transaction of others on the same server could hold them back until later.
    CHECK(read_all(store, position, 2).size() == 2);
    store.add_document({}, make_document(id, "text"));
    CHECK(code_of([&] { add_collection(store, "notes"); }) == ErrorCode::conflict);
    CHECK(code_of([&] { store.add_document({}, make_document(id + 5, "x")); }) ==
          ErrorCode::not_found);
    store.delete_document({}, 999);
    add_collection(store, "after");
    CHECK(read_all(store, position, 1).size() == 1);
}

}  // namespace

const std::vector<Promise>& job_promises() {
    static const std::vector<Promise> promises{
        {"a job comes back", a_job_comes_back},
        {"equal jobs are joined while they live", equal_jobs_are_joined_while_they_live},
        {"one of many makes a job", one_of_many_makes_a_job},
        {"a lease is held by one", a_lease_is_held_by_one},
        {"a lease that ran out is taken over", a_lease_that_ran_out_is_taken_over},
        {"abandoned jobs come oldest first", abandoned_jobs_come_oldest_first},
        {"an owner learns that it should stop", an_owner_learns_that_it_should_stop},
    };
    return promises;
}

const std::vector<Promise>& feed_promises() {
    static const std::vector<Promise> promises{
        {"every write is in the feed", every_write_is_in_the_feed},
        {"the feed is read in batches", the_feed_is_read_in_batches},
        {"a foreign position asks for a rebuild", a_foreign_position_asks_for_a_rebuild},
        {"a write that fails is not in the feed", a_write_that_fails_is_not_in_the_feed},
    };
    return promises;
}

}  // namespace rag::contract
