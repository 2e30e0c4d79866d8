// Aim: a match gives the values of exactly the patterns that match, at every moment, at a cost that is bounded.
// Method: the tables of the rules of subjects, then random sets of patterns that change, against
// SubjectPattern::matches; then writers and readers at once, where every answer must be that of one moment.
#include <cim/subject_matcher.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cim {
namespace {

using Value = SubjectMatcher::Value;
using Values = std::vector<Value>;

SubjectPattern pattern(std::string_view text) { return SubjectPattern::parse(text).value(); }

Values sorted(std::span<const Value> values) {
    Values copy(values.begin(), values.end());
    std::ranges::sort(copy);
    return copy;
}

struct Case {
    std::string_view pattern;
    std::string_view subject;
};

constexpr Case not_matching[] = {
    {"a.>", "a"},
    {"*.>", "a"},
    {"*", "a.b"},
    {"a.*", "a"},
    {"a", "a.b"},
    {"*.*.>", "a.b"},
    {"A.b", "a.b"},
    {"a.b", "A.b"},
    {"a", "b"},
    {"a", "aa"},
    {"aa", "a"},
    {"a.b", "a"},
    {"a.*.c", "a.b.d"},
    // What is not a subject is matched by nothing.
    {">", ""},
    {">", "a..b"},
    {">", ".a"},
    {">", "a."},
    {">", "."},
    {"*", ""},
    {"*.*", "a."},
    {"*.*", ".a"},
    {"a.*", "a.*"},
    {"a.>", "a.>"},
    {"a.*", "a.>"},
    {">", "a b"},
    {">", "a\tb"},
    {">", "a\x7f"},
    {"a.*.c", "a..c"},
    {">", "*"},
    {"*", "*"},
    {"a.*", "a.b\n"},
    {">", "a.b*"},
    {"*", ">"},
};

constexpr Case matching[] = {
    {"a", "a"},
    {"a.b", "a.b"},
    {"*", "a"},
    {"*.b", "a.b"},
    {"a.*", "a.b"},
    {"*.*", "a.b"},
    {">", "a"},
    {">", "a.b.c"},
    {"a.>", "a.b"},
    {"a.>", "a.b.c"},
    {"*.>", "a.b"},
    {"a.*.c.>", "a.b.c.d"},
    {"a.*.>", "a.b.c"},
    {"event.graph.*.node.>", "event.graph.123.node.added"},
    {"größe.*", "größe.事件"},
};

TEST(SubjectMatcher, MatchesByTheRules) {
    for (const bool keep : {false, true}) {
        for (const auto& [text, subject] : not_matching) {
            SubjectMatcher matcher;
            ASSERT_TRUE(matcher.subscribe(pattern(text), 1));
            SubjectMatcher::Reader reader(matcher, {.cached_subjects = keep ? 16u : 0u});
            for (int again = 0; again < 2; ++again)
                EXPECT_TRUE(reader.match(subject).empty()) << text << " | " << subject;
            EXPECT_FALSE(reader.has_interest(subject)) << text << " | " << subject;
        }
        for (const auto& [text, subject] : matching) {
            SubjectMatcher matcher;
            ASSERT_TRUE(matcher.subscribe(pattern(text), 1));
            SubjectMatcher::Reader reader(matcher, {.cached_subjects = keep ? 16u : 0u});
            for (int again = 0; again < 2; ++again)
                EXPECT_EQ(sorted(reader.match(subject)), Values{1}) << text << " | " << subject;
            EXPECT_TRUE(reader.has_interest(subject)) << text << " | " << subject;
        }
    }
}

TEST(SubjectMatcher, SixOfTheseEight) {
    SubjectMatcher matcher;
    const std::string_view texts[] = {">", "*", "*.>", "a.>", "a.*", "a.b", "a.*.>", "*.b"};
    for (Value i = 0; i < std::size(texts); ++i) ASSERT_TRUE(matcher.subscribe(pattern(texts[i]), i));
    EXPECT_EQ(sorted(SubjectMatcher::Reader(matcher).match("a.b")), (Values{0, 2, 3, 4, 5, 7}));
}

TEST(SubjectMatcher, TheSamePatternMayBeSubscribedOften) {
    SubjectMatcher matcher;
    SubjectMatcher::Reader reader(matcher);
    const auto first = *matcher.subscribe(pattern("a.*"), 1);
    const auto second = *matcher.subscribe(pattern("a.*"), 1);
    const auto third = *matcher.subscribe(pattern("a.*"), 3);
    EXPECT_EQ(sorted(reader.match("a.b")), (Values{1, 1, 3}));
    EXPECT_TRUE(matcher.unsubscribe(second));
    EXPECT_FALSE(matcher.unsubscribe(second)) << "it is gone";
    EXPECT_EQ(sorted(reader.match("a.b")), (Values{1, 3}));
    EXPECT_EQ(matcher.unsubscribe(std::vector{first, second, third}), 2u);
    EXPECT_TRUE(reader.match("a.b").empty());
    EXPECT_FALSE(matcher.unsubscribe(SubjectMatcher::SubscriptionId{0}));
    EXPECT_FALSE(matcher.unsubscribe(SubjectMatcher::SubscriptionId{999}));
}

TEST(SubjectMatcher, ANumberOfValuesThatIsNotThatOfPatternsIsRefused) {
    SubjectMatcher matcher;
    const std::vector patterns{pattern("a"), pattern("b")};
    const auto refused = matcher.subscribe(patterns, Values{1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_EQ(matcher.stats().subscriptions, 0u);
}

TEST(SubjectMatcher, NothingIsLeftOfWhatWasUnsubscribed) {
    SubjectMatcher matcher;
    SubjectMatcher::Reader reader(matcher);
    std::size_t bytes_after_first = 0;
    for (int round = 0; round < 50; ++round) {
        std::vector<SubjectMatcher::SubscriptionId> ids;
        for (int i = 0; i < 100; ++i) {
            const auto name = std::to_string(round) + '-' + std::to_string(i);
            ids.push_back(*matcher.subscribe(pattern("literal." + name), 1));
            ids.push_back(*matcher.subscribe(pattern("some.*." + name + ".and.>"), 2));
            ids.push_back(*matcher.subscribe(pattern("a-token-that-is-longer-than-what-fits-" + name + ".*"), 3));
        }
        EXPECT_EQ(matcher.stats().subscriptions, 300u);
        EXPECT_EQ(matcher.unsubscribe(ids), 300u);
        const auto stats = matcher.stats();
        EXPECT_EQ(stats.subscriptions, 0u);
        EXPECT_EQ(stats.literals, 0u);
        EXPECT_EQ(stats.nodes, 1u) << "the root";
        EXPECT_EQ(stats.tokens, 0u);
        if (round == 5) bytes_after_first = stats.bytes;
    }
    EXPECT_LE(matcher.stats().bytes, bytes_after_first);
}

TEST(SubjectMatcher, APreparedSubjectFollowsChanges) {
    SubjectMatcher matcher;
    SubjectMatcher::Reader reader(matcher);
    SubjectMatcher::Reader::Prepared prepared(*Subject::parse("a.b"));
    EXPECT_TRUE(reader.match(prepared).empty());
    const auto id = *matcher.subscribe(pattern("*.b"), 4);
    EXPECT_EQ(sorted(reader.match(prepared)), Values{4});
    const auto searched = reader.stats().matches;
    EXPECT_EQ(sorted(reader.match(prepared)), Values{4});
    EXPECT_EQ(reader.stats().matches, searched) << "nothing changed, nothing is searched";
    matcher.unsubscribe(id);
    EXPECT_TRUE(reader.match(prepared).empty());
}

TEST(SubjectMatcher, KeepsAnswersUpToABound) {
    SubjectMatcher matcher;
    SubjectMatcher::Reader reader(matcher, {.cached_subjects = 4});
    for (Value i = 0; i < 2000; ++i) ASSERT_TRUE(matcher.subscribe(pattern("many.*"), i));
    ASSERT_TRUE(matcher.subscribe(pattern("few.>"), 7));
    const std::string long_subject = "few." + std::string(200, 'x');
    for (int again = 0; again < 3; ++again) EXPECT_EQ(reader.match("many.x").size(), 2000u);
    for (int again = 0; again < 3; ++again) EXPECT_EQ(sorted(reader.match(long_subject)), Values{7});
    EXPECT_EQ(reader.stats().hits, 0u) << "neither is kept";
    for (int again = 0; again < 3; ++again) EXPECT_EQ(sorted(reader.match("few.x")), Values{7});
    EXPECT_EQ(reader.stats().hits, 2u);
}

// -- Bounds ----------------------------------------------------------------------------------------------------------

TEST(SubjectMatcher, AllWildcardPatternsCostNoMoreThanTheTree) {
    // Every combination of a literal and a star on 12 levels, none of which matches in the end: the worst that there
    // is.
    SubjectMatcher matcher;
    constexpr int levels = 12;
    for (unsigned bits = 0; bits < 1u << levels; ++bits) {
        std::string text;
        for (int level = 0; level < levels; ++level) text += (bits >> level & 1) != 0 ? "*." : "a.";
        ASSERT_TRUE(matcher.subscribe(pattern(text + "end"), bits));
    }
    // And a chain of stars that is as long as a pattern can be.
    std::string chain = "*";
    while (chain.size() + 2 <= Subject::max_size) chain += ".*";
    ASSERT_TRUE(matcher.subscribe(pattern(chain), 0));
    std::string subject = "a";
    while (subject.size() + 2 <= Subject::max_size) subject += ".a";

    SubjectMatcher::Reader reader(matcher);
    EXPECT_EQ(sorted(reader.match(subject)), Values{0});
    EXPECT_LE(reader.stats().visited, matcher.stats().nodes);
}

TEST(SubjectMatcher, PatternsThatAreTooLongAreNoPatterns) {
    std::string tokens = "*";
    for (int i = 1; i < 10'000; ++i) tokens += ".*";
    for (const auto& text : {std::string(1 << 20, 'a'), tokens, std::string(1 << 20, '*')}) {
        const auto refused = SubjectPattern::parse(text);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid_pattern);
        EXPECT_LT(refused.error().message.size(), 300u);
    }
}

// -- Against the obvious matcher -------------------------------------------------------------------------------------

std::string draw_text(const std::vector<std::string>& tokens, bool may_end_in_rest) {
    auto text = *rc::gen::elementOf(tokens);
    for (int more = *rc::gen::inRange(0, 5); more > 0; --more) text += '.' + *rc::gen::elementOf(tokens);
    if (may_end_in_rest && *rc::gen::inRange(0, 4) == 0) text = *rc::gen::inRange(0, 8) == 0 ? ">" : text + ".>";
    return text;
}

RC_GTEST_PROP(SubjectMatcher, MatchesAsTheObviousMatcher, ()) {
    const std::vector<std::string> pattern_tokens{"a", "b", "c", "*", "a-rather-long-token-for-one-place"};
    const std::vector<std::string> subject_tokens{"a", "b", "c", "d", "a-rather-long-token-for-one-place", "*", ""};
    SubjectMatcher matcher;
    SubjectMatcher::Reader keeping(matcher, {.cached_subjects = 8});
    SubjectMatcher::Reader searching(matcher, {.cached_subjects = 0});
    std::map<Value, std::pair<SubjectPattern, SubjectMatcher::SubscriptionId>> subscribed;
    Value next = 0;
    for (int steps = *rc::gen::inRange(1, 60); steps > 0; --steps) {
        const auto what = *rc::gen::inRange(0, 10);
        if (what < 4) {
            const auto chosen = pattern(draw_text(pattern_tokens, true));
            subscribed.emplace(next, std::pair(chosen, *matcher.subscribe(chosen, next)));
            ++next;
        } else if (what < 6 && !subscribed.empty()) {
            const auto victim =
                std::next(subscribed.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(subscribed)));
            RC_ASSERT(matcher.unsubscribe(victim->second.second));
            subscribed.erase(victim);
        } else {
            const auto subject = draw_text(subject_tokens, false);
            Values expected;
            for (const auto& [value, entry] : subscribed)
                if (entry.first.matches(subject)) expected.push_back(value);
            RC_ASSERT(sorted(keeping.match(subject)) == expected);
            RC_ASSERT(sorted(searching.match(subject)) == expected);
            RC_ASSERT(searching.has_interest(subject) == !expected.empty());
        }
    }
    RC_ASSERT(matcher.stats().subscriptions == subscribed.size());
}

// -- Threads ---------------------------------------------------------------------------------------------------------

TEST(SubjectMatcher, EveryAnswerIsThatOfOneMoment) {
    // A writer subscribes pairs in one step and takes them away in one step, and keeps at least the latest pair:
    // whoever reads must find whole pairs, and once a pair was there before the match began, must find it or a later
    // one.
    SubjectMatcher matcher;
    constexpr Value rounds = 3000;
    std::atomic<Value> subscribed{0}; // the latest pair that is certainly there
    std::atomic<bool> failed{false};
    std::atomic<bool> done{false};
    const auto pair_of = [](Value round) {
        return std::vector{pattern("x." + std::to_string(round % 7) + ".>"), pattern("*.*.c")};
    };
    auto previous = *matcher.subscribe(std::vector{pattern("x.*.>"), pattern("*.*.c")}, Values{0, 0});
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&, i] {
            SubjectMatcher::Reader reader(matcher, {.cached_subjects = i == 0 ? 0u : 8u});
            while (!done) {
                const auto before = subscribed.load();
                // Only the second of a pair matches every subject, and the pair before is taken away afterwards: so
                // there are one or two, and none older than what was there before.
                const auto values = sorted(reader.match("x.none.c"));
                const bool fine = !values.empty() && values.size() <= 4 && values.back() + 1 >= before;
                if (!fine) failed = true;
                const auto in_seven = reader.match("x." + std::to_string(before % 7) + ".c");
                std::map<Value, int> counts;
                for (const auto value : in_seven) ++counts[value];
                for (const auto& [value, count] : counts)
                    if (value % 7 == before % 7 && value > 0 && count != 2) failed = true; // half a pair
            }
        });
    for (Value round = 1; round <= rounds && !failed; ++round) {
        const auto ids = *matcher.subscribe(pair_of(round), Values{round, round});
        subscribed = round;
        ASSERT_EQ(matcher.unsubscribe(previous), 2u);
        previous = ids;
    }
    done = true;
    for (auto& reader : readers) reader.join();
    EXPECT_FALSE(failed);
    EXPECT_EQ(matcher.stats().subscriptions, 2u);
    matcher.unsubscribe(previous);
    EXPECT_EQ(matcher.stats().literals, 0u);
}

} // namespace
} // namespace cim
