// Lines that begin with '+' subscribe the rest as a pattern, those with '-' take the oldest subscription of that
// pattern away, all others are subjects: the matcher answers as asking every pattern by itself does, with answers kept
// and without, and in the end nothing is left of it.
#include <cim/subject_matcher.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

namespace {

using namespace cim;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << std::endl;
    std::abort();
}

struct Subscribed {
    SubjectPattern pattern;
    SubjectMatcher::Value value;
    SubjectMatcher::SubscriptionId id;
};

std::vector<SubjectMatcher::Value> sorted(std::span<const SubjectMatcher::Value> values) {
    std::vector<SubjectMatcher::Value> copy(values.begin(), values.end());
    std::ranges::sort(copy);
    return copy;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    SubjectMatcher matcher;
    SubjectMatcher::Reader keeping(matcher, {.cached_subjects = 4}), searching(matcher, {.cached_subjects = 0});
    std::vector<Subscribed> subscribed;
    SubjectMatcher::Value next = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.starts_with('+')) {
            const auto pattern = SubjectPattern::parse(line.substr(1));
            if (!pattern) continue;
            const auto id = matcher.subscribe(*pattern, next);
            require(id.has_value(), "a pattern can be subscribed");
            subscribed.push_back({*pattern, next++, *id});
        } else if (line.starts_with('-')) {
            const auto gone = std::ranges::find_if(
                subscribed, [&](const Subscribed& one) { return one.pattern.str() == line.substr(1); });
            if (gone == subscribed.end()) continue;
            require(matcher.unsubscribe(gone->id), "a subscription can be taken away");
            require(!matcher.unsubscribe(gone->id), "and only once");
            subscribed.erase(gone);
        } else {
            std::vector<SubjectMatcher::Value> expected;
            for (const auto& one : subscribed)
                if (one.pattern.matches(line)) expected.push_back(one.value);
            require(sorted(searching.match(line)) == expected, "a search finds what matches");
            require(sorted(keeping.match(line)) == expected, "so does a reader that keeps answers");
            require(searching.has_interest(line) == !expected.empty(), "there is interest where something matches");
        }
    }
    for (const auto& one : subscribed) require(matcher.unsubscribe(one.id), "what is there can be taken away");
    const auto stats = matcher.stats();
    require(stats.subscriptions == 0 && stats.literals == 0 && stats.nodes == 1 && stats.tokens == 0,
            "nothing is left");
    return 0;
}
