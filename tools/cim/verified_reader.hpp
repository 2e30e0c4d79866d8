// Reads a log page by page and verifies each page, one page ahead of whoever uses them.
#pragma once

#include <cim/chain.hpp>
#include <cim/event_store.hpp>

#include <future>
#include <optional>
#include <vector>

namespace cim::cli {

/// The store must outlive it. Not for use by several threads at once.
class VerifiedReader {
  public:
    static constexpr std::size_t page_size = 10'000;

    /// Uses every core for hashing unless `options` says otherwise.
    VerifiedReader(EventStore& store, ReadQuery query, VerifyOptions options = {.threads = 0});
    ~VerifiedReader();
    VerifiedReader(const VerifiedReader&) = delete;
    VerifiedReader& operator=(const VerifiedReader&) = delete;

    /// The next events, verified; empty at the end. Errors: for the first bad event in log order, cid_mismatch,
    /// chain_broken or what the store says of it; what else the store reports. After an error there is no next.
    [[nodiscard]] Result<std::vector<DomainEvent>> next();

    /// What was verified so far, in events and chains. Call it only after next() gave an error or the end.
    [[nodiscard]] const ChainVerifier& verifier() const noexcept { return verifier_; }
    /// Events given out.
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

  private:
    using Page = Result<std::vector<DomainEvent>>;
    void start();
    Page read_page();
    Error first_bad_event(const ReadQuery& query, Error found);

    EventStore& store_;
    std::optional<ReadQuery> query_;
    ChainVerifier verifier_;
    std::future<Page> running_;
    std::uint64_t events_ = 0;
};

/// True for errors that say that stored data is not what was written.
[[nodiscard]] bool is_bad_data(const Error& error) noexcept;

} // namespace cim::cli
