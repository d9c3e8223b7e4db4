// Whatever method, headers and body come to the Streamable HTTP endpoint: it answers exactly once,
// with JSON, with nothing or with a stream. Input: a line with the method, lines "name: value", an
// empty line, the body. The value @ stands for a live session's id.

#include "base/clock.hpp"
#include "mcp/dispatcher.hpp"
#include "server/gate.hpp"
#include "server/streamable_http.hpp"
#include "support/fake_exchange.hpp"
#include "support/fake_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace rag;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

struct Target {
    Target() { offer.door.open(); }
    ~Target() { jobs.stop(); }

    test::FakeOffer offer;
    mcp::ChangeHub changes;
    SystemClock clock;
    RandomIds ids;
    mcp::Dispatcher dispatcher{offer.registry, test::fake_card(), "secret", changes, clock, ids};
    mcp::RecentlyEndedSessions ended;
    mcp::Sessions sessions{"secret", ended, clock};
    Workers jobs{"job", 1, 1000};
    server::StreamKeeper streams;
    server::StreamableHttp endpoint{dispatcher,
                                    sessions,
                                    streams,
                                    jobs,
                                    {[](const http::Request&) { return Caller(); }, {}, {}}};
    server::OriginGate gate{server::OriginRules{"127.0.0.1", "https://memory.example", {}, {}}};
    const std::string session = sessions.open(mcp::latest_legacy, Caller().principal, {});
};

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

http::Request read_request(std::string_view text, const std::string& session) {
    http::Request request;
    request.method = std::string(take_line(text));
    request.path = "/mcp";
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
        const std::size_t colon = std::min(line.find(": "), line.size());
        const std::string_view value = line.substr(std::min(colon + 2, line.size()));
        request.headers.emplace_back(line.substr(0, colon), value == "@" ? session : value);
    }
    request.body = std::string(text);
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Target target;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const http::Request request = read_request(text, target.session);
    target.gate.check(request);
    HttpHeaders decorated;
    target.gate.decorate(request, decorated);
    const auto exchange = std::make_shared<test::FakeExchange>(request);
    target.endpoint.handle(exchange);
    const http::Response response = exchange->await_response();
    require(response.status >= 200 && response.status < 500);
    if (!response.body.empty()) {
        const Json body = Json::parse(response.body);
        require(body.is_object() || body.is_array());
        require(response.status < 400 || body.contains("error"));
    }
    if (exchange->stream() != nullptr) {
        exchange->hang_up();
    }
    require(exchange->answers() == 1);
    return 0;
}
