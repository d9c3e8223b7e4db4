#include "contract/store_contract.hpp"

#include "base/hash.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace rag::contract {
namespace {

const std::string nul_text("nul \0 in it", 11);
const std::string kept_nul_text = "nul \xEF\xBF\xBD in it";

void document_comes_back(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    NewDocument given =
        make_long_document(id, "It's", {"a \\ \"caf\u00e9\" \U0001F600", "\n$1 %s {x}\t"});
    given.metadata = {{"team", "db"}, {"n", 1.5}, {"deep", {{"list", {1, nullptr, true}}}}};
    given.chunks[1].heading_path = "A > B";
    given.chunks[1].metadata = {{"page", 2}};
    const DocumentAdded added = store.add_document({}, given);
    CHECK(added.added);
    CHECK(added.chunk_ids.size() == 2);
    const auto stored = store.get_document({}, added.id);
    REQUIRE(stored);
    CHECK(stored->filename == given.filename);
    CHECK(stored->content == given.content);
    CHECK(stored->file_type == given.file_type);
    CHECK(stored->file_size == given.file_size);
    CHECK(stored->metadata == given.metadata);
    CHECK(stored->content_hash == given.content_hash);
    CHECK(stored->identity == given.identity);
    CHECK(stored->version == 1);
    CHECK(stored->versions == 1);
    CHECK(stored->created_at == stored->updated_at);
    CHECK(stored->collections == std::vector<std::string>{"notes"});
    const auto summary = store.find_document({}, added.id);
    REQUIRE(summary);
    CHECK(summary->chunk_count == 2);
    CHECK(summary->metadata == given.metadata);
    CHECK(summary->identity == given.identity);
    CHECK(summary->content_hash == given.content_hash);
    CHECK_FALSE(store.find_document({}, added.id + 1));
    CHECK_FALSE(store.get_document({}, added.id + 1));
}

void chunks_come_back_in_order(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    NewDocument given = make_long_document(id, "Long", {"zero", "one", "two", "three", "four"});
    given.chunks[1].heading_path = "A > B";
    given.chunks[1].metadata = {{"page", 2}};
    const DocumentAdded added = store.add_document({}, given);
    const auto all = store.get_chunks({}, added.id);
    REQUIRE(all.size() == 5);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i].id == added.chunk_ids[i]);
        CHECK(all[i].document_id == added.id);
        CHECK(all[i].chunk_index == static_cast<std::int64_t>(i));
        CHECK(all[i].content == given.chunks[i].content);
        CHECK(all[i].char_start == given.chunks[i].char_start);
        CHECK(all[i].char_end == given.chunks[i].char_end);
        CHECK(all[i].heading_path == given.chunks[i].heading_path);
        CHECK(all[i].metadata == given.chunks[i].metadata);
    }
    CHECK(store.get_chunks({}, added.id, 1, 2).size() == 2);
    CHECK(store.get_chunks({}, added.id, 1, 2).at(0).chunk_index == 1);
    CHECK(store.get_chunks({}, added.id, 3, 10).size() == 2);
    CHECK(store.get_chunks({}, added.id, -2, 3).size() == 1);
    CHECK(store.get_chunks({}, added.id, 5, 1).empty());
    CHECK(store.get_chunks({}, added.id, 0, 0).empty());
    CHECK(store.get_chunks({}, added.id, 2, INT64_MAX).size() == 3);
    CHECK(store.get_chunks({}, added.id + 1).empty());
}

void an_identity_is_stored_once(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const auto first = store.add_document({}, make_document(one, "same"));
    NewDocument other = make_document(one, "different");
    other.identity = "text:same";
    const auto again = store.add_document({}, other);
    CHECK_FALSE(again.added);
    CHECK(again.id == first.id);
    CHECK(again.chunk_ids.empty());
    CHECK(store.get_document({}, first.id)->content == "same");
    const auto elsewhere = store.add_document({}, make_document(two, "same"));
    CHECK(elsewhere.added);
    NewDocument nameless = make_document(one, "nameless");
    nameless.identity.reset();
    CHECK(store.add_document({}, nameless).added);
    CHECK(store.add_document({}, nameless).added);
    CHECK(store.find_by_identity({}, one, "text:same")->id == first.id);
    CHECK(store.find_by_identity({}, two, "text:same")->id == elsewhere.id);
    CHECK_FALSE(store.find_by_identity({}, one, "text:other"));
    store.delete_document({}, first.id);
    CHECK(store.add_document({}, make_document(one, "same")).added);
}

