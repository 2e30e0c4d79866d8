// Where a durable subscriber stands, as a document: docs/formats/subscriber.md.
#pragma once

#include <cim/subscription.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace cim::stream {

inline constexpr std::string_view subscribers_collection = "subscribers";

/// Checks a name and a partition. Errors: invalid_argument.
[[nodiscard]] Result<> check_subscriber(std::string_view name, const Partition& partition);
[[nodiscard]] std::string subscriber_key(std::string_view name, const Partition& partition);

/// The saved position of one subscriber. Knows the revision that it read or wrote, so that a second process under the
/// same name is noticed at its first save and not by lost events. Used by one thread at a time.
class SubscriberPosition {
  public:
    SubscriberPosition(DocumentStore& documents, std::string name, Partition partition, std::string subject);

    /// nullopt: none is saved. Errors: store_corrupt, and the store's.
    [[nodiscard]] Result<std::optional<LogPosition>> load();
    /// Errors: conflict if somebody else saved since, and the store's.
    [[nodiscard]] Result<> save(const LogPosition& position, Timestamp now);

  private:
    DocumentStore& documents_;
    const std::string name_;
    const Partition partition_;
    const std::string subject_;
    const std::string key_;
    std::uint64_t revision_ = 0;
    std::string attempted_; // the value of the last put, whether it is known to have landed or not
};

} // namespace cim::stream
