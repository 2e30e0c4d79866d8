#include <cim/graph_mutation.hpp>

#include "graph/arena.hpp"

#include <memory>
#include <utility>

namespace cim {

MutationList::MutationList() = default;
MutationList::MutationList(MutationList&&) noexcept = default;
MutationList& MutationList::operator=(MutationList&&) noexcept = default;
MutationList::~MutationList() = default;

void MutationList::clear() noexcept {
    mutations_.clear();
    if (arena_) arena_->clear();
}

void MutationList::truncate(std::size_t size) noexcept {
    if (size < mutations_.size()) mutations_.resize(size, mutation::RemoveNode{});
}

std::string_view MutationList::keep(std::string_view text) { return as_text(keep_bytes(as_bytes(text))); }

std::span<const std::string_view> MutationList::keep(std::span<const std::string_view> texts) {
    if (texts.empty()) return {};
    auto* const memory = graph::ListArena::of(*this).allocate(texts.size_bytes(), alignof(std::string_view));
    auto* const first = reinterpret_cast<std::string_view*>(memory);
    std::uninitialized_default_construct_n(first, texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) first[i] = keep(texts[i]);
    return {first, texts.size()};
}

Result<ipld::View> MutationList::keep_value(const ipld::Value& value) {
    auto encoded = ipld::encode(value);
    if (!encoded) return fail(std::move(encoded).error());
    return keep_encoded(*encoded);
}

ipld::View MutationList::keep_encoded(ByteView canonical) { return ipld::View::trusted(keep_bytes(canonical)); }

ByteView MutationList::keep_bytes(ByteView bytes) {
    auto* const memory = graph::ListArena::of(*this).allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
    return {memory, bytes.size()};
}

graph::Arena& graph::ListArena::of(MutationList& list) {
    if (!list.arena_) list.arena_ = std::make_unique<Arena>();
    return *list.arena_;
}

} // namespace cim
