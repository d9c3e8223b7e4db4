// TLS as a client of strangers must have it: a chain to a trusted root, the right name, in time.

#include "net/client.hpp"
#include "rag/error.hpp"
#include "support/authority.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <string>
#include <thread>

using namespace rag;
using namespace rag::net;
using namespace std::chrono_literals;
using rag::test::Authority;
using rag::test::Certificate;
using rag::test::day_s;
using rag::test::Key;
using rag::test::make_certificate;
using rag::test::make_key;

namespace {

/// A site over TLS on a port of the kernel's choice for the life of the object.
class SecureSite final {
public:
    SecureSite(X509* certificate, EVP_PKEY* key) : server(certificate, key) {
        server.Get("/", [this](const httplib::Request& request, httplib::Response& response) {
            client_ports.push_back(request.remote_port);
            response.set_content("safe and sound", "text/plain");
        });
        port = server.bind_to_any_port("127.0.0.1");
        thread = std::jthread([this] { server.listen_after_bind(); });
        while (!server.is_running()) {
            std::this_thread::yield();
        }
    }
    ~SecureSite() { server.stop(); }

    httplib::SSLServer server;
    std::vector<int> client_ports;  ///< To be read between requests.
    int port = 0;
    std::jthread thread;
};

/// Every name leads to this machine.
NetOptions leading_here(const SecureSite& site, const std::string& name) {
    NetOptions options;
    options.allow_hosts = {name + ':' + std::to_string(site.port)};
    options.lookup = [](const std::string&) {
        return std::vector<IpAddress>{*parse_address("127.0.0.1")};
    };
    return options;
}

HttpRequest request_of(const SecureSite& site, const std::string& name) {
    HttpRequest request;
    request.url = "https://" + name + ':' + std::to_string(site.port) + "/";
    request.timeout = 10s;
    return request;
}

/// Asks the site under the name.
HttpResponse ask(const SecureSite& site, const std::string& name) {
    NetClient client(leading_here(site, name));
    return client.send({}, request_of(site, name));
}

std::string refusal_of(const SecureSite& site, const std::string& name) {
    try {
        ask(site, name);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::unavailable);
        return error.message();
    }
    return "it was answered";
}

}  // namespace

TEST_CASE("https: a site with a certificate of a trusted authority for its name is read") {
    const Authority authority;
    const Key key = make_key();
    const Certificate certificate =
        make_certificate({"memory.example", "DNS:memory.example"}, key.get(),
                         authority.certificate.get(), authority.key.get(), day_s);
    const SecureSite site(certificate.get(), key.get());
    const HttpResponse response = ask(site, "memory.example");
    CHECK(response.status == 200);
    CHECK(response.body == "safe and sound");
}

TEST_CASE("https: one handshake serves several requests") {
    const Authority authority;
    const Key key = make_key();
    const Certificate certificate =
        make_certificate({"memory.example", "DNS:memory.example"}, key.get(),
                         authority.certificate.get(), authority.key.get(), day_s);
    const SecureSite site(certificate.get(), key.get());
    NetClient client(leading_here(site, "memory.example"));
    for (int i = 0; i < 3; ++i) {
        CHECK(client.send({}, request_of(site, "memory.example")).body == "safe and sound");
    }
    REQUIRE(site.client_ports.size() == 3);
    CHECK(site.client_ports[1] == site.client_ports[0]);
    CHECK(site.client_ports[2] == site.client_ports[0]);
}

TEST_CASE("https: another name, another authority and a time that is over are refused") {
    const Authority authority;
    const Key key = make_key();
    const auto make = [&](const std::string& name, long end_s) {
        return make_certificate({name, "DNS:" + name}, key.get(), authority.certificate.get(),
                                authority.key.get(), end_s);
    };
    SUBCASE("another name") {
        const Certificate certificate = make("other.example", day_s);
        const SecureSite site(certificate.get(), key.get());
        CHECK(refusal_of(site, "memory.example").find("does not trust") != std::string::npos);
    }
    SUBCASE("its own authority") {
        const Certificate certificate = make_certificate({"memory.example", "DNS:memory.example"},
                                                         key.get(), nullptr, key.get(), day_s);
        const SecureSite site(certificate.get(), key.get());
        CHECK(refusal_of(site, "memory.example").find("does not trust") != std::string::npos);
    }
    SUBCASE("a time that is over") {
        const Certificate certificate = make("memory.example", -day_s);
        const SecureSite site(certificate.get(), key.get());
        CHECK(refusal_of(site, "memory.example").find("does not trust") != std::string::npos);
    }
}
