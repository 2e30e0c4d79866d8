#include "store/sqlite/page_reader.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace cim::sqlite {

namespace {

constexpr std::size_t page_bytes = std::size_t{1} << 20;
constexpr auto largest = std::numeric_limits<std::int64_t>::max();

#define CIM_TRANSACTION_COLUMNS                                                                                        \
    "first_event, size, aggregate, first_position, name, correlation_id, causation_id, traceparent FROM transactions "

// From the transaction that holds sequence ?1 on.
constexpr std::string_view transactions_of_log[] = {
    "SELECT " CIM_TRANSACTION_COLUMNS
    "WHERE first_event >= (SELECT max(first_event) FROM transactions WHERE first_event <= ?1) ORDER BY first_event",
    "SELECT " CIM_TRANSACTION_COLUMNS "WHERE first_event <= ?1 ORDER BY first_event DESC"};

// Those of aggregate ?1 from the one on that holds position ?2.
constexpr std::string_view transactions_of_chain[] = {
    "SELECT " CIM_TRANSACTION_COLUMNS
    "WHERE aggregate = ?1 AND first_position >= coalesce((SELECT max(first_position) FROM "
    "transactions WHERE aggregate = ?1 AND first_position <= ?2), 0) ORDER BY first_position",
    "SELECT " CIM_TRANSACTION_COLUMNS "WHERE aggregate = ?1 AND first_position <= ?2 ORDER BY first_position DESC"};

#undef CIM_TRANSACTION_COLUMNS

Error corrupt(std::string message, std::initializer_list<Error::Field> fields) {
    return Error(Errc::store_corrupt, std::move(message), "run `cim db check` on a copy of the file", fields);
}

// The bound after which nothing comes, as SQLite's signed numbers can hold it.
std::int64_t bound(std::uint64_t n) {
    return static_cast<std::int64_t>(std::min(n, static_cast<std::uint64_t>(largest)));
}

} // namespace

PageReader::PageReader(Reader& reader, const ReadQuery& query)
    : reader_(reader),
      query_(query),
      backwards_(query.direction == Direction::backwards),
      timed_(query.from || query.until),
      typed_(!query.types.empty()) {
    const auto after = bound(query.after);
    positions_ = after == largest ? Range{largest, 0} : Range{after + 1, bound(query.upto)};
    if (query.from) times_.first = to_micros(*query.from);
    if (query.until && to_micros(*query.until) == std::numeric_limits<std::int64_t>::min())
        times_ = {1, 0};
    else if (query.until)
        times_.last = to_micros(*query.until) - 1;
}

Result<EventPage> PageReader::read() {
    if (query_.limit == 0 || query_.limit > ReadQuery::max_page)
        return fail(Errc::invalid_argument,
                    fmt::format("a page of {} events: it must be 1 to {}", query_.limit, ReadQuery::max_page), {},
                    {{"name", "limit"}});
    if (query_.aggregate) CIM_TRY(find_aggregate());
    CIM_TRY_ASSIGN(const bool any_type, find_types());
    if (!any_type || positions_.empty() || times_.empty()) return EventPage{};

    reader_.page_ = this;
    const Running log(reader_.transactions_of_log_[backwards_]);
    if (timed_)
        CIM_TRY(read_window());
    else if (query_.aggregate)
        CIM_TRY(read_chain());
    else
        CIM_TRY(read_log());
    return finish();
}

Result<> PageReader::find_aggregate() {
    const auto& name = query_.aggregate->str();
    CIM_TRY_ASSIGN(Statement* const row, reader_.statement(reader_.aggregate_id_,
                                                           "SELECT id, head_sequence FROM aggregates WHERE name = ?1"));
    const Running running(*row);
    CIM_TRY_ASSIGN(const bool found, row->bind(1, name).step());
    if (!found)
        return fail(Errc::not_found, fmt::format("there is no aggregate '{}'", printable(name)), {},
                    {{"aggregate", name}});
    aggregate_ = row->integer(0);
    head_ = row->integer(1);
    return {};
}

