// Aim: no slice comes out of a log that lost, changed or replaced an event, and what was verified once is held against
// what is read later. Method: a table of faults, done to a chain with transactions of 1, 3, 1 and 2 events; then logs
// that shrink, fork or are exchanged between two fetches.
#include "stream/support.hpp"

namespace cim::test {
namespace {

const AggregateId graph{"graph"};

void relabel(MemoryStore::Row& row, std::string transaction, std::uint32_t index, std::uint32_t size) {
    row.transaction = std::move(transaction);
    row.index = index;
    row.size = size;
}

// Transactions: 1 | 2 3 4 | 5 | 6 7
struct Fault {
    std::string name;
    std::function<void(MemoryStore&)> doing;
    Errc error;
    std::string sequence; // or empty
    std::string have, size;
};

const std::vector<Fault> faults{
    {"first event lost", [](auto& s) { s.lose("graph", 1); }, Errc::chain_broken, "2", "", ""},
    {"an event between transactions lost", [](auto& s) { s.lose("graph", 5); }, Errc::chain_broken, "6", "", ""},
    {"start of a transaction lost", [](auto& s) { s.lose("graph", 2); }, Errc::incomplete_transaction, "", "2", "3"},
    {"middle of a transaction lost", [](auto& s) { s.lose("graph", 3); }, Errc::incomplete_transaction, "", "2", "3"},
    {"end of a transaction lost", [](auto& s) { s.lose("graph", 4); }, Errc::incomplete_transaction, "", "2", "3"},
    {"end of the chain lost, and the head says so", [](auto& s) { s.cut_off_after("graph", 6); },
     Errc::incomplete_transaction, "", "1", "2"},
    {"end of the chain lost, and the head does not know", [](auto& s) { s.lose("graph", 7); }, Errc::head_mismatch, "6",
     "", ""},
    {"all lost, and the head does not know",
     [](auto& s) {
         for (std::uint64_t n = 1; n <= 7; ++n) s.lose("graph", n);
     },
     Errc::head_mismatch, "0", "", ""},
    {"a transaction that says it is longer",
     [](auto& s) { s.change("graph", 5, [](auto& row) { relabel(row, "t", 0, 2); }); }, Errc::incomplete_transaction,
     "", "1", "2"},
    {"a transaction that starts with its second event",
     [](auto& s) { s.change("graph", 1, [](auto& row) { relabel(row, "t", 1, 2); }); }, Errc::incomplete_transaction,
     "", "1", "2"},
    {"an index past the size", [](auto& s) { s.change("graph", 5, [](auto& row) { relabel(row, "t", 2, 2); }); },
     Errc::incomplete_transaction, "", "0", "2"},
    {"a byte of a payload",
     [](auto& s) { s.change("graph", 3, [](auto& row) { row.block[row.block.size() / 4] ^= std::byte{1}; }); },
     Errc::cid_mismatch, "3", "", ""},
    {"a byte of a link", [](auto& s) { s.change("graph", 3, [](auto& row) { row.block.back() ^= std::byte{1}; }); },
     Errc::cid_mismatch, "3", "", ""},
    {"an event in the place of another",
     [](auto& s) {
         std::optional<MemoryStore::Row> first;
         s.change("graph", 1, [&](auto& row) { first = row; });
         s.change("graph", 5, [&](auto& row) { row.block = first->block, row.cid = first->cid; });
     },
     Errc::chain_broken, "5", "", ""},
};

TEST(Integrity, every_fault_is_found_and_nothing_is_believed) {
    for (const auto& fault : faults) {
        for (const std::size_t page : {100, 1, 3}) {
            SCOPED_TRACE(fault.name + ", pages of " + std::to_string(page));
            MemoryStore store;
            append_sizes(store, "graph", {1, 3, 1, 2});
            fault.doing(store);
            store.most_in_page = page;
            EventStreamService service(store);
            const auto slice = service.fetch_transaction(graph);
            ASSERT_FAILS(slice, fault.error);
            const auto& error = slice.error();
            EXPECT_EQ(error.field("aggregate"), "graph");
            if (!fault.sequence.empty()) {
                EXPECT_EQ(error.field("sequence"), fault.sequence) << error.text();
            }
            if (!fault.size.empty()) {
                EXPECT_EQ(error.field("have"), fault.have) << error.text();
                EXPECT_EQ(error.field("size"), fault.size) << error.text();
                EXPECT_TRUE(error.field("transaction"));
            }
            EXPECT_EQ(service.latest_head(graph), std::nullopt);
            EXPECT_EQ(service.cache_stats().entries, 0u);
        }
    }
}

TEST(Integrity, a_flip_of_any_bit_is_found) {
    MemoryStore whole;
    append_sizes(whole, "graph", {2, 1});
    std::size_t size = 0;
    whole.change("graph", 2, [&](auto& row) { size = row.block.size(); });
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
        MemoryStore store;
        append_sizes(store, "graph", {2, 1});
        store.change("graph", 2, [&](auto& row) { row.block[bit / 8] ^= static_cast<std::byte>(1 << bit % 8); });
        EventStreamService service(store);
        const auto slice = service.fetch_transaction(graph);
        ASSERT_FALSE(slice) << "bit " << bit;
        EXPECT_EQ(slice.error().code, Errc::cid_mismatch) << "bit " << bit << ": " << slice.error().text();
    }
}

TEST(Anchor, is_the_start_of_the_chain_or_something_known_before) {
    MemoryStore store;
    append_sizes(store, "graph", {2, 2, 2, 2});
    const auto fetch = [](EventStreamService& service, std::uint64_t after, std::size_t most) {
        const auto slice = service.fetch_transaction(
            graph, {.max_events = most, .replay_policy = ReplayPolicy::after_sequence(after)});
        EXPECT_TRUE(slice) << slice.error().text();
        return described(slice->slices)[0];
    };
    {
        EventStreamService service(store);
        EXPECT_EQ(fetch(service, 4, 2), "graph:5-6!") << "nothing is known of event 4";
        EXPECT_EQ(fetch(service, 6, 2), "graph:7-8") << "event 6 was seen";
        EXPECT_EQ(fetch(service, 2, 100), "graph:3-8") << "event 8 was seen, and links lead back from it";
    }
    {
        EventStreamService service(store);
        EXPECT_EQ(fetch(service, 0, 2), "graph:1-2");
        EXPECT_EQ(fetch(service, 4, 2), "graph:5-6!") << "events 3 and 4 are between";
        EXPECT_EQ(fetch(service, 2, 2), "graph:3-4");
        EXPECT_EQ(fetch(service, 4, 2), "graph:5-6");
    }
}

TEST(Anchor, a_trusted_head_vouches_for_what_follows_and_for_what_comes_before) {
    MemoryStore store;
    append_sizes(store, "graph", {2});
    const auto middle = append_sizes(store, "graph", {2});
    append_sizes(store, "graph", {2});
    for (const std::uint64_t after : {4, 3, 2, 1}) {
        EventStreamService service(store);
        service.trust_head(graph, middle);
        EXPECT_EQ(service.latest_head(graph), std::nullopt) << "told is not seen";
        const auto slice = service.fetch_transaction(graph, {.replay_policy = ReplayPolicy::after_sequence(after)});
        ASSERT_TRUE(slice) << slice.error().text();
        EXPECT_TRUE(slice->slices[0].anchored) << "after " << after;
        EXPECT_EQ(service.latest_head(graph)->sequence.value(), 6u);
    }
}

// Two logs with the same aggregate that differ from event 3 on.
struct Fork {
    Fork() {
        for (auto* store : {&one, &two}) append_sizes(*store, "graph", {2});
        append(one, "graph", {3, 4}, "One");
        append(two, "graph", {3, 4}, "Two");
        for (auto* store : {&one, &two}) append_sizes(*store, "graph", {2, 2});
    }
    ChainHead at(MemoryStore& store, std::uint64_t sequence) {
        ChainHead head{AggregateSequence(sequence), {}};
        store.change("graph", sequence, [&](auto& row) { head.cid = row.cid; });
        return head;
    }
    MemoryStore one, two;
};

TEST(Heads, a_chain_that_does_not_contain_a_trusted_head_is_broken) {
    for (std::uint64_t trusted = 1; trusted <= 8; ++trusted) {
        Fork fork;
        EventStreamService service(fork.two);
        service.trust_head(graph, fork.at(fork.one, trusted));
        const auto slice = service.fetch_transaction(graph);
        if (trusted <= 2) {
            EXPECT_TRUE(slice) << "both have it";
            continue;
        }
        ASSERT_FAILS(slice, Errc::chain_broken);
        const auto broken = ChainBroken::from(slice.error());
        ASSERT_TRUE(broken);
        EXPECT_EQ(broken->sequence.value(), trusted);
        EXPECT_EQ(broken->expected, fork.at(fork.one, trusted).cid);
        EXPECT_EQ(broken->actual, fork.at(fork.two, trusted).cid);
        EXPECT_EQ(service.latest_head(graph), std::nullopt);
    }
}

TEST(Heads, a_slice_right_after_a_trusted_head_must_link_to_it) {
    Fork fork;
    EventStreamService service(fork.two);
    service.trust_head(graph, fork.at(fork.one, 4));
    const auto slice = service.fetch_transaction(graph, {.replay_policy = ReplayPolicy::after_sequence(4)});
    ASSERT_FAILS(slice, Errc::chain_broken);
    EXPECT_EQ(ChainBroken::from(slice.error())->sequence.value(), 5u);
    EXPECT_EQ(ChainBroken::from(slice.error())->expected, fork.at(fork.one, 4).cid);
}

TEST(Heads, a_chain_must_reach_every_head_that_is_known) {
    MemoryStore longer;
    append_sizes(longer, "graph", {2, 2});
    const auto head = append_sizes(longer, "graph", {2});
    MemoryStore shorter;
    append_sizes(shorter, "graph", {2, 2});
    for (const auto& policy :
         {ReplayPolicy::from_beginning(), ReplayPolicy::last_n(1), ReplayPolicy::after_sequence(4)}) {
        EventStreamService service(shorter);
        service.trust_head(graph, head);
        const auto slice = service.fetch_transaction(graph, {.replay_policy = policy});
        ASSERT_FAILS(slice, Errc::head_mismatch);
        EXPECT_EQ(slice.error().field("expected_sequence"), "6");
        EXPECT_EQ(slice.error().field("expected"), head.cid->to_string());
        EXPECT_EQ(slice.error().field("sequence"), "4");
    }
}

TEST(Heads, the_end_of_the_chain_is_compared_even_where_it_is_not_read) {
    Fork fork;
    EventStreamService service(fork.two);
    service.trust_head(graph, fork.at(fork.one, 8));
    const auto slice = service.fetch_transaction(graph, {.max_events = 2});
    ASSERT_FAILS(slice, Errc::head_mismatch);
}

TEST(Heads, what_was_seen_once_is_not_forgotten) {
    for (const std::uint64_t left : {0, 2, 4, 6}) {
        MemoryStore store;
        append_sizes(store, "graph", {2, 2, 2, 2});
        EventStreamService service(store);
        ASSERT_TRUE(service.fetch_transaction(graph));
        EXPECT_EQ(service.latest_head(graph)->sequence.value(), 8u);
        store.cut_off_after("graph", left);
        const auto slice = service.fetch_transaction(graph);
        ASSERT_FAILS(slice, Errc::head_mismatch);
        append(store, "graph", {1, 2, 3, 4, 5, 6, 7, 8}, "Other");
        const auto regrown = service.fetch_transaction(graph);
        ASSERT_FAILS(regrown, Errc::chain_broken);
        EXPECT_EQ(service.latest_head(graph)->sequence.value(), 8u);
    }
}

TEST(Heads, parts_that_do_not_touch_do_not_vouch_for_one_another) {
    // The end of the fork is seen first, then the start of the other: the fork shows as soon as they meet.
    Fork fork;
    EventStreamService service(fork.one);
    ASSERT_TRUE(service.fetch_transaction(graph, {.max_events = 4}));
    const auto seen_of_one = fork.at(fork.one, 4);
    fork.one.forget_everything();
    append_sizes(fork.one, "graph", {2});
    append(fork.one, "graph", {3, 4}, "Two");
    append_sizes(fork.one, "graph", {2, 2});
    ASSERT_TRUE(service.fetch_transaction(graph, {.replay_policy = ReplayPolicy::after_sequence(6)}));
    EXPECT_EQ(service.latest_head(graph)->sequence.value(), 8u);
    const auto slice = service.fetch_transaction(graph);
    ASSERT_FAILS(slice, Errc::chain_broken);
    EXPECT_EQ(ChainBroken::from(slice.error())->expected, seen_of_one.cid);
}

TEST(Heads, the_least_recently_used_is_forgotten_first) {
    MemoryStore store;
    for (const auto* name : {"a", "b", "c"}) append_sizes(store, name, {1});
    EventStreamService service(store, {.max_tracked_heads = 2});
    ASSERT_TRUE(service.fetch_transaction(AggregateId("a")));
    ASSERT_TRUE(service.fetch_transaction(AggregateId("b")));
    ASSERT_TRUE(service.fetch_transaction(AggregateId("a")));
    ASSERT_TRUE(service.fetch_transaction(AggregateId("c")));
    EXPECT_TRUE(service.latest_head(AggregateId("a")));
    EXPECT_FALSE(service.latest_head(AggregateId("b")));
    EXPECT_TRUE(service.latest_head(AggregateId("c")));
}

TEST(Heads, what_is_trusted_outlives_what_is_seen) {
    MemoryStore store;
    const auto first = append_sizes(store, "graph", {1});
    append_sizes(store, "graph", std::vector<int>(63, 1));
    EventStreamService service(store);
    service.trust_head(graph, {AggregateSequence(2), first.cid}); // Which is a lie: that is event 1.
    for (std::uint64_t after = 4; after < 64; after += 3)
        ASSERT_TRUE(
            service.fetch_transaction(graph, {.max_events = 1, .replay_policy = ReplayPolicy::after_sequence(after)}));
    const auto slice = service.fetch_transaction(graph);
    ASSERT_FAILS(slice, Errc::chain_broken);
    EXPECT_EQ(slice.error().field("sequence"), "2");
}

TEST(Heads, reading_a_chain_in_any_order_leaves_one_head) {
    MemoryStore store;
    append_sizes(store, "graph", std::vector<int>(64, 1));
    EventStreamService service(store);
    for (std::uint64_t i = 0; i < 64; ++i) {
        const auto after = i * 37 % 64;
        ASSERT_TRUE(
            service.fetch_transaction(graph, {.max_events = 1, .replay_policy = ReplayPolicy::after_sequence(after)}));
    }
    EXPECT_EQ(service.latest_head(graph)->sequence.value(), 64u);
    service.trust_head(graph, {}); // The empty head is the start of every chain.
    EXPECT_TRUE(service.fetch_transaction(graph));
}

} // namespace
} // namespace cim::test
