#include "app.hpp"

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "base/workers.hpp"
#include "change_watcher.hpp"
#include "embed/embedding_price.hpp"
#include "engine.hpp"
#include "formats/pdf.hpp"
#include "http_service.hpp"
#include "job_keeper.hpp"
#include "mcp_service.hpp"
#include "rag/error.hpp"
#include "server/stdio.hpp"
#include "signals.hpp"
#include "signing_secret.hpp"
#include "store_keeper.hpp"
#include "store_migration.hpp"
#include "telemetry.hpp"
#include "token_lookups.hpp"
#include "upkeep.hpp"
#include "watch/inotify_watcher.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace rag {
namespace {

constexpr std::size_t job_threads = 2;
constexpr std::size_t job_queue_max = 64;
/// The whole stop, drain included: clients and platforms kill what takes longer than 5 s.
constexpr std::chrono::milliseconds stop_time_max{4'500};
constexpr std::chrono::milliseconds idle_look_pause{200};
constexpr std::chrono::milliseconds server_answer_max{2'000};

class App final : public cli::Application {
public:
    explicit App(const LoadedConfig& config)
        : config_(config.config), engine_(config_, telemetry_.metrics()) {}

    void search_in(cli::Searched where) override {
        switch (where) {
            case cli::Searched::database: engine_.search_from(SearchFrom::store); break;
            case cli::Searched::snapshot: engine_.search_from(SearchFrom::snapshot); break;
            case cli::Searched::copy: engine_.search_from(SearchFrom::copy); break;
        }
    }
    memory::Memory& memory() override {
        memory::Memory& memory = engine_.memory(CallContext{});
        engine_.wait_for_copy(CallContext{});
        return memory;
    }
    Store& store() override { return engine_.store(CallContext{}); }
    Transfer& transfer() override { return engine_.transfer(CallContext{}); }
    memory::VerifyReport verify(const CallContext& context,
                                const memory::VerifyOptions& options) override {
        search_in(cli::Searched::copy);
        engine_.wait_for_copy(context);
        return engine_.verify(context, options);
    }
    Embedder& embedder() override { return engine_.embedder(CallContext{}); }
    TokenTable& tokens() override { return engine_.tokens(CallContext{}); }
    PageRenderer& renderer() override { return engine_.renderer(); }

    std::string find_pdf_program() override { return formats::find_pdf_program(); }

    BackupReport back_up(const CallContext& context, const std::string& file) override {
        return rag::back_up(config_, context, file);
    }
    BackupReport restore(const CallContext& context, const std::string& file) override {
        return rag::restore(config_, context, file);
    }
    cli::GarbageReport collect_garbage(const CallContext& context, const Retention& retention,
                                       Removal removal) override {
        return rag::collect_garbage(config_, engine_, context, retention, removal);
    }

    Json ask_server() override {
        const bool everywhere = config_.host == "0.0.0.0" || config_.host == "::";
        const bool is_v6 = config_.host.find(':') != std::string::npos;
        const std::string host = everywhere ? "127.0.0.1" : config_.host;
        HttpRequest request;
        request.url = "http://" + (is_v6 && !everywhere ? '[' + host + ']' : host) + ':' +
                      std::to_string(config_.port) + "/health";
        request.reach = Reach::anywhere;
        request.timeout = server_answer_max;
        try {
            const Json answer = parse_json(engine_.http().send(CallContext{}, request).body);
            return answer.is_object() ? answer : Json(nullptr);
        } catch (const Error&) {
            return nullptr;
        }
    }

    MigrationPlan plan_migration(const CallContext& context) override {
        return rag::plan_migration(config_, context);
    }
    MigrationPlan migrate(const CallContext& context) override {
        return rag::migrate(config_, context);
    }
    TakeOverReport plan_take_over(const CallContext& context) override {
        return rag::plan_take_over(config_, engine_.make_embedder()->space(), context);
    }
    TakeOverReport take_over(const CallContext& context) override {
        return rag::take_over(config_, *engine_.make_embedder(), context);
    }

    std::optional<double> embedding_price() override {
        return config_.embedding_price ? config_.embedding_price
                                       : embed::known_price(embedder_options(config_));
    }

    std::unique_ptr<FolderWatcher> make_folder_watcher() override {
        return std::make_unique<watch::InotifyWatcher>();
    }

    void run_until_signal(const std::function<void(const std::stop_token&)>& work) override {
        // First of all threads, so that the signals come to it.
        SignalWatch signals(stop_time_max);
        work(signals.token());
    }

    int serve(const cli::ServeOptions& options) override {
        // First of all threads, so that the signals come to it.
        SignalWatch signals(stop_time_max);
        log::configure(config_.log_level, config_.log_format);
        engine_.search_from(SearchFrom::copy);
        const Offer offer = options.offer == cli::ServeOffer::conformance_fixtures
                                ? Offer::conformance_fixtures
                                : Offer::product;
        return options.transport == cli::ServeTransport::stdio ? serve_stdio(signals, offer)
                                                               : serve_http(signals, offer);
    }

private:
    int serve_stdio(SignalWatch& signals, Offer offer) {
        const server::PrivateStdout output;
        Workers calls("call", config_.workers, config_.queue);
        Workers jobs("job", job_threads, job_queue_max);
        McpService protocol(engine_, config_, find_signing_secret(config_), offer, telemetry_,
                            jobs);
        engine_.open_in_background();
        const ChangeWatcher watcher(engine_, protocol.changes());
        const JobKeeper keeper(engine_);
        const StoreKeeper store_keeper(engine_);
        Caller caller;
        caller.files = FileReach::working_tree;
        server::Stdio stdio(protocol.dispatcher(), caller, calls, jobs);
        stdio.serve(STDIN_FILENO, output.fd(), signals.token());
        signals.request_stop();
        engine_.shut_down();
        protocol.dispatcher().stop_all();
        jobs.stop();
        calls.stop();
        return 0;
    }

    int serve_http(SignalWatch& signals, Offer offer) {
        require_some_token(config_, engine_);
        const std::string secret = find_signing_secret(config_);
        Workers calls("call", config_.workers, config_.queue);
        Workers jobs("job", job_threads, job_queue_max);
        telemetry_.watch("call", calls);
        telemetry_.watch("job", jobs);
        engine_.show();
        McpService protocol(engine_, config_, secret, offer, telemetry_, jobs);
        HttpService http(config_, secret, engine_, protocol, telemetry_, calls, jobs);
        engine_.open_in_background();
        http.start();
        log::info("rag {} listening on {} (MCP at /mcp, /sse)", version, http.address());
        {
            const ChangeWatcher watcher(engine_, protocol.changes());
            const JobKeeper keeper(engine_);
            const StoreKeeper store_keeper(engine_);
            wait_for_end(signals, calls, jobs);
            engine_.shut_down();
            http.stop();
        }
        protocol.dispatcher().stop_all();
        jobs.stop();
        calls.stop();
        log::info("stopped");
        return 0;
    }

    /// Until a signal comes, or for the idle time nothing was asked and nothing ran. A stream that
    /// a client holds open is neither.
    void wait_for_end(SignalWatch& signals, const Workers& calls, const Workers& jobs) {
        auto last_work = std::chrono::steady_clock::now();
        while (!signals.token().stop_requested()) {
            std::this_thread::sleep_for(idle_look_pause);
            const auto now = std::chrono::steady_clock::now();
            const memory::Memory* memory = engine_.open_memory();
            if ((memory != nullptr && memory->running_jobs() > 0) ||
                calls.busy() + calls.queued() + jobs.busy() + jobs.queued() > 0) {
                last_work = now;
            }
            const auto idle = now - std::max(last_work, telemetry_.last_call());
            if (config_.idle_exit.count() > 0 && idle >= config_.idle_exit) {
                log::info("nothing was asked for {} s; stopping", config_.idle_exit.count());
                signals.request_stop();
            }
        }
    }

    const Config config_;
    Telemetry telemetry_;
    Engine engine_;
};

}  // namespace

std::unique_ptr<cli::Application> make_application(const LoadedConfig& config) {
    return std::make_unique<App>(config);
}

}  // namespace rag
