#pragma once

#include "base/clock.hpp"
#include "base/deferred.hpp"
#include "base/metrics.hpp"
#include "config.hpp"
#include "embed/embedder_factory.hpp"
#include "index/local_index.hpp"
#include "memory/memory.hpp"
#include "memory/verify.hpp"
#include "open_store.hpp"
#include "rag/document_reader.hpp"
#include "rag/embedder.hpp"
#include "rag/http_client.hpp"
#include "rag/page_renderer.hpp"
#include "rag/page_source.hpp"

#include <memory>
#include <optional>

namespace rag {

/// The model that the configuration names.
embed::EmbedderOptions embedder_options(const Config& config);

/// What answers searches.
enum class SearchFrom {
    store,     ///< The database, anew each time.
    snapshot,  ///< The copy that a server left on this machine, brought up to date and not written
               ///< anew, or the database where there is none: what a single command needs.
    copy,      ///< A copy in this process, made if need be and kept current: what a server needs.
};

/// The memory and all that it is built on. Making one opens nothing; the store is opened in the
/// background, or when first asked for. Safe for concurrent use.
class Engine final {
public:
    /// What it does is measured in `metrics`, which must outlive this.
    Engine(const Config& config, Metrics& metrics);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// From now on; must come before anything is opened.
    void search_from(SearchFrom where) { search_from_ = where; }
    void open_in_background();
    /// From now on the page shows the index and the store; this must outlive its last reading.
    void show();
    DeferredState state() const;

    /// Each waits for the store to be open, at most 30 s; throws what opening threw.
    memory::Memory& memory(const CallContext& context);
    Store& store(const CallContext& context);
    Embedder& embedder(const CallContext& context);
    Upkeep& upkeep(const CallContext& context);
    Transfer& transfer(const CallContext& context);
    /// Compares what answers searches with looking at everything in the store.
    memory::VerifyReport verify(const CallContext& context, const memory::VerifyOptions& options);
    /// Until the copy is there and holds what was committed before; at once where none is wanted.
    void wait_for_copy(const CallContext& context);
    EndedSessionTable& ended_sessions(const CallContext& context);
    TokenTable& tokens(const CallContext& context);

    /// The configured model, without a store.
    std::unique_ptr<Embedder> make_embedder();

    /// What is open, without waiting; null before.
    Store* open_store();
    memory::Memory* open_memory();
    /// Of the copy; null before it is begun and where there is none. Never blocks.
    std::optional<index::LocalIndexStatus> copy_status();

    /// Does what OpenedStore::tend does, once the store is open. Used by one thread.
    void tend_store(const CallContext& context);
    /// Whether the database does not answer the copy that follows it. False without a copy.
    bool is_cut_off();

    /// Stops long work at its next page or file. Never blocks.
    void shut_down();

    HttpClient& http() { return *http_; }
    PageRenderer& renderer() { return *renderer_; }
    Clock& clock() { return clock_; }
    IdSource& ids() { return ids_; }

private:
    struct Opened;

    std::unique_ptr<Opened> open();
    std::unique_ptr<index::LocalIndex> make_copy(const Opened& opened) const;
    Opened& wait(const CallContext& context);

    // Constant after construction; destroyed from the last to the first.
    const Config config_;
    Metrics& metrics_;
    SearchFrom search_from_ = SearchFrom::store;
    SystemClock clock_;
    RandomIds ids_;
    std::unique_ptr<HttpClient> http_;
    std::unique_ptr<PageRenderer> renderer_;
    std::unique_ptr<DocumentReader> documents_;
    std::unique_ptr<Web> web_;
    Deferred<Opened> opened_;
};

}  // namespace rag
