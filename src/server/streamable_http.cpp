#include "server/streamable_http.hpp"

#include "mcp/errors.hpp"
#include "server/late_outlet.hpp"

#include <optional>
#include <string>
#include <utility>

namespace rag::server {
namespace {

constexpr const char* session_header = "mcp-session-id";
constexpr const char* version_header = "mcp-protocol-version";

/// For requests whose answer is one JSON body.
class NoOutlet final : public mcp::Outlet {
public:
    bool send(const Json&, mcp::Importance) override { return false; }
};

http::Response method_not_allowed(const char* sentence) {
    http::Response response = refusal(405, mcp::code::transport_refusal, sentence);
    response.headers.emplace_back("Allow", "GET, POST, DELETE");
    return response;
}

const mcp::Message* single_message(const mcp::ParsedText& parsed) {
    return parsed.is_batch ? nullptr : std::get_if<mcp::Message>(&parsed.messages.front());
}

bool is_modern_header(const http::Request& request) {
    const auto stated = header_of(request, version_header);
    const auto revision = stated ? mcp::parse_revision(*stated) : std::nullopt;
    return revision && mcp::era_of(*revision) == mcp::Era::modern;
}

}  // namespace

/// One POST on its way through the checks.
struct StreamableHttp::Visit {
    std::shared_ptr<http::Exchange> exchange;
    Accepted accepts;
    mcp::Arrival arrival;
    mcp::Era era = mcp::Era::legacy;
    std::string new_session;  ///< Goes into the answer's header unless empty.
};

/// A call that has left the thread it came on; owned by whoever runs it.
struct StreamableHttp::Work {
    std::shared_ptr<http::Exchange> exchange;
    Intake intake;
    std::shared_ptr<CallStream> stream;  ///< Null: the answer is JSON.
    /// Modern: a client that leaves wants its call stopped (2026-07-28, basic/transports).
    std::unique_ptr<std::stop_callback<std::function<void()>>> on_gone;

