#include "graph/mapping_fields.hpp"

#include "ipld/value_access.hpp"

#include <algorithm>
#include <charconv>

namespace cim::graph {
namespace {

constexpr std::array<std::string_view, 3> block_names{"aggregate_id", "event_type", "timestamp"};

// Empty if a segment is.
std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    for (std::size_t start = 0; start <= path.size();) {
        const auto dot = std::min(path.find('.', start), path.size());
        if (dot == start) return {};
        segments.emplace_back(path.substr(start, dot - start));
        start = dot + 1;
    }
    return segments;
}

// The member of a map, or the item of a list where the segment is a number.
FieldValue member(ipld::View value, std::string_view segment) noexcept {
    if (!value.is(ipld::Kind::list)) return value.find(segment);
    std::size_t index = 0;
    const auto* const last = segment.data() + segment.size();
    const auto [end, error] = std::from_chars(segment.data(), last, index);
    if (error != std::errc{} || end != last || index >= value.size()) return std::nullopt;
    auto items = value.items();
    while (index-- > 0) ++items.first;
    return *items.first;
}

FieldValue follow(ipld::View value, std::span<const std::string> segments) noexcept {
    FieldValue found = value;
    for (const auto& segment : segments) {
        found = member(*found, segment);
        if (!found) break;
    }
    return found;
}

} // namespace

std::optional<FieldSet::Slot> FieldSet::add(std::string_view path) {
    if (path == "$item" || path.starts_with("$item.")) item_used_ = true;
    for (const auto* fields : {&payload_, &block_, &item_}) {
        const auto known = std::ranges::find(*fields, path, &Field::path);
        if (known != fields->end()) return known->slot;
    }
    auto segments = split(path);
    if (segments.empty() || size_ == max_slots) return std::nullopt;

    auto* fields = &payload_;
    auto place = payload_.end();
    if (segments[0] == "$item") {
        fields = &item_;
        place = item_.end();
        segments.erase(segments.begin());
    } else if (segments[0].starts_with('$')) {
        segments[0].erase(0, 1);
        if (segments.size() > 1 || std::ranges::find(block_names, segments[0]) == block_names.end())
            return std::nullopt;
        fields = &block_;
        place = block_.end();
    } else {
        place = std::ranges::find_if(
            payload_, [&](const Field& field) { return ipld::compare_keys(segments[0], field.segments[0]) < 0; });
    }
    const auto slot = static_cast<Slot>(size_++);
    fields->insert(place, Field{std::string(path), std::move(segments), slot});
    return slot;
}

void FieldSet::read(const DomainEvent& event, std::span<FieldValue> slots) const noexcept {
    auto wanted = payload_.begin();
    for (const auto [key, value] : event.payload().entries()) {
        while (wanted != payload_.end() && ipld::compare_keys(wanted->segments[0], key) < 0) ++wanted;
        for (; wanted != payload_.end() && wanted->segments[0] == key; ++wanted)
            slots[wanted->slot] = follow(value, std::span(wanted->segments).subspan(1));
        if (wanted == payload_.end()) break;
    }
    for (const auto& field : block_) slots[field.slot] = ipld::View::trusted(event.block()).find(field.segments[0]);
}

void FieldSet::read_item(ipld::View item, std::span<FieldValue> slots) const noexcept {
    for (const auto& field : item_) slots[field.slot] = follow(item, field.segments);
}

} // namespace cim::graph
