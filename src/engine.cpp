#include "engine.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "browser/chromium.hpp"
#include "crawl/site_crawler.hpp"
#include "embed/embedder_factory.hpp"
#include "formats/worker_reader.hpp"
#include "index/indexed_store.hpp"
#include "index/local_index.hpp"
#include "measured.hpp"
#include "net/client.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace rag {
namespace {

constexpr std::chrono::seconds open_wait_max{30};
constexpr std::chrono::seconds collections_kept_remote{1};

net::NetOptions net_options(const Config& config) {
    net::NetOptions options;
    options.allow_hosts = config.crawl_allow_hosts;
    options.user_agent = config.crawl_user_agent;
    options.contact = config.crawl_contact;
    options.headers_by_host = config.crawl_headers;
    return options;
}

browser::ChromiumOptions browser_options(const Config& config) {
    browser::ChromiumOptions options;
    options.program = config.browser;
    options.search_path = config.search_path;
    options.sandbox = config.browser_sandbox ? browser::Sandbox::on : browser::Sandbox::off;
    options.user_agent = net::user_agent_of(net_options(config));
    options.allow_hosts = config.crawl_allow_hosts;
    return options;
}

/// robots.txt knows a crawler by the name that its user agent begins with.
crawl::CrawlOptions crawl_options(const Config& config, PageRenderer& renderer,
                                  DocumentReader& documents) {
    crawl::CrawlOptions options;
    options.renderer = &renderer;
    options.documents = &documents;
    std::string name =
        config.crawl_user_agent.substr(0, config.crawl_user_agent.find_first_of("/ "));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!name.empty()) {
        options.product = name;
    }
    options.delay = std::chrono::milliseconds(config.crawl_delay_ms);
    options.fetches_at_once = static_cast<std::size_t>(config.crawl_fetches);
    options.fetches_per_host = static_cast<std::size_t>(config.crawl_fetches_per_host);
    return options;
}

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("localhost");
}

bool is_file(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

memory::Options memory_options(const Config& config, const OpenedStore& opened) {
    memory::Options options;
    options.files.allowed_roots = config.allowed_roots;
    options.files.working_dir = config.working_dir;
    options.files.home_dir = config.home_dir;
    options.files.data_dir = config.data_dir;
    options.collections_kept =
        opened.remote ? collections_kept_remote : std::chrono::milliseconds{0};
    options.host = host_name();
    options.crawl_starts_per_hour = config.crawl_starts;
    return options;
}

/// One snapshot for each database and model, shared by the processes of this machine.
index::LocalIndexOptions copy_options(const Config& config, const EmbeddingSpace& space) {
    index::LocalIndexOptions options;
    options.memory_bytes_max = static_cast<std::size_t>(config.index_memory_mb) << 20;
    const std::filesystem::path folder = std::filesystem::path(config.data_dir) / "index";
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) {
        const std::string name =
            sha256_hex(config.database_url + '\n' + config.db_schema + '\n' + space.model);
        options.snapshot = folder / (name.substr(0, 16) + ".snapshot");
    }
    return options;
}

}  // namespace

embed::EmbedderOptions embedder_options(const Config& config) {
    embed::EmbedderOptions options;
    options.provider = *embed::parse_embedding_provider(config.embedding_provider);
    options.model = config.embedding_model;
    options.dimensions = config.embedding_dimensions;
    options.api_key = config.openai_api_key;
    options.base_url = config.openai_base_url;
    return options;
}

/// Made together, because the memory needs all of it.
struct Engine::Opened {
    std::unique_ptr<Embedder> embedder;
    OpenedStore store;
    /// Null where the store answers searches; else the two that stand before it.
    std::unique_ptr<index::LocalIndex> copy;
    std::unique_ptr<Store> copied_store;
    std::unique_ptr<SearchIndex> search;
    std::unique_ptr<memory::Memory> memory;
};

