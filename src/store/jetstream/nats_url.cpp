#include "store/jetstream/nats_url.hpp"

#include <cim/ids.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace cim::jetstream {

namespace {

constexpr std::string_view form = "write nats://host:port/stream, or tls://...; docs/nats.md lists the options";
constexpr auto longest_timeout = std::chrono::hours(1);

// Does not show the URL: it may hold a password.
std::unexpected<Error> refuse(std::string_view why, std::string_view advice = form) {
    return fail(Errc::invalid_argument, fmt::format("the URL of a NATS store is wrong: {}", why), std::string(advice),
                {{"name", "url"}});
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const auto high = hex_digit(text[i + 1]);
            const auto low = hex_digit(text[i + 2]);
            if (high && low) {
                out += static_cast<char>(*high * 16 + *low);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

// The text up to the separator, which is taken out with it; all of it where there is none.
std::string_view take(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const auto taken = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return taken;
}

template <class Number> bool parse_number(std::string_view text, Number& number) {
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    return status == std::errc{} && end == text.data() + text.size();
}

bool parse_duration(std::string_view text, std::chrono::milliseconds& duration) {
    std::int64_t unit = 0;
    if (text.ends_with("ms"))
        unit = 1;
    else if (text.ends_with("s"))
        unit = 1000;
    else
        return false;
    text.remove_suffix(unit == 1 ? 2 : 1);
    std::int64_t number = 0;
    if (!parse_number(text, number) || number < 1 || number > longest_timeout / std::chrono::milliseconds(1))
        return false;
    duration = std::chrono::milliseconds(number * unit);
    return duration <= longest_timeout;
}

// What a stream may be called, by the server's rules.
bool is_stream_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && is_token(name) && name.find_first_of("/\\") == std::string_view::npos;
}

bool is_subject(std::string_view subject) {
    if (subject.empty()) return false;
    while (true) {
        const auto dot = subject.find('.');
        if (!is_token(subject.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        subject.remove_prefix(dot + 1);
    }
}

Result<> add_servers(NatsSettings& settings, std::string_view hosts) {
    while (!hosts.empty()) {
        const auto host = take(hosts, ',');
        const auto bracket = host.find(']'); // IPv6: [::1]:4222
        const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
        if (host.empty() || colon == 0) return refuse("a host is missing");
        std::uint16_t port = 4222;
        if (colon != std::string_view::npos && (!parse_number(host.substr(colon + 1), port) || port == 0))
            return refuse(fmt::format("'{}' is no port", printable(host.substr(colon + 1))));
        settings.servers.push_back(
            fmt::format("{}://{}:{}", settings.tls ? "tls" : "nats", host.substr(0, colon), port));
    }
    if (settings.servers.empty()) return refuse("a host is missing");
    return {};
}

Result<> set_option(NatsSettings& settings, std::string_view name, const std::string& value) {
    const auto wrong = [&](std::string_view what) {
        return refuse(fmt::format("{}={}: {}", name, printable(value), what));
    };
    if (name == "creds")
        settings.creds_file = value;
    else if (name == "nkey")
        settings.nkey_file = value;
    else if (name == "ca")
        settings.ca_file = value;
    else if (name == "cert")
        settings.cert_file = value;
    else if (name == "key")
        settings.key_file = value;
    else if (name == "domain") {
        if (!is_token(value)) return wrong("it must be one token of a subject");
        settings.domain = value;
    } else if (name == "inbox_prefix") {
        if (!is_subject(value)) return wrong("it must be a subject");
        settings.inbox_prefix = value;
    } else if (name == "prefix") {
        if (!is_subject(value) || value.size() > 255) return wrong("it must be a subject of at most 255 bytes");
        settings.prefix = value;
    } else if (name == "replicas") {
        if (!parse_number(value, settings.replicas) || settings.replicas < 1 || settings.replicas > 5)
            return wrong("it must be 1 to 5");
    } else if (name == "max_batch") {
        if (!parse_number(value, settings.max_batch) || settings.max_batch < 1 || settings.max_batch > 1'000'000)
            return wrong("it must be 1 to 1000000, and no more than the server's limits.batch.max_msgs");
    } else if (name == "timeout") {
        if (!parse_duration(value, settings.timeout)) return wrong("write 500ms or 10s, at most 3600s");
    } else if (name == "tls") {
        if (value != "first") return wrong("the only value is 'first'; for TLS alone write tls://");
        settings.tls = true;
        settings.tls_first = true;
    } else {
        return refuse(fmt::format("'{}' is no option", printable(name)));
    }
    return {};
}

// What the URL leaves open.
void add_environment(NatsSettings& settings, Environment environment) {
    const auto fill = [&](std::string& setting, const char* name) {
        const auto* value = environment(name);
        if (setting.empty() && value != nullptr) setting = value;
    };
    const bool named = !settings.user.empty() || !settings.token.empty() || !settings.creds_file.empty() ||
                       !settings.nkey_file.empty();
    if (!named) {
        fill(settings.user, "CIM_NATS_USER");
        fill(settings.token, "CIM_NATS_TOKEN");
        fill(settings.creds_file, "CIM_NATS_CREDS");
        fill(settings.nkey_file, "CIM_NATS_NKEY");
    }
    if (!settings.user.empty()) fill(settings.password, "CIM_NATS_PASSWORD");
    fill(settings.ca_file, "CIM_NATS_CA");
    fill(settings.cert_file, "CIM_NATS_CERT");
    fill(settings.key_file, "CIM_NATS_KEY");
}

Result<> check_login(const NatsSettings& settings) {
    const int ways = (settings.user.empty() ? 0 : 1) + (settings.token.empty() ? 0 : 1) +
                     (settings.creds_file.empty() ? 0 : 1) + (settings.nkey_file.empty() ? 0 : 1);
    if (ways > 1)
        return refuse("there are several ways to log in", "give one of: user and password, a token, creds, nkey");
    if (settings.cert_file.empty() != settings.key_file.empty())
        return refuse("a client certificate needs its key, and a key its certificate", "give both cert and key");
    return {};
}

} // namespace

Result<NatsSettings> parse_nats_url(std::string_view url, Environment environment) {
    NatsSettings settings;
    constexpr std::string_view plain = "nats://";
    constexpr std::string_view secure = "tls://";
    if (url.starts_with(secure))
        settings.tls = true;
    else if (!url.starts_with(plain))
        return refuse("it must begin with nats:// or tls://");
    url.remove_prefix(settings.tls ? secure.size() : plain.size());

    auto place = take(url, '?'); // the options are left
    if (const auto at = place.find('@'); at != std::string_view::npos) {
        const auto who = place.substr(0, at);
        place.remove_prefix(at + 1);
        const auto colon = who.find(':');
        // As NATS has it: a name alone is a token.
        if (colon == std::string_view::npos)
            settings.token = percent_decoded(who);
        else {
            settings.user = percent_decoded(who.substr(0, colon));
            settings.password = percent_decoded(who.substr(colon + 1));
        }
    }
    const auto hosts = take(place, '/');
    settings.stream = percent_decoded(place);
    if (!is_stream_name(settings.stream))
        return refuse(settings.stream.empty()
                          ? "the name of the stream is missing"
                          : fmt::format("'{}' cannot be the name of a stream", printable(settings.stream)));
    while (!url.empty()) {
        auto option = take(url, '&');
        const auto name = take(option, '=');
        CIM_TRY(set_option(settings, name, percent_decoded(option)));
    }
    CIM_TRY(add_servers(settings, hosts));
    add_environment(settings, environment);
    CIM_TRY(check_login(settings));
    return settings;
}

std::string NatsSettings::shown() const {
    std::string url = tls ? "tls://" : "nats://";
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const auto host = servers[i].find("://") + 3;
        url += (i == 0 ? "" : ",") + servers[i].substr(host);
    }
    url += "/" + stream;
    const NatsSettings defaults;
    char separator = '?';
    const auto add = [&](std::string_view name, const std::string& value) {
        url += fmt::format("{}{}={}", std::exchange(separator, '&'), name, value);
    };
    if (prefix != defaults.prefix) add("prefix", prefix);
    if (!domain.empty()) add("domain", domain);
    if (tls_first) add("tls", "first");
    return url;
}

} // namespace cim::jetstream
