#include "graph/waiting_edges.hpp"

namespace cim::graph {

void WaitingEdges::add(const TextKey& id, std::uint32_t type, const TextKey& source, const TextKey& target,
                       ByteView properties) {
    const auto from = end(source);
    const auto to = end(target);
    edges_.add(id, type, {from, to}, properties, at_);
}

void WaitingEdges::remove(std::uint32_t edge) {
    const auto [source, target] = edges_.ends(edge);
    edges_.remove(edge, at_);
    release(source);
    if (target != source) release(target);
}

std::uint32_t WaitingEdges::end(const TextKey& node) {
    const auto number = ends_.find_or_add(node);
    if (number == at_.size()) at_.emplace_back();
    return number;
}

void WaitingEdges::release(std::uint32_t end) {
    if (at_[end].empty()) ends_.remove(end);
}

} // namespace cim::graph
