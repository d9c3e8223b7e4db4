#include "mcp/dispatcher.hpp"

#include "base/log.hpp"
#include "mcp/call_trace.hpp"
#include "mcp/conversation.hpp"
#include "mcp/errors.hpp"
#include "mcp/legacy.hpp"
#include "mcp/mirrored_headers.hpp"
#include "mcp/progress.hpp"
#include "mcp/tool_calls.hpp"

#include <array>
#include <utility>

namespace rag::mcp {
namespace {

enum class Method {
    discover,
    initialize,
    ping,
    set_log_level,
    list_tools,
    call_tool,
    list_resources,
    list_templates,
    read_resource,
    subscribe,
    unsubscribe,
    listen,
    list_prompts,
    get_prompt,
    complete,
    get_task,
    update_task,
    cancel_task,
};

enum class Eras { legacy, modern, both };

struct MethodEntry {
    std::string_view name;
    Method method;
    Eras eras;
    Pace pace;
};

constexpr std::array<MethodEntry, 18> methods{{
    {"server/discover", Method::discover, Eras::modern, Pace::instant},
    {"initialize", Method::initialize, Eras::legacy, Pace::instant},
    {"ping", Method::ping, Eras::legacy, Pace::instant},
    {"logging/setLevel", Method::set_log_level, Eras::legacy, Pace::instant},
    {"tools/list", Method::list_tools, Eras::both, Pace::instant},
    {"tools/call", Method::call_tool, Eras::both, Pace::brief},
    {"resources/list", Method::list_resources, Eras::both, Pace::brief},
    {"resources/templates/list", Method::list_templates, Eras::both, Pace::instant},
    {"resources/read", Method::read_resource, Eras::both, Pace::brief},
    {"resources/subscribe", Method::subscribe, Eras::legacy, Pace::brief},
    {"resources/unsubscribe", Method::unsubscribe, Eras::legacy, Pace::instant},
    {"subscriptions/listen", Method::listen, Eras::modern, Pace::listening},
    {"prompts/list", Method::list_prompts, Eras::both, Pace::instant},
    {"prompts/get", Method::get_prompt, Eras::both, Pace::brief},
    {"completion/complete", Method::complete, Eras::both, Pace::brief},
    {"tasks/get", Method::get_task, Eras::modern, Pace::brief},
    {"tasks/update", Method::update_task, Eras::modern, Pace::brief},
    {"tasks/cancel", Method::cancel_task, Eras::modern, Pace::brief},
}};

const MethodEntry* find_method(std::string_view name, Era era) {
    for (const MethodEntry& entry : methods) {
        const bool there =
            entry.eras == Eras::both || (entry.eras == Eras::modern) == (era == Era::modern);
        if (entry.name == name && there) {
            return &entry;
        }
    }
    return nullptr;
}

bool is_about_tasks(Method method) {
    return method == Method::get_task || method == Method::update_task ||
           method == Method::cancel_task;
}

ServerCard with_extensions(ServerCard card, const Tasks* tasks) {
    if (tasks != nullptr) {
        card.extensions[tasks_extension] = Json::object();
    }
    return card;
}

Reply make_error_reply(const RequestId& id, const RpcError& error, Era era) {
    return {make_error(id, error), http_status(error, era)};
}

/// Of a message without a modern claim: a header that names a modern revision needs one in the
/// body.
void check_claim_not_missing(const Message& message, const Arrival& arrival) {
    if (arrival.headers == nullptr || message.method == "initialize") {
        return;
    }
    const auto stated = find_header(*arrival.headers, "mcp-protocol-version");
    const auto revision = stated ? parse_revision(*stated) : std::nullopt;
    if (revision && era_of(*revision) == Era::modern) {
        throw EnvelopeFailure(std::string("params._meta needs the string ") +
                              meta_key::protocol_version + ".");
    }
}

void find_tool(Call& call, const Registry& registry, const Arrival& arrival, const Tasks* tasks) {
    call.tool = registry.find_tool(require_string(call.params, "name"));
    if (call.tool == nullptr) {
        call.pace = Pace::instant;
        return;
    }
    const bool asks_back = static_cast<bool>(call.tool->dialogue_handler);
    const bool legacy = era_of(call.revision) == Era::legacy;
    call.becomes_task = becomes_task(call, tasks);
    if (!call.becomes_task && (call.tool->duration == Duration::lengthy || (asks_back && legacy))) {
        call.pace = Pace::lengthy;
    }
    call.wants_stream = call.wants_stream || (asks_back && legacy);
    if (!legacy && arrival.headers != nullptr && call.tool->definition.contains("inputSchema")) {
        const Json arguments =
            call.params.contains("arguments") ? call.params["arguments"] : Json::object();
        check_param_headers(*arrival.headers, call.tool->definition["inputSchema"], arguments);
    }
}

/// A place among the open subscriptions, given back when the last copy goes.
std::shared_ptr<void> take_place(const std::shared_ptr<std::atomic<int>>& count, int most) {
    if (count->fetch_add(1) >= most) {
        count->fetch_sub(1);
        throw RpcFailure(code::internal_error, "Too many subscriptions are open on this server (" +
                                                   std::to_string(most) +
                                                   "); close one or come back later.");
    }
    return {static_cast<void*>(count.get()), [count](void*) { count->fetch_sub(1); }};
}

}  // namespace

Dispatcher::Dispatcher(const Registry& registry, ServerCard card, const std::string& secret,
                       ChangeHub& changes, const Clock& clock, IdSource& ids,
                       DispatcherOptions options, Tasks* tasks)
    : registry_(registry),
      card_(with_extensions(std::move(card), tasks)),
      options_(options),
      catalogue_(registry),
      state_seal_(secret, "request-state"),
      clock_(clock),
      changes_(changes),
      ids_(ids),
      tasks_(tasks),
      subscriptions_(std::make_shared<std::atomic<int>>(0)) {}

std::variant<std::shared_ptr<Call>, Reply> Dispatcher::admit(Message request,
                                                             const Arrival& arrival) {
    const RequestId id = *request.id;
    const Era era = claims_modern(request.params) ? Era::modern : Era::legacy;
    try {
        if (era == Era::legacy) {
            check_claim_not_missing(request, arrival);
        }
        Call admitted = era == Era::modern
                            ? admit_modern(std::move(request), arrival, options_.version_header)
                            : admit_legacy(std::move(request), arrival);
        auto call = std::make_shared<Call>(std::move(admitted));
        const MethodEntry* entry = find_method(call->method, era);
        if (entry == nullptr || (is_about_tasks(entry->method) && tasks_ == nullptr)) {
            throw RpcFailure(code::method_not_found,
                             "The method '" + call->method + "' is not available.");
        }
        if (is_about_tasks(entry->method) && !call->capabilities.tasks) {
            throw_tasks_needed();
        }
        call->pace = entry->pace;
        call->trace_parent = find_trace_parent(call->params, arrival);
        if (entry->method == Method::call_tool) {
            find_tool(*call, registry_, arrival, tasks_);
        }
        if (!arrival.scope.empty()) {
            std::optional<InFlight::Ticket> ticket = in_flight_.enter(arrival.scope, id);
            if (!ticket) {
                throw RpcFailure(code::invalid_request,
                                 "A request with this id is in flight already.");
            }
            call->ticket = std::move(*ticket);
        }
        return call;
    } catch (const EnvelopeFailure& failure) {
        return Reply{make_error(id, failure.error()), 400};
    } catch (const RpcFailure& failure) {
        return make_error_reply(id, failure.error(), era);
    }
}

std::optional<Reply> Dispatcher::run(Call& call, Outlet& outlet) {
    Reply reply;
    const SteadyTime begun = clock_.steady_now();
    CallContext context = make_context(call);
    const log::Scope scope(make_mark(context));
    CallOutcome outcome = CallOutcome::failed;
    try {
        std::optional<ProgressReporter> reporter;
        if (!call.progress_token.is_null()) {
            reporter.emplace(call.progress_token, call.revision, outlet);
            context.on_progress = reporter->sink();
        }
        Json result = dispatch(call, context, outlet);
        outcome = result.value("isError", false) ? CallOutcome::tool_error : CallOutcome::done;
        reply = finish(call, std::move(result));
    } catch (const std::exception& failure) {
        reply = make_error_reply(call.id, to_rpc_error(failure, context.request_id),
                                 era_of(call.revision));
    }
    const bool cancelled = call.ticket.token().stop_requested();
    call.ticket.leave();
    report(call, cancelled ? CallOutcome::cancelled : outcome, begun);
    return cancelled ? std::nullopt : std::optional<Reply>(std::move(reply));
}

Json Dispatcher::dispatch(const Call& call, const CallContext& context, Outlet& outlet) {
    const Era era = era_of(call.revision);
    const MethodEntry* entry = find_method(call.method, era);
    switch (entry->method) {
        case Method::discover: return discover(card_);
        case Method::initialize: return initialize(call, card_);
        case Method::ping: return Json::object();
        case Method::set_log_level: return set_log_level(call);
        case Method::list_tools: return catalogue_.list_tools(call.params);
        case Method::call_tool: {
            Conversation conversation(call, context, outlet, state_seal_, clock_);
            return run_tool(call, context, outlet, conversation, tasks_);
        }
        case Method::list_resources: return catalogue_.list_resources(context, call.params);
        case Method::list_templates: return catalogue_.list_templates(call.params);
        case Method::read_resource: return catalogue_.read_resource(context, call.params, era);
        case Method::subscribe: return subscribe(call, context);
        case Method::unsubscribe:
            if (call.client) {
                call.client->unwatch(require_string(call.params, "uri"));
            }
            return Json::object();
        case Method::listen: break;  // Opened by listen(), never run.
        case Method::list_prompts: return catalogue_.list_prompts(call.params);
        case Method::get_prompt: return get_prompt(call, context, outlet);
        case Method::complete: return catalogue_.complete(context, call.params);
        case Method::get_task:
            return detailed_task_form(tasks_->get(context, require_string(call.params, "taskId")));
        case Method::update_task: return update_task(call, context);
        case Method::cancel_task: return cancel_task(call, context);
    }
    throw RpcFailure(code::internal_error, "The method cannot be run here.");
}

Json Dispatcher::get_prompt(const Call& call, const CallContext& context, Outlet& outlet) {
    const Prompt& prompt = catalogue_.find_prompt(call.params);
    const auto arguments = Catalogue::read_prompt_arguments(prompt, call.params);
    if (!prompt.dialogue_handler) {
        return prompt.handler(context, arguments);
    }
    Conversation conversation(call, context, outlet, state_seal_, clock_);
    const std::optional<ToolResult> result = conversation.carry([&](const Dialogue& dialogue) {
        return prompt.dialogue_handler(context, arguments, dialogue);
    });
    return result ? result->structured : conversation.take_interim();
}

Json Dispatcher::subscribe(const Call& call, const CallContext& context) {
    const std::string uri = require_string(call.params, "uri");
    catalogue_.check_may_watch(context, uri);
    if (call.client && !call.client->watch(uri)) {
        throw RpcFailure(
            code::invalid_params,
            "This client watches " + std::to_string(watched_resources_max) + " resources already.");
    }
    changes_.attend();
    return Json::object();
}

Json Dispatcher::update_task(const Call& call, const CallContext& context) {
    const auto responses = call.params.find("inputResponses");
    if (responses == call.params.end() || !responses->is_object()) {
        throw RpcFailure(code::invalid_params, "params.inputResponses must be an object.");
    }
    tasks_->update(context, require_string(call.params, "taskId"), *responses);
    return Json::object();
}

Json Dispatcher::cancel_task(const Call& call, const CallContext& context) {
    tasks_->cancel(context, require_string(call.params, "taskId"));
    return Json::object();
}

/// A listener hears of its own tasks only.
void Dispatcher::keep_known_tasks(const Call& call, const CallContext& context,
                                  SubscriptionFilter& filter) {
    if (filter.tasks.empty()) {
        return;
    }
    if (!call.capabilities.tasks) {
        throw_tasks_needed();
    }
    std::erase_if(filter.tasks, [&](const std::string& id) {
        return tasks_ == nullptr || !tasks_->is_known(context, id);
    });
}

void Dispatcher::stop_all() {
    in_flight_.stop_all();
    if (tasks_ != nullptr) {
        tasks_->stop_all();
    }
}

Reply Dispatcher::finish(const Call& call, Json result) const {
    if (era_of(call.revision) == Era::modern) {
        complete_modern_result(result, call.method, card_);
    }
    return {make_response(call.id, std::move(result)), 200};
}

std::variant<std::shared_ptr<Subscription>, Reply> Dispatcher::listen(
    Call& call, std::shared_ptr<Outlet> outlet) {
    const CallContext context = make_context(call);
    try {
        SubscriptionFilter filter = read_subscription_filter(call.params, card_.changing);
        for (const std::string& uri : filter.resources) {
            catalogue_.check_may_watch(context, uri);
        }
        keep_known_tasks(call, context, filter);
        auto subscription =
            std::make_shared<Subscription>(call.id, std::move(filter), std::move(outlet),
                                           take_place(subscriptions_, options_.subscriptions_max));
        changes_.attend();
        changes_.add(subscription);
        subscription->acknowledge();
        return subscription;
    } catch (const std::exception& failure) {
        return make_error_reply(call.id, to_rpc_error(failure, context.request_id),
                                era_of(call.revision));
    }
}

void Dispatcher::hear(const Message& message, const Arrival& arrival) {
    if (message.kind == Message::Kind::response) {
        if (arrival.client) {
            arrival.client->requests().answer(message);
        }
        return;
    }
    if (message.method != "notifications/cancelled" || arrival.scope.empty()) {
        return;
    }
    const auto request_id = message.params.find("requestId");
    if (request_id == message.params.end()) {
        return;
    }
    if (const std::optional<RequestId> id = read_request_id(*request_id)) {
        in_flight_.cancel(arrival.scope, *id);
    }
}

Reply Dispatcher::refuse(const BadMessage& message) {
    return {make_error(message.id, message.error), http_status(message.error, Era::legacy)};
}

Reply Dispatcher::turn_away(const Call& call) const {
    const char* sentence = "The server is busy with other calls; repeat this one in a moment.";
    if (call.tool != nullptr) {
        return finish(call, make_tool_error(sentence));
    }
    return make_error_reply(call.id, {code::internal_error, sentence, nullptr},
                            era_of(call.revision));
}

CallContext Dispatcher::make_context(const Call& call) const {
    CallContext context;
    if (call.pace != Pace::lengthy) {
        context.deadline = clock_.steady_now() + options_.brief_time_max;
    }
    context.stop = call.ticket.token();
    context.caller = call.caller;
    context.request_id = ids_.uuid();
    context.trace_parent = call.trace_parent;
    return context;
}

void Dispatcher::report(const Call& call, CallOutcome outcome, SteadyTime begun) const {
    if (!options_.on_call) {
        return;
    }
    CallReport report;
    report.method = call.method;
    report.tool = call.tool == nullptr ? std::string_view() : std::string_view(call.tool->name);
    report.outcome = outcome;
    report.duration =
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now() - begun);
    options_.on_call(report);
}

}  // namespace rag::mcp
