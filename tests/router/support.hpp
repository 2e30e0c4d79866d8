// Events to route, and short ways to say what came out.
#pragma once

#include <cim/routed_event.hpp>
#include <cim/transaction.hpp>

#include "event/support.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::test {

/// One event of that type; `payload` is a map.
inline DomainEvent event(std::string_view aggregate, std::string_view type = "Counted",
                         ipld::Value payload = {{"n", 1}}) {
    Transaction transaction{AggregateId(aggregate)};
    transaction.add(type, std::move(payload), from_micros(0));
    std::vector<Row> log;
    append(log, *ChainBuilder(AggregateId(aggregate), {}).build(transaction));
    return events_of(log).front();
}

inline std::vector<std::uint64_t> numbers(std::span<const RoutedEvent> events) {
    std::vector<std::uint64_t> all;
    for (const auto& routed : events) all.push_back(routed.global_sequence().value());
    return all;
}

inline std::vector<std::string> subjects(std::span<const RoutedEvent> events) {
    std::vector<std::string> all;
    for (const auto& routed : events) all.emplace_back(routed.subject());
    return all;
}

} // namespace cim::test
