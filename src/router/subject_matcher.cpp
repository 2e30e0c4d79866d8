#include <cim/subject_matcher.hpp>

#include "router/pattern_index.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace cim {

using detail::Generation;
using detail::Number;
using detail::PatternIndex;

// -- The matcher -----------------------------------------------------------------------------------------------------

SubjectMatcher::SubjectMatcher() : index_(std::make_unique<PatternIndex>()) {}
SubjectMatcher::~SubjectMatcher() = default;

Result<SubjectMatcher::SubscriptionId> SubjectMatcher::subscribe(const SubjectPattern& pattern, Value value) {
    auto ids = index_->subscribe(std::span(&pattern, 1), std::span(&value, 1));
    if (!ids) return fail(std::move(ids).error());
    return ids->front();
}

Result<std::vector<SubjectMatcher::SubscriptionId>> SubjectMatcher::subscribe(std::span<const SubjectPattern> patterns,
                                                                              std::span<const Value> values) {
    return index_->subscribe(patterns, values);
}

bool SubjectMatcher::unsubscribe(SubscriptionId id) { return unsubscribe(std::span(&id, 1)) == 1; }
std::size_t SubjectMatcher::unsubscribe(std::span<const SubscriptionId> ids) { return index_->unsubscribe(ids); }
std::uint64_t SubjectMatcher::generation() const noexcept { return index_->generation.load(std::memory_order_acquire); }
SubjectMatcher::Stats SubjectMatcher::stats() const { return index_->stats(); }

// -- Readers ---------------------------------------------------------------------------------------------------------

namespace detail {

namespace {

/// The tokens of one subject, cut off and looked up as far as the search for patterns goes into it.
class SubjectTokens {
  public:
    SubjectTokens(const PatternIndex& index, std::string_view subject, std::vector<Number>& numbers)
        : index_(index), rest_(subject), numbers_(numbers) {
        numbers_.clear();
    }

    /// True if there is an i-th token; `i` is at most one more than was asked for before.
    [[nodiscard]] bool has(std::size_t i) const noexcept { return i < numbers_.size() || !ended_; }
    /// The number of the i-th token, which must be there; 0 if no pattern has it.
    [[nodiscard]] Number operator[](std::size_t i) {
        if (i < numbers_.size()) return numbers_[i];
        const auto* dot = static_cast<const char*>(std::memchr(rest_.data(), '.', rest_.size()));
        const auto size = dot != nullptr ? static_cast<std::size_t>(dot - rest_.data()) : rest_.size();
        numbers_.push_back(index_.find_token(rest_.substr(0, size)));
        ended_ = dot == nullptr;
        if (!ended_) rest_.remove_prefix(size + 1);
        return numbers_.back();
    }

  private:
    const PatternIndex& index_;
    std::string_view rest_;
    std::vector<Number>& numbers_;
    bool ended_ = false;
};

// As Subject::parse, which says why. Eight octets at a time: a match that wildcards take part in looks at all of them.
bool is_subject(std::string_view text) noexcept {
    if (text.empty() || text.size() > Subject::max_size || text.front() == '.' || text.back() == '.') return false;
    constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
    const auto has = [&](std::uint64_t word, unsigned char octet) { return has_zero(word ^ ones * octet); };
    std::uint64_t dot_before = 0; // whether the word before ended in a dot: its top bit, at the bottom octet's place
    for (std::size_t at = 0; at < text.size(); at += 8) {
        std::uint64_t word = ones * 'a';
        std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word); // the first octet lowest
        const auto up_to_blank = (word - ones * 0x21) & ~word & tops;
        if ((up_to_blank | has(word, 0x7f) | has(word, '*') | has(word, '>')) != 0) return false;
        // The top bit of each octet that is a dot, exactly.
        const auto other = word ^ ones * '.';
        const auto dots = ~(((other & ~tops) + ~tops) | other | ~tops);
        if (((dots << 8 | dot_before) & dots) != 0) return false;
        dot_before = dots >> 56;
    }
    return true;
}

} // namespace

struct ReaderState {
    // An answer that was given. Two cache lines and the values.
    struct alignas(64) Kept {
        std::uint64_t hash = 0;
        Generation generation = 0;
        std::vector<SubjectMatcher::Value> values;
        std::uint16_t size = 0;
        char subject[96];
    };
    static constexpr std::size_t max_kept_values = 1024;
    static constexpr std::size_t max_kept_slots = std::size_t{1} << 20;

    ReaderState(PatternIndex& pattern_index, std::size_t cached)
        : index(pattern_index),
          slot(pattern_index.add_reader()),
          kept(cached == 0 ? 0 : std::bit_ceil(std::min(cached, max_kept_slots))) {}
    ~ReaderState() { index.remove_reader(slot); }
    ReaderState(const ReaderState&) = delete;
    ReaderState& operator=(const ReaderState&) = delete;

    // Calls `found(value)` for each match until it says no. Returns the generation that was looked at.
    template <class Found> Generation search(std::string_view subject, std::uint64_t hash, Found found);
    template <class Found> bool search_tree(std::string_view subject, Generation now, Found& found);
    template <class Found> bool take_list(Number first, Generation now, Found& found) const;

