#include "store/jetstream/login.hpp"

#include <cim/bytes.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

// Newer than the oldest nats.c that this builds with; where it is missing its address is null.
extern "C" __attribute__((weak)) natsStatus natsOptions_TLSHandshakeFirst(natsOptions* options);

namespace cim::jetstream {

namespace {

constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned seed_prefix = 18 << 3; // S
constexpr unsigned user_prefix = 20 << 3; // U
constexpr std::size_t key_size = 32;

bool base32_decode(std::string_view text, std::vector<unsigned char>& out) {
    unsigned bits = 0;
    unsigned value = 0;
    for (const char c : text) {
        const auto digit = base32_letters.find(c);
        if (digit == std::string_view::npos) return false;
        value = (value << 5 | static_cast<unsigned>(digit)) & 0xfff;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        out.push_back(static_cast<unsigned char>(value >> bits));
    }
    return true;
}

std::string base32_encode(std::span<const unsigned char> bytes) {
    std::string out;
    unsigned bits = 0;
    unsigned value = 0;
    for (const auto byte : bytes) {
        value = (value << 8 | byte) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5) out += base32_letters[value >> (bits - 5) & 31];
    }
    if (bits > 0) out += base32_letters[value << (5 - bits) & 31];
    return out;
}

// CRC-16/XMODEM, the last two bytes of every NKey.
unsigned checksum(std::span<const unsigned char> bytes) {
    unsigned crc = 0;
    for (const auto byte : bytes) {
        crc ^= static_cast<unsigned>(byte) << 8;
        for (int i = 0; i < 8; ++i) crc = ((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc;
}

Result<std::string> read_file(const std::string& path, std::string_view what) {
    constexpr std::streamsize longest = 64 * 1024;
    std::ifstream file(path, std::ios::binary);
    std::string text(longest, '\0');
    if (file) file.read(text.data(), longest);
    if (!file.is_open() || file.bad())
        return fail(Errc::io_error, fmt::format("the {} '{}' cannot be read", what, printable(path)),
                    "look at the option of the URL, or at the CIM_NATS_* variable, that names it", {{"path", path}});
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

Result<> check_readable(const std::string& path, std::string_view what) {
    if (path.empty()) return {};
    CIM_TRY_ASSIGN([[maybe_unused]] const auto text, read_file(path, what));
    return {};
}

std::string_view find_seed(std::string_view text) {
    for (auto at = text.find("SU"); at != std::string_view::npos; at = text.find("SU", at + 1)) {
        auto end = at;
        while (end < text.size() && base32_letters.find(text[end]) != std::string_view::npos) ++end;
        if (end - at == 58) return text.substr(at, end - at);
    }
    return {};
}

Result<> check(natsStatus status, std::string_view what) {
    if (status == NATS_OK) return {};
    return fail(Errc::invalid_argument, fmt::format("{} cannot be used: {}", what, natsStatus_GetText(status)),
                "look whether the file is what its option says, in PEM form where it is a certificate or key");
}

Result<> set_tls(natsOptions* options, const NatsSettings& settings) {
    CIM_TRY(check_readable(settings.ca_file, "file of trusted certificates"));
    CIM_TRY(check_readable(settings.cert_file, "client certificate"));
    CIM_TRY(check_readable(settings.key_file, "key of the client certificate"));
    CIM_TRY(check(natsOptions_SetSecure(options, true), "TLS"));
    if (!settings.ca_file.empty())
        CIM_TRY(check(natsOptions_LoadCATrustedCertificates(options, settings.ca_file.c_str()),
                      fmt::format("the trusted certificates in '{}'", printable(settings.ca_file))));
    if (!settings.cert_file.empty())
        CIM_TRY(check(natsOptions_LoadCertificatesChain(options, settings.cert_file.c_str(), settings.key_file.c_str()),
                      fmt::format("the client certificate '{}' with its key", printable(settings.cert_file))));
    if (!settings.tls_first) return {};
    if (natsOptions_TLSHandshakeFirst == nullptr)
        return fail(Errc::unsupported,
                    fmt::format("tls=first needs nats.c 3.8 or newer, and this is {}", nats_GetVersion()),
                    "use a server that does not ask for it (handshake_first: false), or a newer nats.c");
    return check(natsOptions_TLSHandshakeFirst(options), "tls=first");
}

} // namespace

Result<std::string> public_nkey(std::string_view seed) {
    const auto wrong = [] {
        return fail(Errc::invalid_argument, "this is no NKey seed of a user: they begin with SU");
    };
    std::vector<unsigned char> raw;
    if (!base32_decode(seed, raw) || raw.size() != 2 + key_size + 2) return wrong();
    const unsigned kind = (raw[0] & 7U) << 5 | raw[1] >> 3;
    const unsigned sum = raw[raw.size() - 2] | static_cast<unsigned>(raw[raw.size() - 1]) << 8;
    if ((raw[0] & 0xf8U) != seed_prefix || kind != user_prefix || checksum({raw.data(), raw.size() - 2}) != sum)
        return wrong();

    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw.data() + 2, key_size), EVP_PKEY_free);
    std::array<unsigned char, 1 + key_size + 2> made{};
    made[0] = user_prefix;
    std::size_t size = key_size;
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), made.data() + 1, &size) != 1 || size != key_size) return wrong();
    const auto made_sum = checksum({made.data(), 1 + key_size});
    made[1 + key_size] = static_cast<unsigned char>(made_sum & 0xff);
    made[2 + key_size] = static_cast<unsigned char>(made_sum >> 8);
    std::fill(raw.begin(), raw.end(), static_cast<unsigned char>(0));
    return base32_encode(made);
}