Engine::Engine(const Config& config, Metrics& metrics)
    : config_(config),
      metrics_(metrics),
      http_(std::make_unique<MeasuredHttp>(std::make_unique<net::NetClient>(net_options(config)),
                                           metrics)),
      renderer_(std::make_unique<browser::Chromium>(browser_options(config))),
      documents_(std::make_unique<formats::WorkerReader>()),
      web_(
          std::make_unique<MeasuredWeb>(std::make_unique<crawl::SiteCrawler>(
                                            *http_, crawl_options(config, *renderer_, *documents_)),
                                        metrics)),
      opened_([this] { return open(); }) {}

Engine::~Engine() = default;

void Engine::open_in_background() {
    opened_.start();
}

void Engine::show() {
    const auto of_copy = [this](auto read) {
        return [this, read]() -> double {
            const Opened* opened = opened_.peek();
            return opened != nullptr && opened->copy ? read(opened->copy->status()) : 0;
        };
    };
    using Status = const index::LocalIndexStatus&;
    metrics_.gauge("rag_index_ready", "1 when searches are answered from this process's copy.",
                   of_copy([](Status status) { return status.ready ? 1.0 : 0.0; }));
    metrics_.gauge("rag_index_chunks", "Chunks in the copy.",
                   of_copy([](Status status) { return static_cast<double>(status.chunk_count); }));
    metrics_.gauge(
        "rag_index_graph_vectors", "Of the copy, vectors that a graph answers for.",
        of_copy([](Status status) { return static_cast<double>(status.graph_vectors); }));
    metrics_.gauge("rag_index_bytes", "Size of the copy, mapped files included.",
                   of_copy([](Status status) { return static_cast<double>(status.size_bytes); }));
    metrics_.gauge(
        "rag_index_working_bytes", "Of the copy, what searches need in memory.",
        of_copy([](Status status) { return static_cast<double>(status.working_bytes); }));
    metrics_.gauge(
        "rag_index_excluded_collections",
        "Collections that the database answers because they do not fit.",
        of_copy([](Status status) { return static_cast<double>(status.excluded.size()); }));
    metrics_.gauge("rag_index_stuck", "1 while the copy cannot follow the database.",
                   of_copy([](Status status) { return status.trouble.empty() ? 0.0 : 1.0; }));
    metrics_.gauge(
        "rag_index_lag_seconds", "Since the copy last read the change feed.",
        of_copy([](Status status) {
            return std::chrono::duration<double>(status.lag.value_or(std::chrono::milliseconds{0}))
                .count();
        }));
    metrics_.gauge("rag_store_open", "1 once the database is open.",
                   [this] { return opened_.state() == DeferredState::ready ? 1.0 : 0.0; });
    metrics_.gauge("rag_jobs_running", "Jobs that this process works on.", [this] {
        const memory::Memory* memory = open_memory();
        return memory == nullptr ? 0.0 : static_cast<double>(memory->running_jobs());
    });
    const auto of_pool = [this](auto read) {
        return [this, read]() -> double {
            const Opened* opened = opened_.peek();
            return opened != nullptr && opened->store.pool_use ? read(opened->store.pool_use()) : 0;
        };
    };
    metrics_.gauge("rag_store_connections", "Open connections to the database server.",
                   of_pool([](const PoolUse& use) { return static_cast<double>(use.open); }));
    metrics_.gauge("rag_store_connections_busy", "Of these, lent to calls.",
                   of_pool([](const PoolUse& use) { return static_cast<double>(use.busy); }));
}

DeferredState Engine::state() const {
    return opened_.state();
}

memory::Memory& Engine::memory(const CallContext& context) {
    return *wait(context).memory;
}

Store& Engine::store(const CallContext& context) {
    return *wait(context).store.store;
}

Embedder& Engine::embedder(const CallContext& context) {
    return *wait(context).embedder;
}

Upkeep& Engine::upkeep(const CallContext& context) {
    return *wait(context).store.upkeep;
}

Transfer& Engine::transfer(const CallContext& context) {
    return *wait(context).store.transfer;
}

