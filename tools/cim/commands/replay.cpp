// cim replay: a log played into a graph, in its own time or as fast as possible.
#include <cim/playback.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "graph_state.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

namespace cim::cli {
namespace {

using namespace std::chrono_literals;

struct ReplayArguments {
    std::string speed = "max";
    GraphArguments graph;
};

std::optional<double> number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string check_speed(const std::string& text) {
    if (text == "max") return {};
    const auto speed = number(text);
    if (speed && *speed > 0 && *speed <= PlaybackClock::max_speed) return {};
    return fmt::format("'{}' is not a speed: write max, or seconds of history a second, up to {}", text,
                       PlaybackClock::max_speed);
}

/// Plays transactions when they are due by a playback clock that runs between the first event's time and the last's.
class TimedReplay {
  public:
    TimedReplay(Context& context, GraphProjection& projection, double speed)
        : projection_(projection), speed_(speed), progress_(context.progress_style(), "replaying", "events") {}

    /// Applies the events; false if Ctrl-C came.
    Result<bool> play(std::span<const DomainEvent> events, std::optional<std::uint64_t> total) {
        while (!events.empty()) {
            const auto end = std::ranges::find_if(events, &DomainEvent::ends_transaction);
            const auto size = static_cast<std::size_t>(end - events.begin()) + (end == events.end() ? 0 : 1);
            const auto transaction = events.first(size);
            events = events.subspan(size);
            for (const auto& event : transaction) due_ = std::max(due_.value_or(event.timestamp()), event.timestamp());
            CIM_TRY_ASSIGN(const bool came, wait_until(*due_, total));
            if (!came) return false;
            projection_.apply(transaction);
        }
        return true;
    }

  private:
    Result<bool> wait_until(Timestamp due, std::optional<std::uint64_t> total) {
        if (!clock_) {
            clock_.emplace(due, Timestamp::max(), system_clock());
            CIM_TRY(clock_->set_speed(speed_));
            clock_->play();
        }
        while (clock_->tick() < due) {
            show(total);
            if (interrupted()) return false;
            const double left = static_cast<double>((due - clock_->position()).count()) / speed_;
            std::this_thread::sleep_for(std::min<std::chrono::microseconds>(
                50ms, Duration(static_cast<std::int64_t>(std::min(left, 1e9)) + 1)));
        }
        show(total);
        return !interrupted();
    }

    void show(std::optional<std::uint64_t> total) {
        progress_.update(projection_.stats().events, total,
                         fmt::format("at {}, {}, {}",
                                     to_rfc3339(std::chrono::floor<std::chrono::seconds>(clock_->position())),
                                     counted(projection_.model().node_count(), "node"),
                                     counted(projection_.model().edge_count(), "edge")));
    }

    GraphProjection& projection_;
    double speed_;
    Progress progress_;
    std::optional<PlaybackClock> clock_;
    std::optional<Timestamp> due_; // the latest time so far: an event appears when all before it have
};

Result<bool> replay_timed(Context& context, EventStore& store, const ReplayArguments& arguments, double speed,
                          GraphProjection& projection) {
    CIM_TRY_ASSIGN(auto reader, TransactionReader::open(store, arguments.graph));
    TimedReplay replay(context, projection, speed);
    while (true) {
        CIM_TRY_ASSIGN(const auto events, reader.next());
        if (events.empty()) return true;
        CIM_TRY_ASSIGN(const bool done, replay.play(events, reader.total()));
        if (!done) return false;
    }
}

Result<int> print(Context& context, const GraphProjection& projection, double seconds, bool finished) {
    const auto& stats = projection.stats();
    const auto& model = projection.model();
    const auto state = state_cid(model).to_string();
    if (context.json) {
        CIM_TRY(context.out.json({{"events", stats.events},
                                  {"transactions", stats.transactions},
                                  {"nodes", model.node_count()},
                                  {"edges", model.edge_count()},
                                  {"state_cid", state},
                                  {"seconds", seconds},
                                  {"problems", stats.problems},
                                  {"unknown_type", stats.unknown_type},
                                  {"complete", finished}}));
    } else if (!context.quiet) {
        CIM_TRY(context.out.line(fmt::format("{} in {} made {} and {} ({}, {} events/s)",
                                             counted(stats.events, "event"), counted(stats.transactions, "transaction"),
                                             counted(model.node_count(), "node"), counted(model.edge_count(), "edge"),
                                             duration_text(seconds), rate_text(stats.events, seconds))));
        CIM_TRY(context.out.line("state " + state));
        if (stats.unknown_type > 0) {
            context.note(fmt::format("{} of types that the mapping does not know; --mapping FILE gives them a meaning",
                                     counted(stats.unknown_type, "event")));
        }
        note_problems(context, projection);
    }
    if (!finished) context.note("stopped before the end");
    return finished ? exit_ok : interrupted_status();
}

Result<int> run_replay(Context& context, const ReplayArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    if (const auto speed = number(arguments.speed)) {
        CIM_TRY_ASSIGN(auto mapping, load_mapping(arguments.graph.mapping));
        GraphProjection projection(std::move(mapping));
        CIM_TRY_ASSIGN(const bool finished, replay_timed(context, *store, arguments, *speed, projection));
        return print(context, projection, elapsed(), finished);
    }
    CIM_TRY_ASSIGN(const auto projection, build_graph(context, *store, arguments.graph));
    if (!projection) return interrupted_status();
    return print(context, *projection, elapsed(), true);
}

void bind_replay(Command command, ReplayArguments& arguments) {
    command.add_option("--speed", arguments.speed, "max, or how many seconds of history to play in a second")
        .type_name("S|max")
        .check({"S|max", check_speed})
        .show_default();
    arguments.graph.bind(command, "--until");
}

} // namespace

void add_replay(CommandLine& line) {
    line.add<ReplayArguments>(line.app(), "replay",
                              "play the history into a graph, verifying it, and tell the CID of the graph's state",
                              {"cim replay", "cim replay --speed 86400   # a day in a second",
                               "cim replay --until 2025-11-01T12:00:00Z --json"},
                              bind_replay, run_replay);
}

} // namespace cim::cli
