#include "access.hpp"

#include "output.hpp"

#include <fmt/format.h>

namespace cim::serve {
namespace {

// Takes as long for a token that is nearly right as for any other.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
    return difference == 0;
}

int status_of(Errc code) noexcept {
    switch (code) {
    case Errc::not_found: return 404;
    case Errc::invalid_argument:
    case Errc::limit_exceeded:
    case Errc::invalid_pattern: return 400;
    case Errc::store_unavailable:
    case Errc::store_busy:
    case Errc::timeout: return 503;
    default: return 500;
    }
}

} // namespace

bool is_loopback(std::string_view host) noexcept { return host == "127.0.0.1" || host == "::1" || host == "localhost"; }

bool Access::is_own_authority(std::string_view authority) const {
    const auto with_port = [&](std::string_view host) { return fmt::format("{}:{}", host, port_); };
    for (const std::string_view name :
         {std::string_view("127.0.0.1"), std::string_view("localhost"), std::string_view("[::1]")}) {
        if (authority == with_port(name)) return true;
    }
    if (is_loopback(host_)) return false;
    // Who listens to more than this machine may be called by any of its addresses and names, and asks for a token.
    return authority.ends_with(fmt::format(":{}", port_)) || port_ == 80;
}

bool Access::has_token(const Request& request) const {
    const auto header = request.header("Authorization");
    constexpr std::string_view scheme = "Bearer ";
    if (header && header->starts_with(scheme))
        return equal_in_constant_time(std::string_view(*header).substr(scheme.size()), token_);
    // A file that the browser saves is asked for by its address alone.
    const auto query = request.query("token");
    return query && equal_in_constant_time(*query, token_);
}

std::optional<Reply> Access::refusal(const Request& request) const {
    const auto method = request.method();
    if (method != "GET" && method != "HEAD") {
        auto reply = error_reply(405, "method_not_allowed", "this server only shows: GET and HEAD");
        reply.headers.emplace_back("Allow", "GET, HEAD");
        return reply;
    }
    const auto host = request.header("Host");
    if (!host || !is_own_authority(*host))
        return error_reply(403, "foreign_host", "the Host header does not name this server");
    const auto origin = request.header("Origin");
    if (origin && *origin != "http://" + *host)
        return error_reply(403, "foreign_origin", "a page from elsewhere may not read this");
    if (request.path().starts_with("/api/")) {
        const auto site = request.header("Sec-Fetch-Site");
        if (site && *site != "same-origin" && *site != "none")
            return error_reply(403, "foreign_origin", "a page from elsewhere may not read this");
        if (!token_.empty() && !has_token(request)) {
            auto reply =
                error_reply(401, "token_required", "the token that the server was started with is missing or wrong");
            reply.headers.emplace_back("WWW-Authenticate", "Bearer");
            return reply;
        }
    }
    return std::nullopt;
}

void add_common_headers(Reply& reply) {
    static constexpr const char* policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "worker-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    reply.headers.emplace_back("Content-Security-Policy", policy);
    reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
    reply.headers.emplace_back("Referrer-Policy", "no-referrer");
    reply.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    reply.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    reply.headers.emplace_back("Cache-Control", "no-store");
}

Reply error_reply(int status, std::string_view code, std::string_view message) {
    Reply reply;
    reply.status = status;
    reply.body = R"({"error":{"code":)";
    cli::append_json_string(reply.body, code);
    reply.body += R"(,"message":)";
    cli::append_json_string(reply.body, message);
    reply.body += "}}\n";
    return reply;
}

Reply error_reply(const Error& error) {
    return error_reply(status_of(error.code), to_string(error.code), error.text());
}

} // namespace cim::serve