memory::VerifyReport Engine::verify(const CallContext& context,
                                    const memory::VerifyOptions& options) {
    Opened& opened = wait(context);
    SearchIndex& tested =
        opened.copy ? static_cast<SearchIndex&>(*opened.copy) : *opened.store.index;
    return memory::verify(
        context, {*opened.store.source, tested, *opened.store.index, *opened.embedder}, options);
}

EndedSessionTable& Engine::ended_sessions(const CallContext& context) {
    return *wait(context).store.ended_sessions;
}

TokenTable& Engine::tokens(const CallContext& context) {
    return *wait(context).store.tokens;
}

std::unique_ptr<Embedder> Engine::make_embedder() {
    return embed::make_embedder(embedder_options(config_), *http_);
}

Store* Engine::open_store() {
    Opened* opened = opened_.peek();
    return opened == nullptr ? nullptr : opened->store.store.get();
}

memory::Memory* Engine::open_memory() {
    Opened* opened = opened_.peek();
    return opened == nullptr ? nullptr : opened->memory.get();
}

void Engine::wait_for_copy(const CallContext& context) {
    Opened& opened = wait(context);
    if (opened.copy && search_from_ == SearchFrom::copy) {
        opened.copy->wait_until_ready(context);
        context.check();
        opened.copy->catch_up(context);
    }
}

std::optional<index::LocalIndexStatus> Engine::copy_status() {
    const Opened* opened = opened_.peek();
    return opened != nullptr && opened->copy ? std::optional(opened->copy->status()) : std::nullopt;
}

void Engine::tend_store(const CallContext& context) {
    const Opened* opened = opened_.peek();
    if (opened != nullptr && opened->store.tend) {
        opened->store.tend(context);
    }
}

bool Engine::is_cut_off() {
    const Opened* opened = opened_.peek();
    return opened != nullptr && opened->copy && !opened->copy->status().trouble.empty();
}

void Engine::shut_down() {
    if (memory::Memory* memory = open_memory()) {
        memory->shut_down();
    }
}

/// Null where the store is to answer searches.
std::unique_ptr<index::LocalIndex> Engine::make_copy(const Opened& opened) const {
    if (search_from_ == SearchFrom::store) {
        return nullptr;
    }
    index::LocalIndexOptions options = copy_options(config_, opened.embedder->space());
    options.saves = search_from_ == SearchFrom::copy;
    if (search_from_ == SearchFrom::snapshot && !is_file(options.snapshot)) {
        return nullptr;
    }
    return std::make_unique<index::LocalIndex>(*opened.store.source, *opened.store.index,
                                               std::move(options));
}

std::unique_ptr<Engine::Opened> Engine::open() {
    try {
        auto opened = std::make_unique<Opened>();
        opened->embedder = std::make_unique<MeasuredEmbedder>(make_embedder(), metrics_);
        opened->store = rag::open_store(config_, clock_);
        opened->copy = make_copy(*opened);
        if (opened->copy) {
            opened->copy->start();
            opened->copied_store =
                std::make_unique<index::IndexedStore>(*opened->store.store, *opened->copy);
        }
        Store& store = opened->copied_store ? *opened->copied_store : *opened->store.store;
        opened->search = std::make_unique<MeasuredIndex>(
            opened->copy ? static_cast<SearchIndex&>(*opened->copy) : *opened->store.index,
            metrics_);
        opened->memory = std::make_unique<memory::Memory>(
            memory::Ports{store, *opened->store.frontier, *opened->search, *opened->embedder, *web_,
                          clock_, ids_, opened->store.spaces.get(), opened->store.transfer.get(),
                          documents_.get()},
            memory_options(config_, opened->store));
        log::info("the memory is open");
        return opened;
    } catch (const Error& error) {
        log::error("the memory could not be opened: {}", error.message());
        throw;
    }
}

Engine::Opened& Engine::wait(const CallContext& context) {
    return opened_.wait(context, open_wait_max);
}

}  // namespace rag
