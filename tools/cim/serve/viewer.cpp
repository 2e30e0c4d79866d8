#include "viewer.hpp"

#include "access.hpp"
#include "api.hpp"
#include "base/try.hpp"
#include "history.hpp"
#include "http.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim::serve {

// In the order in which things rely on one another; the server goes first, then nobody asks any more.
struct Viewer::State {
    std::unique_ptr<History> history;
    std::optional<Access> access;
    std::optional<Api> api;
    std::unique_ptr<HttpServer> server;
    std::string url;

    ~State() {
        if (history) history->stop();
        if (server) server->stop();
    }
};

Viewer::Viewer() : state_(std::make_unique<State>()) {}
Viewer::~Viewer() = default;
const std::string& Viewer::url() const noexcept { return state_->url; }
int Viewer::port() const noexcept { return state_->server->port(); }

Result<std::unique_ptr<Viewer>> Viewer::open(EventStore& store, const GraphMapping& mapping,
                                             const ViewerOptions& options) {
    if (!is_loopback(options.host) && options.token.empty()) {
        return fail(Errc::invalid_argument, fmt::format("whoever can reach {} could read the log", options.host),
                    "choose a token of at least 16 characters: --token-file FILE, or the environment's CIM_VIEW_TOKEN",
                    {{"name", "token"}});
    }
    if (!options.token.empty() && options.token.size() < 16)
        return fail(Errc::invalid_argument, "the token has fewer than 16 characters", "a longer one cannot be guessed",
                    {{"name", "token"}});
    auto viewer = std::make_unique<Viewer>();
    auto& state = *viewer->state_;
    CIM_TRY_ASSIGN(state.history, History::start(store, mapping, options.aggregate));
    state.access.emplace(options.host, options.token);
    state.api.emplace(store, *state.history, *state.access);
    const auto handler = [&api = *state.api](const Request& request) { return api.answer(request); };
    HttpOptions http;
    http.host = options.host;
    http.port = options.port.value_or(usual_port);
    auto server = HttpServer::open(http, handler);
    if (!server && !options.port) {
        http.port = 0;
        server = HttpServer::open(http, handler);
    }
    CIM_TRY_ASSIGN(state.server, std::move(server));
    state.access->set_port(state.server->port());
    const bool any = options.host == "0.0.0.0" || options.host == "::";
    const auto shown = any ? std::string("127.0.0.1") : options.host == "::1" ? std::string("[::1]") : options.host;
    state.url = fmt::format("http://{}:{}/", shown, state.server->port());
    if (!options.token.empty()) state.url += "#token=" + options.token;
    state.server->start();
    return viewer;
}

} // namespace cim::serve
