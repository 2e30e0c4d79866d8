// The mutations of one frame, with everything that their texts lie in.
#pragma once

#include <cim/event_bridge.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace cim::host {

class FrameMutations {
  public:
    /// Forgets all, keeps the memory.
    void clear() noexcept;

    /// Keeps the event until clear(), and gives where it stays; what was given before is no longer valid. So events are
    /// kept a transaction at a time, and what points to them is set by finish().
    void add(const DomainEvent& event, bool replay, const GraphMutation& mutation, Outcome outcome);
    /// Keeps copies of all texts of the mutation.
    void add_local(const GraphMutation& mutation, Outcome outcome);

    /// Where mapped mutations may put their texts; its mutations are nobody's.
    [[nodiscard]] MutationList& scratch() noexcept { return scratch_; }
    /// All of them, in order; valid until the next call that is not const.
    [[nodiscard]] std::span<const GraphMutationEvent> finish();
    [[nodiscard]] std::size_t size() const noexcept { return mutations_.size(); }

  private:
    MutationList scratch_;
    std::vector<DomainEvent> events_;
    std::vector<std::size_t> event_of_; // by mutation; of a local one anything
    std::vector<GraphMutationEvent> mutations_;
};

/// The same mutation with all its texts kept in the list.
[[nodiscard]] GraphMutation keep(const GraphMutation& mutation, MutationList& list);

} // namespace cim::host
