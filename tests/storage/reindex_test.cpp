// A collection moves to another model, or to another cut, while it goes on answering; and the index
// is compared with looking at everything.

#include "memory/reindex.hpp"
#include "memory/verify.hpp"
#include "storage/kinds.hpp"
#include "storage/sqlite_index_source.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_spaces.hpp"
#include "storage/sqlite_store.hpp"
#include "support/temp_dir.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace rag;

namespace {

/// Texts that share words point in similar directions.
class WordEmbedder final : public Embedder {
public:
    WordEmbedder(std::string model, int dimensions) : space_{std::move(model), dimensions} {}

    const EmbeddingSpace& space() const override { return space_; }
    FusionConstants fusion() const override { return {}; }
    std::vector<Vector> embed_passages(const CallContext&,
                                       std::span<const std::string> texts) override {
        std::vector<Vector> vectors;
        for (const std::string& text : texts) {
            if (before_each) {
                before_each();
            }
            vectors.push_back(embed(text));
        }
        return vectors;
    }
    Vector embed_query(const CallContext&, std::string_view text, const CountWords&) override {
        return embed(text);
    }

    std::function<void()> before_each;

private:
    Vector embed(std::string_view text) const {
        Vector vector(static_cast<std::size_t>(space_.dimensions), 0.01F);
        for (const std::string& term : text::index_terms(text)) {
            vector[std::hash<std::string>()(term + space_.model) % vector.size()] += 1;
        }
        float length = 0;
        for (const float x : vector) {
            length += x * x;
        }
        for (float& x : vector) {
            x /= std::sqrt(length);
        }
        return vector;
    }

    const EmbeddingSpace space_;
};

struct Sides {
    Sides() {
        NewCollection collection;
        collection.name = "c";
        collection.description = "d";
        collection.space = old_model.space();
        id = store.create_collection({}, collection).id;
    }

    void add(const std::string& title, const std::string& content) {
        memory::DocumentWriter writer(store, old_model);
        memory::SourceDocument document;
        document.identity = "text:" + title;
        document.filename = title;
        document.content = content;
        document.file_type = "text";
        document.format = text::TextFormat::markdown;
        writer.write({}, store.find_collection({}, "c").value(), document);
    }

    memory::ReindexReport reindex(WordEmbedder& model,
                                  std::optional<std::int64_t> chunk_size = std::nullopt) {
        memory::DocumentWriter writer(store, model);
        memory::Reindex reindex(store, spaces, writer, model);
        memory::JobNotes notes;
        return reindex.run({}, {"c", old_model.space(), model.space(), chunk_size}, notes);
    }

    std::size_t count_near(WordEmbedder& model) {
        return search
            .nearest({}, {{id}, {}}, model.space(), model.embed_query({}, "heron", {}), 1000)
            .size();
    }

    EmbeddingSpace bound() { return store.find_collection({}, "c")->space; }

    test::TempDir dir;
    std::shared_ptr<storage::SqliteDatabase> database =
        std::make_shared<storage::SqliteDatabase>(dir.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store{database};
    storage::SqliteSearch search{database};
    storage::SqliteSpaces spaces{database};
    storage::SqliteIndexSource source{database};
    WordEmbedder old_model{"test/old", 32};
    WordEmbedder new_model{"test/new", 48};
    CollectionId id = 0;
};

std::string long_text(int seed) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
        text += "Paragraph " + std::to_string(i) + " of report " + std::to_string(seed) +
                " tells of the heron that stands by the weir and waits until evening for a fish "
                "that swims too slowly.\n\n";
    }
    return text;
}

}  // namespace

TEST_CASE("reindex: the old vectors answer until all is embedded, and then the new ones do") {
    Sides sides;
    for (int i = 0; i < 8; ++i) {
        sides.add("r" + std::to_string(i), long_text(i));
    }
    const std::size_t chunks = sides.count_near(sides.old_model);
    int embedded = 0;
    sides.new_model.before_each = [&] {
        if (++embedded % 5 == 1) {
            CHECK(sides.bound() == sides.old_model.space());
            CHECK(sides.count_near(sides.old_model) == chunks);
        }
    };
    const memory::ReindexReport report = sides.reindex(sides.new_model);
    CHECK(report.documents_embedded == 8);
    CHECK(report.vectors_removed == static_cast<std::int64_t>(chunks));
    CHECK(sides.bound() == sides.new_model.space());
    CHECK(sides.count_near(sides.new_model) == chunks);
    CHECK(sides.count_near(sides.old_model) == 0);
}

TEST_CASE("reindex: what dies on the way goes on where it was, also for what came meanwhile") {
    Sides sides;
    for (int i = 0; i < 8; ++i) {
        sides.add("r" + std::to_string(i), long_text(i));
    }
    int left = 5;
    sides.new_model.before_each = [&] {
        if (--left < 0) {
            throw Error(ErrorCode::unavailable, "The service is gone.");
        }
    };
    CHECK_THROWS_AS(sides.reindex(sides.new_model), Error);
    CHECK(sides.bound() == sides.old_model.space());
    bool added = false;
    int embedded = 0;
    sides.new_model.before_each = [&] {
        ++embedded;
        if (!std::exchange(added, true)) {
            sides.add("late", long_text(99));
        }
    };
    const std::size_t chunks = sides.count_near(sides.old_model);
    CHECK(sides.reindex(sides.new_model).documents_embedded > 0);
    CHECK(sides.bound() == sides.new_model.space());
    CHECK(sides.count_near(sides.new_model) > chunks);
    CHECK(sides.spaces.list_without_vectors({}, sides.id, sides.new_model.space(), 0, 10).empty());
}

