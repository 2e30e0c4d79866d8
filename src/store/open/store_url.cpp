#include "store/open/store_url.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cim {

namespace {

constexpr std::string_view forms = "write sqlite:PATH, sqlite::memory:, a plain path, or nats://host:port/stream";

std::unexpected<Error> refuse(std::string_view url, std::string_view why, std::string_view advice = forms) {
    return fail(Errc::invalid_argument, fmt::format("store '{}': {}", printable(url), why), std::string(advice),
                {{"name", "url"}, {"url", std::string(url)}});
}

bool is_scheme_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
}

// The kind of a URL, "" for a path: what stands before a colon that comes before any slash.
std::string_view scheme_of(std::string_view url) {
    const auto colon = url.find(':');
    if (colon == 0 || colon == std::string_view::npos) return {};
    const auto scheme = url.substr(0, colon);
    return std::ranges::all_of(scheme, is_scheme_character) ? scheme : std::string_view();
}

Result<> apply_option(StoreUrl& parsed, std::string_view option, std::string_view url) {
    constexpr std::string_view known = "the only option is synchronous=full or synchronous=normal";
    if (option == "synchronous=full")
        parsed.synchronous = sqlite::Synchronous::full;
    else if (option == "synchronous=normal")
        parsed.synchronous = sqlite::Synchronous::normal;
    else
        return refuse(url, fmt::format("'{}' is no option of an SQLite store", printable(option)), known);
    return {};
}

Result<StoreUrl> parse_sqlite(std::string_view rest, std::string_view url) {
    StoreUrl parsed;
    const auto question = rest.find('?');
    auto path = rest.substr(0, question);
    if (path.starts_with("//")) {
        if (!path.starts_with("///"))
            return refuse(url, "a store in a file has no host", "write sqlite:PATH or sqlite:///PATH");
        path.remove_prefix(2);
    }
    if (path.empty()) return refuse(url, "the path is missing");
    parsed.path = path;
    if (question == std::string_view::npos) return parsed;
    auto options = rest.substr(question + 1);
    while (true) {
        const auto end = options.find('&');
        CIM_TRY(apply_option(parsed, options.substr(0, end), url));
        if (end == std::string_view::npos) return parsed;
        options.remove_prefix(end + 1);
    }
}

} // namespace

Result<StoreUrl> parse_store_url(std::string_view url) {
    if (url.empty()) return refuse(url, "a store needs a name");
    const auto scheme = scheme_of(url);
    if (scheme == "sqlite") return parse_sqlite(url.substr(scheme.size() + 1), url);
    if (scheme == "nats" || scheme == "tls") return StoreUrl{.path = {}, .kind = StoreKind::jetstream};
    if (!scheme.empty())
        return refuse(url, fmt::format("'{}' is no kind of store", scheme),
                      "write sqlite:PATH, or ./ before a path with a colon");
    return StoreUrl{std::string(url)};
}

} // namespace cim
