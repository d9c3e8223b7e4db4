#include "cli/session.hpp"
#include "rag/error.hpp"

#include <memory>

namespace rag::cli {

void add_serve_command(Command root, Session& session) {
    Command command = root.add_subcommand(
        "serve",
        "Serve the Model Context Protocol over HTTP (default) or standard input and output");
    auto transport = std::make_shared<std::string>("http");
    command.add_option("--transport", *transport, "http or stdio")
        .among({"http", "stdio"})
        .show_default();
    const auto add = [&](const char* flag, const char* variable, const char* help) {
        command.add_setting(
            flag,
            [&session, variable](const std::string& value) { session.overrides[variable] = value; },
            help);
    };
    add("--host", "RAG_HOST", "Address to listen on (127.0.0.1)");
    add("--port", "PORT", "Port to listen on (8000; 0 takes a free one)");
    add("--toolsets", "RAG_TOOLSETS", "core, admin, connector; separated by commas");
    add("--idle-exit", "RAG_IDLE_EXIT", "End after so many seconds without a call");
    auto fixtures = std::make_shared<bool>(false);
    command.add_flag("--conformance-fixtures", *fixtures,
                     "Offer what the protocol's conformance suite asks for instead of the memory");
    command.callback([&session, transport, fixtures] {
        ServeOptions options;
        options.transport = *transport == "stdio" ? ServeTransport::stdio : ServeTransport::http;
        options.offer = *fixtures ? ServeOffer::conformance_fixtures : ServeOffer::memory;
        try {
            session.exit_code = session.application().serve(options);
        } catch (const Error& error) {
            // What cannot be served as configured is wrong configuration, not a failed call.
            if (error.code() == ErrorCode::invalid_argument) {
                throw UsageError(error.message());
            }
            throw;
        }
    });
}

}  // namespace rag::cli
