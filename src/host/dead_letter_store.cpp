#include <cim/dead_letter_store.hpp>
#include <cim/ipld.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "event/event_page_builder.hpp"

#include <fmt/format.h>

#include <limits>
#include <set>
#include <utility>

namespace cim {

namespace {

constexpr std::int64_t format_version = 1;

std::unexpected<Error> no_letter(std::string_view key, std::string_view why) {
    return fail(Errc::store_corrupt, fmt::format("the document '{}' is no dead letter: {}", printable(key), why),
                "remove it with `cim dlq purge KEY`; the event itself is in the log",
                {{"key", std::string(key)}, {"reason", std::string(why)}});
}

// By first failure, and then by what makes two letters different.
Result<std::string> key_of(const DeadLetter& letter) {
    const ipld::Value identity{{"cid", letter.event.cid()},
                               {"subject", letter.subject},
                               {"pattern", letter.pattern},
                               {"consumer", letter.consumer},
                               {"sequence", letter.global_sequence.value()},
                               {"hops", static_cast<std::uint64_t>(letter.hops)}};
    CIM_TRY_ASSIGN(const auto bytes, ipld::encode(identity));
    // Times before 1970 sort, too.
    const auto since_ever = static_cast<std::uint64_t>(to_micros(letter.first_failure)) + (std::uint64_t{1} << 63);
    return fmt::format("{:020}-{}", since_ever, Cid::of_dag_cbor(bytes).to_string());
}

Result<Bytes> encode(const DeadLetter& letter) {
    const auto& event = letter.event;
    const auto block = event.block();
    return ipld::encode(ipld::Value{{"version", format_version},
                                    {"block", Bytes(block.begin(), block.end())},
                                    {"cid", event.cid()},
                                    {"log_sequence", event.sequence().value()},
                                    {"chain_sequence", event.aggregate_sequence().value()},
                                    {"transaction", event.transaction_id()},
                                    {"transaction_index", static_cast<std::uint64_t>(event.transaction_index())},
                                    {"transaction_size", static_cast<std::uint64_t>(event.transaction_size())},
                                    {"correlation", event.correlation_id()},
                                    {"causation", event.causation_id()},
                                    {"traceparent", event.traceparent()},
                                    {"subject", letter.subject},
                                    {"pattern", letter.pattern},
                                    {"consumer", letter.consumer},
                                    {"sequence", letter.global_sequence.value()},
                                    {"aggregate_sequence", letter.aggregate_sequence.value()},
                                    {"reason", to_string(letter.reason)},
                                    {"error", printable(letter.error, DeadLetter::max_error_size)},
                                    {"attempts", static_cast<std::uint64_t>(letter.attempts)},
                                    {"hops", static_cast<std::uint64_t>(letter.hops)},
                                    {"first_failure", to_micros(letter.first_failure)},
                                    {"last_failure", to_micros(letter.last_failure)}});
}

// Takes members out of a document; the first that is missing or of another kind is remembered.
class Members {
  public:
    explicit Members(ipld::View map) : map_(map) {}
    std::string_view text(std::string_view name) {
        const auto member = map_.find(name);
        const auto value = member ? member->as_string() : std::nullopt;
        return value ? *value : (note(name), std::string_view());
    }
    std::uint64_t number(std::string_view name, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
        const auto member = map_.find(name);
        const auto integer = member ? member->as_integer() : std::nullopt;
        const auto value = integer ? integer->to_uint64() : std::nullopt;
        return value && *value <= most ? *value : (note(name), std::uint64_t{0});
    }
    Timestamp time(std::string_view name) {
        const auto member = map_.find(name);
        const auto value = member ? member->as_int64() : std::nullopt;
        return value ? from_micros(*value) : (note(name), Timestamp());
    }
    ByteView bytes(std::string_view name) {
        const auto member = map_.find(name);
        const auto value = member ? member->as_bytes() : std::nullopt;
        return value ? *value : (note(name), ByteView());
    }
    std::optional<Cid> link(std::string_view name) {
        const auto member = map_.find(name);
        auto value = member ? member->as_link() : std::nullopt;
        if (!value) note(name);
        return value;
    }
    void note(std::string_view name) {
        if (wrong_.empty()) wrong_ = name;
    }
    [[nodiscard]] std::string_view wrong() const noexcept { return wrong_; }

