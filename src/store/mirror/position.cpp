#include "store/mirror/position.hpp"

#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

namespace cim {

namespace {

constexpr std::string_view collection = "mirror";
constexpr std::string_view key = "source";

std::optional<std::uint64_t> number(const ipld::Value& value, std::string_view name) {
    const auto* found = value.find(name);
    return found != nullptr && found->if_integer() != nullptr ? found->if_integer()->to_uint64() : std::nullopt;
}

std::unexpected<Error> unreadable(std::string_view why) {
    return fail(Errc::store_corrupt, fmt::format("the position of the mirror cannot be read: {}", why),
                "mirror into a new store", {{"collection", std::string(collection)}, {"key", std::string(key)}});
}

} // namespace

Result<std::optional<MirrorPosition>> mirror_position(EventStore& local) {
    CIM_TRY_ASSIGN(const auto document, local.documents().get(collection, key));
    if (!document) return std::nullopt;
    const auto decoded = ipld::decode_dag_json(as_text(document->value));
    if (!decoded) return unreadable(decoded.error().message);
    const auto sequence = number(*decoded, "sequence");
    const auto saved_at = number(*decoded, "saved_at");
    const auto* source = decoded->find("source");
    const auto* cid = decoded->find("cid");
    if (number(*decoded, "version") != 1) return unreadable("it has another version than 1");
    if (!sequence || !saved_at || source == nullptr || source->if_string() == nullptr || cid == nullptr)
        return unreadable("a field is missing");
    MirrorPosition position{*source->if_string(),
                            {GlobalSequence(*sequence), std::nullopt},
                            from_micros(static_cast<std::int64_t>(*saved_at))};
    if (const auto* link = cid->if_link()) position.position.cid = *link;
    return position;
}

namespace mirror {

Result<> save_position(EventStore& local, const MirrorPosition& position) {
    const ipld::Map map{{"version", 1},
                        {"source", position.source},
                        {"sequence", position.position.sequence.value()},
                        {"cid", position.position.cid ? ipld::Value(*position.position.cid) : ipld::Value()},
                        {"saved_at", to_micros(position.saved_at)}};
    CIM_TRY_ASSIGN(const auto json, ipld::encode_dag_json(ipld::Value(map)));
    CIM_TRY(local.documents().put(collection, key, as_bytes(json)));
    return {};
}

} // namespace mirror
} // namespace cim
