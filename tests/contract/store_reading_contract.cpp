#include "contract/store_contract.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace rag::contract {
namespace {

void former_content_becomes_a_version(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    NewDocument given = make_document(id, "one");
    given.metadata = {{"state", "early"}};
    const auto added = store.add_document({}, given);
    DocumentUpdate update = make_change("two!");
    update.filename = "Renamed";
    update.metadata = Metadata{{"state", "late"}};
    const auto updated = store.update_document({}, added.id, update);
    CHECK(updated.version == 2);
    const auto old = store.get_document({}, added.id, 1);
    REQUIRE(old);
    CHECK(old->content == "one");
    CHECK(old->filename == "Note");
    CHECK(old->file_size == 3);
    CHECK(old->content_hash == given.content_hash);
    CHECK(old->metadata == given.metadata);
    CHECK(old->version == 1);
    CHECK(old->versions == 2);
    CHECK(old->identity == given.identity);
    CHECK(old->collections == std::vector<std::string>{"notes"});
    const auto present = store.get_document({}, added.id);
    REQUIRE(present);
    CHECK(present->content == "two!");
    CHECK(present->filename == "Renamed");
    CHECK(present->metadata == *update.metadata);
    CHECK(present->file_size == 4);
    CHECK(present->version == 2);
    CHECK(store.get_document({}, added.id, 2)->content == "two!");
    CHECK_FALSE(store.get_document({}, added.id, 3));
    CHECK_FALSE(store.get_document({}, added.id, 0));
    CHECK(old->updated_at == present->updated_at);
    CHECK(present->updated_at >= present->created_at);
}

void versions_are_listed_oldest_first(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const NewDocument first = make_document(id, "one");
    const auto added = store.add_document({}, first);
    store.update_document({}, added.id, make_change("two!"));
    DocumentUpdate metadata;
    metadata.metadata = Metadata{{"a", 1}};
    store.update_document({}, added.id, metadata);
    store.update_document({}, added.id, make_change("one"));
    const auto versions = store.list_versions({}, added.id);
    REQUIRE(versions.size() == 3);
    for (std::size_t i = 0; i < versions.size(); ++i) {
        CHECK(versions[i].version == static_cast<std::int64_t>(i) + 1);
        CHECK(versions[i].current == (i == 2));
        CHECK((i == 0 || versions[i].created_at >= versions[i - 1].created_at));
    }
    CHECK(versions[0].content_hash == first.content_hash);
    CHECK(versions[1].file_size == 4);
    CHECK(versions[2].content_hash == first.content_hash);
    CHECK(versions[0].created_at == store.find_document({}, added.id)->created_at);
    CHECK(store.list_versions({}, added.id + 1).empty());
}

void twenty_versions_are_kept(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto added = store.add_document({}, make_document(id, "content 1"));
    for (int version = 2; version <= document_versions_kept + 3; ++version) {
        CHECK(store.update_document({}, added.id, make_change("content " + std::to_string(version)))
                  .version == version);
    }
    const auto versions = store.list_versions({}, added.id);
    REQUIRE(versions.size() == document_versions_kept);
    CHECK(versions.front().version == 4);
    CHECK(versions.back().version == document_versions_kept + 3);
    CHECK_FALSE(store.get_document({}, added.id, 3));
    CHECK(store.get_document({}, added.id, 4)->content == "content 4");
    CHECK(store.get_document({}, added.id)->versions == document_versions_kept);
}

void pages_are_newest_first_and_whole(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    std::vector<DocumentId> ids;
    for (int i = 0; i < 7; ++i) {
        ids.push_back(store.add_document({}, make_document(id, "text " + std::to_string(i))).id);
    }
    DocumentUpdate touch;
    touch.metadata = Metadata{{"touched", true}};
    // Until its time is another than that of the newest: then it stands first, whatever its id.
    while (store.find_document({}, ids[2])->updated_at <=
           store.find_document({}, ids[6])->updated_at) {
        (*touch.metadata)["touched"] = (*touch.metadata)["touched"] != true;
        store.update_document({}, ids[2], touch);
    }
    const std::vector<DocumentId> expected{ids[2], ids[6], ids[5], ids[4], ids[3], ids[1], ids[0]};
    std::vector<DocumentId> seen;
    for (std::int64_t offset = 0; offset < 9; offset += 3) {
        const DocumentPage page = store.list_documents({}, {std::nullopt, {}, 3, offset});
        CHECK(page.total_count == 7);
        for (const DocumentSummary& document : page.documents) {
            seen.push_back(document.id);
        }
    }
    CHECK(seen == expected);
    CHECK(store.list_documents({}, {std::nullopt, {}, 0, 0}).documents.empty());
    CHECK(store.list_documents({}, {std::nullopt, {}, 0, 0}).total_count == 7);
    CHECK(store.list_documents({}, {std::nullopt, {}, 3, 100}).documents.empty());
}

void pages_hold_what_was_asked_for(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const CollectionId three = add_collection(store, "three");
    const auto add = [&](CollectionId collection, const std::string& text, int year) {
        NewDocument document = make_document(collection, text);
        document.metadata = {{"year", year}};
        return store.add_document({}, document).id;
    };
    const DocumentId a = add(one, "a", 2020);
    const DocumentId b = add(two, "b", 2021);
    add(three, "c", 2022);
    tested.share(a, two);
    const auto total = [&](std::optional<std::vector<CollectionId>> collections,
                           const nlohmann::json& filter) {
        const DocumentPage page =
            store.list_documents({}, {collections, parse_metadata_filter(filter), 50, 0});
        CHECK(page.total_count == static_cast<std::int64_t>(page.documents.size()));
        return page.total_count;
    };
    CHECK(total(std::nullopt, nullptr) == 3);
    CHECK(total(std::vector{two}, nullptr) == 2);
    CHECK(total(std::vector{one, two}, nullptr) == 2);
    CHECK(total(std::vector<CollectionId>{}, nullptr) == 0);
    CHECK(total(std::nullopt, {{"year", {{"$gte", 2021}}}}) == 2);
    CHECK(total(std::vector{two}, {{"year", 2021}}) == 1);
    CHECK(store.find_document({}, a)->collections == std::vector<std::string>{"one", "two"});
    CHECK(store.find_document({}, b)->collections == std::vector<std::string>{"two"});
}

void the_newest_text_of_a_title_is_found(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const auto older = store.add_document({}, make_document(one, "older"));
    const auto newer = store.add_document({}, make_document(one, "newer"));
    NewDocument page = make_document(one, "page");
    page.file_type = "web_page";
    store.add_document({}, page);
    store.add_document({}, make_document(two, "elsewhere"));
    DocumentUpdate touch;
    touch.metadata = Metadata{{"touched", true}};
    store.update_document({}, older.id, touch);
    REQUIRE(store.find_newest_text({}, one, "Note"));
    CHECK(store.find_newest_text({}, one, "Note")->id == newer.id);
    CHECK_FALSE(store.find_newest_text({}, one, "note"));
    CHECK_FALSE(store.find_newest_text({}, one + 100, "Note"));
}

void identities_are_listed_by_prefix(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const CollectionId other = add_collection(store, "other");
    const std::vector<std::string> identities{"file:/b%_", "file:/a/Z", "file:/a/a", "file:/a",
                                              "file:/ab",  "url:/a",    "file:/é",   "file:/b%"};
    for (const std::string& identity : identities) {
        NewDocument document = make_document(id, identity);
        document.identity = identity;
        store.add_document({}, document);
    }
    store.add_document({}, make_document(other, "x"));
    NewDocument nameless = make_document(id, "nameless");
    nameless.identity.reset();
    store.add_document({}, nameless);
    for (const std::string& prefix : {"file:/a", "file:/b%", "file:", "", "none", "file:/é"}) {
        CAPTURE(prefix);
        std::vector<std::string> expected;
        for (const std::string& identity : identities) {
            if (identity.starts_with(prefix)) {
                expected.push_back(identity);
            }
        }
        std::sort(expected.begin(), expected.end());
        std::vector<std::string> found;
        for (const IdentifiedDocument& document : store.list_identities({}, id, prefix)) {
            found.push_back(document.identity);
            CHECK(document.content_hash == store.find_document({}, document.id)->content_hash);
        }
        CHECK(found == expected);
    }
}

}  // namespace

const std::vector<Promise>& version_promises() {
    static const std::vector<Promise> promises{
        {"former content becomes a version", former_content_becomes_a_version},
        {"versions are listed oldest first", versions_are_listed_oldest_first},
        {"twenty versions are kept", twenty_versions_are_kept},
    };
    return promises;
}

const std::vector<Promise>& reading_promises() {
    static const std::vector<Promise> promises{
        {"pages are newest first and whole", pages_are_newest_first_and_whole},
        {"pages hold what was asked for", pages_hold_what_was_asked_for},
        {"the newest text of a title is found", the_newest_text_of_a_title_is_found},
        {"identities are listed by prefix", identities_are_listed_by_prefix},
    };
    return promises;
}

}  // namespace rag::contract
