#include "storage/kinds.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_spaces.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_spaces.hpp"
#include "storage/sqlite_store.hpp"
#include "support/fake_store.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace rag;

namespace {

const EmbeddingSpace other_space{"test/other", 3};

/// A store with the three faces that moving a collection needs.
struct Sides {
    Store& store;
    SearchIndex& index;
    SpaceStore& spaces;
};

struct SqliteSides {
    test::TempDir dir;
    std::shared_ptr<storage::SqliteDatabase> database =
        std::make_shared<storage::SqliteDatabase>(dir.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store{database};
    storage::SqliteSearch index{database};
    storage::SqliteSpaces spaces{database};
};

struct PostgresSides {
    test::OwnSchema schema;
    storage::PostgresPool pool{schema.options()};
    storage::PostgresStore store{{}, pool};
    storage::PostgresSearch index{pool};
    storage::PostgresSpaces spaces{pool};
};

template <class Check>
void check_all_kinds(Check check) {
    SUBCASE("fake") {
        test::FakeStore fake;
        check(Sides{fake, fake, fake});
    }
    SUBCASE("sqlite") {
        SqliteSides sides;
        check(Sides{sides.store, sides.index, sides.spaces});
    }
    SUBCASE("postgres") {
        PostgresSides sides;
        check(Sides{sides.store, sides.index, sides.spaces});
    }
}

std::vector<ChunkVector> vectors_of(Store& store, DocumentId id) {
    std::vector<ChunkVector> vectors;
    for (const Chunk& chunk : store.get_chunks({}, id)) {
        vectors.push_back({chunk.id, {0, 0, 1}});
    }
    return vectors;
}

DocumentId add(Store& store, CollectionId collection, const std::string& title) {
    return store
        .add_document({}, contract::make_long_document(collection, title,
                                                       {title + " begins", title + " ends"}))
        .id;
}

std::size_t count_found(const Sides& sides, CollectionId collection, const EmbeddingSpace& space,
                        const Vector& query) {
    return sides.index.nearest({}, {{collection}, {}}, space, query, 50).size();
}

}  // namespace

TEST_CASE("spaces: a collection is bound to another space once every chunk has a vector of it") {
    check_all_kinds([](const Sides& sides) {
        const CollectionId collection = contract::add_collection(sides.store, "c");
        const DocumentId first = add(sides.store, collection, "One");
        const DocumentId second = add(sides.store, collection, "Two");
        using Ids = std::vector<DocumentId>;
        CHECK(sides.spaces.list_without_vectors({}, collection, other_space, 0, 10) ==
              Ids{first, second});
        CHECK(sides.spaces.list_without_vectors({}, collection, other_space, 0, 1) == Ids{first});
        CHECK(sides.spaces.list_without_vectors({}, collection, other_space, first, 10) ==
              Ids{second});
        CHECK(sides.spaces.add_vectors({}, first, other_space, vectors_of(sides.store, first)) ==
              2);
        CHECK(sides.spaces.add_vectors({}, first, other_space, vectors_of(sides.store, first)) ==
              0);
        CHECK_FALSE(sides.spaces.bind_space({}, collection, other_space));
        CHECK(sides.store.find_collection({}, "c")->space == contract::test_space());
        // The old vectors answer as before.
        CHECK(count_found(sides, collection, contract::test_space(), contract::turned(0)) == 4);
        CHECK(sides.spaces.add_vectors({}, second, other_space, vectors_of(sides.store, second)) ==
              2);
        CHECK(sides.spaces.list_without_vectors({}, collection, other_space, 0, 10).empty());
        CHECK(sides.spaces.bind_space({}, collection, other_space));
        CHECK(sides.store.find_collection({}, "c")->space == other_space);
        CHECK(count_found(sides, collection, other_space, {0, 0, 1}) == 4);
    });
}

TEST_CASE("spaces: chunks that are gone take no vectors, and wrong dimensions are refused") {
    check_all_kinds([](const Sides& sides) {
        const CollectionId collection = contract::add_collection(sides.store, "c");
        const DocumentId id = add(sides.store, collection, "One");
        const auto vectors = vectors_of(sides.store, id);
        DocumentUpdate update = contract::make_change("Something else.");
        sides.store.update_document({}, id, update);
        CHECK(sides.spaces.add_vectors({}, id, other_space, vectors) == 0);
        std::vector<ChunkVector> wrong = vectors_of(sides.store, id);
        wrong.at(0).vector = {1, 0};
        CHECK(contract::code_of([&] { sides.spaces.add_vectors({}, id, other_space, wrong); }) ==
              ErrorCode::invalid_argument);
        CHECK(sides.spaces.list_without_vectors({}, collection, other_space, 0, 10).size() == 1);
        CHECK(contract::code_of([&] { sides.spaces.bind_space({}, 999, other_space); }) ==
              ErrorCode::not_found);
    });
}

TEST_CASE("spaces: old vectors go, but not those that another collection is searched by") {
    check_all_kinds([](const Sides& sides) {
        const CollectionId collection = contract::add_collection(sides.store, "c");
        const DocumentId first = add(sides.store, collection, "One");
        const DocumentId second = add(sides.store, collection, "Two");
        const EmbeddingSpace old = contract::test_space();
        CHECK(sides.spaces.remove_vectors({}, collection, old, 10) == 0);
        for (const DocumentId id : {first, second}) {
            sides.spaces.add_vectors({}, id, other_space, vectors_of(sides.store, id));
        }
        REQUIRE(sides.spaces.bind_space({}, collection, other_space));
        CHECK(sides.spaces.remove_vectors({}, collection, old, 1) == 2);
        CHECK(sides.spaces.remove_vectors({}, collection, old, 1) == 2);
        CHECK(sides.spaces.remove_vectors({}, collection, old, 1) == 0);
        CHECK(count_found(sides, collection, old, contract::turned(0)) == 0);
        CHECK(count_found(sides, collection, other_space, {0, 0, 1}) == 4);
    });
}

TEST_CASE("spaces: what moves is in the change feed") {
    check_all_kinds([](const Sides& sides) {
        const CollectionId collection = contract::add_collection(sides.store, "c");
        const DocumentId id = add(sides.store, collection, "One");
        FeedPosition position = sides.store.feed_end({});
        sides.spaces.add_vectors({}, id, other_space, vectors_of(sides.store, id));
        REQUIRE(sides.spaces.bind_space({}, collection, other_space));
        std::vector<ChangeKind> kinds;
        for (const Change& change : sides.store.read_changes({}, position, 100).changes) {
            kinds.push_back(change.kind);
        }
        CHECK(kinds == std::vector<ChangeKind>{ChangeKind::document_changed,
                                               ChangeKind::collection_changed});
    });
}
