#include "server/legacy_sse.hpp"

#include "server/http_replies.hpp"

#include <optional>
#include <utility>

namespace rag::server {
namespace {

constexpr const char* sse_path = "/sse";
constexpr const char* messages_path = "/messages";

/// The value of sessionId; our ids need no percent-decoding.
std::string session_in(const std::string& query) {
    constexpr std::string_view name = "sessionId=";
    std::size_t at = 0;
    while (at < query.size()) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view pair = std::string_view(query).substr(at, end - at);
        if (pair.starts_with(name)) {
            return std::string(pair.substr(name.size()));
        }
        at = end + 1;
    }
    return {};
}

http::Route make_route(const char* method, const char* path, http::Handler handler) {
    http::Route route;
    route.method = method;
    route.path = path;
    route.handler = std::move(handler);
    return route;
}

void refuse_method(const std::shared_ptr<http::Exchange>& exchange, const char* allowed) {
    http::Response response =
        refusal(405, mcp::code::transport_refusal, std::string("Use ") + allowed + ".");
    response.headers.emplace_back("Allow", allowed);
    exchange->respond(std::move(response));
}

}  // namespace

/// Takes the connection out of the table when its stream is over.
struct LegacySse::Registration {
    Registration(std::shared_ptr<Connections> table, std::string session,
                 std::shared_ptr<mcp::LegacyClient> speaker)
        : connections(std::move(table)), id(std::move(session)), client(std::move(speaker)) {}
    ~Registration() {
        connections->with([&](auto& all) { all.erase(id); });
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

    std::shared_ptr<Connections> connections;
    std::string id;
    std::shared_ptr<mcp::LegacyClient> client;
};

LegacySse::LegacySse(mcp::Dispatcher& dispatcher, StreamKeeper& streams, Workers& jobs,
                     CallerOf caller_of, IdSource& ids, std::string path_prefix)
    : dispatcher_(dispatcher),
      streams_(streams),
      jobs_(jobs),
      caller_of_(std::move(caller_of)),
      ids_(ids),
      path_prefix_(std::move(path_prefix)),
      connections_(std::make_shared<Connections>()) {}

std::vector<http::Route> LegacySse::routes() {
    using Pointer = std::shared_ptr<http::Exchange>;
    return {
        make_route("GET", sse_path, [this](Pointer exchange) { open(exchange); }),
        make_route("POST", messages_path, [this](Pointer exchange) { post(exchange); }),
        make_route("*", sse_path, [](Pointer exchange) { refuse_method(exchange, "GET"); }),
        make_route("*", messages_path, [](Pointer exchange) { refuse_method(exchange, "POST"); })};
}

void LegacySse::open(const std::shared_ptr<http::Exchange>& exchange) {
    if (!read_accept(exchange->request()).events) {
        exchange->respond(refusal(406, mcp::code::transport_refusal,
                                  "The Accept header must allow text/event-stream."));
        return;
    }
    auto place = streams_.take_place();
    if (!place) {
        http::Response response = refusal(503, mcp::code::transport_refusal,
                                          "Too many streams are open; come back later.");
        response.headers.emplace_back("Retry-After", "5");
        exchange->respond(std::move(response));
        return;
    }
    const std::string id = ids_.uuid();
    auto client = std::make_shared<mcp::LegacyClient>();
    const std::string principal = caller_of_(exchange->request()).principal;
    auto outlet =
        std::make_shared<EventOutlet>(exchange->respond_with_stream(200, event_stream_headers()));
    client->add_outlet(outlet);
    connections_->with([&](auto& all) { all[id] = {principal, client, outlet}; });
    outlet->send_event("endpoint", path_prefix_ + messages_path + "?sessionId=" + id);
    dispatcher_.changes().attend();
    dispatcher_.changes().add(client);
    streams_.keep(
        {outlet, std::move(place), std::make_shared<Registration>(connections_, id, client), {}});
}

void LegacySse::post(const std::shared_ptr<http::Exchange>& exchange) {
    const http::Request& request = exchange->request();
    const std::string id = session_in(request.query);
    mcp::Arrival arrival;
    arrival.wire = mcp::Wire::sse;
    arrival.caller = caller_of_(request);
    arrival.scope = id;
    std::shared_ptr<EventOutlet> outlet;
    connections_->with([&](const auto& all) {
        const auto found = all.find(id);
        if (found != all.end() && found->second.principal == arrival.caller.principal) {
            arrival.client = found->second.client;
            outlet = found->second.outlet.lock();
        }
    });
    if (!outlet) {
        exchange->respond(refusal(404, mcp::code::session_not_found,
                                  "The session was not found: open /sse again."));
        return;
    }
    mcp::ParsedText parsed = mcp::parse_messages(request.body);
    if (const auto* bad = std::get_if<mcp::BadMessage>(&parsed.messages.front());
        bad != nullptr && !parsed.is_batch) {
        exchange->respond(json_response(400, mcp::Dispatcher::refuse(*bad).message));
        return;
    }
    Intake intake = take_in(dispatcher_, std::move(parsed), arrival);
    http::Response taken = accepted();
    taken.headers = {{"Content-Type", "text/plain"}};
    taken.body = "Accepted";
    exchange->respond(std::move(taken));
    run(std::move(intake), outlet);
}

void LegacySse::run(Intake intake, const std::shared_ptr<EventOutlet>& outlet) {
    const bool lengthy = intake.has_lengthy();
    auto work = std::make_shared<Intake>(std::move(intake));
    const auto run_now = [work, outlet, &dispatcher = dispatcher_] {
        if (const auto reply = run_all(dispatcher, *work, *outlet)) {
            outlet->send(reply->message, mcp::Importance::required);
        }
    };
    if (!lengthy) {
        run_now();
    } else if (!jobs_.try_post(run_now)) {
        outlet->send(turn_away(dispatcher_, *work).message, mcp::Importance::required);
    }
}

}  // namespace rag::server
