#include "router/pattern_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace cim::detail {

namespace {

using SubscriptionId = SubjectMatcher::SubscriptionId;

constexpr std::string_view star = "*";
constexpr std::string_view the_rest = ">";

// The first token, which is cut off with its dot.
std::string_view take_token(std::string_view& text) noexcept {
    const auto dot = text.find('.');
    const auto token = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    return token;
}

// In a valid pattern a wildcard character is a whole token.
bool has_wildcard(std::string_view pattern) noexcept { return pattern.find_first_of("*>") != std::string_view::npos; }

constexpr SubscriptionId id_of(Number entry, std::uint32_t version) noexcept {
    return SubscriptionId{std::uint64_t{version} << 32 | entry};
}

} // namespace

// The seed is where this object lies: different in every run of a program whose addresses are randomised.
PatternIndex::PatternIndex() : seed_(mix_bits(reinterpret_cast<std::uintptr_t>(this), 0xa0761d6478bd642f)) {
    [[maybe_unused]] const auto number = nodes_.take();
    assert(number == root);
}

// -- Subscribing -----------------------------------------------------------------------------------------------------

Result<std::vector<SubscriptionId>> PatternIndex::subscribe(std::span<const SubjectPattern> patterns,
                                                            std::span<const SubjectMatcher::Value> values) {
    if (patterns.size() != values.size())
        return fail(Errc::invalid_argument,
                    fmt::format("{} patterns and {} values: each pattern needs one", patterns.size(), values.size()),
                    {}, {{"name", "values"}});
    const std::scoped_lock lock(writing_);
    if (const auto needed = subscriptions_ + patterns.size(); needed > SubjectMatcher::max_subscriptions)
        return fail(Errc::limit_exceeded, fmt::format("{} subscriptions are too many", needed),
                    "unsubscribe what is not needed",
                    {{"limit", std::to_string(SubjectMatcher::max_subscriptions)}, {"needed", std::to_string(needed)}});
    // A list's name has 30 bits for its node. Nobody has the memory for so many, and still it must not wrap.
    if (const auto needed = nodes_.end() + patterns.size() * (Subject::max_size / 2); needed > max_nodes)
        return fail(Errc::limit_exceeded, fmt::format("patterns with wildcards have {} tokens in all", nodes_.end()),
                    "use fewer or shorter patterns with wildcards",
                    {{"limit", std::to_string(max_nodes)}, {"needed", std::to_string(needed)}});
    reclaim();
    std::vector<SubscriptionId> ids;
    ids.reserve(patterns.size());
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const auto number = link(list_for(patterns[i].str()), values[i]);
        ids.push_back(id_of(number, entries_[number].version));
    }
    subscriptions_ += patterns.size();
    publish();
    return ids;
}

std::uint32_t PatternIndex::list_for(std::string_view pattern) {
    if (!has_wildcard(pattern)) return list_for_literal(pattern);
    Number place = root;
    while (!pattern.empty()) {
        const auto token = take_token(pattern);
        if (token == the_rest) return list_name(ListKind::rest, place);
        place = child_for(place, token);
    }
    return list_name(ListKind::exact, place);
}

std::uint32_t PatternIndex::list_for_literal(std::string_view pattern) {
    const auto full_hash = hash(pattern);
    auto number = find_literal(pattern, full_hash);
    if (number == 0) {
        number = literals_.take();
        auto& literal = literals_[number];
        literal.text.set(pattern);
        literal.hash = table_hash(full_hash);
        heap_text_ += literal.text.heap_bytes();
        retire(literal_numbers_.insert(literal.hash, number));
    }
    return list_name(ListKind::literal, number);
}

Number PatternIndex::child_for(Number parent, std::string_view text) {
    if (text == star) {
        auto& place = nodes_[parent].star;
        if (const auto there = place.load(std::memory_order_relaxed)) return there;
        const auto number = nodes_.take();
        nodes_[number].parent = parent;
        nodes_[number].token = 0;
        place.store(number, std::memory_order_release);
        return number;
    }
    const auto token = token_for(text);
    if (const auto there = find_child(parent, token)) return there;
    ++tokens_[token].uses;
    const auto number = nodes_.take();
    nodes_[number].parent = parent;
    nodes_[number].token = token;
    retire(child_numbers_.insert(edge_hash(parent, token), number));
    nodes_[parent].children.fetch_add(1, std::memory_order_release);
    return number;
}

Number PatternIndex::token_for(std::string_view text) {
    auto number = find_token(text);
    if (number == 0) {
        number = tokens_.take();
        auto& token = tokens_[number];
        token.text.set(text);
        token.hash = table_hash(hash(text));
        heap_text_ += token.text.heap_bytes();
        retire(token_numbers_.insert(token.hash, number));
    }
    return number;
}

std::atomic<Number>& PatternIndex::head_of(std::uint32_t list) noexcept {
    const Number owner = list & (max_nodes - 1);
    switch (static_cast<ListKind>(list / max_nodes)) {
    case ListKind::literal: return literals_[owner].entries;
    case ListKind::exact: return nodes_[owner].exact;
    case ListKind::rest: break;
    }
    return nodes_[owner].rest;
}

Number PatternIndex::link(std::uint32_t list, SubjectMatcher::Value value) {
    auto& head = head_of(list);
    const auto number = entries_.take();
    const auto next = head.load(std::memory_order_relaxed);
    auto& entry = entries_[number];
    entry.value = value;
    entry.born = coming();
    entry.died.store(never, std::memory_order_relaxed);
    entry.next.store(next, std::memory_order_relaxed);
    entry.previous = 0;
    entry.list = list;
    if (next != 0) entries_[next].previous = number;
    head.store(number, std::memory_order_release);
    return number;
}

