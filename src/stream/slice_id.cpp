#include "stream/slice_id.hpp"

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/ipld.hpp>

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::stream {

namespace {

using ipld::List;
using ipld::Map;
using ipld::Value;

// As bytes, because a filter may hold any text and strings must be UTF-8.
Value octets(std::string_view text) {
    const auto bytes = as_bytes(text);
    return Bytes(bytes.begin(), bytes.end());
}

Value time_or_null(const std::optional<Timestamp>& time) { return time ? Value(to_micros(*time)) : Value(); }

// As a set: the order in which conditions were given makes no other slice.
template <class Id> Value sorted_texts(const std::vector<Id>& ids) {
    std::vector<std::string_view> texts;
    texts.reserve(ids.size());
    for (const auto& id : ids) texts.emplace_back(id.str());
    std::ranges::sort(texts);
    const auto repeated = std::ranges::unique(texts);
    texts.erase(repeated.begin(), repeated.end());
    List list;
    for (const auto text : texts) list.push_back(octets(text));
    return list;
}

Value described(const EventFilter& filter) {
    Map map;
    map["aggregates"] = sorted_texts(filter.aggregates);
    map["types"] = sorted_texts(filter.types);
    map["subject"] = filter.subject ? octets(filter.subject->str()) : Value();
    map["from"] = time_or_null(filter.from);
    map["until"] = time_or_null(filter.until);
    return map;
}

// A head stands for all events before it in its slice, since each links to the one before.
Value described(std::span<const VerifiedSlice> slices) {
    List list;
    for (const auto& slice : slices)
        list.push_back(List{octets(slice.aggregate.str()), slice.first.value(), slice.last.value(), slice.head});
    return list;
}

TransactionId id_of(Map what, std::span<const VerifiedSlice> slices, const EventFilter& filter) {
    what["slices"] = described(slices);
    what["filter"] = described(filter);
    const auto block = ipld::encode(Value(std::move(what)));
    assert(block); // There is nothing in it that dag-cbor could not hold.
    return TransactionId("slice-" + Cid::of_dag_cbor(*block).to_string());
}

} // namespace

TransactionId chain_slice_id(const AggregateId& aggregate, AggregateSequence last,
                             std::span<const VerifiedSlice> slices, const EventFilter& filter) {
    Map what;
    what["aggregate"] = octets(aggregate.str());
    what["last"] = Value(last.value());
    return id_of(std::move(what), slices, filter);
}

TransactionId window_id(Timestamp start, Timestamp end, std::span<const VerifiedSlice> slices,
                        const EventFilter& filter) {
    Map what;
    what["start"] = Value(to_micros(start));
    what["end"] = Value(to_micros(end));
    return id_of(std::move(what), slices, filter);
}

} // namespace cim::stream