  private:
    ipld::View map_;
    std::string_view wrong_;
};

constexpr std::uint64_t uint32_most = std::numeric_limits<std::uint32_t>::max();

Result<DeadLetter> decode(std::string_view key, ByteView document) {
    const auto view = ipld::View::parse(document);
    if (!view) return no_letter(key, view.error().message);
    Members members(*view);
    if (members.number("version") != static_cast<std::uint64_t>(format_version))
        return no_letter(key, "it has another version");
    const auto block = members.bytes("block");
    const auto cid = members.link("cid");
    DeadLetter letter{.subject = std::string(members.text("subject")),
                      .pattern = std::string(members.text("pattern")),
                      .consumer = std::string(members.text("consumer")),
                      .global_sequence = GlobalSequence(members.number("sequence")),
                      .aggregate_sequence = AggregateSequence(members.number("aggregate_sequence")),
                      .error = std::string(members.text("error")),
                      .attempts = static_cast<std::uint32_t>(members.number("attempts", uint32_most)),
                      .hops = static_cast<std::uint32_t>(members.number("hops", uint32_most)),
                      .first_failure = members.time("first_failure"),
                      .last_failure = members.time("last_failure")};
    const auto reason = members.text("reason");
    bool known = false;
    for (const auto one :
         {DeadLetterReason::handler_failed, DeadLetterReason::channel_full, DeadLetterReason::rejected})
        if (reason == to_string(one)) letter.reason = one, known = true;
    if (!known) members.note("reason");
    const auto log_sequence = members.number("log_sequence"), chain_sequence = members.number("chain_sequence");
    const auto index = members.number("transaction_index", uint32_most);
    const auto size = members.number("transaction_size", uint32_most);
    const auto transaction = members.text("transaction"), correlation = members.text("correlation");
    const auto causation = members.text("causation"), traceparent = members.text("traceparent");
    if (!members.wrong().empty()) return no_letter(key, fmt::format("'{}' is missing or wrong", members.wrong()));
    // A document proves nothing: the block has to.
    if (!cid->matches(block)) return no_letter(key, "its block does not hash to its CID");
    const auto parsed = EventBlock::parse(block);
    if (!parsed) return no_letter(key, parsed.error().message);
    detail::EventPageBuilder page;
    CIM_TRY(page.add({.block = block,
                      .cid = *cid,
                      .sequence = GlobalSequence(log_sequence),
                      .aggregate_sequence = AggregateSequence(chain_sequence),
                      .aggregate_id = parsed->aggregate_id,
                      .transaction_id = transaction,
                      .transaction_index = static_cast<std::uint32_t>(index),
                      .transaction_size = static_cast<std::uint32_t>(size),
                      .correlation_id = correlation,
                      .causation_id = causation,
                      .traceparent = traceparent}));
    letter.event = std::move(page.finish().front());
    return letter;
}

} // namespace

DeadLetterStore::DeadLetterStore(DocumentStore& documents, std::string collection)
    : documents_(documents), collection_(std::move(collection)) {}

Result<std::string> DeadLetterStore::save(const DeadLetter& letter) {
    if (!letter.event) return fail(Errc::invalid_argument, "a dead letter needs an event", {}, {{"name", "event"}});
    CIM_TRY_ASSIGN(auto key, key_of(letter));
    CIM_TRY_ASSIGN(const auto bytes, encode(letter));
    CIM_TRY(documents_.put(collection_, key, bytes));
    return key;
}

Result<std::size_t> DeadLetterStore::save(DeadLetterQueue& queue) {
    std::set<std::string, std::less<>> kept;
    for (std::uint64_t after = 0;;) {
        const auto letters = queue.list({}, after, 1000);
        if (letters.empty()) break;
        for (const auto& letter : letters) {
            CIM_TRY_ASSIGN(auto key, save(letter));
            kept.insert(std::move(key));
        }
        after = letters.back().id;
    }
    std::vector<std::string> gone;
    CIM_TRY(for_each([&](const std::string& key) -> Result<bool> {
        if (!kept.contains(key)) gone.push_back(key);
        return true;
    }));
    for (const auto& key : gone) CIM_TRY(documents_.remove(collection_, key));
    return kept.size();
}

Result<std::size_t> DeadLetterStore::load(DeadLetterQueue& queue) {
    CIM_TRY_ASSIGN(auto letters, list({}, std::numeric_limits<std::size_t>::max()));
    for (auto& stored : letters) CIM_TRY(queue.add(std::move(stored.letter)));
    return letters.size();
}

Result<std::vector<DeadLetterStore::Stored>> DeadLetterStore::list(const DeadLetterFilter& filter, std::size_t limit) {
    std::vector<Stored> found;
    CIM_TRY(for_each([&](const std::string& key) -> Result<bool> {
        if (found.size() >= limit) return false;
        CIM_TRY_ASSIGN(const auto document, documents_.get(collection_, key));
        if (!document) return true; // somebody else removed it just now
        CIM_TRY_ASSIGN(auto letter, decode(key, document->value));
        if (filter.matches(letter)) found.push_back({key, std::move(letter)});
        return true;
    }));
    return found;
}

Result<DeadLetterStore::Stored> DeadLetterStore::get(std::string_view key) {
    CIM_TRY_ASSIGN(const auto document, documents_.get(collection_, key));
    if (!document)
        return fail(Errc::not_found, fmt::format("there is no dead letter '{}'", printable(key)),
                    "`cim dlq list` names them", {{"key", std::string(key)}});
    CIM_TRY_ASSIGN(auto letter, decode(key, document->value));
    return Stored{std::string(key), std::move(letter)};
}

Result<bool> DeadLetterStore::remove(std::string_view key) { return documents_.remove(collection_, key); }

Result<> DeadLetterStore::for_each(const std::function<Result<bool>(const std::string& key)>& visit) {
    constexpr std::size_t page_size = 1000;
    for (std::string after;;) {
        CIM_TRY_ASSIGN(const auto page, documents_.list(collection_, after, page_size));
        for (const auto& document : page) {
            CIM_TRY_ASSIGN(const bool go_on, visit(document.key));
            if (!go_on) return {};
        }
        if (page.size() < page_size) return {};
        after = page.back().key;
    }
}

} // namespace cim
