// Measures the search index alone, in one process: rag_bench_index [chunks] [snapshot]
// With a snapshot file the copy is kept there, and a second run starts from it.
// Text is made by TextMaker, vectors by the built-in model. Prints one line of JSON for each
// figure.

#include "base/int8_dot.hpp"
#include "bench/text_maker.hpp"
#include "embed/builtin_model.hpp"
#include "index/local_index.hpp"
#include "rag/error.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace rag;
using Clock = std::chrono::steady_clock;

constexpr std::size_t queries = 400;
constexpr std::size_t candidates = 200;  ///< As the engine asks for at first.
constexpr std::size_t chunks_of_document = 10;
constexpr std::size_t bytes_of_chunk = 575;

double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// kB of the process by a name of /proc/self/status, in MB.
double memory_mb(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":")) {
            return std::stod(line.substr(name.size() + 1)) / 1024.0;
        }
    }
    return 0;
}

/// Makes documents when they are read, so that they take no memory.
class MadeSource final : public IndexSource {
public:
    MadeSource(std::size_t chunks, Embedder& embedder)
        : documents_(chunks / chunks_of_document), embedder_(embedder) {}

    std::string identity(const CallContext& /*context*/) override { return "made"; }
    FeedPosition feed_end(const CallContext& /*context*/) override { return {"1", 0}; }
    ChangeBatch read_changes(const CallContext& /*context*/, const FeedPosition& from,
                             std::int64_t /*limit*/) override {
        return {{}, from, false};
    }
    std::vector<Collection> list_collections(const CallContext& /*context*/) override { return {}; }
    std::vector<IndexedDocument> read_documents(const CallContext& context, DocumentId after,
                                                std::size_t chunks_max) override {
        std::vector<IndexedDocument> documents;
        for (DocumentId id = after + 1; id <= static_cast<DocumentId>(documents_) &&
                                        documents.size() * chunks_of_document < chunks_max;
             ++id) {
            documents.push_back(make(context, id));
        }
        return documents;
    }
    std::optional<IndexedDocument> read_document(const CallContext& context,
                                                 DocumentId id) override {
        return make(context, id);
    }
    bool may_have_changed(const CallContext& /*context*/) override { return false; }
    bool feed_is_immediate() const override { return true; }

    double spent_ms = 0;  ///< On making documents.

private:
    IndexedDocument make(const CallContext& context, DocumentId id) {
        const auto begin = Clock::now();
        IndexedDocument document;
        document.id = id;
        document.filename = maker_.make_question(3);
        document.metadata = {{"hundredth", id % 100}, {"half", id % 2}};
        document.collections = {1};
        std::string text = maker_.make_document(chunks_of_document * bytes_of_chunk);
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < chunks_of_document; ++i) {
            IndexedChunk chunk;
            chunk.chunk.id =
                id * static_cast<ChunkId>(chunks_of_document) + static_cast<ChunkId>(i);
            chunk.chunk.document_id = id;
            chunk.chunk.chunk_index = static_cast<std::int64_t>(i);
            chunk.chunk.content =
                text.substr(std::min(text.size(), i * bytes_of_chunk), bytes_of_chunk);
            chunk.text_key = text::fold_key(chunk.chunk.content);
            texts.push_back(chunk.chunk.content);
            document.chunks.push_back(std::move(chunk));
        }
        auto vectors = embedder_.embed_passages(context, texts);
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            document.chunks[i].vectors.push_back({embedder_.space(), std::move(vectors[i])});
        }
        spent_ms += milliseconds_since(begin);
        return document;
    }

    const std::size_t documents_;
    Embedder& embedder_;
    bench::TextMaker maker_{7};
};

/// Must not be asked.
class NoFallback final : public SearchIndex {
public:
    Candidates nearest(const CallContext&, const SearchScope&, const EmbeddingSpace&,
                       std::span<const float>, std::size_t) override {
        fail();
    }
    WordCandidates best_words(const CallContext&, const SearchScope&, const WordQuery&,
                              std::size_t) override {
        fail();
    }
    std::vector<std::optional<double>> similarities(const CallContext&, const EmbeddingSpace&,
                                                    std::span<const float>,
                                                    std::span<const ChunkId>) override {
        fail();
    }
    std::vector<double> word_scores(const CallContext&, const SearchScope&, const WordQuery&,
                                    std::span<const ChunkId>) override {
        fail();
    }
    WordStatistics count_words(const CallContext&, const SearchScope&,
                               std::span<const std::string>) override {
        fail();
    }
    std::vector<Passage> load(const CallContext&, std::span<const ChunkId>) override { fail(); }
    std::int64_t count(const CallContext&, const SearchScope&) override { fail(); }

private:
    [[noreturn]] static void fail() {
        throw Error(ErrorCode::internal, "The copy did not answer.");
    }
};