TEST_CASE("reindex: another cut replaces passages document by document, once") {
    Sides sides;
    for (int i = 0; i < 6; ++i) {
        sides.add("r" + std::to_string(i), long_text(i));
    }
    const std::size_t before = sides.count_near(sides.old_model);
    CHECK(sides.reindex(sides.old_model, 200).documents_cut == 6);
    CHECK(sides.count_near(sides.old_model) > before);
    CHECK(sides.reindex(sides.old_model, 200).documents_cut == 0);
    for (const DocumentSummary& summary : sides.store.list_documents({}, {}).documents) {
        CHECK(summary.version == 1);
        const Document document = sides.store.get_document({}, summary.id).value();
        for (const Chunk& chunk : sides.store.get_chunks({}, summary.id)) {
            CHECK(document.content.substr(static_cast<std::size_t>(*chunk.char_start),
                                          chunk.content.size()) == chunk.content);
        }
    }
    CHECK_THROWS_AS(memory::check_chunk_size(99), Error);
    CHECK_THROWS_AS(memory::check_chunk_size(2401), Error);
}

namespace {

/// Leaves out every other hit, or holds one chunk too few.
class Forgetful final : public SearchIndex {
public:
    Forgetful(SearchIndex& inner, std::int64_t forgotten) : inner_(inner), forgotten_(forgotten) {}

    Candidates nearest(const CallContext& context, const SearchScope& scope,
                       const EmbeddingSpace& space, std::span<const float> query,
                       std::size_t count) override {
        Candidates all = inner_.nearest(context, scope, space, query, 2 * count);
        if (forgotten_ > 0) {
            return all;
        }
        Candidates half;
        for (std::size_t i = 0; i < all.size(); i += 2) {
            half.push_back(all[i]);
        }
        return half;
    }
    WordCandidates best_words(const CallContext& context, const SearchScope& scope,
                              const WordQuery& query, std::size_t count) override {
        return inner_.best_words(context, scope, query, count);
    }
    std::vector<std::optional<double>> similarities(const CallContext& context,
                                                    const EmbeddingSpace& space,
                                                    std::span<const float> query,
                                                    std::span<const ChunkId> chunks) override {
        return inner_.similarities(context, space, query, chunks);
    }
    std::vector<double> word_scores(const CallContext& context, const SearchScope& scope,
                                    const WordQuery& query,
                                    std::span<const ChunkId> chunks) override {
        return inner_.word_scores(context, scope, query, chunks);
    }
    WordStatistics count_words(const CallContext& context, const SearchScope& scope,
                               std::span<const std::string> stems) override {
        return inner_.count_words(context, scope, stems);
    }
    std::vector<Passage> load(const CallContext& context,
                              std::span<const ChunkId> chunks) override {
        return inner_.load(context, chunks);
    }
    std::int64_t count(const CallContext& context, const SearchScope& scope) override {
        return inner_.count(context, scope) - forgotten_;
    }

private:
    SearchIndex& inner_;
    const std::int64_t forgotten_;
};

}  // namespace

TEST_CASE("verify: an exact index passes, one that forgets does not") {
    Sides sides;
    const std::vector<std::string> topics{"harbour", "mountain", "railway", "orchard", "glacier"};
    for (int i = 0; i < 60; ++i) {
        std::string text;
        for (int k = 0; k < 6; ++k) {
            text += topics[static_cast<std::size_t>(i * k) % topics.size()] + " keeper number " +
                    std::to_string(i * 7 + k * 13) + " wrote a report of the year. ";
        }
        sides.add("t" + std::to_string(i), text);
    }
    memory::VerifyOptions options;
    options.sample = 20;
    const auto verify = [&](SearchIndex& tested) {
        return memory::verify({}, {sides.source, tested, sides.search, sides.old_model}, options);
    };
    const memory::VerifyReport good = verify(sides.search);
    CHECK(good.good);
    CHECK(good.questions == 20);
    CHECK(good.recall == 1);
    CHECK(good.word_overlap.value_or(0) == 1);
    CHECK(good.counts.empty());
    Forgetful half(sides.search, 0);
    const memory::VerifyReport bad = verify(half);
    CHECK_FALSE(bad.good);
    CHECK(bad.recall < 0.95);
    Forgetful fewer(sides.search, 1);
    const memory::VerifyReport short_of_one = verify(fewer);
    CHECK_FALSE(short_of_one.good);
    REQUIRE(short_of_one.counts.size() == 1);
    CHECK(short_of_one.counts[0].in_store == short_of_one.counts[0].in_index + 1);
}
