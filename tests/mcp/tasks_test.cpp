#include "mcp/tasks.hpp"

#include "base/clock.hpp"
#include "mcp/dispatcher.hpp"
#include "mcp/errors.hpp"
#include "support/fake_outlet.hpp"
#include "support/fake_registry.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <set>
#include <string>

namespace {

using namespace rag::test;
using namespace rag::mcp;
using rag::CallContext;
using rag::Json;

const Json tasks_capability = {{"extensions", {{"io.modelcontextprotocol/tasks", Json::object()}}},
                               {"elicitation", Json::object()}};

class TickingClock final : public rag::Clock {
public:
    rag::Timestamp now() const override { return time; }
    rag::SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }

    rag::Timestamp time{std::chrono::hours(500'000)};
};

/// One job of a store: found by its id and owner, run and cancelled when asked.
class FakeLasting final : public LastingTasks {
public:
    std::optional<Task> find(const CallContext& context, const std::string& id) override {
        return id == task.id && context.caller.principal == "local" ? std::optional(task)
                                                                    : std::nullopt;
    }
    void run(const CallContext&, const std::string&) override {
        task.status = TaskStatus::completed;
        task.result = {{"content", Json::array()}, {"isError", false}};
    }
    void cancel(const CallContext&, const std::string&) override { ++cancelled; }

    Task task;
    int cancelled = 0;
};

/// Tools that become tasks, on a queue that the test empties.
struct Office {
    Office() {
        lasting.task.id = "job-1";
        add("work", TaskUse::offered, [](const CallContext& context, const Json&) {
            context.report({3, 10, "working"});
            return structured({{"done", true}});
        });
        add("fail", TaskUse::required, [](const CallContext&, const Json&) -> ToolResult {
            throw rag::Error(rag::ErrorCode::not_found, "There is no such thing.");
        });
        add("break", TaskUse::offered, [](const CallContext&, const Json&) -> ToolResult {
            throw RpcFailure(code::internal_error, "Broken.");
        });
        add("stop", TaskUse::offered, [this](const CallContext& context, const Json&) {
            on_work();
            context.check();
            return structured({{"done", true}});
        });
        Tool& asks = add("ask", TaskUse::offered, {});
        asks.dialogue_handler = [](const CallContext&, const Json&, const Dialogue& dialogue) {
            if (dialogue.responses.size() < 2) {
                ToolResult result;
                result.input_needed =
                    InputNeeded{{{"first", elicitation()}, {"second", elicitation()}}, {}};
                return result;
            }
            return structured(dialogue.responses);
        };
        Tool& stored = add("stored", TaskUse::offered, {});
        stored.task_plan.begin = [](const CallContext&, const Json&) { return "job-1"; };
        stored.task_plan.suits = [](const Json& arguments) { return !arguments.contains("short"); };
        stored.handler = [](const CallContext&, const Json&) {
            return structured({{"now", true}});
        };
        for (Tool& tool : tools) {
            registry.add_tool(tool);
        }
    }

    Tool& add(const char* name, TaskUse use, ToolHandler handler) {
        Tool tool;
        tool.name = name;
        tool.definition = define(name);
        tool.handler = std::move(handler);
        tool.task_plan.use = use;
        return tools.emplace_back(std::move(tool));
    }

    Json ask(const std::string& method, Json params, const Json& capabilities = tasks_capability) {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        Message request;
        request.kind = Message::Kind::request;
        request.id = RequestId{1};
        request.method = method;
        request.params = std::move(params);
        auto admitted = dispatcher.admit(std::move(request), arrival);
        if (const auto* reply = std::get_if<Reply>(&admitted)) {
            status = reply->http_status;
            return reply->message;
        }
        const auto reply = dispatcher.run(*std::get<std::shared_ptr<Call>>(admitted), outlet);
        REQUIRE(reply);
        status = reply->http_status;
        return reply->message;
    }
    Json call(const char* tool, const Json& arguments = Json::object(),
              const Json& capabilities = tasks_capability) {
        return ask("tools/call", {{"name", tool}, {"arguments", arguments}}, capabilities);
    }
    Json get(const Json& id) { return ask("tasks/get", {{"taskId", id}})["result"]; }
    std::string begin(const char* tool) { return call(tool)["result"]["taskId"]; }
    void work_off() {
        while (!queue.empty()) {
            const auto work = std::move(queue.front());
            queue.pop_front();
            work();
        }
    }

    std::deque<Tool> tools;
    std::deque<std::function<void()>> queue;
    std::size_t queue_max = 100;
    std::function<void()> on_work;
    Registry registry;
    ChangeHub changes;
    TickingClock clock;
    rag::RandomIds ids;
    FakeLasting lasting;
    Tasks tasks{[this](std::function<void()> work) {
                    if (queue.size() >= queue_max) {
                        return false;
                    }
                    queue.push_back(std::move(work));
                    return true;
                },
                changes,
                clock,
                ids,
                &lasting,
                {.tasks_max = 10,
                 .tasks_per_principal_max = 5,
                 .lifetime = std::chrono::hours(1),
                 .progress_pause = std::chrono::milliseconds(0)}};
    Dispatcher dispatcher{registry, fake_card(), "secret", changes, clock, ids, {}, &tasks};
    FakeOutlet outlet;
    Arrival arrival;
    int status = 0;
};

int code_of(const Json& response) {
    return response["error"]["code"].get<int>();
}

}  // namespace

TEST_CASE("tasks: the extension is offered, and the answer to a call is a flat task") {
    Office office;
    const Json found = office.ask("server/discover", Json::object())["result"]["capabilities"];
    CHECK(found["extensions"].contains("io.modelcontextprotocol/tasks"));
    CHECK_FALSE(found.contains("tasks"));
    const Json task = office.call("work")["result"];
    CHECK(task["resultType"] == "task");
    CHECK(task["status"] == "working");
    CHECK(task["ttlMs"] == 3'600'000);
    CHECK(task["pollIntervalMs"].is_number_integer());
    CHECK_FALSE(task.contains("task"));
    CHECK(office.get(task["taskId"])["status"] == "working");
    office.work_off();
    const Json done = office.get(task["taskId"]);
    CHECK(done["resultType"] == "complete");
    CHECK(done["status"] == "completed");
    CHECK(done["statusMessage"] == "3 of 10: working");
    CHECK(done["result"]["structuredContent"]["done"] == true);
}

TEST_CASE("tasks: a client that declared nothing waits, or is told what it lacks") {
    Office office;
    const Json waited = office.call("work", Json::object(), Json::object())["result"];
    CHECK(waited["resultType"] == "complete");
    CHECK(waited["structuredContent"]["done"] == true);
    const Json lacking = office.call("fail", Json::object(), Json::object());
    CHECK(code_of(lacking) == -32021);
    CHECK(office.status == 400);
    CHECK(lacking["error"]["data"]["requiredCapabilities"]["extensions"].contains(
        "io.modelcontextprotocol/tasks"));
    for (const char* method : {"tasks/get", "tasks/update", "tasks/cancel"}) {
        const Json params = {{"taskId", "x"}, {"inputResponses", Json::object()}};
        CHECK(code_of(office.ask(method, params, Json::object())) == -32021);
        CHECK(code_of(office.ask(method, params)) == -32602);
    }
    CHECK(code_of(office.ask("tasks/list", Json::object())) == -32601);
    CHECK(code_of(office.ask("tasks/result", {{"taskId", "x"}})) == -32601);
}

TEST_CASE("tasks: a tool's error completes a task, the protocol's error fails it") {
    Office office;
    const std::string failed = office.begin("fail");
    const std::string broken = office.begin("break");
    office.work_off();
    CHECK(office.get(failed)["status"] == "completed");
    CHECK(office.get(failed)["result"]["isError"] == true);
    CHECK(office.get(broken)["status"] == "failed");
    CHECK(office.get(broken)["error"]["message"] == "Broken.");
    CHECK_FALSE(office.get(broken).contains("result"));
}

TEST_CASE("tasks: what a task asks is answered key by key, and no key comes twice") {
    Office office;
    const std::string id = office.begin("ask");
    office.work_off();
    const Json asked = office.get(id);
    CHECK(asked["status"] == "input_required");
    CHECK(asked["inputRequests"].size() == 2);
    const Json answer = {{"action", "accept"}};
    const auto update = [&](const Json& responses) {
        return office.ask("tasks/update", {{"taskId", id}, {"inputResponses", responses}});
    };
    CHECK(code_of(update(5)) == -32602);
    CHECK(code_of(update({{"first", 5}})) == -32602);
    const Json ack = update({{"first", answer}, {"other", 1}})["result"];
    CHECK(ack["resultType"] == "complete");
    CHECK_FALSE(ack.contains("taskId"));
    CHECK(office.get(id)["inputRequests"].size() == 1);
    CHECK(office.get(id)["inputRequests"].contains("second"));
    office.queue_max = 0;  // No thread is free: the answer may be given again.
    CHECK(code_of(update({{"second", answer}})) == -32603);
    CHECK(office.get(id)["status"] == "input_required");
    office.queue_max = 100;
    update({{"second", answer}});
    CHECK(office.get(id)["status"] == "working");
    office.work_off();
    CHECK(office.get(id)["result"]["structuredContent"].size() == 2);
    CHECK(update({{"second", answer}})["result"]["resultType"] == "complete");
}

TEST_CASE("tasks: one is cancelled before, while and after it runs") {
    Office office;
    const auto cancel = [&](const Json& id) {
        const Json ack = office.ask("tasks/cancel", {{"taskId", id}})["result"];
        CHECK(ack["resultType"] == "complete");
        CHECK_FALSE(ack.contains("status"));
    };
    const std::string waiting = office.begin("work");
    cancel(waiting);
    CHECK(office.get(waiting)["status"] == "cancelled");
    office.work_off();
    CHECK(office.get(waiting)["status"] == "cancelled");

    const std::string running = office.begin("stop");
    office.on_work = [&] { cancel(running); };
    office.work_off();
    CHECK(office.get(running)["status"] == "cancelled");

    const std::string over = office.begin("work");
    office.work_off();
    cancel(over);
    CHECK(office.get(over)["status"] == "completed");
}

TEST_CASE("tasks: they are their principal's alone, few enough, and gone after their time") {
    Office office;
    const std::string id = office.begin("work");
    office.arrival.caller.principal = "other";
    CHECK(code_of(office.ask("tasks/get", {{"taskId", id}})) == -32602);
    CHECK(code_of(office.ask("tasks/cancel", {{"taskId", id}})) == -32602);
    office.arrival.caller.principal = "local";
    std::set<std::string> known{id};
    for (int i = 0; i < 4; ++i) {
        known.insert(office.begin("work"));
    }
    CHECK(known.size() == 5);
    CHECK(office.call("work")["result"]["isError"] == true);
    office.clock.time += std::chrono::minutes(59);
    CHECK(office.get(id)["taskId"] == id);
    office.clock.time += std::chrono::minutes(1);
    CHECK(code_of(office.ask("tasks/get", {{"taskId", id}})) == -32602);
    CHECK(office.call("work")["result"]["resultType"] == "task");
}

TEST_CASE("tasks: one that stands in the store is told of, run and cancelled there") {
    Office office;
    CHECK(office.call("stored", {{"short", true}})["result"]["structuredContent"]["now"] == true);
    const Json begun = office.call("stored")["result"];
    CHECK(begun["taskId"] == "job-1");
    CHECK(begun["ttlMs"].is_null());
    CHECK(office.ask("tasks/cancel", {{"taskId", "job-1"}})["result"]["resultType"] == "complete");
    CHECK(office.lasting.cancelled == 1);
    office.work_off();
    CHECK(office.get("job-1")["status"] == "completed");
    office.arrival.caller.principal = "other";
    CHECK(code_of(office.ask("tasks/get", {{"taskId", "job-1"}})) == -32602);
}

TEST_CASE("tasks: a listener hears of its own tasks, whole") {
    Office office;
    const std::string id = office.begin("work");
    Message request;
    request.kind = Message::Kind::request;
    request.id = RequestId{7};
    request.method = "subscriptions/listen";
    request.params = {{"notifications", {{"taskIds", Json::array({id, "job-1", "not-mine"})}}},
                      {"_meta",
                       {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                        {"io.modelcontextprotocol/clientCapabilities", tasks_capability}}}};
    Message undeclared = request;
    undeclared.params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = Json::object();
    const auto listen = [&](Message message) {
        auto admitted = office.dispatcher.admit(std::move(message), office.arrival);
        return office.dispatcher.listen(
            *std::get<std::shared_ptr<Call>>(admitted),
            std::shared_ptr<Outlet>(std::shared_ptr<void>(), &office.outlet));
    };
    CHECK(code_of(std::get<Reply>(listen(std::move(undeclared))).message) == -32021);
    const auto subscription = std::get<std::shared_ptr<Subscription>>(listen(std::move(request)));
    office.work_off();
    const auto heard = office.outlet.take();
    REQUIRE(heard.size() == 3);  // The acknowledgement, the progress, the end.
    CHECK(heard[0]["params"]["notifications"]["taskIds"] == Json::array({id, "job-1"}));
    CHECK(heard[2]["method"] == "notifications/tasks");
    CHECK(heard[2]["params"]["taskId"] == id);
    CHECK(heard[2]["params"]["status"] == "completed");
    CHECK(heard[2]["params"]["result"]["isError"] == false);
    CHECK(heard[2]["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 7);
}

TEST_CASE("tasks: what is left of a call after its questions goes on as a task") {
    Office office;
    Registry registry;
    Tool tool;
    tool.name = "later";
    tool.definition = define("later");
    tool.handler = [](const CallContext&, const Json&) {
        ToolResult result;
        result.rest = [](const CallContext&) { return structured({{"rest", true}}); };
        return result;
    };
    registry.add_tool(std::move(tool));
    Dispatcher dispatcher(registry, fake_card(), "secret", office.changes, office.clock, office.ids,
                          {}, &office.tasks);
    const auto call = [&](const Json& capabilities) {
        Message request;
        request.kind = Message::Kind::request;
        request.id = RequestId{1};
        request.method = "tools/call";
        request.params = {{"name", "later"},
                          {"_meta",
                           {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                            {"io.modelcontextprotocol/clientCapabilities", capabilities}}}};
        auto admitted = dispatcher.admit(std::move(request), office.arrival);
        return dispatcher.run(*std::get<std::shared_ptr<Call>>(admitted), office.outlet)
            ->message["result"];
    };
    CHECK(call(Json::object())["structuredContent"]["rest"] == true);
    const Json task = call(tasks_capability);
    CHECK(task["resultType"] == "task");
    office.work_off();
    CHECK(office.get(task["taskId"])["result"]["structuredContent"]["rest"] == true);
}

TEST_CASE("tasks: the end of the server stops what waits and lets nothing begin") {
    Office office;
    const std::string id = office.begin("work");
    office.dispatcher.stop_all();
    office.work_off();
    CHECK(office.get(id)["status"] == "cancelled");
    CHECK(office.call("work")["result"]["isError"] == true);
}