void measure(const std::string& name, const std::function<void(std::size_t)>& work) {
    std::vector<double> times;
    for (std::size_t i = 0; i < queries; ++i) {
        const auto begin = Clock::now();
        work(i);
        times.push_back(milliseconds_since(begin));
    }
    std::sort(times.begin(), times.end());
    std::cout << fmt::format(R"({{"name": "{}", "p50_ms": {:.3f}, "p99_ms": {:.3f}}})", name,
                             times[queries / 2], times[queries * 99 / 100])
              << std::endl;
}

struct Questions {
    std::vector<WordQuery> words;
    std::vector<Vector> vectors;
};

Questions ask(std::size_t words, Embedder& embedder) {
    bench::TextMaker maker(99);
    Questions questions;
    for (std::size_t i = 0; i < queries; ++i) {
        const std::string text = maker.make_question(words);
        questions.words.push_back(text::parse_word_query(text));
        questions.vectors.push_back(embedder.embed_query({}, text, {}));
    }
    return questions;
}

void run(std::size_t chunks, const std::string& snapshot) {
    const auto embedder = embed::make_builtin_model();
    MadeSource source(chunks, *embedder);
    NoFallback fallback;
    index::LocalIndexOptions options;
    options.memory_bytes_max = std::size_t{1} << 40;
    options.snapshot = snapshot;
    const double anonymous_before = memory_mb("RssAnon");
    const auto begin = Clock::now();
    index::LocalIndex index(source, fallback, options);
    index.start();
    CallContext long_time;
    long_time.deadline = begin + std::chrono::minutes(30);
    if (!index.wait_until_ready(long_time)) {
        throw Error(ErrorCode::deadline_exceeded, "The copy took too long.");
    }
    const double build = milliseconds_since(begin);
    const auto status = index.status();
    std::cout
        << fmt::format(
               R"({{"name": "build", "chunks": {}, "ms": {:.0f}, "without_making_ms": {:.0f}, )"
               R"("segments": {}, "index_mb": {:.1f}, "working_mb": {:.1f}, "anonymous_mb": {:.1f}, )"
               R"("kernel": "{}"}})",
               status.chunk_count, build, build - source.spent_ms, status.segment_count,
               static_cast<double>(status.size_bytes) / 1048576.0,
               static_cast<double>(status.working_bytes) / 1048576.0,
               memory_mb("RssAnon") - anonymous_before, int8_dot_kernel())
        << std::endl;
    const CallContext context;
    const SearchScope all{{1}, {}};
    const auto space = embedder->space();
    const Questions eight = ask(8, *embedder);
    measure("nearest", [&](std::size_t i) {
        (void)index.nearest(context, all, space, eight.vectors[i], candidates);
    });
    for (const std::size_t words : {2U, 4U, 8U}) {
        const Questions questions = ask(words, *embedder);
        measure(fmt::format("best_words of {}", words), [&](std::size_t i) {
            (void)index.best_words(context, all, questions.words[i], candidates);
        });
    }
    measure("best_words of 8, ten wanted",
            [&](std::size_t i) { (void)index.best_words(context, all, eight.words[i], 10); });
    for (const char* filter : {R"({"hundredth": 7})", R"({"half": 1})"}) {
        const SearchScope scope{{1}, parse_metadata_filter(nlohmann::json::parse(filter))};
        const std::string share = std::string(filter).substr(2, 4) == "half" ? "50 %" : "1 %";
        measure("nearest, " + share, [&](std::size_t i) {
            (void)index.nearest(context, scope, space, eight.vectors[i], candidates);
        });
        measure("best_words of 8, " + share, [&](std::size_t i) {
            (void)index.best_words(context, scope, eight.words[i], candidates);
        });
    }
    measure("hybrid of 8: all that a search asks", [&](std::size_t i) {
        const auto near = index.nearest(context, all, space, eight.vectors[i], candidates);
        const auto words = index.best_words(context, all, eight.words[i], candidates);
        std::vector<ChunkId> chunks_near;
        std::vector<ChunkId> chunks_words;
        for (const Candidate& candidate : near) {
            chunks_near.push_back(candidate.chunk);
        }
        for (const Candidate& candidate : words.hits) {
            chunks_words.push_back(candidate.chunk);
        }
        (void)index.word_scores(context, all, eight.words[i], chunks_near);
        (void)index.similarities(context, space, eight.vectors[i], chunks_words);
        chunks_words.resize(std::min<std::size_t>(chunks_words.size(), 5));
        (void)index.load(context, chunks_words);
    });
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? std::stoul(argv[1]) : 100'000, argc > 2 ? argv[2] : "");
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
