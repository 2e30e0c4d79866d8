// The events of a slice, page by page, and how much memory they keep alive: an event keeps the whole page that it was
// read with, so the size of a page counts as soon as one of its events is wanted.
#pragma once

#include <cim/event.hpp>
#include <cim/filter.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace cim::stream {

class KeptEvents {
  public:
    explicit KeptEvents(const EventFilter& filter) : filter_(&filter), keeps_all_(filter.empty()) {}

    /// Keeps those of `wanted` that the filter wants. `page_bytes` is what the page takes from which they came.
    void add(std::span<const DomainEvent> wanted, std::size_t page_bytes);

    [[nodiscard]] std::vector<DomainEvent> take() && { return std::move(events_); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    const EventFilter* filter_; // of the caller of the fetch, who outlives it
    bool keeps_all_;
    std::vector<DomainEvent> events_;
    std::size_t bytes_ = 0;
};

/// Bytes that the events of a page take together: blocks, texts beside them and records.
[[nodiscard]] std::size_t page_bytes(std::span<const DomainEvent> page);

} // namespace cim::stream
