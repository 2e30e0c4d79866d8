// A mapping file and a payload, both as JSON, divided by a line `---`. Whatever file is accepted must map any event
// without a crash, leave the list as it was where it reports an error, and make mutations that a model takes; the
// model's snapshot must be read back to the same bytes.
#include <cim/dag_json.hpp>
#include <cim/event.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>

#include "event/event_page_builder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::optional<cim::DomainEvent> event_of(std::string_view type, cim::ByteView payload) {
    cim::Bytes block;
    if (!cim::encode_event_block({.payload = payload, .timestamp = {}, .event_type = type, .aggregate_id = "a"}, block))
        return std::nullopt;
    cim::detail::EventPageBuilder page;
    const bool added = page.add({.block = block,
                                 .cid = cim::Cid::of_dag_cbor(block),
                                 .sequence = cim::GlobalSequence(1),
                                 .aggregate_sequence = cim::AggregateSequence(1),
                                 .aggregate_id = "a",
                                 .transaction_id = "t"})
                           .has_value();
    if (!added) return std::nullopt; // a payload nested too deep for an event
    return page.finish().front();
}

void apply_to(cim::GraphModel& model, const cim::MutationList& mutations) {
    for (const auto& mutation : mutations.mutations()) model.apply(mutation);
}

void check_snapshot(const cim::GraphModel& model) {
    const auto block = cim::snapshot(model);
    const auto loaded = cim::load_snapshot(block);
    require(loaded.has_value() && cim::snapshot(*loaded) == block);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    constexpr std::string_view divider = "\n---\n";
    const auto end = input.find(divider);
    const auto mapping = cim::GraphMapping::from_json(input.substr(0, end));
    if (!mapping || end == std::string_view::npos) return 0;
    const auto value = cim::ipld::decode_dag_json(input.substr(end + divider.size()));
    const auto payload = value ? cim::ipld::encode(*value) : cim::Result<cim::Bytes>(cim::Bytes{std::byte{0xa0}});
    if (!payload) return 0;

    cim::GraphModel model;
    cim::MutationList mutations;
    for (const auto& type : mapping->event_types()) {
        const auto event = event_of(type == "*" ? "AnythingElse" : type, *payload);
        if (!event) continue;
        const auto before = mutations.size();
        const auto mapped = mapping->map(*event, mutations);
        require(mapped.has_value() || mutations.size() == before);
        apply_to(model, mutations);
        mutations.clear();
    }
    check_snapshot(model);
    return 0;
}
