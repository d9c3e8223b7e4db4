#pragma once

#include "base/json.hpp"
#include "config.hpp"
#include "memory/memory.hpp"
#include "memory/verify.hpp"
#include "rag/embedder.hpp"
#include "rag/folder_watcher.hpp"
#include "rag/migration.hpp"
#include "rag/page_renderer.hpp"
#include "rag/store.hpp"
#include "rag/token_table.hpp"
#include "rag/transfer.hpp"
#include "rag/upkeep.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace rag::cli {

enum class ServeTransport { http, stdio };

/// What a server offers: the memory, or the fixtures of the protocol's conformance suite.
enum class ServeOffer { memory, conformance_fixtures };

struct ServeOptions {
    ServeTransport transport = ServeTransport::http;
    ServeOffer offer = ServeOffer::memory;
};

struct GarbageReport {
    RemovedRows rows;
    std::int64_t snapshots = 0;  ///< Files of the search index that no server wrote for a while.
    std::int64_t snapshot_bytes = 0;
};

/// What answers this run's searches.
enum class Searched {
    database,  ///< The database.
    snapshot,  ///< The copy that a server left, which is quicker; the database where there is none.
    copy,      ///< The copy that a server searches: loaded or made first.
};

/// What the commands work on: the product, built from a configuration. Nothing is opened before it
/// is asked for.
class Application {
public:
    virtual ~Application() = default;

    /// Must come before anything is opened; the database otherwise. With `copy` one is there when
    /// memory() returns.
    virtual void search_in(Searched where) = 0;
    /// Opens the store if need be; throws what opening throws.
    virtual memory::Memory& memory() = 0;
    virtual Store& store() = 0;
    virtual Embedder& embedder() = 0;
    virtual TokenTable& tokens() = 0;
    virtual PageRenderer& renderer() = 0;
    virtual Transfer& transfer() = 0;
    /// Compares the copy that a server searches, loaded or made first, with looking at everything.
    virtual memory::VerifyReport verify(const CallContext& context,
                                        const memory::VerifyOptions& options) = 0;
    /// The program that PDFs are read with; empty when it is not installed.
    virtual std::string find_pdf_program() = 0;
    /// What the server at the configured address says of itself; null when none answers there.
    virtual Json ask_server() = 0;
    /// What opening the store would change in its schema; opens nothing and changes nothing.
    virtual MigrationPlan plan_migration(const CallContext& context) = 0;
    /// Brings the schema up to date and builds what searches in the database need. Gives what was
    /// done.
    virtual MigrationPlan migrate(const CallContext& context) = 0;
    /// What taking over the reference database beside our schema would do; changes nothing.
    virtual TakeOverReport plan_take_over(const CallContext& context) = 0;
    virtual TakeOverReport take_over(const CallContext& context) = 0;
    /// A consistent copy of the memory in a new file, while it is used; of SQLite alone, throws
    /// Error{invalid_argument} that names the way for another store.
    virtual BackupReport back_up(const CallContext& context, const std::string& file) = 0;
    /// Into an empty store; of SQLite alone.
    virtual BackupReport restore(const CallContext& context, const std::string& file) = 0;
    virtual GarbageReport collect_garbage(const CallContext& context, const Retention& retention,
                                          Removal removal) = 0;
    /// What the embedding service takes for a million tokens, in US dollars: 0 for a model of our
    /// own, null where the price is not known.
    virtual std::optional<double> embedding_price() = 0;
    virtual std::unique_ptr<FolderWatcher> make_folder_watcher() = 0;
    /// Runs the work until it returns; a signal that asks the process to end stops the token, and
    /// the process ends soon after. Must come before anything is opened.
    virtual void run_until_signal(const std::function<void(const std::stop_token&)>& work) = 0;
    /// Serves until the client goes or a signal comes; the process's exit code.
    virtual int serve(const ServeOptions& options) = 0;
};

using MakeApplication = std::function<std::unique_ptr<Application>(const LoadedConfig& config)>;

}  // namespace rag::cli
