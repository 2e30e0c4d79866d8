#include <cim/graph_snapshot.hpp>
#include <cim/ipld.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim {
namespace {

constexpr std::int64_t format_version = 1;

std::unexpected<Error> no_snapshot(std::string_view name, std::string_view why) {
    return fail(Errc::store_corrupt, fmt::format("the document '{}' is no graph snapshot: {}", printable(name), why),
                "remove it: the log gives the same graph", {{"key", std::string(name)}, {"reason", std::string(why)}});
}

std::optional<ChainHead> read_head(const std::optional<ipld::View>& sequence, const std::optional<ipld::View>& cid) {
    const auto number = sequence ? sequence->as_integer() : std::nullopt;
    const auto value = number ? number->to_uint64() : std::nullopt;
    if (!value || !cid) return std::nullopt;
    auto link = cid->as_link();
    if (!link) return std::nullopt;
    return ChainHead{AggregateSequence(*value), std::move(link)};
}

} // namespace

Result<Cid> save_graph_snapshot(DocumentStore& documents, std::string_view name, GraphSnapshot snapshot) {
    const auto state = Cid::of_dag_cbor(snapshot.block);
    ipld::Map heads;
    for (auto& [aggregate, head] : snapshot.heads)
        if (head.cid)
            heads.insert_or_assign(aggregate.str(), ipld::Value(ipld::List{head.sequence.value(), *head.cid}));
    const auto& position = snapshot.position;
    ipld::Value document{{"version", format_version},
                         {"state", state},
                         {"subject", std::move(snapshot.subject)},
                         {"sequence", position.sequence.value()},
                         {"event", position.cid ? ipld::Value(*position.cid) : ipld::Value()},
                         {"heads", std::move(heads)},
                         {"block", std::move(snapshot.block)}};
    CIM_TRY_ASSIGN(const auto bytes, ipld::encode(document));
    if (bytes.size() > DocumentStore::max_size)
        return fail(Errc::limit_exceeded,
                    fmt::format("a snapshot of {} bytes is too large for a document", bytes.size()),
                    "start from the log instead, or split the graph",
                    {{"limit", std::to_string(DocumentStore::max_size)}, {"needed", std::to_string(bytes.size())}});
    CIM_TRY(documents.put(graph_snapshot_collection, name, bytes));
    return state;
}

Result<std::optional<GraphSnapshot>> load_graph_snapshot(DocumentStore& documents, std::string_view name) {
    CIM_TRY_ASSIGN(const auto document, documents.get(graph_snapshot_collection, name));
    if (!document) return std::nullopt;
    const auto view = ipld::View::parse(document->value);
    if (!view) return no_snapshot(name, view.error().message);
    const auto version = view->find("version");
    if (!version || version->as_int64() != format_version) return no_snapshot(name, "its version is another one");

    GraphSnapshot snapshot;
    const auto field = [&](std::string_view key) { return view->find(key); };
    const auto state = field("state");
    const auto block = field("block");
    const auto subject = field("subject");
    const auto sequence = field("sequence");
    const auto event = field("event");
    const auto heads = field("heads");
    if (!state || !block || !subject || !sequence || !event || !heads) return no_snapshot(name, "a field is missing");
    snapshot.state = state->as_link();
    const auto bytes = block->as_bytes();
    const auto pattern = subject->as_string();
    const auto number = sequence->as_integer();
    if (!snapshot.state || !bytes || !pattern || !number || !number->to_uint64() || !heads->is(ipld::Kind::map))
        return no_snapshot(name, "a field is of another kind");
    snapshot.block.assign(bytes->begin(), bytes->end());
    snapshot.subject = *pattern;
    snapshot.position = {GlobalSequence(*number->to_uint64()), event->as_link()};
    for (const auto& [aggregate, entry] : heads->entries()) {
        std::vector<ipld::View> items;
        for (const auto item : entry.items()) items.push_back(item);
        const auto head = items.size() == 2 ? read_head(items[0], items[1]) : std::nullopt;
        if (!head) return no_snapshot(name, "a head is none");
        snapshot.heads.push_back({AggregateId(aggregate), *head});
    }
    const auto actual = Cid::of_dag_cbor(snapshot.block);
    if (actual != *snapshot.state)
        return fail(Errc::cid_mismatch,
                    fmt::format("the graph snapshot '{}' hashes to {} and should be {}", printable(name),
                                actual.to_string(), snapshot.state->to_string()),
                    "remove it: the log gives the same graph",
                    {{"expected", snapshot.state->to_string()}, {"actual", actual.to_string()}});
    return snapshot;
}

} // namespace cim