void one_of_many_adds_an_identity(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    for (int round = 0; round < 5; ++round) {
        const NewDocument document = make_document(id, "same " + std::to_string(round));
        std::vector<DocumentAdded> results(4);
        {
            std::vector<std::jthread> threads;
            for (DocumentAdded& result : results) {
                threads.emplace_back([&] { result = store.add_document({}, document); });
            }
        }
        int added = 0;
        for (const DocumentAdded& result : results) {
            added += result.added ? 1 : 0;
            CHECK(result.id == results[0].id);
        }
        CHECK(added == 1);
    }
    CHECK(store.list_documents({}, {}).total_count == 5);
}

void what_is_refused_leaves_nothing(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const FeedPosition before = store.feed_end({});
    CHECK(code_of([&] { store.add_document({}, make_document(id + 1, "x")); }) ==
          ErrorCode::not_found);
    CHECK(code_of([&] { store.add_document({}, make_document(id, "x", {1, 0, 0})); }) ==
          ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.update_document({}, 99, make_change("y")); }) ==
          ErrorCode::not_found);
    CHECK(store.status({}).document_count == 0);
    CHECK(store.status({}).chunk_count == 0);
    CHECK(store.read_changes({}, before, 10).changes.empty());
    const auto added = store.add_document({}, make_document(id, "x"));
    DocumentUpdate wrong = make_change("y");
    wrong.chunks->at(0).embedding = {1, 0};
    CHECK(code_of([&] { store.update_document({}, added.id, wrong); }) ==
          ErrorCode::invalid_argument);
    CHECK(store.get_document({}, added.id)->content == "x");
    CHECK(store.list_versions({}, added.id).size() == 1);
}

void embeddings_of_another_model_are_refused(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto of = [](EmbeddingSpace space, auto document) {
        NewChunk* chunk = nullptr;
        if constexpr (std::is_same_v<decltype(document), NewDocument>) {
            chunk = &document.chunks.at(0);
        } else {
            chunk = &document.chunks->at(0);
        }
        chunk->embedding_space = std::move(space);
        return document;
    };
    const EmbeddingSpace other{"another/model", test_space().dimensions};
    CHECK(code_of([&] { store.add_document({}, of(other, make_document(id, "x"))); }) ==
          ErrorCode::conflict);
    CHECK(store.status({}).document_count == 0);
    const auto added = store.add_document({}, of(test_space(), make_document(id, "x")));
    CHECK(code_of([&] { store.update_document({}, added.id, of(other, make_change("y"))); }) ==
          ErrorCode::conflict);
    CHECK(store.get_document({}, added.id)->content == "x");
    store.update_document({}, added.id, of(test_space(), make_change("y")));
    CHECK(store.get_document({}, added.id)->content == "y");
}

void nul_becomes_a_replacement(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    NewDocument given = make_document(id, nul_text);
    given.filename = nul_text;
    given.chunks[0].heading_path = nul_text;
    given.chunks[0].metadata = {{nul_text, nul_text}};
    given.metadata = {{"list", {nul_text, {{nul_text, 1}}}}, {"plain", "\\u0000"}};
    const auto added = store.add_document({}, given);
    const auto stored = store.get_document({}, added.id);
    REQUIRE(stored);
    CHECK(stored->content == kept_nul_text);
    CHECK(stored->filename == kept_nul_text);
    CHECK(stored->identity == "text:" + kept_nul_text);
    const Metadata expected{{"list", {kept_nul_text, {{kept_nul_text, 1}}}}, {"plain", "\\u0000"}};
    CHECK(stored->metadata == expected);
    const Chunk chunk = store.get_chunks({}, added.id).at(0);
    CHECK(chunk.content == kept_nul_text);
    CHECK(chunk.heading_path == kept_nul_text);
    CHECK(chunk.metadata == Metadata{{kept_nul_text, kept_nul_text}});
    CHECK(store.find_by_identity({}, id, *given.identity)->id == added.id);
    CHECK_FALSE(store.add_document({}, given).added);
    DocumentUpdate update = make_change("x" + nul_text);
    update.filename = nul_text;
    update.metadata = Metadata{{"list", {nul_text, {{nul_text, 1}}}}};
    CHECK(store.update_document({}, added.id, update).changed);
    CHECK(store.get_document({}, added.id)->content == "x" + kept_nul_text);
    CHECK(store.get_document({}, added.id)->metadata == stored->metadata);
}

