// Appending what is not chained yet: find the head, build the blocks onto it, append them, and begin again where
// somebody else was faster and the caller does not mind.
#include <cim/event_store.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace cim {

namespace {

// Somebody wins every round, so this many lost ones in a row mean that something else is wrong.
constexpr int most_rounds = 1000;

// An AppendRequest that copies nothing.
struct Request {
    const Transaction& transaction;
    const ExpectedHead& expected;
    [[nodiscard]] bool takes_any() const { return std::holds_alternative<ExpectedHead::Any>(expected.choice()); }
};

// Where in the chain the event with this CID is. The newest come first: an expected head was mostly the head a moment
// ago.
Result<std::optional<ChainHead>> find_in_chain(EventStore& store, const AggregateId& aggregate, const Cid& cid) {
    auto query = ReadQuery::of(aggregate);
    query.direction = Direction::backwards;
    while (true) {
        CIM_TRY_ASSIGN(auto page, store.read(query));
        for (const auto& event : page.events)
            if (event.cid() == cid) return ChainHead{event.aggregate_sequence(), cid};
        if (!page.next) return std::nullopt;
        query = *std::move(page.next);
    }
}

// The head that a request is to be built on. An expected head that is not the head is taken as it is, and the store
// says whether that is a conflict or a repeated append.
Result<ChainHead> resolve(EventStore& store, const AggregateId& aggregate, const ExpectedHead& expected) {
    if (const auto* head = std::get_if<ChainHead>(&expected.choice())) return *head;
    CIM_TRY_ASSIGN(auto actual, store.head(aggregate));
    const auto* cid = std::get_if<Cid>(&expected.choice());
    if (cid == nullptr || actual.cid == *cid) return actual;
    const Conflict unknown{aggregate, ChainHead{AggregateSequence{}, *cid}, actual};
    if (!actual.cid) return fail(unknown.to_error());
    CIM_TRY_ASSIGN(auto found, find_in_chain(store, aggregate, *cid));
    if (!found) return fail(unknown.to_error());
    return *std::move(found);
}

// For a request that follows another of the same aggregate in one call: that one's end is the head.
Result<> check_continues(const Request& request, const ChainHead& head) {
    const auto& choice = request.expected.choice();
    if (request.takes_any()) return {};
    if (const auto* expected = std::get_if<ChainHead>(&choice)) {
        if (*expected == head) return {};
        return fail(Conflict{request.transaction.aggregate_id, *expected, head}.to_error());
    }
    const auto& cid = std::get<Cid>(choice);
    if (head.cid == cid) return {};
    return fail(Conflict{request.transaction.aggregate_id, ChainHead{AggregateSequence{}, cid}, head}.to_error());
}

Result<std::vector<ChainedTransaction>> build(EventStore& store, std::span<const Request> requests,
                                              const Clock& clock) {
    std::map<AggregateId, ChainBuilder> builders;
    std::vector<ChainedTransaction> built;
    built.reserve(requests.size());
    for (const auto& request : requests) {
        const auto& id = request.transaction.aggregate_id;
        auto builder = builders.find(id);
        if (builder == builders.end()) {
            CIM_TRY(check_token(id.str(), "aggregate id"));
            CIM_TRY_ASSIGN(auto head, resolve(store, id, request.expected));
            builder = builders.try_emplace(id, id, std::move(head), clock).first;
        } else {
            CIM_TRY(check_continues(request, builder->second.head()));
        }
        CIM_TRY_ASSIGN(auto chained, builder->second.build(request.transaction));
        built.push_back(std::move(chained));
    }
    return built;
}

// True if the conflict is about an aggregate whose first request takes any head.
bool may_try_again(const Error& error, std::span<const Request> requests) {
    const auto conflict = Conflict::from(error);
    if (!conflict) return false;
    const auto first = std::ranges::find_if(
        requests, [&](const Request& request) { return request.transaction.aggregate_id == conflict->aggregate; });
    return first != requests.end() && first->takes_any();
}

Result<std::vector<AppendReceipt>> append_all(EventStore& store, std::span<const Request> requests,
                                              const Clock& clock) {
    for (int round = 1;; ++round) {
        CIM_TRY_ASSIGN(const auto built, build(store, requests, clock));
        auto receipts = store.append_chained(built);
        if (receipts || round == most_rounds || !may_try_again(receipts.error(), requests)) return receipts;
    }
}

} // namespace

Result<AppendReceipt> EventStore::append(const Transaction& transaction, const ExpectedHead& expected,
                                         const Clock& clock) {
    const Request request{transaction, expected};
    CIM_TRY_ASSIGN(auto receipts, append_all(*this, {&request, 1}, clock));
    return std::move(receipts.front());
}

Result<std::vector<AppendReceipt>> EventStore::append(std::span<const AppendRequest> requests, const Clock& clock) {
    std::vector<Request> all;
    all.reserve(requests.size());
    for (const auto& request : requests) all.push_back({request.transaction, request.expected});
    return append_all(*this, all, clock);
}

} // namespace cim