// -- Unsubscribing, in three steps -----------------------------------------------------------------------------------

std::size_t PatternIndex::unsubscribe(std::span<const SubscriptionId> ids) {
    const std::scoped_lock lock(writing_);
    reclaim();
    std::size_t found = 0;
    for (const auto id : ids) {
        const auto number = static_cast<Number>(static_cast<std::uint64_t>(id));
        const auto version = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) >> 32);
        if (number < StablePool<Entry>::first || number >= entries_.end()) continue;
        auto& entry = entries_[number];
        if (entry.version != version || entry.born == never || entry.died.load(std::memory_order_relaxed) != never)
            continue;
        entry.died.store(coming(), std::memory_order_relaxed);
        retire(Retired::What::unlink_entry, number);
        ++found;
    }
    if (found == 0) return 0;
    subscriptions_ -= found;
    publish();
    // Without readers at work this frees everything at once; otherwise the next change goes on.
    reclaim();
    publish_if_retired();
    return found;
}

void PatternIndex::unlink(Number number) {
    auto& entry = entries_[number];
    const auto next = entry.next.load(std::memory_order_relaxed);
    if (entry.previous != 0)
        entries_[entry.previous].next.store(next, std::memory_order_release);
    else
        head_of(entry.list).store(next, std::memory_order_release);
    if (next != 0) entries_[next].previous = entry.previous;
    retire(Retired::What::free_entry, number);
    prune(entry.list);
}

// Takes away the literal or the branch of the tree that the list was the last reason for.
void PatternIndex::prune(std::uint32_t list) {
    if (head_of(list).load(std::memory_order_relaxed) != 0) return;
    const Number owner = list & (max_nodes - 1);
    if (static_cast<ListKind>(list / max_nodes) != ListKind::literal) return prune_branch(owner);
    literal_numbers_.erase(literals_[owner].hash, owner);
    retire(Retired::What::free_literal, owner);
}

void PatternIndex::prune_branch(Number number) {
    while (number != root) {
        const auto& node = nodes_[number];
        const auto is_empty = [](const auto& field) { return field.load(std::memory_order_relaxed) == 0; };
        if (!is_empty(node.star) || !is_empty(node.exact) || !is_empty(node.rest) || !is_empty(node.children)) return;
        const auto parent = node.parent;
        if (node.token == 0) {
            nodes_[parent].star.store(0, std::memory_order_release);
        } else {
            child_numbers_.erase(edge_hash(parent, node.token), number);
            nodes_[parent].children.fetch_sub(1, std::memory_order_release);
            auto& token = tokens_[node.token];
            if (--token.uses == 0) {
                token_numbers_.erase(token.hash, node.token);
                retire(Retired::What::free_token, node.token);
            }
        }
        retire(Retired::What::free_node, number);
        number = parent;
    }
}

// -- Reclaiming ------------------------------------------------------------------------------------------------------

Generation PatternIndex::oldest_read() const noexcept {
    Generation oldest = generation.load(std::memory_order_relaxed);
    for (const auto& reader : readers_)
        if (const auto announced = reader->announced.load(std::memory_order_seq_cst); announced != 0)
            oldest = std::min(oldest, announced);
    return oldest;
}

void PatternIndex::reclaim() {
    if (retired_.empty()) return;
    const auto oldest = oldest_read();
    // What is unlinked here is retired anew, behind everything else.
    while (!retired_.empty() && retired_.front().since <= oldest) {
        auto retired = std::move(retired_.front());
        retired_.pop_front();
        finish(retired);
    }
}

void PatternIndex::publish_if_retired() {
    if (retired_.empty()) return;
    publish();
    reclaim();
}

void PatternIndex::finish(Retired& retired) {
    switch (retired.what) {
    case Retired::What::unlink_entry: unlink(retired.number); break;
    case Retired::What::free_entry:
        entries_[retired.number].born = never;
        ++entries_[retired.number].version;
        entries_.give_back(retired.number);
        break;
    case Retired::What::free_literal:
        heap_text_ -= literals_[retired.number].text.heap_bytes();
        literals_[retired.number].text.clear();
        literals_.give_back(retired.number);
        break;
    case Retired::What::free_node: nodes_.give_back(retired.number); break;
    case Retired::What::free_token:
        heap_text_ -= tokens_[retired.number].text.heap_bytes();
        tokens_[retired.number].text.clear();
        tokens_.give_back(retired.number);
        break;
    case Retired::What::free_slots: retired.slots.reset(); break;
    }
}

// -- The rest --------------------------------------------------------------------------------------------------------

ReaderSlot* PatternIndex::add_reader() {
    const std::scoped_lock lock(writing_);
    return readers_.emplace_back(std::make_unique<ReaderSlot>()).get();
}

void PatternIndex::remove_reader(const ReaderSlot* slot) {
    const std::scoped_lock lock(writing_);
    std::erase_if(readers_, [&](const auto& reader) { return reader.get() == slot; });
}

SubjectMatcher::Stats PatternIndex::stats() {
    const std::scoped_lock lock(writing_);
    std::size_t waiting = retired_.size() * sizeof(Retired);
    for (const auto& retired : retired_)
        if (retired.slots) waiting += IndexTable::bytes(*retired.slots);
    return {.subscriptions = subscriptions_,
            .literals = literals_.in_use(),
            .nodes = nodes_.in_use(),
            .tokens = tokens_.in_use(),
            .bytes = sizeof(PatternIndex) + entries_.bytes() + literals_.bytes() + nodes_.bytes() + tokens_.bytes() +
                     literal_numbers_.bytes() + token_numbers_.bytes() + child_numbers_.bytes() + heap_text_ + waiting,
            .retired = retired_.size()};
}

} // namespace cim::detail