void deleting_takes_everything(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "atwo");
    const auto added = store.add_document({}, make_long_document(one, "Long", {"a", "b", "c"}));
    tested.share(added.id, two);
    store.update_document({}, added.id, make_change("new"));
    const auto deleted = store.delete_document({}, added.id);
    REQUIRE(deleted);
    CHECK(deleted->filename == "Long");
    CHECK(deleted->chunks_deleted == 1);
    CHECK(deleted->collections == std::vector<std::string>{"atwo", "one"});
    CHECK_FALSE(store.delete_document({}, added.id));
    CHECK_FALSE(store.find_document({}, added.id));
    CHECK(store.get_chunks({}, added.id).empty());
    CHECK(store.list_versions({}, added.id).empty());
    CHECK(store.status({}).chunk_count == 0);
    CHECK(tested.index().count({}, {{one, two}, {}}) == 0);
}

void metadata_is_merged_shallowly(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    NewDocument given = make_document(id, "text");
    given.metadata = {{"keep", 1}, {"deep", {{"a", 1}, {"b", 2}}}, {"null", 5}};
    const auto added = store.add_document({}, given);
    DocumentUpdate update;
    update.metadata = Metadata{{"deep", {{"c", 3}}}, {"new", "x"}, {"null", nullptr}};
    const auto updated = store.update_document({}, added.id, update);
    CHECK(updated.changed);
    CHECK(updated.version == 1);
    CHECK(updated.chunk_ids == added.chunk_ids);
    const Metadata expected{{"keep", 1}, {"deep", {{"c", 3}}}, {"new", "x"}, {"null", nullptr}};
    CHECK(store.find_document({}, added.id)->metadata == expected);
    CHECK_FALSE(store.update_document({}, added.id, update).changed);
    const SearchScope scope{{id}, parse_metadata_filter({{"new", "x"}})};
    CHECK(tested.index().count({}, scope) == 1);
}

void nothing_new_changes_nothing(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto added = store.add_document({}, make_document(id, "text"));
    const auto before = store.find_document({}, added.id);
    const FeedPosition position = store.feed_end({});
    DocumentUpdate update = make_change("text");
    update.filename = "Note";
    update.metadata = Metadata::object();
    update.identity = "text:text";
    update.expected_version = 1;
    update.expected_filename = "Note";
    const auto updated = store.update_document({}, added.id, update);
    CHECK_FALSE(updated.changed);
    CHECK(updated.version == 1);
    CHECK(updated.old_chunk_count == 1);
    CHECK(updated.new_chunk_count == 1);
    CHECK(updated.chunk_ids == added.chunk_ids);
    CHECK(store.find_document({}, added.id)->updated_at == before->updated_at);
    CHECK(store.read_changes({}, position, 10).changes.empty());
    CHECK_FALSE(store.update_document({}, added.id, {}).changed);
}

void chunks_follow_title_and_content(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto added = store.add_document({}, make_document(id, "text"));
    DocumentUpdate retitled = make_change("text");
    retitled.content.reset();
    retitled.filename = "Quokka";
    const auto first = store.update_document({}, added.id, retitled);
    CHECK(first.changed);
    CHECK(first.version == 1);
    CHECK(first.chunk_ids != added.chunk_ids);
    CHECK(store.find_document({}, added.id)->filename == "Quokka");
    DocumentUpdate metadata_too = make_change("text");
    metadata_too.metadata = Metadata{{"a", 1}};
    const auto second = store.update_document({}, added.id, metadata_too);
    CHECK(second.changed);
    CHECK(second.chunk_ids == first.chunk_ids);
    DocumentUpdate alone;
    alone.chunks = make_long_document(id, "Two", {"te", "xt"}).chunks;
    alone.metadata = Metadata{{"a", 1}};
    const auto third = store.update_document({}, added.id, alone);
    CHECK(third.changed);
    CHECK(third.version == 1);
    CHECK(third.old_chunk_count == 1);
    CHECK(third.new_chunk_count == 2);
    CHECK(store.get_chunks({}, added.id).size() == 2);
}

