// Reads a log on other threads while the caller works on what came before.
//
//     ReadAhead pages(store, ReadQuery::all());
//     while (true) {
//         CIM_TRY_ASSIGN(const auto events, pages.next());
//         if (events.empty()) break;
//         CIM_TRY(verifier.add(events));
//     }
//
// Gives the same events in the same order as following EventPage::next, up to what was there at the start. The
// positions asked for are cut into stripes of one page's limit, which several threads read at once; memory is bounded
// by a few pages for each thread. One thread calls next().
#pragma once

#include <cim/event_store.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace cim {

class ReadAhead {
  public:
    /// `store` must outlive it.
    ReadAhead(EventStore& store, ReadQuery query, unsigned threads = 2);
    /// Stops reading; waits for the reads that are under way.
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    /// The events of the next page; empty after the last. Errors: those of EventStore::read; afterwards nothing comes.
    [[nodiscard]] Result<std::vector<DomainEvent>> next();

  private:
    struct Stripe {
        std::uint64_t number = 0;
        std::deque<std::vector<DomainEvent>> pages;
        std::optional<Error> error;
        bool finished = false;
    };

    [[nodiscard]] Result<> cut();
    [[nodiscard]] ReadQuery query_of(std::uint64_t number) const;
    void work();
    void read(Stripe& stripe);
    [[nodiscard]] bool keep(Stripe& stripe, std::vector<DomainEvent> events);

    // Constant after cut().
    EventStore& store_;
    const unsigned threads_;
    ReadQuery query_;
    std::uint64_t stripes_ = 0;
    bool cut_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    std::deque<Stripe> open_; // begun and not given out to the end; addresses stay
    std::uint64_t begun_ = 0;
    bool stopped_ = false;

    std::vector<std::jthread> workers_;
};

} // namespace cim
