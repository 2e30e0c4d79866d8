#include "http.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <thread>

namespace cim::serve {
namespace {

class LibraryRequest final : public Request {
  public:
    explicit LibraryRequest(const httplib::Request& request) : request_(request) {}
    std::string method() const override { return request_.method; }
    std::string path() const override { return request_.path; }
    std::optional<std::string> query(const std::string& name) const override {
        if (!request_.has_param(name)) return std::nullopt;
        return request_.get_param_value(name);
    }
    std::optional<std::string> header(const std::string& name) const override {
        if (!request_.has_header(name)) return std::nullopt;
        return request_.get_header_value(name);
    }

  private:
    const httplib::Request& request_;
};

// A body of known length goes out as it is. The library would compress any other, at a price that is well spent only on
// a network.
void send_body(httplib::Response& response, const std::string& type, std::string body) {
    const auto kept = std::make_shared<const std::string>(std::move(body));
    if (kept->empty()) return response.set_content("", type);
    response.set_content_provider(
        kept->size(), type, [kept](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            return sink.write(kept->data() + offset, std::min<std::size_t>(length, 256 * 1024));
        });
}

void send_stream(httplib::Response& response, const std::string& type, Stream stream) {
    response.set_chunked_content_provider(type, [stream = std::move(stream)](std::size_t, httplib::DataSink& sink) {
        const auto write = [&](std::string_view piece) { return sink.write(piece.data(), piece.size()); };
        bool gone = false;
        const auto more = stream(
            [&](std::string_view piece) {
                gone = gone || !write(piece);
                return !gone;
            },
            [&] { return sink.is_writable(); });
        if (gone) return false;
        if (!more) sink.done();
        return true;
    });
}

class LibraryServer final : public HttpServer {
  public:
    LibraryServer(const HttpOptions& options, Handler handler) : options_(options), handler_(std::move(handler)) {
        server_.new_task_queue = [threads = options.threads] { return new httplib::ThreadPool(threads); };
        server_.set_read_timeout(options.read_timeout);
        server_.set_write_timeout(options.write_timeout);
        server_.set_keep_alive_timeout(2);
        server_.set_keep_alive_max_count(1000);
        server_.set_payload_max_length(options.max_request);
        server_.set_tcp_nodelay(true);
        // Without this option two servers could have one port, and requests would go to either.
        server_.set_socket_options([](socket_t socket) {
            const int yes = 1;
            ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        // Here, before the library looks for handlers by regular expressions, every request is met.
        server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            answer(request, response);
            return httplib::Server::HandlerResponse::Handled;
        });
    }
    ~LibraryServer() override { stop(); }

    bool bind() {
        port_ = options_.port == 0                                   ? server_.bind_to_any_port(options_.host)
                : server_.bind_to_port(options_.host, options_.port) ? options_.port
                                                                     : -1;
        return port_ > 0;
    }
    int port() const noexcept override { return port_; }
    void start() override {
        thread_ = std::jthread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();
    }
    void stop() override {
        if (!thread_.joinable()) return;
        server_.stop();
        thread_.join();
    }

  private:
    void answer(const httplib::Request& request, httplib::Response& response) {
        auto reply = handler_(LibraryRequest(request));
        response.status = reply.status;
        for (const auto& [name, value] : reply.headers) response.set_header(name, value);
        if (reply.stream) return send_stream(response, reply.type, std::move(reply.stream));
        send_body(response, reply.type, std::move(reply.body));
    }

    HttpOptions options_;
    Handler handler_;
    httplib::Server server_;
    int port_ = -1;
    std::jthread thread_;
};

} // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpOptions& options, Handler handler) {
    auto server = std::make_unique<LibraryServer>(options, std::move(handler));
    if (!server->bind()) {
        return fail(Errc::io_error, fmt::format("cannot listen on {}, port {}", options.host, options.port),
                    "another program may have the port: choose one with --port, or --port 0 for any that is free",
                    {{"host", options.host}, {"port", std::to_string(options.port)}});
    }
    return server;
}

} // namespace cim::serve
