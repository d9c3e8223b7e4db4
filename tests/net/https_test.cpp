// TLS as a client of strangers must have it: a chain to a trusted root, the right name, in time.

#include "net/client.hpp"
#include "rag/error.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <httplib.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

using namespace rag;
using namespace rag::net;
using namespace std::chrono_literals;

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long day_s = 24 * 60 * 60;

Key make_key() {
    return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

struct Names {
    std::string subject;
    std::string alternative;  ///< "DNS:..."; empty for an authority.
};

/// Signed by `issuer`, or by itself where that is null; over at `end_s` seconds from now.
Certificate make_certificate(const Names& names, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                             long end_s) {
    Certificate certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), 2);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * day_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), end_s);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(names.subject.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(certificate.get(),
                         issuer == nullptr ? subject : X509_get_subject_name(issuer));
    if (names.alternative.empty()) {
        add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate.get(), NID_key_usage, "critical,keyCertSign");
    } else {
        add_extension(certificate.get(), NID_subject_alt_name, names.alternative);
    }
    REQUIRE(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0);
    return certificate;
}

/// A certificate authority of the test's own, trusted by this process through SSL_CERT_FILE: what
/// an operator sets whose services have certificates of a private authority.
class Authority final {
public:
    Authority()
        : key(make_key()),
          certificate(
              make_certificate({"Test authority", ""}, key.get(), nullptr, key.get(), day_s)) {
        const std::string path = dir_.file("authority.pem");
        std::FILE* file = std::fopen(path.c_str(), "w");
        PEM_write_X509(file, certificate.get());
        std::fclose(file);
        setenv("SSL_CERT_FILE", path.c_str(), 1);
    }
    ~Authority() { unsetenv("SSL_CERT_FILE"); }

    Key key;
    Certificate certificate;

private:
    const test::TempDir dir_;
};

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
