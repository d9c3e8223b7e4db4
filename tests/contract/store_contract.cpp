#include "contract/store_contract.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace rag::contract {
namespace {

void collection_comes_back(StoreUnderTest& tested) {
    Store& store = tested.store();
    const Collection made =
        store.create_collection({}, {"Größe's \\ \"set\"", "What it holds", test_space()});
    CHECK(made.id > 0);
    CHECK(made.document_count == 0);
    const auto found = store.find_collection({}, "Größe's \\ \"set\"");
    REQUIRE(found);
    CHECK(found->id == made.id);
    CHECK(found->name == made.name);
    CHECK(found->description == "What it holds");
    CHECK(found->space == test_space());
    CHECK(found->created_at == made.created_at);
    CHECK_FALSE(store.find_collection({}, "größe's \\ \"set\""));
    CHECK_FALSE(store.find_collection({}, "Größe's \\ \"set"));
    CHECK_FALSE(store.find_collection({}, std::string("Größe's \\ \"set\"\0", 18)));
}

void names_are_unique(StoreUnderTest& tested) {
    Store& store = tested.store();
    add_collection(store, "notes");
    CHECK(code_of([&] { add_collection(store, "notes"); }) == ErrorCode::conflict);
    CHECK_NOTHROW(add_collection(store, "Notes"));
    CHECK(store.list_collections({}).size() == 2);
    try {
        add_collection(store, "notes");
    } catch (const Error& error) {
        CHECK(error.message() == "Collection 'notes' already exists");
    }
}

void one_of_many_creates_a_name(StoreUnderTest& tested) {
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            try {
                add_collection(tested.store(), "once");
                ++made;
            } catch (const Error& error) {
                refused += error.code() == ErrorCode::conflict ? 1 : 0;
            }
        });
    }
    threads.clear();
    CHECK(made == 1);
    CHECK(refused == 3);
}

void collections_are_listed_newest_first(StoreUnderTest& tested) {
    Store& store = tested.store();
    std::vector<CollectionId> ids;
    for (const char* name : {"a", "b", "c", "d"}) {
        ids.push_back(add_collection(store, name));
    }
    const auto listed = store.list_collections({});
    REQUIRE(listed.size() == 4);
    for (std::size_t i = 0; i < listed.size(); ++i) {
        CHECK(listed[i].id == ids[ids.size() - 1 - i]);
    }
    CHECK(std::is_sorted(listed.begin(), listed.end(),
                         [](const auto& x, const auto& y) { return x.created_at > y.created_at; }));
    const auto uncounted = store.list_collections_uncounted({});
    REQUIRE(uncounted.size() == listed.size());
    for (std::size_t i = 0; i < listed.size(); ++i) {
        CHECK(uncounted[i].id == listed[i].id);
        CHECK(uncounted[i].name == listed[i].name);
        CHECK(uncounted[i].description == listed[i].description);
        CHECK(uncounted[i].space == listed[i].space);
        CHECK(store.find_collection_uncounted({}, listed[i].name)->id == listed[i].id);
    }
    CHECK_FALSE(store.find_collection_uncounted({}, "e"));
}

void descriptions_change(StoreUnderTest& tested) {
    Store& store = tested.store();
    add_collection(store, "notes");
    CHECK(store.update_collection_description({}, "notes", "Else"));
    CHECK(store.update_collection_description({}, "notes", "Else"));
    CHECK(store.find_collection({}, "notes")->description == "Else");
    CHECK_FALSE(store.update_collection_description({}, "other", "Else"));
}

void counts_are_of_documents_and_chunks(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    add_collection(store, "empty");
    store.add_document({}, make_long_document(id, "Long", {"one ", "two ", "three"}));
    store.add_document({}, make_document(id, "short"));
    const auto found = store.find_collection({}, "notes");
    CHECK(found->document_count == 2);
    CHECK(found->chunk_count == 4);
    CHECK(store.find_collection({}, "empty")->chunk_count == 0);
    const StoreStatus status = store.status({});
    CHECK(status.collection_count == 2);
    CHECK(status.document_count == 2);
    CHECK(status.chunk_count == 4);
    CHECK(status.size_bytes > 0);
    CHECK(status.schema_version > 0);
}

void details_show_samples_and_size(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    CHECK_FALSE(store.describe_collection({}, "other"));
    std::vector<DocumentId> ids;
    for (int i = 0; i < 7; ++i) {
        NewDocument document = make_document(id, "größe " + std::to_string(i));
        document.filename = "file " + std::to_string(i);
        ids.push_back(store.add_document({}, document).id);
    }
    const auto details = store.describe_collection({}, "notes");
    REQUIRE(details);
    CHECK(details->collection.document_count == 7);
    CHECK(details->size_bytes == 7 * 9);
    CHECK(details->sample_documents ==
          std::vector<std::string>{"file 6", "file 5", "file 4", "file 3", "file 2"});
}

