#include "store/jetstream/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace cim::test {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void add_extension(X509* certificate, X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    if (extension == nullptr) throw std::runtime_error(value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// Signed by itself where there is no issuer.
Certificate make(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long from, long until) {
    static long serial = 1;
    Certificate made(X509_new(), X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer != nullptr ? issuer : made.get()));
    if (issuer == nullptr)
        add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
    else
        add_extension(made.get(), issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(made.get(), issuer != nullptr ? issuer_key : key, EVP_sha256());
    return made;
}

void write(const std::filesystem::path& path, X509* certificate, EVP_PKEY* key) {
    const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file) throw std::runtime_error("cannot write " + path.string());
    if (certificate != nullptr) PEM_write_X509(file.get(), certificate);
    if (key != nullptr) PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
}

} // namespace

Certificates::Certificates(std::filesystem::path folder) : folder_(std::move(folder)) {
    constexpr long day = 24 * 3600;
    const auto ca_key = make_key();
    const auto ca = make("tests", ca_key.get(), nullptr, nullptr, -day, day);
    write(folder_ / "ca.pem", ca.get(), nullptr);
    const auto other_key = make_key();
    write(folder_ / "other-ca.pem", make("others", other_key.get(), nullptr, nullptr, -day, day).get(), nullptr);
    const auto issue = [&](const char* name, long from, long until) {
        const auto key = make_key();
        const auto made = make(name, key.get(), ca.get(), ca_key.get(), from, until);
        write(folder_ / (std::string(name) + ".pem"), made.get(), nullptr);
        write(folder_ / (std::string(name) + ".key"), nullptr, key.get());
    };
    issue("server", -day, day);
    issue("client", -day, day);
    issue("expired", -3 * day, -day);
}

} // namespace cim::test
