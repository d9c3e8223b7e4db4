#include "bench/rivals.hpp"

#include "base/hash.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_store.hpp"
#include "support/temp_dir.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

// Under another name: the product has the same templates without the library's own kernels.
#define hnswlib hnswlib_alone
#include <hnswlib/hnswlib.h>
#undef hnswlib

#include <algorithm>
#include <iterator>
#include <map>

namespace rag::bench {
namespace {

class Hnswlib final : public Rival {
public:
    explicit Hnswlib(const std::vector<Vector>& vectors)
        : space_(vectors.front().size()),
          graph_(&space_, vectors.size(), rival_links, rival_build_width) {
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            graph_.addPoint(vectors[i].data(), i);
        }
    }

    std::string name() const override { return "hnswlib float32"; }
    void set_width(std::size_t width) override { graph_.setEf(width); }
    bool exact() const override { return false; }
    std::vector<std::size_t> find(const Vector& query, std::size_t count) override {
        auto found = graph_.searchKnn(query.data(), count);
        std::vector<std::size_t> numbers;
        for (; !found.empty(); found.pop()) {
            numbers.push_back(found.top().second);
        }
        return numbers;
    }

private:
    hnswlib_alone::InnerProductSpace space_;
    hnswlib_alone::HierarchicalNSW<float> graph_;
};

class Sqlite final : public Rival {
public:
    explicit Sqlite(const std::vector<Vector>& vectors)
        : database_(std::make_shared<storage::SqliteDatabase>(dir_.file("bench.db"),
                                                              storage::SqliteOptions{})),
          store_(database_),
          search_(database_),
          space_{"bench", static_cast<int>(vectors.front().size())},
          scope_{{store_.create_collection({}, {"bench", "d", space_}).id}, {}} {
        for (std::size_t begin = 0; begin < vectors.size(); begin += chunks_of_document) {
            add(vectors, begin, std::min(vectors.size(), begin + chunks_of_document));
        }
    }

    std::string name() const override { return "SQLite, every vector"; }
    void set_width(std::size_t /*width*/) override {}
    bool exact() const override { return true; }
    std::vector<std::size_t> find(const Vector& query, std::size_t count) override {
        std::vector<std::size_t> numbers;
        for (const Candidate& hit : search_.nearest({}, scope_, space_, query, count)) {
            numbers.push_back(numbers_.at(hit.chunk));
        }
        return numbers;
    }

private:
    static constexpr std::size_t chunks_of_document = 1000;

    void add(const std::vector<Vector>& vectors, std::size_t begin, std::size_t end) {
        NewDocument document;
        document.collection = scope_.collections.front();
        document.filename = std::to_string(begin);
        document.content = document.filename;
        document.file_type = "text";
        document.content_hash = sha256_hex(document.content);
        for (std::size_t i = begin; i < end; ++i) {
            NewChunk chunk;
            chunk.content = std::to_string(i);
            chunk.embedding = vectors[i];
            document.chunks.push_back(std::move(chunk));
        }
        const DocumentAdded added = store_.add_document({}, document);
        for (std::size_t i = begin; i < end; ++i) {
            numbers_[added.chunk_ids[i - begin]] = i;
        }
    }

    test::TempDir dir_;
    std::shared_ptr<storage::SqliteDatabase> database_;
    storage::SqliteStore store_;
    storage::SqliteSearch search_;
    EmbeddingSpace space_;
    SearchScope scope_;
    std::map<ChunkId, std::size_t> numbers_;
};

std::string write_vector(const Vector& vector) {
    std::string text = "[";
    for (const float value : vector) {
        fmt::format_to(std::back_inserter(text), "{}{:.7g}", text.size() > 1 ? "," : "", value);
    }
    return text + "]";
}

class Pgvector final : public Rival {
public:
    Pgvector(const std::vector<Vector>& vectors, const std::string& url) : connection_(url) {
        {
            pqxx::work work(connection_);
            work.exec("CREATE EXTENSION IF NOT EXISTS vector");
            work.exec(fmt::format("CREATE TEMP TABLE bench (id int, v vector({}))",
                                  vectors.front().size()));
            pqxx::stream_to rows(work, "bench");
            for (std::size_t i = 0; i < vectors.size(); ++i) {
                rows << std::make_tuple(static_cast<int>(i), write_vector(vectors[i]));
            }
            rows.complete();
            work.commit();
        }
        pqxx::nontransaction work(connection_);
        work.exec("SET maintenance_work_mem = '1GB'");
        work.exec("SET max_parallel_maintenance_workers = 0");
        work.exec(
            fmt::format("CREATE INDEX ON bench USING hnsw (v vector_cosine_ops) WITH "
                        "(m = {}, ef_construction = {})",
                        rival_links, rival_build_width));
        work.exec("ANALYZE bench");
        work.exec("SET enable_seqscan = off");
        connection_.prepare("nearest", "SELECT id FROM bench ORDER BY v <=> $1 LIMIT $2");
    }

    std::string name() const override { return "pgvector HNSW"; }
    void set_width(std::size_t width) override {
        pqxx::nontransaction work(connection_);
        work.exec(fmt::format("SET hnsw.ef_search = {}", width));
    }
    bool exact() const override { return false; }
    std::vector<std::size_t> find(const Vector& query, std::size_t count) override {
        pqxx::nontransaction work(connection_);
        std::vector<std::size_t> numbers;
        for (const auto& row : work.exec_prepared("nearest", write_vector(query), count)) {
            numbers.push_back(row[0].as<std::size_t>());
        }
        return numbers;
    }

private:
    pqxx::connection connection_;
};

}  // namespace

std::unique_ptr<Rival> make_hnswlib(const std::vector<Vector>& vectors) {
    return std::make_unique<Hnswlib>(vectors);
}

std::unique_ptr<Rival> make_sqlite(const std::vector<Vector>& vectors) {
    return std::make_unique<Sqlite>(vectors);
}

std::unique_ptr<Rival> make_pgvector(const std::vector<Vector>& vectors, const std::string& url) {
    return std::make_unique<Pgvector>(vectors, url);
}

}  // namespace rag::bench