void details_show_crawled_sites(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto add = [&](const std::string& text, const std::string& type,
                         const Metadata& metadata) {
        NewDocument document = make_document(id, text);
        document.file_type = type;
        document.metadata = metadata;
        store.add_document({}, document);
    };
    const std::string early = "2020-01-02T03:04:05.678Z";
    const std::string late = "2021-01-02T03:04:05Z";
    add("1", "web_page", {{"crawl_root_url", "https://a/"}, {"crawl_timestamp", early}});
    add("2", "web_page", {{"crawl_root_url", "https://a/"}, {"crawl_timestamp", early}});
    add("3", "web_page", {{"crawl_root_url", "https://b/"}, {"crawl_timestamp", late}});
    add("4", "text", {{"crawl_root_url", "https://c/"}, {"crawl_timestamp", late}});
    add("5", "web_page", {{"crawl_root_url", 7}});
    add("6", "web_page", {{"crawl_root_url", "https://odd/"}, {"crawl_timestamp", "yesterday"}});
    const auto details = store.describe_collection({}, "notes");
    REQUIRE(details);
    REQUIRE(details->crawled_urls.size() == 3);
    CHECK(details->crawled_urls[0].url == "https://odd/");
    CHECK(details->crawled_urls[1].url == "https://b/");
    CHECK(details->crawled_urls[2].url == "https://a/");
    CHECK(details->crawled_urls[2].page_count == 2);
    CHECK(details->crawled_urls[2].chunk_count == 2);
    CHECK(details->crawled_urls[2].timestamp.time_since_epoch().count() == 1577934245678);
}

void a_deleted_collection_takes_its_documents(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const auto lone = store.add_document({}, make_long_document(one, "Lone", {"a ", "b"}));
    const auto shared = store.add_document({}, make_document(one, "shared"));
    const auto other = store.add_document({}, make_document(two, "other"));
    tested.share(shared.id, two);
    const auto deleted = store.delete_collection({}, "one");
    REQUIRE(deleted);
    CHECK(deleted->documents_deleted == 1);
    CHECK(deleted->chunks_deleted == 2);
    CHECK_FALSE(store.find_collection({}, "one"));
    CHECK_FALSE(store.find_document({}, lone.id));
    REQUIRE(store.find_document({}, shared.id));
    CHECK(store.find_document({}, shared.id)->collections == std::vector<std::string>{"two"});
    CHECK(store.find_document({}, other.id));
    CHECK(store.status({}).chunk_count == 2);
    CHECK_FALSE(store.delete_collection({}, "one"));
}

void ids_are_never_used_again(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId first = add_collection(store, "notes");
    const auto document = store.add_document({}, make_document(first, "one"));
    const auto updated = store.update_document({}, document.id, make_change("two"));
    CHECK(updated.chunk_ids[0] > document.chunk_ids[0]);
    store.delete_document({}, document.id);
    const auto next = store.add_document({}, make_document(first, "one"));
    CHECK(next.id > document.id);
    CHECK(next.chunk_ids[0] > updated.chunk_ids[0]);
    store.delete_collection({}, "notes");
    const CollectionId second = add_collection(store, "notes");
    CHECK(second > first);
    const auto last = store.add_document({}, make_document(second, "one"));
    CHECK(last.id > next.id);
    CHECK(last.chunk_ids[0] > next.chunk_ids[0]);
}

void calls_that_are_over_do_nothing(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    CallContext late;
    late.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
    std::stop_source source;
    source.request_stop();
    CallContext stopped;
    stopped.stop = source.get_token();
    const std::vector<std::pair<CallContext, ErrorCode>> contexts{
        {late, ErrorCode::deadline_exceeded}, {stopped, ErrorCode::cancelled}};
    for (const auto& [context, code] : contexts) {
        const CallContext& c = context;
        CHECK(code_of([&] { store.add_document(c, make_document(id, "x")); }) == code);
        CHECK(code_of([&] { store.create_collection(c, {"x", "x", test_space()}); }) == code);
        CHECK(code_of([&] { store.list_documents(c, {}); }) == code);
        CHECK(code_of([&] { store.delete_collection(c, "notes"); }) == code);
        CHECK(code_of([&] { store.create_job(c, {"id", "k", "p", "j", nullptr}); }) == code);
        CHECK(code_of([&] { store.read_changes(c, {"", 0}, 1); }) == code);
        CHECK(code_of([&] { store.ping(c); }) == code);
        CHECK(code_of([&] { tested.index().count(c, {{id}, {}}); }) == code);
    }
    CHECK(store.status({}).document_count == 0);
    CHECK(store.status({}).collection_count == 1);
}

}  // namespace

const std::vector<Promise>& collection_promises() {
    static const std::vector<Promise> promises{
        {"a collection comes back as it was made", collection_comes_back},
        {"names are unique, with their case", names_are_unique},
        {"one of many creates a name", one_of_many_creates_a_name},
        {"collections are listed newest first", collections_are_listed_newest_first},
        {"descriptions change", descriptions_change},
        {"counts are of documents and of chunks", counts_are_of_documents_and_chunks},
        {"details show samples and size", details_show_samples_and_size},
        {"details show crawled sites", details_show_crawled_sites},
        {"a deleted collection takes along what is in no other",
         a_deleted_collection_takes_its_documents},
        {"ids are never used again", ids_are_never_used_again},
        {"calls that are over do nothing", calls_that_are_over_do_nothing},
    };
    return promises;
}

void check_store(const MakeStore& make) {
    for (const auto* promises : {&collection_promises(), &document_promises(), &version_promises(),
                                 &reading_promises(), &job_promises(), &feed_promises()}) {
        check_promises(*promises, make);
    }
}

}  // namespace rag::contract
