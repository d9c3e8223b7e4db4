#pragma once

#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace rag::test {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long day_s = 24 * 60 * 60;

inline Key make_key() {
    return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

inline void add_extension(X509* certificate, int kind, const std::string& value) {
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
inline Certificate make_certificate(const Names& names, EVP_PKEY* key, X509* issuer,
                                    EVP_PKEY* issuer_key, long end_s) {
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
    const TempDir dir_;
};

}  // namespace rag::test
