// What stands behind a SubjectMatcher: patterns without wildcards in one hash table, the others in a tree of tokens.
//
// Reading without locks. A change links or marks entries and then publishes a new generation. An entry says from which
// generation on it counts and up to which; a reader takes the generation at its start and looks only at entries that
// count in it, so it sees the set as it was at that moment, however the tables change meanwhile. A reader announces the
// generation it reads in its ReaderSlot. What was removed is unlinked once no reader announces an earlier generation,
// and what was unlinked is freed after one more such wait (Retired). All waiting is done by whoever changes the set
// next.
//
// Orders that matter: a reader announces, then takes the generation; a change publishes, then looks at announcements;
// all four sequentially consistent. So either the change sees the reader, or the reader sees the change.
#pragma once

#include <cim/subject.hpp>
#include <cim/subject_matcher.hpp>

#include "router/index_table.hpp"
#include "router/short_text.hpp"
#include "router/stable_pool.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace cim::detail {

using Number = std::uint32_t; // of an object in its pool; 0: none
using Generation = std::uint64_t;
inline constexpr Generation never = std::numeric_limits<Generation>::max();

/// One subscription, in the list of all that have the same pattern.
struct Entry {
    SubjectMatcher::Value value = 0;
    Generation born = never;
    std::atomic<Generation> died{never};
    std::atomic<Number> next{0};
    // The writer's only.
    Number previous = 0;
    std::uint32_t list = 0; // which list it is in, see ListName
    std::uint32_t version = 0;

    [[nodiscard]] bool counts_in(Generation now) const noexcept {
        return born <= now && now < died.load(std::memory_order_relaxed);
    }
};

/// A pattern without wildcards. One cache line, if it is short.
struct alignas(64) Literal {
    std::atomic<Number> entries{0};
    std::uint32_t hash = 0;
    ShortText<54> text;
};

/// A place in the tree: the tokens on the way from the root. Its entries are those of patterns that end there, or there
/// with ".>".
struct Node {
    std::atomic<Number> star{0};
    std::atomic<Number> exact{0};
    std::atomic<Number> rest{0};
    std::atomic<std::uint32_t> children{0}; // by literal tokens
    Number parent = 0;
    Number token = 0; // 0 under a star
};

struct Token {
    ShortText<22> text;
    std::uint32_t uses = 0;
    std::uint32_t hash = 0;
};

/// The generation that a reader may be looking at; 0: none.
struct alignas(64) ReaderSlot {
    std::atomic<Generation> announced{0};
};

class PatternIndex {
  public:
    PatternIndex();

    Result<std::vector<SubjectMatcher::SubscriptionId>> subscribe(std::span<const SubjectPattern> patterns,
                                                                  std::span<const SubjectMatcher::Value> values);
    std::size_t unsubscribe(std::span<const SubjectMatcher::SubscriptionId> ids);
    SubjectMatcher::Stats stats();

    ReaderSlot* add_reader();
    void remove_reader(const ReaderSlot* slot);

    // -- For readers, between announcing and withdrawing a generation.
    [[nodiscard]] Number find_literal(std::string_view subject, std::uint64_t hash) const noexcept {
        return literal_numbers_.find(table_hash(hash),
                                     [&](Number number) { return literals_[number].text == subject; });
    }
    [[nodiscard]] Number find_token(std::string_view text) const noexcept {
        return token_numbers_.find(table_hash(hash(text)), [&](Number number) { return tokens_[number].text == text; });
    }
    [[nodiscard]] Number find_child(Number parent, Number token) const noexcept {
        return child_numbers_.find(edge_hash(parent, token), [&](Number number) {
            return nodes_[number].parent == parent && nodes_[number].token == token;
        });
    }
    [[nodiscard]] const Literal& literal(Number number) const noexcept { return literals_[number]; }
    [[nodiscard]] const Node& node(Number number) const noexcept { return nodes_[number]; }
    [[nodiscard]] const Entry& entry(Number number) const noexcept { return entries_[number]; }
    [[nodiscard]] bool tree_is_empty() const noexcept {
        const auto& top = nodes_[root];
        return top.star.load(std::memory_order_relaxed) == 0 && top.rest.load(std::memory_order_relaxed) == 0 &&
               top.children.load(std::memory_order_relaxed) == 0;
    }

    [[nodiscard]] std::uint64_t hash(std::string_view text) const noexcept { return hash_text(text, seed_); }

    std::atomic<Generation> generation{1};
    static constexpr Number root = StablePool<Node>::first;

  private:
    // Names a list of entries: which kind, and of which literal or node.
    enum class ListKind : std::uint32_t { literal, exact, rest };
    static constexpr std::uint32_t max_nodes = 1u << 30;
    static constexpr std::uint32_t list_name(ListKind kind, Number owner) noexcept {
        return static_cast<std::uint32_t>(kind) * max_nodes | owner;
    }

    // Something that readers of earlier generations than `since` may still see, and what to do once there are none.
    struct Retired {
        enum class What : std::uint8_t { unlink_entry, free_entry, free_literal, free_node, free_token, free_slots };
        Generation since;
        What what;
        Number number = 0;
        std::unique_ptr<IndexTable::Slots> slots = nullptr;
    };

    static constexpr std::uint32_t table_hash(std::uint64_t hash) noexcept {
        return static_cast<std::uint32_t>(hash >> 32);
    }
    [[nodiscard]] std::uint32_t edge_hash(Number parent, Number token) const noexcept {
        return table_hash(mix_bits((std::uint64_t{parent} << 32 | token) ^ seed_, 0x9e3779b97f4a7c15));
    }

    [[nodiscard]] Generation coming() const noexcept { return generation.load(std::memory_order_relaxed) + 1; }
    void publish() noexcept { generation.store(coming(), std::memory_order_seq_cst); }
    [[nodiscard]] Generation oldest_read() const noexcept;

    std::uint32_t list_for(std::string_view pattern);
    std::uint32_t list_for_literal(std::string_view pattern);
    Number child_for(Number parent, std::string_view token);
    Number token_for(std::string_view text);
    std::atomic<Number>& head_of(std::uint32_t list) noexcept;
    Number link(std::uint32_t list, SubjectMatcher::Value value);
    void unlink(Number entry);
    void prune(std::uint32_t list);
    void prune_branch(Number node);
    void retire(Retired::What what, Number number) { retired_.push_back({coming(), what, number}); }
    void retire(std::unique_ptr<IndexTable::Slots> slots) {
        if (slots) retired_.push_back({coming(), Retired::What::free_slots, 0, std::move(slots)});
    }
    void reclaim();
    void publish_if_retired();
    void finish(Retired& retired);

    const std::uint64_t seed_;

    // Changed under `writing_`, read by anybody.
    StablePool<Entry> entries_;
    StablePool<Literal> literals_;
    StablePool<Node> nodes_;
    StablePool<Token> tokens_;
    IndexTable literal_numbers_;
    IndexTable token_numbers_;
    IndexTable child_numbers_; // of nodes, by parent and token

    // Guarded by `writing_`.
    std::mutex writing_;
    std::deque<Retired> retired_; // `since` never falls from front to back
    std::size_t subscriptions_ = 0;
    std::size_t heap_text_ = 0;
    std::vector<std::unique_ptr<ReaderSlot>> readers_;
};

} // namespace cim::detail
