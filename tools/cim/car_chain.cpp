#include "car_chain.hpp"

#include <cim/event.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

namespace cim::cli {
namespace {

constexpr std::size_t transaction_events = 1000;

Error named(Error error, const std::string& name) {
    error.message = fmt::format("{}: {}", name, error.message);
    return error;
}

std::string sequence_text(const ChainHead& head) {
    return head.cid ? fmt::format("event {}, {}", head.sequence.value(), head.cid->to_string()) : "nothing";
}

} // namespace

Result<CarChain> CarChain::read(std::istream& in, const std::string& name) {
    auto reader = ipld::CarReader::open(in);
    if (!reader) return fail(named(std::move(reader).error(), name));
    if (reader->roots().size() != 1) {
        return fail(Errc::invalid_car, fmt::format("{}: it has {} roots, not one", name, reader->roots().size()),
                    "cim reads archives of one chain, whose root is the head", {{"rule", "one_root"}, {"offset", "0"}});
    }
    CarChain chain;
    chain.name_ = name;
    std::unordered_map<Cid, ipld::CarBlock> blocks;
    while (true) {
        auto block = reader->next();
        if (!block) return fail(named(std::move(block).error(), name));
        if (!*block) break;
        auto cid = (*block)->cid;
        blocks.try_emplace(std::move(cid), *std::move(*block));
    }

    for (std::optional<Cid> next = reader->roots().front(); next;) {
        const auto found = blocks.find(*next);
        chain.before_ = next;
        if (found == blocks.end()) break;
        auto parsed = EventBlock::parse(found->second.block);
        if (!parsed) {
            return fail(
                named(std::move(parsed).error(), name).with("car_offset", std::to_string(found->second.offset)));
        }
        chain.aggregate_ = AggregateId(parsed->aggregate_id);
        next = std::move(parsed->previous_cid);
        chain.before_ = next;
        chain.blocks_.push_back({found->first, std::move(found->second.block)});
        blocks.erase(found);
    }
    std::ranges::reverse(chain.blocks_);
    if (chain.blocks_.empty()) {
        return fail(Errc::invalid_car, fmt::format("{}: its root {} is not in it", name, chain.before_->to_string()),
                    "the file may be cut short; make it again by `cim car export`", {{"rule", "missing_root"}});
    }
    if (!blocks.empty()) {
        const auto first = std::ranges::min_element(blocks, {}, [](const auto& entry) { return entry.second.offset; });
        return fail(Errc::invalid_car,
                    fmt::format("{}: the block at byte {}, {}, is not in the chain that ends at the root: the chain is "
                                "forked, or the archive holds something else as well",
                                name, first->second.offset, first->first.to_string()),
                    "make the archive again by `cim car export`",
                    {{"rule", "not_in_chain"},
                     {"offset", std::to_string(first->second.offset)},
                     {"cid", first->first.to_string()}});
    }
    return chain;
}

/// Where the first block that the store lacks goes; `known` is how many of ours it has.
Result<ChainHead> CarChain::place_in(EventStore& store, std::size_t& known) const {
    CIM_TRY_ASSIGN(auto head, store.head(aggregate_));
    known = 0;
    if (head.cid == before_) return head;

    const auto at_head = std::ranges::find_if(blocks_, [&](const Block& block) { return head.cid == block.cid; });
    if (at_head != blocks_.end()) {
        known = static_cast<std::size_t>(at_head - blocks_.begin()) + 1;
        return head;
    }
    if (before_ && head.sequence.value() == 0) {
        return fail(Errc::chain_broken,
                    fmt::format("{}: it begins after {}, in the middle of the chain of '{}', of which the store has "
                                "nothing",
                                name_, before_->to_string(), aggregate_.str()),
                    "import an archive of the whole chain first",
                    {{"aggregate", aggregate_.str()},
                     {"sequence", "1"},
                     {"expected", "none"},
                     {"actual", before_->to_string()}});
    }
    // The store may be ahead of the archive: then its chain has all our blocks.
    std::size_t found = 0;
    auto query = ReadQuery::of(aggregate_);
    for (std::optional<ReadQuery> next = query; next && found < blocks_.size();) {
        CIM_TRY_ASSIGN(auto page, store.read(*next));
        for (const auto& event : page.events) {
            if (found < blocks_.size() && event.cid() == blocks_[found].cid) ++found;
        }
        next = std::move(page.next);
    }
    if (found < blocks_.size())
        return fail(differs(head, found == 0 ? "all" : fmt::format("the last {}", blocks_.size() - found)));
    known = found;
    return head;
}

Error CarChain::differs(const ChainHead& stored, const std::string& what) const {
    return Error(Errc::conflict,
                 fmt::format("{}: the store has another history of '{}', which ends at {}; of the {} events here it "
                             "lacks {}, and they do not continue it",
                             name_, aggregate_.str(), sequence_text(stored), blocks_.size(), what),
                 "nothing was imported; import into another store to compare the two",
                 {{"aggregate", aggregate_.str()},
                  {"expected", before_ ? before_->to_string() : "none"},
                  {"actual", stored.cid ? stored.cid->to_string() : "none"}});
}

Result<std::size_t> CarChain::append_to(EventStore& store) const {
    std::size_t known = 0;
    CIM_TRY_ASSIGN(auto head, place_in(store, known));
    const auto fresh = std::span(blocks_).subspan(known);
    std::vector<ChainedTransaction> transactions;
    for (auto rest = fresh; !rest.empty();) {
        const auto part = rest.first(std::min(rest.size(), transaction_events));
        rest = rest.subspan(part.size());
        std::vector<ChainedTransaction::ForeignBlock> blocks;
        blocks.reserve(part.size());
        for (const auto& block : part) blocks.push_back({block.bytes, block.cid});
        auto built =
            ChainedTransaction::from_blocks(head, TransactionId("car " + part.front().cid.to_string()), {}, blocks);
        if (!built) return fail(named(std::move(built).error(), name_));
        head = built->head();
        transactions.push_back(*std::move(built));
    }
    if (!transactions.empty()) CIM_TRY(store.append_chained(transactions));
    return fresh.size();
}

} // namespace cim::cli
