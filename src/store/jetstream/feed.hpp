// A live tail of the stream.
#pragma once

#include <cim/event_store.hpp>

#include "store/jetstream/session.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace cim::jetstream {

/// Lives on after the store that made it.
class Feed final : public EventFeed {
  public:
    Feed(std::shared_ptr<Session> session, std::unique_ptr<OrderedReader> reader, GlobalSequence after)
        : session_(std::move(session)), reader_(std::move(reader)), position_(after.value()) {}
    [[nodiscard]] Result<std::vector<DomainEvent>> next(std::size_t max_events,
                                                        std::chrono::milliseconds timeout) override;
    [[nodiscard]] GlobalSequence position() const noexcept override { return GlobalSequence(position_); }
    void close() noexcept override { closed_ = true; }

  private:
    [[nodiscard]] std::size_t whole_transactions(std::size_t max_events) const;
    [[nodiscard]] std::vector<DomainEvent> give(std::size_t count);
    [[nodiscard]] Result<bool> read_on(Deadline deadline);
    [[nodiscard]] Result<> check_follows(const DomainEvent& event) const;
    [[nodiscard]] Error incomplete() const;

    const std::shared_ptr<Session> session_;
    const std::unique_ptr<OrderedReader> reader_;
    std::vector<DomainEvent> ahead_;      // read, and not given out; only the last transaction in it may be incomplete
    std::optional<Error> failed_;         // comes after what is ahead
    std::optional<Deadline> complete_by_; // set while the last transaction ahead is incomplete
    std::atomic<std::uint64_t> position_;
    std::atomic<bool> closed_{false};
};

} // namespace cim::jetstream
