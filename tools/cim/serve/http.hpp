// An HTTP server: a thin layer over cpp-httplib, whose header only http.cpp sees.
//
// Every request goes to one handler, on a thread of the server's. A reply is a body, or a stream that is asked for its
// next piece until it ends; a reader that takes nothing for `write_timeout` is let go, so that no reply is held for it.
#pragma once

#include <cim/error.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::serve {

/// One request, looked at; valid while the handler runs.
class Request {
  public:
    virtual ~Request() = default;
    [[nodiscard]] virtual std::string method() const = 0;
    /// Decoded, without the query.
    [[nodiscard]] virtual std::string path() const = 0;
    /// The first value of that name in the query, decoded; nullopt if it is not there.
    [[nodiscard]] virtual std::optional<std::string> query(const std::string& name) const = 0;
    /// The first value of that header; nullopt if it is not there.
    [[nodiscard]] virtual std::optional<std::string> header(const std::string& name) const = 0;
};

/// Gives the next piece of a stream. Writes by `write`, which answers false when the reader has gone; `alive` tells the
/// same without writing. Returns whether there is more to come.
using Write = std::function<bool(std::string_view)>;
using Alive = std::function<bool()>;
using Stream = std::function<bool(const Write& write, const Alive& alive)>;

struct Reply {
    int status = 200;
    std::string type = "application/json; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{};
    Stream stream{}; ///< Set: it is sent instead of the body.
};

using Handler = std::function<Reply(const Request&)>;

struct HttpOptions {
    std::string host = "127.0.0.1";
    int port = 0;             ///< 0: any that is free.
    std::size_t threads = 80; ///< Most connections that are served at once; others wait.
    std::chrono::seconds read_timeout{5};
    std::chrono::seconds write_timeout{10};
    std::size_t max_request = 64 * 1024; ///< Bytes of a request's body.
};

/// Listens from open() on, answers from start() on, and ends all it does in stop() or when it is destroyed. Streams end
/// when they ask whether they should.
class HttpServer {
  public:
    /// Errors: io_error when the port is taken or the host is not this machine's.
    [[nodiscard]] static Result<std::unique_ptr<HttpServer>> open(const HttpOptions& options, Handler handler);
    HttpServer() = default;
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    virtual ~HttpServer() = default;
    [[nodiscard]] virtual int port() const noexcept = 0;
    virtual void start() = 0;
    virtual void stop() = 0;
};

} // namespace cim::serve
