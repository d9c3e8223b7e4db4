#include "index/local_index.hpp"
#include "index/random_documents.hpp"
#include "support/temp_dir.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace rag::index_test {
namespace {

using index::LocalIndex;
using namespace std::chrono_literals;

struct Saved {
    explicit Saved(std::uint32_t seed) : random(seed) {
        for (CollectionId id = 1; id <= 4; ++id) {
            source.add_collection(id, RandomDocuments::dimensions);
        }
        for (DocumentId id = 1; id <= 200; ++id) {
            source.put(random.document(id));
        }
        options.snapshot = dir.file("index.snapshot");
    }

    /// Starts an index, waits for it, and lets `use` have it.
    template <class F>
    void with_index(F&& use) {
        LocalIndex index(source, model, options);
        index.start();
        CallContext soon;
        soon.deadline = std::chrono::steady_clock::now() + 20s;
        REQUIRE(index.wait_until_ready(soon));
        index.catch_up({});
        use(index);
    }

    void check_answers() {
        with_index([&](LocalIndex& index) {
            const CallContext context;
            for (int i = 0; i < 15; ++i) {
                const SearchScope scope = random.scope();
                const Vector query = random.unit();
                const auto words = text::parse_word_query(random.question());
                const auto near = index.nearest(context, scope, random.space(), query, 20);
                const auto model_near = model.nearest(context, scope, random.space(), query, 20);
                REQUIRE(near.size() == model_near.size());
                for (std::size_t k = 0; k < near.size(); ++k) {
                    CHECK(near[k].chunk == model_near[k].chunk);
                }
                const auto hits = index.best_words(context, scope, words, 20).hits;
                const auto model_hits = model.best_words(context, scope, words, 20).hits;
                REQUIRE(hits.size() == model_hits.size());
                for (std::size_t k = 0; k < hits.size(); ++k) {
                    CHECK(hits[k].chunk == model_hits[k].chunk);
                }
                CHECK(index.count(context, scope) == model.count(context, scope));
            }
        });
    }

    std::string read() const {
        std::ifstream file(options.snapshot, std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }

    void write(const std::string& bytes) const {
        std::ofstream(options.snapshot, std::ios::binary | std::ios::trunc) << bytes;
    }

    test::TempDir dir;
    RandomDocuments random;
    ModelSource source;
    ModelIndex model{source};
    index::LocalIndexOptions options;
};

}  // namespace

TEST_CASE("snapshot: a start reads no document that the snapshot has") {
    Saved saved(1);
    saved.with_index([](LocalIndex&) {});
    REQUIRE(std::filesystem::exists(saved.options.snapshot));
    const int batches = saved.source.batches_read;
    saved.check_answers();
    CHECK(saved.source.batches_read == batches);
    CHECK(saved.source.documents_read == 0);
}

TEST_CASE("snapshot: what happened since it was written is caught up with") {
    Saved saved(2);
    saved.with_index([&](LocalIndex&) {});
    const int batches = saved.source.batches_read;
    saved.source.erase(3);
    saved.source.put(saved.random.document(4));
    saved.source.put(saved.random.document(500));
    saved.check_answers();
    saved.check_answers();
    CHECK(saved.source.batches_read == batches);
}

TEST_CASE("snapshot: a start is done although others never stop writing") {
    Saved saved(6);
    saved.with_index([](LocalIndex&) {});
    DocumentId next = 1000;
    saved.source.put(saved.random.document(next));
    saved.source.meanwhile = [&] { saved.source.put(saved.random.document(++next)); };
    saved.with_index([&](LocalIndex& index) {
        CHECK(index.status().from_snapshot);
        CHECK(index.status().chunk_count > 0);
    });
}

TEST_CASE("snapshot: a search that comes while it is read waits for it") {
    Saved saved(8);
    saved.with_index([](LocalIndex&) {});
    LocalIndex index(saved.source, saved.model, saved.options);
    index.start();
    CHECK(index.route({{1}, {}}, saved.random.space()).path == SearchPath::scan);
    CHECK(index.status().from_snapshot);
}

TEST_CASE("snapshot: deletions that were not merged yet are kept") {
    Saved saved(3);
    saved.with_index([&](LocalIndex& index) {
        for (DocumentId id = 1; id < 20; ++id) {
            saved.source.erase(id);
        }
        index.catch_up({});
    });
    saved.check_answers();
}

TEST_CASE("snapshot: a damaged, cut or foreign one is made anew and not trusted") {
    Saved saved(4);
    saved.with_index([](LocalIndex&) {});
    const std::string whole = saved.read();
    REQUIRE(whole.size() > 1000);
    std::vector<std::string> damaged{"", "RAGINDEX", whole.substr(0, whole.size() - 64),
                                     whole + std::string(64, '\0')};
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{9}, std::size_t{70}, whole.size() / 2, whole.size() - 100}) {
        damaged.push_back(whole);
        damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x10);
    }
    for (const std::string& bytes : damaged) {
        saved.write(bytes);
        const int batches = saved.source.batches_read;
        saved.check_answers();
        CHECK(saved.source.batches_read > batches);
    }
    saved.write(whole);
    saved.source.set_identity("another");
    const int batches = saved.source.batches_read;
    saved.check_answers();
    CHECK(saved.source.batches_read > batches);
}

TEST_CASE("snapshot: one of another epoch is made anew") {
    Saved saved(5);
    saved.with_index([](LocalIndex&) {});
    saved.source.erase(7);
    saved.source.renew_epoch();
    saved.check_answers();
}

}  // namespace rag::index_test
