#pragma once

#include "base/clock.hpp"
#include "memory/memory.hpp"
#include "memory/plain_store.hpp"
#include "rag/error.hpp"
#include "support/fake_frontier.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace rag::test {

/// Texts that share stems point in similar directions; nothing else does.
class StemEmbedder final : public Embedder {
public:
    const EmbeddingSpace& space() const override { return space_; }
    FusionConstants fusion() const override { return {0.5, 0.1}; }
    std::vector<Vector> embed_passages(const CallContext&,
                                       std::span<const std::string> texts) override;
    Vector embed_query(const CallContext&, std::string_view text, const CountWords&) override;

    /// Called at the start of every function; may throw to play a fault.
    std::function<void()> before_each;

private:
    const EmbeddingSpace space_{"test/stems", 64};
};

/// Sites out of a map: URL to page, or to the status that its fetch ends with.
class PlainWeb final : public Web {
public:
    struct Site {
        int status = 200;
        std::string markdown;
        std::string title;
        std::vector<std::string> links;
    };

    std::unique_ptr<PageSource> crawl(const CallContext&, const CrawlRequest& request) override;
    SiteAnalysis analyze(const CallContext&, const SiteAnalysisRequest& request) override;

    std::map<std::string, Site> pages;
    /// Whether pages have a validator and are unchanged for whoever has it.
    bool has_validators = false;
    /// Called before each page; may throw, block or change `pages`.
    std::function<void(const std::string& url)> before_page;
};

/// Documents whose text stands in them as it is, after their first line.
class PlainDocuments final : public DocumentReader {
public:
    ReadDocument read(const CallContext&, DocumentType type, std::string_view bytes) override {
        last = type;
        if (bytes.find("broken") != std::string_view::npos) {
            throw Error(ErrorCode::invalid_argument, "The document is broken. Mend it.");
        }
        return {std::string(bytes.substr(bytes.find('\n') + 1)), "Title", {{"author", "Ida"}}};
    }

    DocumentType last{};
};

/// A memory on plain parts, with a folder of its own for files.
class World {
public:
    World();

    memory::Memory& memory() { return *memory_; }
    /// The process dies and another one opens the same store.
    void restart() { memory_ = make(); }
    std::unique_ptr<memory::Memory> make(
        std::chrono::milliseconds lease = std::chrono::milliseconds(500));

    memory::IngestedDocument add(const std::string& content, const std::string& title = "",
                                 const Metadata& metadata = Metadata::object(),
                                 const std::string& collection = "c");
    SearchResult find(const std::string& text, std::int64_t limit = 5,
                      SearchMode mode = SearchMode::hybrid);
    void write_file(const std::string& name, const std::string& content);

    TempDir dir;
    std::string root;  ///< The folder, resolved.
    SystemClock clock;
    RandomIds ids;
    PlainStore store{clock};
    FakeFrontier frontier{store};
    StemEmbedder embedder;
    PlainWeb web;
    PlainDocuments documents;
    CallContext context;

private:
    std::unique_ptr<memory::Memory> memory_;
};

/// The sentence of the error that `call` throws; "" when it throws none.
template <class Call>
std::string error_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace rag::test
