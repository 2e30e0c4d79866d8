// The part of PageReader that finds what happened within a span of time. Results come in log order, and timestamps need
// not grow along the log, so the time index alone cannot give a page: it is asked for the sequences of a small window,
// and for where to go on in a large one.
#include "base/try.hpp"
#include "store/sqlite/page_reader.hpp"

#include <algorithm>
#include <functional>

namespace cim::sqlite {

namespace {

// A window of up to so many events is taken from the index as a whole, at about 0.1 microseconds each.
constexpr std::size_t narrow_window = 4096;
// How much of the log is looked through before the index is asked where the next event of the window is. It doubles
// with each time, because the index takes longer to answer the more events the window has.
constexpr std::int64_t first_stretch = 16 * 1024;
constexpr std::int64_t longest_stretch = 1024 * 1024;

constexpr std::string_view window = "SELECT sequence FROM events INDEXED BY events_by_time "
                                    "WHERE timestamp >= ?1 AND timestamp <= ?2 LIMIT ?3";

constexpr std::string_view next_in_window_of[] = {"SELECT min(sequence) FROM events INDEXED BY events_by_time "
                                                  "WHERE timestamp >= ?1 AND timestamp <= ?2 AND +sequence >= ?3",
                                                  "SELECT max(sequence) FROM events INDEXED BY events_by_time "
                                                  "WHERE timestamp >= ?1 AND timestamp <= ?2 AND +sequence <= ?3"};

} // namespace

Result<> PageReader::read_window() {
    CIM_TRY_ASSIGN(auto sequences, sequences_in_window());
    const bool narrow = sequences.size() <= narrow_window;
    if (!query_.aggregate) return narrow ? read_narrow_window(std::move(sequences)) : read_wide_window();
    // A chain that is shorter than the window is read as a chain; its rows are held against the times one by one.
    const auto span = std::min(positions_.last, head_) - positions_.first;
    if (!narrow || span <= static_cast<std::int64_t>(sequences.size())) return read_chain();
    return read_window_of_chain(sequences);
}

// In the order of the answer. One more than narrow_window means that there are too many.
Result<std::vector<std::int64_t>> PageReader::sequences_in_window() {
    CIM_TRY_ASSIGN(Statement* const rows, reader_.statement(reader_.window_, window));
    const Running running(*rows);
    rows->bind(1, times_.first).bind(2, times_.last).bind(3, std::uint64_t{narrow_window + 1});
    std::vector<std::int64_t> sequences;
    while (true) {
        CIM_TRY_ASSIGN(const bool row, rows->step());
        if (!row) break;
        sequences.push_back(rows->integer(0));
    }
    if (backwards_)
        std::ranges::sort(sequences, std::greater());
    else
        std::ranges::sort(sequences);
    return sequences;
}

// Events next to one another in the log are read as one range.
Result<> PageReader::read_narrow_window(std::vector<std::int64_t> sequences) {
    std::erase_if(sequences, [&](std::int64_t sequence) { return !positions_.holds(sequence); });
    for (std::size_t i = 0; i < sequences.size() && !full_;) {
        Range run{sequences[i], sequences[i]};
        auto& moving = backwards_ ? run.first : run.last;
        for (++i; i < sequences.size() && sequences[i] == moving + (backwards_ ? -1 : 1); ++i) moving = sequences[i];
        CIM_TRY(add_range(run));
    }
    return {};
}

Result<> PageReader::read_window_of_chain(const std::vector<std::int64_t>& sequences) {
    for (const auto sequence : sequences) {
        if (full_) break;
        if (!current_.holds(sequence)) CIM_TRY(find_transaction(sequence));
        const auto position = current_.position + (sequence - current_.first);
        if (current_.aggregate == aggregate_ && positions_.holds(position)) CIM_TRY(add_range({sequence, sequence}));
    }
    return {};
}

Result<> PageReader::read_wide_window() {
    CIM_TRY_ASSIGN(const auto totals, reader_.totals());
    Range left{positions_.first, std::min(positions_.last, static_cast<std::int64_t>(totals.events))};
    auto stretch = first_stretch;
    while (!full_ && !left.empty()) {
        const auto before = builder_.size();
        auto part = left;
        if (backwards_) {
            part.first = std::max(left.first, left.last - stretch + 1);
            left.last = part.first - 1;
        } else {
            part.last = left.last - left.first < stretch ? left.last : left.first + stretch - 1;
            left.first = part.last + 1;
        }
        CIM_TRY(add_range(part));
        if (builder_.size() != before || left.empty()) continue;
        CIM_TRY_ASSIGN(const auto next, next_in_window(backwards_ ? left.last : left.first));
        if (next == 0) break;
        (backwards_ ? left.last : left.first) = next;
        stretch = std::min(stretch * 2, longest_stretch);
    }
    return {};
}

// The first event of the window from this sequence on, in the direction of the answer; 0 if there is none.
Result<std::int64_t> PageReader::next_in_window(std::int64_t sequence) {
    CIM_TRY_ASSIGN(Statement* const row,
                   reader_.statement(reader_.next_in_window_[backwards_], next_in_window_of[backwards_]));
    const Running running(*row);
    row->bind(1, times_.first).bind(2, times_.last).bind(3, sequence);
    CIM_TRY_ASSIGN(const bool found, row->step());
    return found ? row->integer(0) : 0;
}

} // namespace cim::sqlite
