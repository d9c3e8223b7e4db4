// What comes out of a store goes into another, byte for byte.

#include "memory/export_part.hpp"
#include "memory/moving.hpp"
#include "storage/kinds.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_transfer.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/sqlite_transfer.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace rag;

namespace {

class NoEmbedder final : public Embedder {
public:
    const EmbeddingSpace& space() const override { return space_; }
    FusionConstants fusion() const override { return {}; }
    std::vector<Vector> embed_passages(const CallContext&,
                                       std::span<const std::string> texts) override {
        return std::vector<Vector>(texts.size(), Vector{0, 1, 0, 0});
    }
    Vector embed_query(const CallContext&, std::string_view, const CountWords&) override {
        return {0, 1, 0, 0};
    }

private:
    const EmbeddingSpace space_ = contract::test_space();
};

struct Sqlite {
    test::TempDir dir;
    std::shared_ptr<storage::SqliteDatabase> database =
        std::make_shared<storage::SqliteDatabase>(dir.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store{database};
    storage::SqliteTransfer transfer{database};
};

struct Postgres {
    test::OwnSchema schema;
    storage::PostgresPool pool{schema.options()};
    storage::PostgresStore store{{}, pool};
    storage::PostgresTransfer transfer{pool};
};

using Lines = std::vector<std::string>;

Lines export_all(Transfer& transfer, const TransferScope& scope = {}) {
    Lines lines;
    memory::export_lines({}, transfer, scope,
                         [&](const std::string& line) { lines.push_back(line); });
    return lines;
}

memory::ImportReport import_all(Transfer& transfer, const Lines& lines) {
    NoEmbedder embedder;
    std::size_t next = 0;
    return memory::import_lines({}, transfer, embedder, [&](std::string& line) {
        if (next == lines.size()) {
            return false;
        }
        line = lines[next++];
        return true;
    });
}

std::string error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

void fill(Store& store) {
    const CollectionId first = contract::add_collection(store, "first");
    const CollectionId second = contract::add_collection(store, "Zweite \u00fc");
    for (int i = 0; i < 20; ++i) {
        NewDocument document = contract::make_long_document(
            i % 2 == 0 ? first : second, "Document " + std::to_string(i),
            {"The first \"passage\"\n of " + std::to_string(i),
             "A \u00fcber\u2028 passage \\ two"});
        document.metadata = {{"n", i}, {"nested", {{"list", {1, "two", nullptr, 2.5}}}}};
        for (NewChunk& chunk : document.chunks) {
            chunk.embedding = contract::turned(static_cast<double>(i) / 20);
            chunk.metadata = {{"part", true}};
        }
        const DocumentAdded added = store.add_document({}, document);
        if (i % 5 == 0) {
            store.update_document({}, added.id, contract::make_change("New " + std::to_string(i)));
            store.update_document({}, added.id,
                                  contract::make_change("Newer " + std::to_string(i)));
        }
    }
    NewDocument lone = contract::make_document(first, "Without an identity.");
    lone.identity.reset();
    store.add_document({}, lone);
}

/// The lines with their vectors apart.
struct Parts {
    Lines texts;
    std::vector<Vector> vectors;
};

Parts take_apart(const Lines& lines) {
    Parts parts;
    memory::DumpParser parser;
    for (const std::string& line : lines) {
        memory::DumpLine parsed = parser.parse(line);
        std::visit(
            [&](auto& value) {
                if constexpr (std::is_same_v<std::decay_t<decltype(value)>, MovedDocument>) {
                    for (MovedChunk& chunk : value.chunks) {
                        for (SpaceVector& vector : chunk.vectors) {
                            parts.vectors.push_back(std::move(vector.vector));
                        }
                        chunk.vectors.clear();
                    }
                }
                parts.texts.push_back(memory::write_dump_line(value));
            },
            parsed);
    }
    return parts;
}

void check_same(const Lines& got, const Lines& expected) {
    const Parts a = take_apart(got);
    const Parts b = take_apart(expected);
    CHECK(a.texts == b.texts);
    REQUIRE(a.vectors.size() == b.vectors.size());
    REQUIRE_FALSE(a.vectors.empty());
    for (std::size_t i = 0; i < a.vectors.size(); ++i) {
        REQUIRE(a.vectors[i].size() == b.vectors[i].size());
        for (std::size_t k = 0; k < a.vectors[i].size(); ++k) {
            CHECK(std::abs(a.vectors[i][k] - b.vectors[i][k]) < 1e-3F);
        }
    }
}

}  // namespace

TEST_CASE("transfer: what leaves SQLite enters another SQLite byte for byte") {
    Sqlite from;
    Sqlite to;
    fill(from.store);
    const Lines lines = export_all(from.transfer);
    CHECK(lines.size() == 1 + 2 + 21 + 1);
    const memory::ImportReport report = import_all(to.transfer, lines);
    CHECK(report.collections_added == 2);
    CHECK(report.documents_added == 21);
    CHECK(export_all(to.transfer) == lines);
}

TEST_CASE("transfer: from SQLite through Postgres to SQLite nothing but rounding changes") {
    Sqlite from;
    Postgres through;
    Sqlite to;
    fill(from.store);
    const Lines lines = export_all(from.transfer);
    import_all(through.transfer, lines);
    const Lines middle = export_all(through.transfer);
    check_same(middle, lines);
    import_all(to.transfer, middle);
    check_same(export_all(to.transfer), lines);
    // What has been rounded once is not rounded again.
    Postgres again;
    import_all(again.transfer, middle);
    CHECK(export_all(again.transfer) == middle);
}

TEST_CASE("transfer: an import may be repeated, and what differs stays") {
    const auto check = [](Store& store, Transfer& transfer) {
        Sqlite from;
        fill(from.store);
        const Lines lines = export_all(from.transfer);
        import_all(transfer, lines);
        const Lines once = export_all(transfer);
        const memory::ImportReport again = import_all(transfer, lines);
        CHECK(again.collections_added == 0);
        CHECK(again.documents_added == 0);
        CHECK(again.documents_known == 21);
        CHECK(export_all(transfer) == once);
        const DocumentId id = store.list_documents({}, {}).documents.front().id;
        store.update_document({}, id, contract::make_change("Changed since."));
        const Lines changed = export_all(transfer);
        const memory::ImportReport third = import_all(transfer, lines);
        CHECK(third.documents_differing + third.documents_known + third.documents_added == 21);
        CHECK(third.documents_differing <= 1);
        CHECK(changed.size() <= export_all(transfer).size());
    };
    SUBCASE("sqlite") {
        Sqlite to;
        check(to.store, to.transfer);
    }
    SUBCASE("postgres") {
        Postgres to;
        check(to.store, to.transfer);
    }
}

TEST_CASE("transfer: one collection, with or without vectors") {
    const auto check = [](Transfer& transfer) {
        TransferScope scope;
        scope.collection = "first";
        scope.vectors = false;
        const Lines lines = export_all(transfer, scope);
        CHECK(lines.size() == 1 + 1 + 11 + 1);
        for (const std::string& line : lines) {
            CHECK(line.find("components") == std::string::npos);
        }
        scope.collection = "none";
        CHECK(error_of([&] { export_all(transfer, scope); }) == "Collection 'none' not found");
        Sqlite to;
        const memory::ImportReport report = import_all(to.transfer, lines);
        CHECK(report.chunks_embedded > 0);
        CHECK(export_all(to.transfer)[2].find("components") != std::string::npos);
    };
    SUBCASE("sqlite") {
        Sqlite from;
        fill(from.store);
        check(from.transfer);
    }
    SUBCASE("postgres") {
        Postgres from;
        fill(from.store);
        check(from.transfer);
    }
}

TEST_CASE("transfer: an export is of one moment, whatever is written meanwhile") {
    const auto check = [](Store& store, Transfer& transfer) {
        fill(store);
        const Lines before = export_all(transfer);
        Lines lines;
        memory::export_lines({}, transfer, {}, [&](const std::string& line) {
            lines.push_back(line);
            // Another thread's connection writes while this one is in the middle.
            if (lines.size() % 5 == 3) {
                const auto page = store.list_documents({}, {});
                store.delete_document({}, page.documents.back().id);
                const Collection first = store.find_collection({}, "first").value();
                store.add_document(
                    {}, contract::make_document(first.id, "Late " + std::to_string(lines.size())));
            }
        });
        CHECK(lines == before);
        CHECK(export_all(transfer) != before);
    };
    SUBCASE("sqlite") {
        Sqlite from;
        check(from.store, from.transfer);
    }
    SUBCASE("postgres") {
        Postgres from;
        check(from.store, from.transfer);
    }
}

TEST_CASE("transfer: a damaged line is named by its number, and what came before stays") {
    Sqlite from;
    fill(from.store);
    const Lines whole = export_all(from.transfer);
    const auto import_damaged = [&](std::size_t at, const std::string& line) {
        Lines lines = whole;
        lines[at] = line;
        Sqlite to;
        return error_of([&] { import_all(to.transfer, lines); });
    };
    CHECK(import_damaged(4, "{\"document\": {").starts_with("Line 5 of the export is damaged:"));
    CHECK(import_damaged(4, whole[4].substr(0, whole[4].size() / 2)).starts_with("Line 5"));
    CHECK(import_damaged(1, "[]").starts_with("Line 2"));
    CHECK(import_damaged(0, whole[1]).find("header") != std::string::npos);
    CHECK(import_damaged(0,
                         R"({"rag_memory_export":99,"collections":1,"documents":1,"vectors":true})")
              .find("format 99") != std::string::npos);
    CHECK(import_damaged(6, whole[5]).find("documents") == std::string::npos);
    Lines cut = whole;
    cut.pop_back();
    Sqlite to;
    CHECK(error_of([&] { import_all(to.transfer, cut); }).find("cut off") != std::string::npos);
    CHECK(to.store.status({}).document_count == 21);
    CHECK(error_of([&] { import_all(to.transfer, {}); }).find("empty") != std::string::npos);
}

TEST_CASE("transfer: a collection that is there with another model is not mixed up") {
    Sqlite from;
    fill(from.store);
    Sqlite to;
    to.store.create_collection({}, {"first", "Other", {"test/other", 7}});
    CHECK(error_of([&] {
              import_all(to.transfer, export_all(from.transfer));
          }).find("another embedding model") != std::string::npos);
}

TEST_CASE("transfer: an export in parts is the export, however small they are") {
    const auto check = [](Store& store, Transfer& transfer) {
        fill(store);
        std::string whole;
        for (const std::string& line : export_all(transfer, {"first", true, 0})) {
            whole += line + '\n';
        }
        for (const std::int64_t max_chars : {1'000'000, 1000, 77}) {
            memory::ExportCollection request{"first", std::nullopt, true, max_chars};
            std::string text;
            do {
                const memory::ExportedPart part =
                    memory::read_export_part({}, store, transfer, request);
                text += part.text;
                request.cursor = part.next_cursor;
            } while (request.cursor && text.size() <= whole.size());
            CHECK(text == whole);
        }
    };
    SUBCASE("sqlite") {
        Sqlite from;
        check(from.store, from.transfer);
    }
    SUBCASE("postgres") {
        Postgres from;
        check(from.store, from.transfer);
    }
}

TEST_CASE("transfer: a part goes on only behind what it was cut in") {
    Sqlite from;
    fill(from.store);
    const auto read = [&](const char* collection, std::optional<std::string> cursor) {
        return memory::read_export_part({}, from.store, from.transfer,
                                        {collection, std::move(cursor), false, 1000});
    };
    // Documents have some 500 characters, so the third is cut.
    const std::string cursor = read("first", std::nullopt).next_cursor.value();
    const DocumentId cut = std::stoll(cursor.substr(cursor.find('-') + 1));
    from.store.update_document({}, cut, contract::make_change("Changed meanwhile."));
    CHECK(error_of([&] { read("first", cursor); }).find("changed while") != std::string::npos);
    from.store.delete_document({}, cut);
    CHECK(error_of([&] { read("first", cursor); }).find("changed while") != std::string::npos);
    for (const char* wrong : {"", "1", "1-2-3", "1-2-3-x", "-1-0-0-0", "1-2-3-4-5", "0-0-0-0 "}) {
        CAPTURE(wrong);
        CHECK(error_of([&] { read("first", wrong); }).find("`cursor`") != std::string::npos);
    }
    CHECK(error_of([&] { read("none", std::nullopt); }) == "Collection 'none' not found");
    CallContext fenced;
    fenced.caller.collections = {"Zweite \u00fc"};
    CHECK(error_of([&] {
              memory::read_export_part(fenced, from.store, from.transfer, {"first"});
          }) == "Collection 'first' not found");
}
