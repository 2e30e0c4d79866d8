// The viewer's server as one thing: history, API and HTTP.
#pragma once

#include <cim/event_store.hpp>
#include <cim/graph_mapping.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cim::serve {

struct ViewerOptions {
    std::optional<AggregateId> aggregate; ///< nullopt: all, in log order.
    std::string host = "127.0.0.1";
    std::optional<int> port; ///< nullopt: the usual one if it is free, else any.
    std::string token;       ///< Needed where host is not this machine alone.
};

/// Serves from open() on until it is destroyed. The store must outlive it.
class Viewer {
  public:
    static constexpr int usual_port = 4747;

    /// Errors: invalid_argument without a token for a host that is not loopback, io_error.
    [[nodiscard]] static Result<std::unique_ptr<Viewer>> open(EventStore& store, const GraphMapping& mapping,
                                                              const ViewerOptions& options);
    Viewer();
    ~Viewer();
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    /// The page's address; with the token, if there is one, behind a '#', which browsers send to nobody.
    [[nodiscard]] const std::string& url() const noexcept;
    [[nodiscard]] int port() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cim::serve
