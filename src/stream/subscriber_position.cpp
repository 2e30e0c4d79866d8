#include "stream/subscriber_position.hpp"

#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

namespace cim {

namespace stream {

namespace {

constexpr std::size_t longest_name = 150; // leaves room for the partition in a document's key
constexpr std::uint32_t most_partitions = 65'536;

ipld::Value value_of(const SavedSubscriber& saved) {
    ipld::Map map{{"version", 1},
                  {"name", saved.name},
                  {"subject", saved.subject},
                  {"sequence", saved.position.sequence.value()},
                  {"partition", saved.partition.index},
                  {"partitions", saved.partition.count},
                  {"saved_at", to_micros(saved.saved_at)},
                  {"cid", saved.position.cid ? ipld::Value(*saved.position.cid) : ipld::Value()}};
    return map;
}

std::optional<std::uint64_t> number(const ipld::Value& value, std::string_view key) {
    const auto* found = value.find(key);
    const auto* integer = found != nullptr ? found->if_integer() : nullptr;
    if (integer == nullptr) return std::nullopt;
    return integer->to_uint64();
}

std::optional<std::string> text(const ipld::Value& value, std::string_view key) {
    const auto* found = value.find(key);
    if (found == nullptr || found->if_string() == nullptr) return std::nullopt;
    return *found->if_string();
}

Result<SavedSubscriber> parse(const Document& document) {
    const auto refuse = [&](std::string_view why) {
        return fail(
            Errc::store_corrupt,
            fmt::format("the saved position of subscriber '{}' cannot be read: {}", printable(document.key), why),
            "remove it with `cim subscribers remove`; the subscriber then begins anew", {{"key", document.key}});
    };
    const auto decoded = ipld::decode_dag_json(as_text(document.value));
    if (!decoded) return refuse(decoded.error().message);
    const auto version = number(*decoded, "version");
    if (version != 1) return refuse("it has another version than 1");
    auto name = text(*decoded, "name");
    auto subject = text(*decoded, "subject");
    const auto sequence = number(*decoded, "sequence");
    const auto index = number(*decoded, "partition");
    const auto count = number(*decoded, "partitions");
    const auto saved_at = number(*decoded, "saved_at");
    const auto* cid = decoded->find("cid");
    if (!name || !subject || !sequence || !index || !count || !saved_at || cid == nullptr)
        return refuse("a field is missing");
    if (*count == 0 || *count > most_partitions || *index >= *count) return refuse("its partition is none");
    SavedSubscriber saved{.name = *std::move(name),
                          .partition = {static_cast<std::uint32_t>(*index), static_cast<std::uint32_t>(*count)},
                          .subject = *std::move(subject),
                          .position = {GlobalSequence(*sequence), std::nullopt},
                          .saved_at = from_micros(static_cast<std::int64_t>(*saved_at))};
    if (const auto* link = cid->if_link()) saved.position.cid = *link;
    return saved;
}

} // namespace

Result<> check_subscriber(std::string_view name, const Partition& partition) {
    if (name.size() > longest_name)
        return fail(Errc::invalid_argument,
                    fmt::format("the subscriber's name has {} bytes, and {} are the most", name.size(), longest_name),
                    {}, {{"name", "name"}, {"value", std::string(name)}});
    if (name.find('=') != std::string_view::npos)
        return fail(Errc::invalid_argument, fmt::format("the subscriber's name '{}' has a '='", printable(name)),
                    "use letters, digits and _ . -", {{"name", "name"}, {"value", std::string(name)}});
    if (partition.count == 0 || partition.count > most_partitions || partition.index >= partition.count)
        return fail(
            Errc::invalid_argument,
            fmt::format("there is no partition {} of {}: counts are 1 to {}, and an index is less than its count",
                        partition.index, partition.count, most_partitions),
            {}, {{"name", "partition"}, {"value", fmt::format("{}/{}", partition.index, partition.count)}});
    return {};
}

std::string subscriber_key(std::string_view name, const Partition& partition) {
    if (partition.count == 1) return std::string(name);
    return fmt::format("{}=p{}of{}", name, partition.index, partition.count);
}

SubscriberPosition::SubscriberPosition(DocumentStore& documents, std::string name, Partition partition,
                                       std::string subject)
    : documents_(documents),
      name_(std::move(name)),
      partition_(partition),
      subject_(std::move(subject)),
      key_(subscriber_key(name_, partition)) {}

Result<std::optional<LogPosition>> SubscriberPosition::load() {
    CIM_TRY_ASSIGN(const auto document, documents_.get(subscribers_collection, key_));
    if (!document) return std::nullopt;
    CIM_TRY_ASSIGN(const auto saved, parse(*document));
    revision_ = document->revision;
    return saved.position;
}

Result<> SubscriberPosition::save(const LogPosition& position, Timestamp now) {
    CIM_TRY_ASSIGN(const auto json, ipld::encode_dag_json(value_of({name_, partition_, subject_, position, now})));
    auto revision = documents_.put(subscribers_collection, key_, as_bytes(json), revision_);
    if (!revision && revision.error().code == Errc::conflict) {
        // An earlier put may have landed although its answer was lost: then what is there is what we wrote.
        CIM_TRY_ASSIGN(const auto there, documents_.get(subscribers_collection, key_));
        if (there && as_text(there->value) == attempted_) {
            revision_ = there->revision;
            revision = documents_.put(subscribers_collection, key_, as_bytes(json), revision_);
        }
    }
    attempted_ = json;
    if (revision) {
        revision_ = *revision;
        return {};
    }
    if (revision.error().code != Errc::conflict) return fail(std::move(revision).error());
    return fail(Errc::conflict,
                fmt::format("another process is, or was, subscribed as '{}' at the same time", printable(key_)),
                "give each its own name, or split the work by partitions", {{"subscriber", key_}});
}

} // namespace stream

// Every language can do this in three lines, and must: the partitions of a name are shared between programs.
std::uint32_t partition_of(std::string_view aggregate_id, std::uint32_t count) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : aggregate_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return count <= 1 ? 0 : static_cast<std::uint32_t>(hash % count);
}

Result<std::vector<SavedSubscriber>> saved_subscribers(DocumentStore& documents) {
    constexpr std::size_t page = 1000;
    std::vector<SavedSubscriber> found;
    std::string after;
    while (true) {
        CIM_TRY_ASSIGN(const auto infos, documents.list(stream::subscribers_collection, after, page));
        for (const auto& info : infos) {
            CIM_TRY_ASSIGN(const auto document, documents.get(stream::subscribers_collection, info.key));
            if (!document) continue; // removed in between
            CIM_TRY_ASSIGN(auto saved, stream::parse(*document));
            found.push_back(std::move(saved));
        }
        if (infos.size() < page) return found;
        after = infos.back().key;
    }
}

Result<std::size_t> forget_subscriber(DocumentStore& documents, std::string_view name) {
    constexpr std::size_t page = 1000;
    std::size_t forgotten = 0;
    std::string after;
    const auto partitions = std::string(name) + "=p";
    while (true) {
        CIM_TRY_ASSIGN(const auto infos, documents.list(stream::subscribers_collection, after, page));
        for (const auto& info : infos) {
            if (info.key != name && !info.key.starts_with(partitions)) continue;
            CIM_TRY_ASSIGN(const bool removed, documents.remove(stream::subscribers_collection, info.key));
            forgotten += removed ? 1 : 0;
        }
        if (infos.size() < page) return forgotten;
        after = infos.back().key;
    }
}

} // namespace cim