Result<> set_login(natsOptions* options, const NatsSettings& settings) {
    if (settings.tls || !settings.ca_file.empty() || !settings.cert_file.empty()) CIM_TRY(set_tls(options, settings));
    if (!settings.user.empty())
        return check(natsOptions_SetUserInfo(options, settings.user.c_str(), settings.password.c_str()),
                     "user and password");
    if (!settings.token.empty()) return check(natsOptions_SetToken(options, settings.token.c_str()), "the token");
    if (!settings.creds_file.empty()) {
        CIM_TRY(check_readable(settings.creds_file, "credentials file"));
        return check(natsOptions_SetUserCredentialsFromFiles(options, settings.creds_file.c_str(), nullptr),
                     fmt::format("the credentials file '{}'", printable(settings.creds_file)));
    }
    if (!settings.nkey_file.empty()) {
        CIM_TRY_ASSIGN(auto text, read_file(settings.nkey_file, "NKey seed file"));
        auto key = public_nkey(find_seed(text));
        std::fill(text.begin(), text.end(), '\0');
        if (!key) return fail(std::move(key).error().with("path", settings.nkey_file));
        return check(natsOptions_SetNKeyFromSeed(options, key->c_str(), settings.nkey_file.c_str()),
                     fmt::format("the NKey seed file '{}'", printable(settings.nkey_file)));
    }
    return {};
}

Error connect_error(natsStatus status, const NatsSettings& settings) {
    // nats.c keeps more than the status says, for the thread that called; what the server said about a login is not
    // secret.
    natsStatus last = NATS_OK;
    const char* detail = nats_GetLastError(&last);
    std::string why = natsStatus_GetText(status);
    if (detail != nullptr && last == status) {
        // It begins with a place in the library's source: "(conn.c:2088): ".
        std::string_view text = detail;
        if (const auto end = text.find("): "); text.starts_with('(') && end != std::string_view::npos)
            text.remove_prefix(end + 3);
        if (!text.empty() && text != why) why += fmt::format(" ({})", printable(text));
    }
    const auto shown = settings.shown();
    std::vector<Error::Field> fields{{"url", shown}};
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
        return Error(Errc::store_unavailable, fmt::format("the NATS server {} does not let this user in", shown),
                     "look at user and password, token, creds or nkey: in the URL, or in CIM_NATS_*",
                     {{"url", shown}, {"nats", "login_refused"}});
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_REQUIRED:
    case NATS_SECURE_CONNECTION_WANTED:
        return Error(
            Errc::store_unavailable, fmt::format("no TLS connection to {}: {}", shown, why),
            "look at the server's certificate, at ca=FILE, and at cert=FILE and key=FILE where it asks for ours",
            {{"url", shown}, {"nats", "tls"}});
    default:
        return Error(Errc::store_unavailable, fmt::format("cannot reach the NATS server {}: {}", shown, why),
                     "look whether it runs, and whether host and port are right",
                     {{"url", shown}, {"nats", "unreachable"}});
    }
}

} // namespace cim::jetstream
