#include "net/client.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

using namespace rag;
using namespace rag::net;
using namespace std::chrono_literals;

namespace {

/// A server on a port of the kernel's choice for the life of the object.
class Site final {
public:
    Site() {
        port = server.bind_to_any_port("127.0.0.1");
        server.set_tcp_nodelay(true);
    }
    ~Site() { server.stop(); }

    void start() {
        thread = std::jthread([this] { server.listen_after_bind(); });
        while (!server.is_running()) {
            std::this_thread::yield();
        }
    }
    std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
        return "http://" + host + ':' + std::to_string(port) + path;
    }
    std::string authority(const std::string& host = "127.0.0.1") const {
        return host + ':' + std::to_string(port);
    }

    httplib::Server server;
    int port = 0;
    std::jthread thread;
};

HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.timeout = 10s;
    return request;
}

NetOptions allowing(const Site& site) {
    NetOptions options;
    options.allow_hosts = {site.authority()};
    return options;
}

ErrorCode code_of(NetClient& client, const HttpRequest& request, const CallContext& context = {}) {
    try {
        client.send(context, request);
    } catch (const Error& error) {
        MESSAGE(error.message());
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("net client: an allowed host is fetched, by the spelling that was allowed only") {
    Site site;
    site.server.Get("/", [](const auto& request, auto& response) {
        response.set_content("hello " + request.get_header_value("Host"), "text/plain");
    });
    site.start();
    NetClient client(allowing(site));
    const HttpResponse response = client.send({}, get(site.url("/")));
    CHECK(response.status == 200);
    CHECK(response.body == "hello " + site.authority());
    CHECK(response.header("content-type") == "text/plain");
    for (const char* host :
         {"localhost", "127.0.0.2", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]"}) {
        CAPTURE(host);
        CHECK(code_of(client, get(site.url("/", host))) == ErrorCode::invalid_argument);
    }
}

TEST_CASE("net client: what the operator configured may be anywhere") {
    Site site;
    site.server.Get("/", [](const auto&, auto& response) { response.status = 404; });
    site.start();
    NetClient client({});
    HttpRequest request = get(site.url("/"));
    request.reach = Reach::anywhere;
    CHECK(client.send({}, request).status == 404);
}

TEST_CASE("net client: a redirect to a private address is refused") {
    Site site;
    site.server.Get("/", [](const auto&, auto& response) {
        response.set_redirect("http://127.0.0.1:9/secret");
    });
    site.start();
    NetClient client(allowing(site));
    CHECK(code_of(client, get(site.url("/"))) == ErrorCode::invalid_argument);
}

TEST_CASE("net client: credentials do not follow a redirect to another origin") {
    Site first;
    Site second;
    std::string authorization = "unset";
    second.server.Get("/", [&](const auto& request, auto& response) {
        authorization = request.get_header_value("Authorization");
        response.set_content("there", "text/plain");
    });
    first.server.Get(
        "/", [&](const auto&, auto& response) { response.set_redirect(second.url("/"), 307); });
    first.start();
    second.start();
    NetOptions options;
    options.allow_hosts = {"127.0.0.1"};
    options.headers_by_host[first.authority()] = {{"Cookie", "a=b"}};
    NetClient client(options);
    HttpRequest request = get(first.url("/"));
    request.headers = {{"Authorization", "Bearer secret"}};
    const HttpResponse response = client.send({}, request);
    CHECK(response.body == "there");
    CHECK(response.url == second.url("/"));
    CHECK(authorization == "");
}

TEST_CASE("net client: redirects are bounded, and none are followed when none are wanted") {
    Site site;
    site.server.Get("/", [](const auto&, auto& response) { response.set_redirect("/"); });
    site.start();
    NetClient client(allowing(site));
    CHECK(code_of(client, get(site.url("/"))) == ErrorCode::unavailable);
    HttpRequest request = get(site.url("/"));
    request.redirects_max = 0;
    CHECK(client.send({}, request).status == 302);
}

TEST_CASE("net client: a name is looked up once and every address must be public") {
    std::atomic<int> lookups = 0;
    NetOptions options;
    options.lookup = [&](const std::string&) {
        ++lookups;
        return std::vector{*parse_address("8.8.8.8"), *parse_address("10.0.0.1")};
    };
    NetClient client(options);
    CHECK(code_of(client, get("http://rebind.example/")) == ErrorCode::invalid_argument);
    CHECK(lookups == 1);
}

TEST_CASE("net client: the connection goes to the address that was looked up") {
    Site site;
    site.server.Get("/", [](const auto& request, auto& response) {
        response.set_content(request.get_header_value("Host"), "text/plain");
    });
    site.start();
    NetOptions options;
    options.lookup = [](const std::string&) { return std::vector{*parse_address("127.0.0.1")}; };
    options.allow_hosts = {"pinned.example"};
    NetClient client(options);
    CHECK(client.send({}, get(site.url("/", "pinned.example"))).body ==
          site.authority("pinned.example"));
}

TEST_CASE("net client: a body over the limit is cut and says so") {
    Site site;
    site.server.Get("/", [](const auto&, auto& response) {
        response.set_content(std::string(100'000, 'x'), "text/plain");
    });
    site.start();
    NetClient client(allowing(site));
    HttpRequest request = get(site.url("/"));
    request.body_bytes_max = 5000;
    const HttpResponse response = client.send({}, request);
    CHECK(response.truncated);
    CHECK(response.body.size() == 5000);
    CHECK(response.status == 200);
}

TEST_CASE("net client: a dripping answer ends with its time, a stopped one at once") {
    Site site;
    site.server.Get("/", [&](const auto&, auto& response) {
        response.set_chunked_content_provider("text/plain", [&](std::size_t, auto& sink) {
            std::this_thread::sleep_for(20ms);
            return sink.write("x", 1);
        });
    });
    site.start();
    NetClient client(allowing(site));
    HttpRequest request = get(site.url("/"));
    request.timeout = 300ms;
    CHECK(code_of(client, request) == ErrorCode::deadline_exceeded);

    request.timeout = 60s;
    std::stop_source stop;
    CallContext context;
    context.stop = stop.get_token();
    std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    CHECK(code_of(client, request, context) == ErrorCode::cancelled);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("net client: a lookup that hangs does not hold the caller") {
    std::latch release(1);
    NetOptions options;
    options.lookup = [&](const std::string&) {
        release.wait();
        return std::vector<IpAddress>{};
    };
    NetClient client(options);
    HttpRequest request = get("http://slow.example/");
    request.timeout = 50ms;
    CHECK(code_of(client, request) == ErrorCode::deadline_exceeded);
    release.count_down();
}

TEST_CASE("net client: what is no http URL, and headers with line ends, are refused") {
    NetClient client({});
    CHECK(code_of(client, get("file:///etc/passwd")) == ErrorCode::invalid_argument);
    HttpRequest request = get("http://8.8.8.8/");
    request.headers = {{"X", "a\r\nHost: b"}};
    CHECK(code_of(client, request) == ErrorCode::invalid_argument);
}