// False if types are asked for and the store has none of them.
Result<bool> PageReader::find_types() {
    if (!typed_) return true;
    CIM_TRY_ASSIGN(Statement* const row,
                   reader_.statement(reader_.type_id_, "SELECT id FROM event_types WHERE name = ?1"));
    auto& wanted = reader_.wanted_types_;
    wanted.clear();
    for (const auto& type : query_.types) {
        const Running running(*row);
        CIM_TRY_ASSIGN(const bool found, row->bind(1, type.str()).step());
        const auto id = found ? row->integer(0) : -1;
        if (id < 0 || id > bound(reader_.most_types)) continue;
        if (wanted.size() <= static_cast<std::size_t>(id)) wanted.resize(static_cast<std::size_t>(id) + 1);
        wanted[static_cast<std::size_t>(id)] = true;
    }
    return !wanted.empty();
}

Result<> PageReader::read_log() {
    CIM_TRY_ASSIGN(const auto totals, reader_.totals());
    return add_range({positions_.first, std::min(positions_.last, bound(totals.events))});
}

Result<> PageReader::read_chain() {
    const Range wanted{positions_.first, std::min(positions_.last, head_)};
    if (wanted.empty()) return {};
    CIM_TRY_ASSIGN(Statement* const rows,
                   reader_.statement(reader_.transactions_of_chain_[backwards_], transactions_of_chain[backwards_]));
    const Running running(*rows);
    auto expected = backwards_ ? wanted.last : wanted.first;
    rows->bind(1, aggregate_).bind(2, expected);
    while (!full_ && wanted.holds(expected)) {
        CIM_TRY_ASSIGN(const bool row, rows->step());
        if (!row) return fail(missing_position(expected));
        CIM_TRY(enter(*rows));
        const auto last = current_.position + current_.size - 1;
        if (!Range{current_.position, last}.holds(expected)) return fail(missing_position(expected));
        const auto shift = current_.first - current_.position;
        CIM_TRY(add_range({std::max(current_.position, wanted.first) + shift, std::min(last, wanted.last) + shift}));
        expected = backwards_ ? current_.position - 1 : last + 1;
    }
    return {};
}

Result<Statement*> PageReader::events_statement() {
    auto& slot = reader_.events_[(backwards_ ? 1 : 0) + (timed_ ? 2 : 0) + (typed_ ? 4 : 0)];
    if (slot) return &slot;
    // CASE makes sure that a row is taken only after everything else was found to hold.
    constexpr std::string_view take = "cim_take(sequence, cid, block)";
    std::string condition;
    if (timed_) condition = "timestamp >= ?3 AND timestamp <= ?4";
    if (timed_ && typed_) condition += " AND ";
    if (typed_) condition += "cim_wanted(type)";
    if (timed_ || typed_)
        condition = fmt::format("CASE WHEN {} THEN {} ELSE 0 END", condition, take);
    else
        condition = take;
    return reader_.statement(slot,
                             fmt::format("SELECT 1 FROM events NOT INDEXED WHERE sequence >= ?1 AND sequence <= ?2 "
                                         "AND {} ORDER BY sequence{}",
                                         condition, backwards_ ? " DESC" : ""));
}

Result<> PageReader::add_range(Range sequences) {
    if (sequences.empty()) return {};
    CIM_TRY_ASSIGN(Statement* const rows, events_statement());
    const Running running(*rows);
    rows->bind(1, sequences.first).bind(2, sequences.last);
    if (timed_) rows->bind(3, times_.first).bind(4, times_.last);
    expected_ = backwards_ ? sequences.last : sequences.first;
    CIM_TRY_ASSIGN(const bool stopped, rows->step());
    if (error_) return fail(*std::move(error_));
    if (!stopped && !timed_ && !typed_ && sequences.holds(expected_)) return fail(missing_event(expected_));
    return {};
}

bool PageReader::take(std::int64_t sequence, ByteView cid, ByteView block) {
    if (!timed_ && !typed_ && sequence != expected_) {
        error_ = missing_event(expected_);
        return false;
    }
    if (!fits(block.size())) {
        full_ = true;
        return false;
    }
    auto done = current_.holds(sequence) ? Result<>() : find_transaction(sequence);
    if (done) done = add(sequence, cid, block);
    expected_ = backwards_ ? sequence - 1 : sequence + 1;
    if (done) return true;
    error_ = std::move(done).error();
    return false;
}

