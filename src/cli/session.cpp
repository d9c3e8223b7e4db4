#include "cli/session.hpp"

#include "cli/terminal.hpp"
#include "rag/error.hpp"

#include <cstdio>

namespace rag::cli {
const LoadedConfig& Session::config() {
    if (!config_) {
        try {
            config_ = std::make_unique<LoadedConfig>(load_config(overrides));
        } catch (const Error& error) {
            throw UsageError(error.message());
        }
        // Commands speak for themselves: the log is for what is wrong, unless a level is asked for.
        const bool asked = config_->find_set("RAG_LOG_LEVEL") != nullptr;
        log::configure(asked ? config_->config.log_level : log::Level::warn,
                       config_->config.log_format);
    }
    return *config_;
}

Application& Session::application() {
    if (!application_) {
        application_ = make_application_(config());
    }
    return *application_;
}

CallContext Session::context() const {
    CallContext context;
    context.caller.principal = "local";
    context.caller.role = Role::admin;
    context.caller.files = FileReach::whole_machine;
    context.request_id = "command-line";
    if (!json) {
        context.on_progress = make_progress_bar();
    }
    return context;
}

void Session::write(const std::string& text) const {
    clear_progress_bar();
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

Json read_object_option(const std::string& option, const std::string& text) {
    if (text.empty()) {
        return Json::object();
    }
    const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object()) {
        throw UsageError(option + " needs a JSON object such as {\"team\": \"db\"}, not '" + text +
                         "'.");
    }
    return value;
}

}  // namespace rag::cli
