// What is in the stream: its aggregates and its size. The server keeps no list of aggregates and no count of
// transactions, so both are made here, from the list of subjects and from headers, and kept while nothing was added.
// Self-synchronised.
#pragma once

#include <cim/event_store.hpp>

#include "store/jetstream/session.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cim::jetstream {

class Listing {
  public:
    explicit Listing(std::shared_ptr<Session> session) : session_(std::move(session)) {}
    [[nodiscard]] Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after, std::size_t limit);
    /// How far the log goes. Two questions to the leader.
    [[nodiscard]] Result<StoreInfo> size();
    /// With the transactions and aggregates up to there, which reads the headers of what came since the last time.
    [[nodiscard]] Result<StoreInfo> count(StoreInfo info);

  private:
    [[nodiscard]] Result<> refresh_names(const StreamInfo& stream);
    [[nodiscard]] Result<> count_transactions(std::uint64_t upto);
    [[nodiscard]] Result<AggregateInfo> look_at(const std::string& name);

    const std::shared_ptr<Session> session_;
    std::mutex mutex_;
    // Guarded by mutex_.
    std::vector<std::string> names_; // sorted
    std::uint64_t subjects_ = 0;     // that the names were made from; none ever goes away
    std::string created_;            // which stream that was
    std::uint64_t counted_upto_ = 0;
    std::uint64_t transactions_ = 0; // that begin up to there
};

} // namespace cim::jetstream
