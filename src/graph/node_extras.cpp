#include "graph/node_extras.hpp"

namespace cim::graph {

Transform NodeExtras::transform(std::uint32_t node) const noexcept {
    const auto* extra = find(node);
    return extra ? extra->transform : Transform{};
}

void NodeExtras::set_transform(std::uint32_t node, const Transform& transform) {
    make(node).transform = transform;
    release_if_plain(node);
}

std::uint32_t NodeExtras::parent(std::uint32_t node) const noexcept {
    const auto* extra = find(node);
    return extra ? extra->parent : none;
}

void NodeExtras::set_parent(std::uint32_t node, std::uint32_t parent) {
    unlink(node);
    if (parent != none) {
        make(node);
        make(parent); // may move all extras, so the references come after it
        auto& child = extras_[slot_[node]];
        auto& first = extras_[slot_[parent]].first_child;
        child.parent = parent;
        child.next_sibling = first;
        if (first != none) extras_[slot_[first]].previous_sibling = node;
        first = node;
    }
    release_if_plain(node);
}

bool NodeExtras::is_at_or_below(std::uint32_t node, std::uint32_t ancestor) const noexcept {
    if (node == ancestor) return true;
    const auto* extra = find(ancestor);
    if (!extra || extra->first_child == none) return false; // nothing is below it, however deep `node` is
    while (node != none && node != ancestor) node = parent(node);
    return node == ancestor;
}

void NodeExtras::join(std::uint32_t node, std::uint32_t subgraph) {
    auto& extra = make(node);
    const Membership membership{subgraph, extra.memberships};
    if (free_memberships_.empty()) {
        extra.memberships = static_cast<std::uint32_t>(pool_.size());
        pool_.push_back(membership);
    } else {
        extra.memberships = free_memberships_.back();
        free_memberships_.pop_back();
        pool_[extra.memberships] = membership;
    }
}

void NodeExtras::leave(std::uint32_t node, std::uint32_t subgraph) {
    for (auto* link = &make(node).memberships; *link != none; link = &pool_[*link].next) {
        if (pool_[*link].subgraph != subgraph) continue;
        const auto left = *link;
        *link = pool_[left].next;
        free_memberships_.push_back(left);
        break;
    }
    release_if_plain(node);
}

void NodeExtras::remove(std::uint32_t node) {
    if (!find(node)) return;
    auto& extra = extras_[slot_[node]];
    for (auto at = extra.memberships; at != none; at = pool_[at].next) free_memberships_.push_back(at);
    extra = {};
    release_if_plain(node);
}

NodeExtras::Extra& NodeExtras::make(std::uint32_t node) {
    if (node >= slot_.size()) slot_.resize(node + std::size_t{1}, none);
    auto& slot = slot_[node];
    if (slot == none) {
        if (free_extras_.empty()) {
            slot = static_cast<std::uint32_t>(extras_.size());
            extras_.emplace_back();
        } else {
            slot = free_extras_.back();
            free_extras_.pop_back();
        }
    }
    return extras_[slot];
}

void NodeExtras::release_if_plain(std::uint32_t node) {
    if (node >= slot_.size()) return;
    auto& slot = slot_[node];
    if (slot == none || extras_[slot] != Extra{}) return;
    free_extras_.push_back(slot);
    slot = none;
}

void NodeExtras::unlink(std::uint32_t node) {
    const auto* found = find(node);
    if (!found || found->parent == none) return;
    auto& extra = extras_[slot_[node]];
    const auto parent = extra.parent;
    if (extra.previous_sibling == none)
        extras_[slot_[parent]].first_child = extra.next_sibling;
    else
        extras_[slot_[extra.previous_sibling]].next_sibling = extra.next_sibling;
    if (extra.next_sibling != none) extras_[slot_[extra.next_sibling]].previous_sibling = extra.previous_sibling;
    extra.parent = extra.next_sibling = extra.previous_sibling = none;
    release_if_plain(parent);
}

std::size_t NodeExtras::memory_bytes() const noexcept {
    constexpr auto number = sizeof(std::uint32_t);
    return slot_.capacity() * number + extras_.capacity() * sizeof(Extra) + free_extras_.capacity() * number +
           pool_.capacity() * sizeof(Membership) + free_memberships_.capacity() * number;
}

} // namespace cim::graph
