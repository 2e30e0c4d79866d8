#include "store/jetstream/session.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace cim::jetstream {

namespace {

constexpr auto pause = std::chrono::milliseconds(2);
constexpr std::uint64_t near = 256;      // events that are passed over faster than a better place is found
constexpr std::size_t most_noted = 4096; // places in the stream that are remembered
constexpr int most_questions = 64;       // of a search: each halves what is left

// A position of a chain and where it is.
struct Point {
    std::uint64_t position;
    std::uint64_t sequence;
};

// Where to ask next: where the wanted event is if all are spread evenly, and every other time in the middle.
std::uint64_t guess(Point low, Point high, std::uint64_t position, int question) {
    const auto span = high.sequence - low.sequence;
    auto step = span / 2;
    if (question % 2 == 0) {
        const auto share =
            static_cast<double>(position - low.position) / static_cast<double>(high.position - low.position);
        step = static_cast<std::uint64_t>(static_cast<double>(span) * share);
        step -= std::min(step, span / 64); // rather a little early than late
    }
    return low.sequence + std::clamp<std::uint64_t>(step, 1, span - 1);
}

} // namespace

Session::Session(std::shared_ptr<Api> api, bool read_only)
    : api_(std::move(api)), messages_(api_->settings().prefix), read_only_(read_only) {}

Result<HeadPlace> Session::head(const AggregateId& aggregate) {
    if (!is_token(aggregate.str())) return HeadPlace{};
    return whole(aggregate_filter(settings().prefix, aggregate.str()));
}

Result<std::uint64_t> Session::frontier() {
    CIM_TRY_ASSIGN(const auto last, whole(settings().prefix + ".>"));
    return last.sequence;
}

Result<std::uint64_t> Session::last_on(const std::string& filter) {
    CIM_TRY_ASSIGN(const auto last, api_->last_message(filter));
    return last ? last->sequence : 0;
}

// The last event on the subjects that is the last of its transaction. The server adds a batch as one, so what is read
// here ends in the middle of one only for a moment, or because a writer did it wrong.
Result<HeadPlace> Session::whole(const std::string& filter) {
    const auto until = deadline();
    EventMessage event;
    while (true) {
        CIM_TRY_ASSIGN(const auto last, api_->last_message(filter));
        if (!last) return HeadPlace{};
        CIM_TRY(messages_.read({last->subject, last->sequence}, last->headers, last->data, event));
        if (event.ends_transaction()) return HeadPlace{event.head(), last->sequence};
        if (std::chrono::steady_clock::now() >= until)
            return fail(Errc::incomplete_transaction,
                        fmt::format("transaction '{}' of aggregate '{}' ends with its event {} of {}",
                                    printable(event.transaction_id), printable(event.aggregate_id),
                                    event.transaction_index + 1, event.transaction_size),
                        "its writer or the server failed in the middle; append the missing events, or copy the whole "
                        "transactions to another stream",
                        {{"aggregate", std::string(event.aggregate_id)},
                         {"transaction", std::string(event.transaction_id)},
                         {"global_sequence", std::to_string(last->sequence)}});
        std::this_thread::sleep_for(pause);
    }
}

Result<std::uint64_t> Session::find(const AggregateId& aggregate, std::uint64_t position, const HeadPlace& head) {
    Point low{0, 0};
    Point high{head.head.sequence.value(), head.sequence};
    {
        const std::lock_guard lock(mutex_);
        if (const auto places = noted_.find(aggregate.str()); places != noted_.end()) {
            auto after = places->second.upper_bound(position);
            if (after != places->second.end() && after->second < high.sequence) high = {after->first, after->second};
            if (after != places->second.begin()) {
                --after;
                low = {after->first, after->second};
            }
        }
    }
    if (high.position <= position) return high.sequence;
    const auto filter = aggregate_filter(settings().prefix, aggregate.str());
    EventMessage event;
    // Invariant: low.position <= position < high.position.
    for (int question = 0; position - low.position > near && question < most_questions; ++question) {
        if (high.sequence - low.sequence < 2) break;
        CIM_TRY_ASSIGN(const auto found, api_->next_message(guess(low, high, position, question), filter));
        if (!found) break;
        CIM_TRY(messages_.read({found->subject, found->sequence}, found->headers, found->data, event));
        note(aggregate, event.aggregate_sequence, event.sequence);
        const Point point{event.aggregate_sequence, event.sequence};
        if (point.position <= position) {
            if (point.position <= low.position) break; // positions do not grow: let the reader find out why
            low = point;
        } else if (point.sequence < high.sequence) {
            high = point;
        } else {
            // Nothing of the aggregate lies between the guess and `high`, so look before the guess.
            const auto asked = guess(low, high, position, question);
            if (asked <= low.sequence + 1) break;
            high.sequence = asked;
        }
    }
    return std::max<std::uint64_t>(low.sequence, 1);
}

void Session::note(const AggregateId& aggregate, std::uint64_t position, std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    if (noted_count_ >= most_noted) {
        noted_.clear();
        noted_count_ = 0;
    }
    if (noted_[aggregate.str()].insert_or_assign(position, sequence).second) ++noted_count_;
}

Result<std::unique_ptr<OrderedReader>> Session::reader(OrderedReader::Options options) {
    std::shared_ptr<Connection> bulk;
    {
        const std::lock_guard lock(mutex_);
        if (!bulk_) {
            CIM_TRY_ASSIGN(bulk_, Connection::open(settings()));
        }
        bulk = bulk_;
    }
    return std::make_unique<OrderedReader>(api_, std::move(bulk), std::move(options));
}

} // namespace cim::jetstream
