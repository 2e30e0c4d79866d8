#include "graph/change_log.hpp"

#include <utility>

namespace cim::graph {

void ElementChanges::added(std::uint32_t element) { push(added_, element, Mark::added); }

void ElementChanges::updated(std::uint32_t element) {
    if (mark(element) == Mark::none) push(updated_, element, Mark::updated);
}

void ElementChanges::removed(std::uint32_t element, std::string_view id) {
    auto& marked = mark(element);
    // What was added since the last take() is none of the reader's business.
    if (marked != Mark::added) {
        removed_.emplace_back(id);
        removed_elements_.push_back(element);
    }
    marked = Mark::none;
}

ElementChanges::Mark& ElementChanges::mark(std::uint32_t element) {
    if (element >= marks_.size()) marks_.resize(element + std::size_t{1}, Mark::none);
    return marks_[element];
}

void ElementChanges::push(std::vector<std::uint32_t>& list, std::uint32_t element, Mark kind) {
    mark(element) = kind;
    list.push_back(element);
    if (list.size() > 2 * marks_.size() + 64) sweep(list, kind);
}

void ElementChanges::sweep(std::vector<std::uint32_t>& list, Mark kind) {
    std::erase_if(list, [&](std::uint32_t element) {
        if (marks_[element] != kind) return true;
        marks_[element] = Mark::seen;
        return false;
    });
    for (const auto element : list) marks_[element] = kind;
}

std::size_t ElementChanges::memory_bytes() const noexcept {
    std::size_t bytes = marks_.capacity() * sizeof(Mark) + removed_.capacity() * sizeof(std::string);
    bytes += (added_.capacity() + updated_.capacity() + removed_elements_.capacity()) * sizeof(std::uint32_t);
    for (const auto& id : removed_) bytes += id.capacity() > std::string().capacity() ? id.capacity() : 0;
    return bytes;
}

void ChangeLog::track(bool on) {
    *this = ChangeLog();
    on_ = on;
}

GraphChanges ChangeLog::take() {
    GraphChanges changes;
    nodes_.take(changes.added_nodes, changes.updated_nodes, changes.removed_nodes, changes.removed_node_indexes);
    edges_.take(changes.added_edges, changes.updated_edges, changes.removed_edges, changes.removed_edge_indexes);
    changes.subgraphs_changed = std::exchange(subgraphs_changed_, false);
    return changes;
}

} // namespace cim::graph