    PatternIndex& index;
    ReaderSlot* slot;
    std::vector<Kept> kept;
    std::vector<SubjectMatcher::Value> answer; // of what is not kept
    SubjectMatcher::Reader::Stats stats;

    // Used anew by every search.
    struct Place {
        Number node;
        std::uint32_t depth;
    };
    std::vector<Place> waiting = std::vector<Place>(Subject::max_size / 2 + 2); // a star for each token at most
    std::vector<Number> token_numbers;
};

template <class Found> bool ReaderState::take_list(Number first, Generation now, Found& found) const {
    for (auto number = first; number != 0;) {
        const auto& entry = index.entry(number);
        if (entry.counts_in(now) && !found(entry.value)) return false;
        number = entry.next.load(std::memory_order_acquire);
    }
    return true;
}

template <class Found> bool ReaderState::search_tree(std::string_view subject, Generation now, Found& found) {
    SubjectTokens tokens(index, subject, token_numbers);
    bool known_valid = false;
    // A literal token of a pattern is valid; what a wildcard stands for may be anything, and is looked at on the first
    // hit.
    const auto take = [&](const std::atomic<Number>& list) {
        const auto first = list.load(std::memory_order_acquire);
        if (first == 0) return true;
        if (!known_valid) {
            if (!is_subject(subject)) return false;
            known_valid = true;
        }
        return take_list(first, now, found);
    };
    std::size_t left = 0;
    waiting[left++] = {PatternIndex::root, 0};
    while (left != 0) {
        auto [number, depth] = waiting[--left];
        // Down by literal tokens, leaving the stars on the way for later: the stack is never deeper than the subject.
        while (number != 0) {
            ++stats.visited;
            const auto& node = index.node(number);
            if (!tokens.has(depth)) {
                if (!take(node.exact)) return false;
                break;
            }
            if (!take(node.rest)) return false;
            const auto star = node.star.load(std::memory_order_acquire);
            const auto has_children = node.children.load(std::memory_order_acquire) != 0;
            if (star == 0 && !has_children) break;
            const auto token = tokens[depth];
            ++depth;
            if (star != 0) waiting[left++] = {star, depth};
            number = has_children && token != 0 ? index.find_child(number, token) : 0;
        }
    }
    return true;
}

template <class Found> Generation ReaderState::search(std::string_view subject, std::uint64_t hash, Found found) {
    // Announce, then look: see the top of pattern_index.hpp.
    slot->announced.store(index.generation.load(std::memory_order_relaxed), std::memory_order_seq_cst);
    const auto now = index.generation.load(std::memory_order_seq_cst);
    ++stats.matches;
    bool go_on = true;
    if (const auto number = index.find_literal(subject, hash))
        go_on = take_list(index.literal(number).entries.load(std::memory_order_acquire), now, found);
    if (go_on && !index.tree_is_empty()) search_tree(subject, now, found);
    slot->announced.store(0, std::memory_order_release);
    return now;
}

} // namespace detail

SubjectMatcher::Reader::Reader(const SubjectMatcher& matcher, Options options)
    : state_(std::make_unique<detail::ReaderState>(*matcher.index_, options.cached_subjects)),
      generation_(&matcher.index_->generation) {}
SubjectMatcher::Reader::~Reader() = default;
SubjectMatcher::Reader::Reader(Reader&&) noexcept = default;

std::span<const SubjectMatcher::Value> SubjectMatcher::Reader::match(std::string_view subject) {
    auto& state = *state_;
    const auto hash = state.index.hash(subject);
    if (state.kept.empty()) {
        state.answer.clear();
        state.search(subject, hash, [&](Value value) { return state.answer.push_back(value), true; });
        return state.answer;
    }
    auto& kept = state.kept[hash & (state.kept.size() - 1)];
    if (kept.hash == hash && kept.generation == generation_->load(std::memory_order_acquire) &&
        same_text(std::string_view(kept.subject, kept.size), subject)) {
        ++state.stats.hits;
        return kept.values;
    }
    const bool fits = subject.size() <= sizeof kept.subject;
    auto& answer = fits ? kept.values : state.answer;
    kept.generation = fits ? 0 : kept.generation; // its values are being overwritten
    answer.clear();
    const auto now = state.search(subject, hash, [&](Value value) { return answer.push_back(value), true; });
    if (!fits) return answer;
    if (answer.size() > detail::ReaderState::max_kept_values) {
        // The memory goes along, so that what is kept stays small.
        state.answer.swap(kept.values);
        kept.values = {};
        return state.answer;
    }
    kept.hash = hash;
    kept.generation = now;
    kept.size = static_cast<std::uint16_t>(subject.size());
    std::memcpy(kept.subject, subject.data(), subject.size());
    return kept.values;
}

void SubjectMatcher::Reader::refresh(Prepared& prepared) {
    const std::string_view subject = prepared.subject_.str();
    prepared.values_.clear();
    prepared.generation_ = state_->search(subject, state_->index.hash(subject),
                                          [&](Value value) { return prepared.values_.push_back(value), true; });
}

bool SubjectMatcher::Reader::has_interest(std::string_view subject) {
    bool found = false;
    state_->search(subject, state_->index.hash(subject), [&](Value) {
        found = true;
        return false;
    });
    return found;
}

SubjectMatcher::Reader::Stats SubjectMatcher::Reader::stats() const noexcept { return state_->stats; }

} // namespace cim
