// Reads a log page by page and verifies each page, one page ahead of whoever uses them.
#pragma once

#include <cim/chain.hpp>
#include <cim/event_store.hpp>

#include <future>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
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

    /// The next events, verified; empty at the end. Errors: for the first bad event in log order, once all before it
    /// were given out, cid_mismatch, chain_broken or what the store says of it; what else the store reports. After an
    /// error there is no next.
    [[nodiscard]] Result<std::vector<DomainEvent>> next();

    /// The chains that were verified. Call it only after next() gave the end; after an error it is of no use.
    [[nodiscard]] const ChainVerifier& verifier() const noexcept { return verifier_; }
    /// Events given out, and the aggregates that they are of.
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    [[nodiscard]] std::uint64_t aggregates() const noexcept { return aggregates_.size(); }

  private:
    /// Good events, and why there are no more after them.
    struct Page {
        std::vector<DomainEvent> events;
        std::optional<Error> bad;
    };
    void start();
    void count(std::span<const DomainEvent> events);
    Page read_page();
    Page read_singly(ReadQuery query, Error found);

    EventStore& store_;
    std::optional<ReadQuery> query_; // of the page after the running one; nullopt: there is none
    ChainVerifier verifier_;
    std::future<Page> running_;
    std::optional<Error> bad_; // to be told next
    std::uint64_t events_ = 0;
    std::unordered_set<std::string> aggregates_;
};

/// True for errors that say that stored data is not what was written.
[[nodiscard]] bool is_bad_data(const Error& error) noexcept;

} // namespace cim::cli
