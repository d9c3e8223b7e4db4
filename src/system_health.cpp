#include "system_health.hpp"

#include "base/time_text.hpp"
#include "base/version.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <functional>

namespace rag {
namespace {

constexpr std::chrono::seconds part_time_max{3};
constexpr std::int64_t jobs_counted_max = 1000;
constexpr std::uintmax_t free_bytes_wanted = 200'000'000;

const char* to_word(index::CopyState state) {
    switch (state) {
        case index::CopyState::loading: return "loading";
        case index::CopyState::following: return "following";
        case index::CopyState::cut_off: return "cut_off";
    }
    return "loading";
}

Json part(const char* status, const std::string& message) {
    return {{"status", status}, {"latency_ms", nullptr}, {"message", message}};
}

/// Asks and takes the time; what is thrown is a failure of the part.
Json examine_part(const std::function<std::string(const CallContext&)>& ask) {
    const auto start = std::chrono::steady_clock::now();
    CallContext context;
    context.deadline = start + part_time_max;
    context.request_id = "health";
    Json result;
    try {
        result = part("ok", ask(context));
    } catch (const Error& error) {
        result = part("failed", error.message());
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    result["latency_ms"] = took.count();
    return result;
}

Json examine_database(Engine& engine) {
    Store* store = engine.open_store();
    if (store == nullptr) {
        return part("failed", engine.state() == DeferredState::failed
                                  ? "The database could not be opened; it is tried again."
                                  : "The database is being opened.");
    }
    return examine_part([&](const CallContext& context) {
        store->ping(context);
        return std::string("The database answers.");
    });
}

Json examine_vectors(Engine& engine) {
    const auto status = engine.copy_status();
    if (!status) {
        return part("degraded", "The search index is not begun; the database answers searches.");
    }
    switch (status->state) {
        case index::CopyState::loading:
            return part("degraded", "The search index is loading; the database answers searches.");
        case index::CopyState::cut_off:
            return part("degraded",
                        fmt::format("The search index has not heard from the database since {} and "
                                    "answers from what it has.",
                                    to_iso8601(status->cut_off_since.value_or(Timestamp{}))));
        case index::CopyState::following: break;
    }
    return part("ok", fmt::format("The search index holds {} passages.", status->chunk_count));
}

Json examine_embedding(const Config& config, Engine& engine) {
    if (config.embedding_provider == "openai") {
        // A probe would cost money each time.
        return part("ok", "A service makes the embeddings; it is asked with the next text.");
    }
    if (engine.open_store() == nullptr) {
        return part("degraded", "The embedding model is being opened.");
    }
    return examine_part([&](const CallContext& context) {
        const std::string probe[] = {"Is the embedding model there?"};
        engine.embedder(context).embed_passages(context, probe);
        return std::string("The embedding model answers.");
    });
}

std::string examine_crawler(Engine& engine) {
    const std::string why = engine.renderer().why_not();
    return why.empty() ? "Pages are fetched, and rendered where they need it."
                       : "Pages are fetched, but none is rendered. " + why;
}

Json examine_storage(const Config& config) {
    std::error_code error;
    const auto space = std::filesystem::space(config.data_dir, error);
    if (error) {
        return part("degraded", "The data folder cannot be looked at.");
    }
    return part(space.available < free_bytes_wanted ? "degraded" : "ok",
                fmt::format("{} MB are free for data.", space.available / 1'000'000));
}

Json examine_jobs(Engine& engine) {
    Store* store = engine.open_store();
    if (store == nullptr) {
        return part("degraded", "The database is not open.");
    }
    return examine_part([&](const CallContext& context) {
        int running = 0;
        int queued = 0;
        for (const Job& job : store->list_jobs(context, jobs_counted_max)) {
            running += job.state == JobState::running ? 1 : 0;
            queued += job.state == JobState::queued ? 1 : 0;
        }
        return fmt::format("{} jobs run, {} wait.", running, queued);
    });
}

/// The worst of the parts; without a database there is no service.
std::string judge(const Json& parts) {
    if (parts.at("database").at("status") == "failed") {
        return "failed";
    }
    for (const Json& one : parts) {
        if (one.at("status") != "ok") {
            return "degraded";
        }
    }
    return "ok";
}

}  // namespace

Json SystemHealth::summarise() const {
    const DeferredState state = engine_.state();
    const char* word = state == DeferredState::ready    ? "ok"
                       : state == DeferredState::failed ? "failed"
                                                        : "loading";
    const auto uptime =
        std::chrono::duration_cast<std::chrono::seconds>(engine_.clock().now() - started_);
    return {{"status", word},
            {"version", version},
            {"uptime_s", uptime.count()},
            {"search_index", index_form(engine_.copy_status())}};
}

Json SystemHealth::examine() const {
    Json parts = {{"database", examine_database(engine_)},
                  {"vectors", examine_vectors(engine_)},
                  {"crawler", part("ok", examine_crawler(engine_))},
                  {"ai_services", examine_embedding(config_, engine_)},
                  {"storage", examine_storage(config_)},
                  {"jobs", examine_jobs(engine_)}};
    Json health = summarise();
    health["status"] = judge(parts);
    health["parts"] = std::move(parts);
    return health;
}

Json index_form(const std::optional<index::LocalIndexStatus>& status) {
    if (!status) {
        return nullptr;
    }
    return {{"state", to_word(status->state)},
            {"from_snapshot", status->from_snapshot},
            {"cut_off_since",
             status->cut_off_since ? Json(to_iso8601(*status->cut_off_since)) : Json(nullptr)},
            {"lag_ms", status->lag ? Json(status->lag->count()) : Json(nullptr)},
            {"chunks", status->chunk_count},
            {"segments", status->segment_count},
            {"size_bytes", status->size_bytes},
            {"working_bytes", status->working_bytes},
            {"left_to_database", status->excluded}};
}

}  // namespace rag