    void answer(const std::optional<mcp::Reply>& reply) {
        if (stream) {
            if (reply) {
                stream->send(reply->message, mcp::Importance::required);
            }
            stream->close();
        } else {
            // A cancelled call has no answer; its HTTP request needs one.
            exchange->respond(reply ? json_response(reply->http_status, reply->message)
                                    : server::accepted());
        }
    }
};

StreamableHttp::StreamableHttp(mcp::Dispatcher& dispatcher, mcp::Sessions& sessions,
                               StreamKeeper& streams, Workers& jobs, CallerOf caller_of)
    : dispatcher_(dispatcher),
      sessions_(sessions),
      streams_(streams),
      jobs_(jobs),
      caller_of_(std::move(caller_of)),
      clients_(dispatcher.changes()) {}

http::Route StreamableHttp::route(const char* path) {
    http::Route route;
    route.method = "*";
    route.path = path;
    route.handler = [this](std::shared_ptr<http::Exchange> exchange) { handle(exchange); };
    return route;
}

void StreamableHttp::handle(const std::shared_ptr<http::Exchange>& exchange) {
    const std::string& method = exchange->request().method;
    if (method == "POST") {
        post(exchange);
    } else if (method == "GET") {
        get(exchange);
    } else if (method == "DELETE") {
        remove(exchange);
    } else {
        exchange->respond(method_not_allowed("Use POST."));
    }
}

void StreamableHttp::post(const std::shared_ptr<http::Exchange>& exchange) {
    const http::Request& request = exchange->request();
    if (!has_json_body(request)) {
        exchange->respond(refusal(415, mcp::code::transport_refusal,
                                  "The Content-Type must be application/json."));
        return;
    }
    Visit visit;
    visit.exchange = exchange;
    visit.accepts = read_accept(request);
    if (!visit.accepts.json && !visit.accepts.events) {
        exchange->respond(refusal(406, mcp::code::transport_refusal,
                                  "The Accept header must allow application/json or "
                                  "text/event-stream."));
        return;
    }
    mcp::ParsedText parsed = mcp::parse_messages(request.body);
    const mcp::Message* message = single_message(parsed);
    if (!parsed.is_batch && message == nullptr) {
        const mcp::Reply reply =
            mcp::Dispatcher::refuse(std::get<mcp::BadMessage>(parsed.messages.front()));
        exchange->respond(json_response(reply.http_status, reply.message));
        return;
    }
    visit.arrival.wire = mcp::Wire::http;
    visit.arrival.caller = caller_of_(request);
    visit.arrival.headers = &request.headers;
    const bool claims = message != nullptr && mcp::claims_modern(message->params);
    const bool initializes = message != nullptr && message->method == "initialize";
    if (claims || (is_modern_header(request) && !initializes)) {
        post_modern(visit, std::move(parsed));
    } else if (initializes && message->kind == mcp::Message::Kind::request) {
        open_session(visit, std::move(parsed));
    } else {
        post_legacy(visit, std::move(parsed));
    }
}

void StreamableHttp::post_modern(Visit& visit, mcp::ParsedText parsed) {
    visit.era = mcp::Era::modern;
    const mcp::Message* message = single_message(parsed);
    if (message != nullptr && message->kind == mcp::Message::Kind::response) {
        visit.exchange->respond(refusal(400, mcp::code::invalid_request,
                                        "This revision has no responses from clients."));
        return;
    }
    answer(visit, take_in(dispatcher_, std::move(parsed), visit.arrival));
}

void StreamableHttp::open_session(Visit& visit, mcp::ParsedText parsed) {
    // A stale session header is no obstacle: the client came to make a new one.
    const auto client = std::make_shared<mcp::LegacyClient>();
    visit.arrival.client = client;
    Intake intake = take_in(dispatcher_, std::move(parsed), visit.arrival);
    NoOutlet nowhere;
    const std::optional<mcp::Reply> reply = run_all(dispatcher_, intake, nowhere);
    http::Response response = json_response(reply->http_status, reply->message);
    if (reply->message.contains("result")) {
        response.headers.emplace_back(
            "Mcp-Session-Id", sessions_.open(client->revision(), visit.arrival.caller.principal,
                                             client->capabilities()));
    }
    if (visit.accepts.json) {
        visit.exchange->respond(std::move(response));
        return;
    }
    HttpHeaders headers = event_stream_headers();
    headers.insert(headers.end(), response.headers.begin() + 1, response.headers.end());
    EventOutlet stream(visit.exchange->respond_with_stream(200, std::move(headers)));
    stream.send(reply->message, mcp::Importance::required);
    stream.close();
}

void StreamableHttp::post_legacy(Visit& visit, mcp::ParsedText parsed) {
    const auto stated = header_of(visit.exchange->request(), version_header);
    if (stated && !mcp::parse_revision(*stated)) {
        visit.exchange->respond(refusal(
            400, mcp::code::transport_refusal,
            "The protocol version '" + *stated + "' in MCP-Protocol-Version is not supported."));
        return;
    }
    if (find_session(visit)) {
        answer(visit, take_in(dispatcher_, std::move(parsed), visit.arrival));
    }
}

/// Answers the exchange itself where there is no session to be found.
bool StreamableHttp::find_session(Visit& visit) {
    const auto id = header_of(visit.exchange->request(), session_header);
    if (!id) {
        visit.exchange->respond(refusal(400, mcp::code::transport_refusal,
                                        "The header Mcp-Session-Id is missing: send initialize "
                                        "first, and its session id with every request."));
        return false;
    }
    const auto session = sessions_.find(*id, visit.arrival.caller.principal);
    if (!session) {
        visit.exchange->respond(refusal(404, mcp::code::session_not_found,
                                        "The session was not found: send initialize again."));
        return false;
    }
    visit.arrival.client = clients_.get(*session);
    visit.arrival.scope = session->nonce;
    return true;
}

void StreamableHttp::answer(Visit& visit, Intake intake) {
    if (!intake.calls.empty()) {
        if (intake.calls.front()->pace == mcp::Pace::listening) {
            listen(visit, intake.calls.front());
        } else {
            run(visit, std::move(intake));
        }
        return;
    }
    NoOutlet nowhere;
    const std::optional<mcp::Reply> reply = run_all(dispatcher_, intake, nowhere);
    visit.exchange->respond(reply ? json_response(reply->http_status, reply->message)
                                  : server::accepted());
}

void StreamableHttp::run(Visit& visit, Intake intake) {
    const bool lengthy = intake.has_lengthy();
    const bool stream = (intake.wants_stream() && visit.accepts.events) ||
                        (lengthy && visit.accepts.events_named) || !visit.accepts.json;
    auto work = std::make_shared<Work>();
    work->exchange = visit.exchange;
    work->intake = std::move(intake);
    if (visit.era == mcp::Era::modern) {
        work->on_gone = std::make_unique<std::stop_callback<std::function<void()>>>(
            visit.exchange->gone(),
            [call = work->intake.calls.front()] { call->ticket.source().request_stop(); });
    }
    if (stream) {
        work->stream = open_stream(visit);
    }
    const auto run_now = [work, &dispatcher = dispatcher_] {
        NoOutlet nowhere;
        mcp::Outlet& outlet = work->stream ? static_cast<mcp::Outlet&>(*work->stream) : nowhere;
        work->answer(run_all(dispatcher, work->intake, outlet));
        work->on_gone.reset();
    };
    if (!lengthy) {
        run_now();
    } else if (!jobs_.try_post(run_now)) {
        work->answer(turn_away(dispatcher_, work->intake));
    }
}

/// Legacy clients may lose their connection and come back for the rest; modern ones say with it
/// that they do not want the answer any more.
std::shared_ptr<CallStream> StreamableHttp::open_stream(const Visit& visit) {
    const auto outlet = std::make_shared<EventOutlet>(
        visit.exchange->respond_with_stream(200, event_stream_headers()));
    streams_.accompany(outlet);
    if (visit.era == mcp::Era::modern) {
        return outlet;
    }
    const mcp::Revision revision = visit.arrival.client->revision();
    return events_.open(
        visit.arrival.scope, outlet,
        revision >= mcp::Revision::v2025_11_25 ? Priming::send : Priming::leave_out);
}

void StreamableHttp::listen(Visit& visit, const std::shared_ptr<mcp::Call>& call) {
    if (!visit.accepts.events) {
        visit.exchange->respond(refusal(406, mcp::code::transport_refusal,
                                        "subscriptions/listen is answered with a stream: accept "
                                        "text/event-stream."));
        return;
    }
    auto place = streams_.take_place();
    if (!place) {
        visit.exchange->respond(json_response(
            200, mcp::make_error(call->id, {mcp::code::internal_error,
                                            "Too many streams are open on this server (" +
                                                std::to_string(streams_.standing()) +
                                                "); close one or come back later.",
                                            nullptr})));
        return;
    }
    // The acknowledgement comes first on the stream; an error needs none, so the checks precede it.
    auto late = std::make_shared<LateOutlet>();
    auto opened = dispatcher_.listen(*call, late);
    if (const auto* reply = std::get_if<mcp::Reply>(&opened)) {
        visit.exchange->respond(json_response(reply->http_status, reply->message));
        return;
    }
    const auto subscription = std::get<std::shared_ptr<mcp::Subscription>>(opened);
    auto outlet = std::make_shared<EventOutlet>(
        visit.exchange->respond_with_stream(200, event_stream_headers()));
    late->connect(outlet);
    streams_.keep({outlet, std::move(place), subscription,
                   [subscription, &card = dispatcher_.card()](EventOutlet& stream) {
                       stream.send(subscription->final_response(card), mcp::Importance::required);
                   }});
}

void StreamableHttp::get(const std::shared_ptr<http::Exchange>& exchange) {
    const http::Request& request = exchange->request();
    const auto id = header_of(request, session_header);
    if (is_modern_header(request) || !id) {
        exchange->respond(method_not_allowed("There is no stream without a session; use POST."));
        return;
    }
    if (!read_accept(request).events) {
        exchange->respond(refusal(406, mcp::code::transport_refusal,
                                  "The Accept header must allow text/event-stream."));
        return;
    }
    const auto session = sessions_.find(*id, caller_of_(request).principal);
    if (!session) {
        exchange->respond(refusal(404, mcp::code::session_not_found,
                                  "The session was not found: send initialize again."));
        return;
    }
    const auto last_event = header_of(request, "last-event-id");
    if (last_event && events_.knows(session->nonce, *last_event)) {
        const auto outlet = std::make_shared<EventOutlet>(
            exchange->respond_with_stream(200, event_stream_headers()));
        streams_.accompany(outlet);
        if (!events_.resume(session->nonce, *last_event, outlet)) {
            outlet->close();  // Forgotten a moment ago.
        }
        return;
    }
    auto place = streams_.take_place();
    if (!place) {
        exchange->respond(method_not_allowed("Too many streams are open; use POST alone."));
        return;
    }
    const auto client = clients_.get(*session);
    dispatcher_.changes().attend();
    auto outlet =
        std::make_shared<EventOutlet>(exchange->respond_with_stream(200, event_stream_headers()));
    client->add_outlet(outlet);
    streams_.keep({outlet, std::move(place), client, {}});
}

void StreamableHttp::remove(const std::shared_ptr<http::Exchange>& exchange) {
    const http::Request& request = exchange->request();
    const auto id = header_of(request, session_header);
    if (is_modern_header(request) || !id) {
        exchange->respond(method_not_allowed("There is no session to end here."));
        return;
    }
    const auto session = sessions_.find(*id, caller_of_(request).principal);
    if (!session) {
        exchange->respond(refusal(404, mcp::code::session_not_found, "The session was not found."));
        return;
    }
    sessions_.end(*session);
    clients_.forget(*session);
    http::Response done;
    done.status = 204;
    exchange->respond(std::move(done));
}

}  // namespace rag::server