void an_update_of_something_else_is_refused(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto added = store.add_document({}, make_document(id, "one"));
    DocumentUpdate retitled = make_change("one");
    retitled.content.reset();
    retitled.filename = "Other";
    retitled.expected_version = 1;
    retitled.expected_filename = "Note";
    CHECK(store.update_document({}, added.id, retitled).changed);
    DocumentUpdate stale = make_change("two");
    stale.expected_version = 1;
    stale.expected_filename = "Note";
    CHECK(code_of([&] { store.update_document({}, added.id, stale); }) == ErrorCode::conflict);
    stale.expected_filename = "Other";
    CHECK(store.update_document({}, added.id, stale).version == 2);
    CHECK(code_of([&] { store.update_document({}, added.id, stale); }) == ErrorCode::conflict);
    CHECK(store.get_document({}, added.id)->content == "two");
    CHECK(store.list_versions({}, added.id).size() == 2);
}

void one_of_many_updates_a_version(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId id = add_collection(store, "notes");
    const auto added = store.add_document({}, make_document(id, "start"));
    std::atomic<int> changed = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                DocumentUpdate update = make_change("by " + std::to_string(i));
                update.expected_version = 1;
                try {
                    changed += store.update_document({}, added.id, update).changed ? 1 : 0;
                } catch (const Error& error) {
                    refused += error.code() == ErrorCode::conflict ? 1 : 0;
                }
            });
        }
    }
    CHECK(changed == 1);
    CHECK(refused == 3);
    CHECK(store.get_document({}, added.id)->version == 2);
}

void an_identity_moves_where_it_is_free(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const auto moved = store.add_document({}, make_document(one, "moved"));
    const auto other = store.add_document({}, make_document(two, "other"));
    tested.share(moved.id, two);
    DocumentUpdate update;
    update.identity = "text:other";
    CHECK(store.update_document({}, moved.id, update).changed);
    CHECK(store.find_by_identity({}, one, "text:other")->id == moved.id);
    CHECK(store.find_by_identity({}, two, "text:other")->id == other.id);
    CHECK_FALSE(store.find_by_identity({}, one, "text:moved"));
    CHECK_FALSE(store.update_document({}, moved.id, update).changed);
    DocumentUpdate taken;
    taken.identity = "text:moved";
    store.add_document({}, make_document(one, "moved"));
    CHECK(store.update_document({}, moved.id, taken).changed);
    CHECK(store.find_by_identity({}, one, "text:moved")->id != moved.id);
    CHECK(store.find_by_identity({}, two, "text:moved")->id == moved.id);
    CHECK(store.find_document({}, moved.id)->identity == "text:moved");
}

void shared_documents_have_one_model(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = add_collection(store, "two");
    const CollectionId else_where =
        store.create_collection({}, {"else", "Of another model", {"test/other", 4}}).id;
    const auto added = store.add_document({}, make_document(one, "text"));
    tested.share(added.id, two);
    CHECK(store.update_document({}, added.id, make_change("text 2")).changed);
    for (const CollectionId collection : {one, two}) {
        CHECK(tested.index().nearest({}, {{collection}, {}}, test_space(), turned(0), 5).size() ==
              1);
    }
    tested.share(added.id, else_where);
    CHECK(code_of([&] { store.update_document({}, added.id, make_change("text 3")); }) ==
          ErrorCode::conflict);
    DocumentUpdate metadata;
    metadata.metadata = Metadata{{"a", 1}};
    CHECK(store.update_document({}, added.id, metadata).changed);
}

}  // namespace

const std::vector<Promise>& document_promises() {
    static const std::vector<Promise> promises{
        {"a document comes back as it was stored", document_comes_back},
        {"chunks come back in order, by ranges", chunks_come_back_in_order},
        {"an identity is stored once in a collection", an_identity_is_stored_once},
        {"one of many adds an identity", one_of_many_adds_an_identity},
        {"what is refused leaves nothing", what_is_refused_leaves_nothing},
        {"embeddings of another model are refused", embeddings_of_another_model_are_refused},
        {"U+0000 becomes U+FFFD", nul_becomes_a_replacement},
        {"deleting a document takes everything of it", deleting_takes_everything},
        {"metadata is merged shallowly", metadata_is_merged_shallowly},
        {"what is there already changes nothing", nothing_new_changes_nothing},
        {"chunks follow title and content", chunks_follow_title_and_content},
        {"an update of what is something else by now is refused",
         an_update_of_something_else_is_refused},
        {"one of many updates a version", one_of_many_updates_a_version},
        {"an identity moves where it is free", an_identity_moves_where_it_is_free},
        {"a document in several collections has one model", shared_documents_have_one_model},
    };
    return promises;
}

}  // namespace rag::contract
