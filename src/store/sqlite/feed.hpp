// A live tail of an SQLite store: reads on from where it stands, and sleeps when there is nothing more.
//
// Commits through the same store object wake it; other processes write without telling anybody, so it also looks every
// 20 ms. Shares what it reads through with the store and may outlive it.
#pragma once

#include <cim/event_store.hpp>

#include "store/sqlite/commit_signal.hpp"
#include "store/sqlite/reader_pool.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>

namespace cim::sqlite {

/// What a store and its feeds have in common.
struct Shared {
    explicit Shared(std::unique_ptr<Connection> only_connection, std::unique_ptr<Reader> only_reader)
        : only(std::move(only_connection)), readers(std::move(only_reader)) {}
    Shared(std::string path, Access access, std::chrono::milliseconds busy_timeout)
        : readers(std::move(path), access, busy_timeout) {}

    std::unique_ptr<Connection> only; ///< Of a database in memory; nullptr for a file.
    ReaderPool readers;
    CommitSignal committed;
};

class Feed final : public EventFeed {
  public:
    Feed(std::shared_ptr<Shared> shared, GlobalSequence after)
        : shared_(std::move(shared)), read_to_(after), position_(after.value()) {}

    [[nodiscard]] Result<std::vector<DomainEvent>> next(std::size_t max_events,
                                                        std::chrono::milliseconds timeout) override;
    [[nodiscard]] GlobalSequence position() const noexcept override { return GlobalSequence(position_.load()); }
    void close() noexcept override;

  private:
    [[nodiscard]] Result<bool> read_on();
    [[nodiscard]] std::size_t whole_transactions(std::size_t max_events) const;
    [[nodiscard]] Result<std::vector<DomainEvent>> ready(std::size_t max_events);

    const std::shared_ptr<Shared> shared_;

    // Used by the thread that calls next().
    GlobalSequence read_to_;        // everything up to here was read
    std::deque<DomainEvent> ahead_; // read and not given out yet

    std::atomic<std::uint64_t> position_;
    std::atomic<bool> closed_{false};
};

} // namespace cim::sqlite
