// What the viewer's server answers: the page's files and the API of docs/formats/http.md.
#pragma once

#include "access.hpp"
#include "history.hpp"
#include "http.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace cim::serve {

struct ApiOptions {
    std::size_t max_streams = 64; ///< Followers at once; one more is told to come back later.
};

/// Safe to use from several threads at once. Store, history and access must outlive it.
class Api {
  public:
    Api(EventStore& store, History& history, const Access& access, ApiOptions options = {})
        : store_(store), history_(history), access_(access), options_(options) {}

    [[nodiscard]] Reply answer(const Request& request);
    /// Streams that are open now.
    [[nodiscard]] std::size_t streams() const noexcept { return *streams_; }

  private:
    [[nodiscard]] Reply route(const Request& request);
    [[nodiscard]] Result<Reply> status(const Request& request);
    [[nodiscard]] Result<Reply> changes(const Request& request);
    [[nodiscard]] Result<Reply> blocks(const Request& request);
    [[nodiscard]] Result<Reply> state(const Request& request);
    [[nodiscard]] Result<Reply> node(const Request& request);
    [[nodiscard]] Result<Reply> event(const Request& request);
    [[nodiscard]] Result<Reply> search(const Request& request);
    [[nodiscard]] Result<Reply> picture(const Request& request);

    /// The event that `at` names, or the last; it must have been read.
    [[nodiscard]] Result<GlobalSequence> moment(const Request& request) const;
    [[nodiscard]] Result<std::string> greeting(GlobalSequence after);
    /// Counts a stream as long as the result lives; nullptr if there are too many.
    [[nodiscard]] std::shared_ptr<void> admit();

    EventStore& store_;
    History& history_;
    const Access& access_;
    const ApiOptions options_;
    std::shared_ptr<std::atomic<std::size_t>> streams_ = std::make_shared<std::atomic<std::size_t>>(0);
};

} // namespace cim::serve
