// Who may ask: the rules that every request meets before anything else.
//
// A page from elsewhere that a browser was led to must not read the log: the Host header has to be this server's own (a
// name that was made to point here is refused), and a request that says where it comes from (Origin, Sec-Fetch-Site)
// has to come from here. Where the server listens to more than this machine, the data needs a token besides.
#pragma once

#include "http.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cim::serve {

/// True for 127.0.0.1, ::1 and localhost.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

class Access {
  public:
    /// `host` as the server listens on; empty token: none is needed.
    Access(std::string host, std::string token) : host_(std::move(host)), token_(std::move(token)) {}

    /// Known once the server listens.
    void set_port(int port) noexcept { port_ = port; }

    /// The answer to a request that is refused; nullopt if it may pass.
    [[nodiscard]] std::optional<Reply> refusal(const Request& request) const;

  private:
    [[nodiscard]] bool is_own_authority(std::string_view authority) const;
    [[nodiscard]] bool has_token(const Request& request) const;

    std::string host_;
    std::string token_;
    int port_ = 0;
};

/// Headers that every reply carries.
void add_common_headers(Reply& reply);

/// An error as the API reports it, with the status that goes with its code.
[[nodiscard]] Reply error_reply(const Error& error);
[[nodiscard]] Reply error_reply(int status, std::string_view code, std::string_view message);

} // namespace cim::serve
