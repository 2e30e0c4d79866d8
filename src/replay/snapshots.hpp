// Copies of the graph at earlier positions, from which a state is reached again without starting over.
//
// Regular copies stand at about equal distances over all of the history that was played. The distance grows as it must
// for the copies to fit into the memory: foreseen from how the graph grows, and by giving up every other copy where
// that was wrong. Near copies are left by going back on its way down; for them, copies ahead of the position are given
// up, which are made again when the position comes there.
#pragma once

#include <cim/graph_projection.hpp>

#include <cstddef>
#include <map>

namespace cim::replay {

class Snapshots {
  public:
    /// At most so many bytes, unless one copy alone is larger; `interval` is the least distance of regular copies.
    Snapshots(std::size_t bytes, std::size_t interval);

    struct Copy {
        GraphProjection projection;
        std::size_t bytes;
        bool regular;
    };
    using Copies = std::map<std::size_t, Copy>; // by position

    /// The last copy at or before that position; end() if there is none, and the start is the way.
    [[nodiscard]] Copies::const_iterator at_or_before(std::size_t position) const;
    [[nodiscard]] Copies::const_iterator end() const noexcept { return copies_.end(); }

    /// The next position after this one where keep_regular() is due.
    [[nodiscard]] std::size_t next_regular(std::size_t position) const;
    /// Copies the graph of that position, unless there is a copy, and makes room for it. The history has `events`.
    void keep_regular(std::size_t position, const GraphProjection& projection, std::size_t events);
    /// Copies the graph of that position if there is memory for it.
    void keep_near(std::size_t position, const GraphProjection& projection);

    [[nodiscard]] std::size_t interval() const noexcept { return interval_; }
    [[nodiscard]] std::size_t count() const noexcept { return copies_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    Copies::iterator insert(std::size_t position, const GraphProjection& projection, bool regular);
    Copies::iterator erase(Copies::iterator copy);
    void foresee(Copies::const_iterator newest, std::size_t events);
    void thin_out();
    [[nodiscard]] Copies::const_iterator regular_before(Copies::const_iterator copy) const;
    [[nodiscard]] Copies::iterator furthest_near(std::size_t from);

    const std::size_t limit_;
    const std::size_t least_interval_;
    std::size_t interval_;
    Copies copies_;
    std::size_t bytes_ = 0;         // of all copies
    std::size_t regular_bytes_ = 0; // of the regular ones
    std::size_t regular_ = 0;       // how many are regular
};

} // namespace cim::replay
