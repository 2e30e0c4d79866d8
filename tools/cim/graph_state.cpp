#include "graph_state.hpp"

#include "base/try.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "verified_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cim::cli {

void GraphArguments::bind(Command command, const std::string& until_name) {
    command.add_option("-a,--aggregate", aggregate, "only this aggregate; default: all, in log order")
        .check(token_check());
    command
        .add_option(until_name, until,
                    "up to this time, or to the end of the transaction of the event with this sequence (in the log, or "
                    "with --aggregate in its chain)")
        .check(until_check());
    command.add_option("--mapping", mapping, "a file that says what events mean for the graph").type_name("FILE");
}

struct TransactionReader::State {
    State(EventStore& store, ReadQuery query, Until end, std::optional<std::uint64_t> count)
        : by_aggregate(query.aggregate.has_value()), reader(store, std::move(query)), until(end), total(count) {}

    [[nodiscard]] bool is_beyond(const DomainEvent& event) const {
        if (until.time) return event.timestamp() > *until.time;
        if (!until.sequence) return false;
        // The transaction that holds the sequence is the last.
        return event.transaction_index() == 0 && position(event) > *until.sequence;
    }
    [[nodiscard]] std::uint64_t position(const DomainEvent& event) const {
        return by_aggregate ? event.aggregate_sequence().value() : event.sequence().value();
    }

    bool by_aggregate;
    VerifiedReader reader;
    Until until;
    std::optional<std::uint64_t> total;
    std::vector<DomainEvent> held; // read; the first `given` were given out
    std::size_t given = 0;
    bool ended = false;
};

TransactionReader::TransactionReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TransactionReader::TransactionReader(TransactionReader&&) noexcept = default;
TransactionReader::~TransactionReader() = default;

Result<TransactionReader> TransactionReader::open(EventStore& store, const GraphArguments& arguments) {
    Until until;
    if (!arguments.until.empty()) {
        CIM_TRY_ASSIGN(until, parse_until(arguments.until));
    }
    CIM_TRY_ASSIGN(const auto info, store.summary());
    auto query = ReadQuery::all();
    query.upto = info.last.value();
    std::uint64_t count = info.events;
    if (!arguments.aggregate.empty()) {
        CIM_TRY_ASSIGN(const auto head, store.head(AggregateId(arguments.aggregate)));
        if (head.sequence.value() == 0) {
            return fail(Errc::not_found, fmt::format("there is no aggregate '{}' in {}", arguments.aggregate, info.url),
                        "`cim aggregates` lists what there is", {{"aggregate", arguments.aggregate}});
        }
        query = ReadQuery::of(AggregateId(arguments.aggregate));
        query.upto = head.sequence.value();
        count = head.sequence.value();
    }
    const bool whole = !until.time && !until.sequence;
    return TransactionReader(
        std::make_unique<State>(store, std::move(query), until, whole ? std::optional(count) : std::nullopt));
}

std::optional<std::uint64_t> TransactionReader::total() const noexcept { return state_->total; }

Result<std::span<const DomainEvent>> TransactionReader::next() {
    auto& held = state_->held;
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(std::exchange(state_->given, 0)));
    while (!state_->ended) {
        CIM_TRY_ASSIGN(auto page, state_->reader.next());
        const auto beyond = std::ranges::find_if(page, [&](const auto& event) { return state_->is_beyond(event); });
        state_->ended = page.empty() || beyond != page.end();
        held.insert(held.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(beyond));
        // The events at the end may begin a transaction that goes on in the next page, or reaches beyond the end.
        const auto last_end = std::ranges::find_if(held.rbegin(), held.rend(), &DomainEvent::ends_transaction);
        state_->given = static_cast<std::size_t>(held.rend() - last_end);
        if (state_->given > 0) return std::span<const DomainEvent>(held).first(state_->given);
    }
    return std::span<const DomainEvent>();
}

Result<GraphMapping> load_mapping(const std::string& path) {
    if (path.empty()) return GraphMapping::builtin();
    CIM_TRY_ASSIGN(const auto text, read_input(path));
    auto mapping = GraphMapping::from_json(as_text(text));
    if (!mapping) {
        auto error = std::move(mapping).error();
        error.message = fmt::format("{}: {}", path, error.message);
        return fail(std::move(error));
    }
    return mapping;
}

Result<std::optional<GraphProjection>> build_graph(Context& context, EventStore& store,
                                                   const GraphArguments& arguments) {
    CIM_TRY_ASSIGN(auto mapping, load_mapping(arguments.mapping));
    CIM_TRY_ASSIGN(auto reader, TransactionReader::open(store, arguments));
    GraphProjection projection(std::move(mapping));
    Progress progress(context.progress_style(), "replaying", "events");
    while (true) {
        CIM_TRY_ASSIGN(const auto events, reader.next());
        if (events.empty()) return projection;
        projection.apply(events);
        progress.update(projection.stats().events, reader.total());
        if (interrupted()) return std::nullopt;
    }
}

void note_problems(const Context& context, const GraphProjection& projection) {
    const auto count = projection.stats().problems;
    if (count == 0) return;
    context.note(fmt::format("{} could not be applied to the graph, the last being:", counted(count, "thing")));
    const auto& problems = projection.problems();
    const auto shown = std::min<std::size_t>(problems.size(), 5);
    for (std::size_t i = problems.size() - shown; i < problems.size(); ++i) {
        context.note(fmt::format("  {} {} ({}): {}", problems[i].aggregate_id, problems[i].event_type,
                                 problems[i].cid.to_string(), problems[i].reason));
    }
}

} // namespace cim::cli
