#pragma once

#include "config.hpp"
#include "memory/memory.hpp"
#include "rag/embedder.hpp"
#include "rag/store.hpp"
#include "rag/token_table.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rag::cli {

enum class ServeTransport { http, stdio };

/// What a server offers: the memory, or the fixtures of the protocol's conformance suite.
enum class ServeOffer { memory, conformance_fixtures };

struct ServeOptions {
    ServeTransport transport = ServeTransport::http;
    ServeOffer offer = ServeOffer::memory;
};

/// What the commands work on: the product, built from a configuration. Nothing is opened before it
/// is asked for.
class Application {
public:
    virtual ~Application() = default;

    /// Opens the store if need be; throws what opening throws.
    virtual memory::Memory& memory() = 0;
    virtual Store& store() = 0;
    virtual Embedder& embedder() = 0;
    virtual TokenTable& tokens() = 0;
    /// Serves until the client goes or a signal comes; the process's exit code.
    virtual int serve(const ServeOptions& options) = 0;
};

using MakeApplication = std::function<std::unique_ptr<Application>(const LoadedConfig& config)>;

}  // namespace rag::cli
