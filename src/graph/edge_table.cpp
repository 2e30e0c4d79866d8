#include "graph/edge_table.hpp"

namespace cim::graph {

std::uint32_t EdgeTable::add(const TextKey& id, std::uint32_t type, Ends ends, ByteView properties,
                             std::vector<Adjacency>& at) {
    const auto edge = ids_.add(id);
    if (edge == links_.size()) {
        types_.emplace_back();
        ends_.emplace_back();
        links_.emplace_back();
    }
    types_[edge] = type;
    ends_[edge] = ends;
    properties_.add(edge, properties);

    auto& out = at[ends.source].first_out;
    auto& in = at[ends.target].first_in;
    links_[edge] = {out, none, in, none};
    if (out != none) links_[out].previous_out = edge;
    if (in != none) links_[in].previous_in = edge;
    out = edge;
    in = edge;
    return edge;
}

void EdgeTable::remove(std::uint32_t edge, std::vector<Adjacency>& at) {
    const auto links = links_[edge];
    (links.previous_out == none ? at[ends_[edge].source].first_out : links_[links.previous_out].next_out) =
        links.next_out;
    if (links.next_out != none) links_[links.next_out].previous_out = links.previous_out;
    (links.previous_in == none ? at[ends_[edge].target].first_in : links_[links.previous_in].next_in) = links.next_in;
    if (links.next_in != none) links_[links.next_in].previous_in = links.previous_in;

    properties_.remove(edge);
    ids_.remove(edge);
}

std::size_t EdgeTable::memory_bytes() const noexcept {
    return ids_.memory_bytes() + types_.capacity() * sizeof(std::uint32_t) + ends_.capacity() * sizeof(Ends) +
           links_.capacity() * sizeof(Links) + properties_.memory_bytes();
}

} // namespace cim::graph