bool PageReader::fits(std::size_t block_size) const noexcept {
    return builder_.size() < query_.limit && (builder_.size() == 0 || builder_.bytes() + block_size <= page_bytes);
}

Result<> PageReader::add(std::int64_t sequence, ByteView cid_bytes, ByteView block) {
    const auto index = sequence - current_.first;
    const auto position = current_.position + index;
    auto cid = Cid::from_bytes(cid_bytes);
    if (!cid)
        return fail(corrupt(fmt::format("the CID of event {} of aggregate '{}' is damaged: {}", position,
                                        printable(name_), cid.error().message),
                            {{"aggregate", std::string(name_)}, {"sequence", std::to_string(position)}}));
    CIM_TRY(builder_.add({.block = block,
                          .cid = *std::move(cid),
                          .sequence = GlobalSequence(static_cast<std::uint64_t>(sequence)),
                          .aggregate_sequence = AggregateSequence(static_cast<std::uint64_t>(position)),
                          .aggregate_id = name_,
                          .transaction_id = current_.name,
                          .transaction_index = static_cast<std::uint32_t>(index),
                          .transaction_size = static_cast<std::uint32_t>(current_.size),
                          .correlation_id = current_.correlation_id,
                          .causation_id = current_.causation_id,
                          .traceparent = current_.traceparent}));
    last_added_ = query_.aggregate ? position : sequence;
    return {};
}

// Makes the transaction current that holds this event of the log: mostly the next, which costs a step and no search.
Result<> PageReader::find_transaction(std::int64_t sequence) {
    CIM_TRY_ASSIGN(Statement* const rows,
                   reader_.statement(reader_.transactions_of_log_[backwards_], transactions_of_log[backwards_]));
    const auto adjacent = backwards_ ? current_.first - 1 : current_.first + current_.size;
    if (!walking_ || sequence != adjacent) {
        rows->reset();
        rows->bind(1, sequence);
    }
    walking_ = true;
    CIM_TRY_ASSIGN(const bool row, rows->step());
    if (row) CIM_TRY(enter(*rows));
    if (row && current_.holds(sequence)) return {};
    return fail(corrupt(fmt::format("the transaction of the event with sequence {} is missing", sequence),
                        {{"global_sequence", std::to_string(sequence)}}));
}

Result<> PageReader::enter(const Statement& row) {
    current_ = {.first = row.integer(0),
                .size = row.integer(1),
                .aggregate = row.integer(2),
                .position = row.integer(3),
                .name = row.text(4),
                .correlation_id = row.text(5),
                .causation_id = row.text(6),
                .traceparent = row.text(7)};
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    if (current_.first < 1 || current_.size < 1 || current_.size > most || current_.first > largest - current_.size ||
        current_.position < 1 || current_.position > largest - current_.size)
        return fail(corrupt(fmt::format("the transaction at sequence {} has impossible numbers: size {}, position {}",
                                        current_.first, current_.size, current_.position),
                            {{"global_sequence", std::to_string(current_.first)}}));
    if (current_.aggregate == named_) return {};
    CIM_TRY_ASSIGN(name_, reader_.aggregate_name(current_.aggregate));
    named_ = current_.aggregate;
    return {};
}

Error PageReader::missing_event(std::int64_t sequence) {
    const auto found = current_.holds(sequence) ? Result<>() : find_transaction(sequence);
    if (!found) return found.error();
    return missing_position(current_.position + (sequence - current_.first));
}

Error PageReader::missing_position(std::int64_t position) const {
    const auto name = query_.aggregate ? query_.aggregate->str() : std::string(name_);
    return corrupt(fmt::format("event {} of aggregate '{}' is missing", position, printable(name)),
                   {{"aggregate", name}, {"sequence", std::to_string(position)}});
}

EventPage PageReader::finish() {
    EventPage page;
    page.events = builder_.finish();
    if (!full_) return page;
    page.next = query_;
    if (backwards_)
        page.next->upto = static_cast<std::uint64_t>(last_added_ - 1);
    else
        page.next->after = static_cast<std::uint64_t>(last_added_);
    return page;
}

} // namespace cim::sqlite
