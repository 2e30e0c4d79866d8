#include "store/jetstream/page_reader.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace cim::jetstream {

namespace {

constexpr std::size_t page_bytes = std::size_t{1} << 20;
constexpr std::size_t most_kept = 4;              // readers that wait to be taken up again; each may hold 32 MB
constexpr std::size_t most_filters = 16;          // more types than that are sorted out here
constexpr std::uint64_t first_stretch = 256;      // events read at once when going backwards ...
constexpr std::uint64_t longest_stretch = 16'384; // ... which grows while little is found
constexpr std::size_t stretch_bytes = std::size_t{8} << 20;

bool wanted_time(const ReadQuery& query, Timestamp time) {
    return (!query.from || time >= *query.from) && (!query.until || time < *query.until);
}

bool wanted_type(const ReadQuery& query, std::string_view type) {
    return query.types.empty() ||
           std::ranges::any_of(query.types, [&](const EventType& wanted) { return wanted.str() == type; });
}

// A block that cannot be parsed is taken, so that the page builder says what is wrong with it.
bool wanted_time(const ReadQuery& query, const EventMessage& event) {
    if (!query.from && !query.until) return true;
    const auto block = EventBlock::parse(as_bytes(event.block));
    return !block || wanted_time(query, block->timestamp);
}

// All of a query but where it begins, ends and how much it takes.
std::string key_of(const ReadQuery& query, std::uint64_t position) {
    std::string key = fmt::format("{} {} ", query.direction == Direction::forwards ? 'f' : 'b', position);
    if (query.direction == Direction::backwards) key += std::to_string(query.after);
    key += query.aggregate ? " a" + query.aggregate->str() : " -";
    const auto time = [](const std::optional<Timestamp>& at) { return at ? std::to_string(to_micros(*at)) : "-"; };
    key += fmt::format(" {} {}", time(query.from), time(query.until));
    for (const auto& type : query.types) key += " " + type.str();
    return key;
}

} // namespace

// What is to be read, after asking the leader how far the stream goes.
struct PageReader::Plan {
    std::vector<std::string> filters;
    bool sort_types = false; // here and not by the server
    std::uint64_t first = 0; // position: in the chain if there is one, else in the stream
    std::uint64_t last = 0;  // position
    std::uint64_t last_message =
        0;          // a message that matches comes at this sequence, or later; what comes later is too late
    HeadPlace head; // of the chain that is asked for
};

// Reads on from one message to the next; the one it stands at may be looked at again.
class PageReader::Forward {
  public:
    Forward(std::shared_ptr<Session> session, std::unique_ptr<OrderedReader> reader)
        : session_(std::move(session)), reader_(std::move(reader)) {}

    /// The event it stands at, which stays until pop(). Errors: timeout.
    Result<const EventMessage*> peek() {
        if (message_) return &event_;
        CIM_TRY_ASSIGN(message_, reader_->next(session_->deadline()));
        if (!message_)
            return fail(Errc::timeout,
                        fmt::format("the NATS server sent nothing after sequence {} in time", reader_->position()),
                        "a replica that lags, or a server that is busy: try again, or give it more time with timeout=",
                        {{"global_sequence", std::to_string(reader_->position())}});
        const auto& message = message_->message;
        CIM_TRY(session_->messages().read({message.subject(), message_->sequence}, message.headers(), message.data(),
                                          event_));
        return &event_;
    }
    void pop() { message_.reset(); }

  private:
    const std::shared_ptr<Session> session_;
    const std::unique_ptr<OrderedReader> reader_;
    std::optional<StreamMessage> message_;
    EventMessage event_; // views into message_
};

// Holds a stretch of events, the last of which comes first.
class PageReader::Backward {
  public:
    Backward(std::shared_ptr<Session> session, std::uint64_t below) : session_(std::move(session)), below_(below) {}

    /// The event it stands at, or nullptr where there is none from plan.first on.
    Result<const DomainEvent*> peek(const ReadQuery& query, const Plan& plan) {
        while (events_.empty()) {
            if (below_ <= plan.first) return nullptr;
            CIM_TRY(load(query, plan));
        }
        return &events_.back();
    }
    void pop() { events_.pop_back(); }

  private:
    Result<> load(const ReadQuery& query, const Plan& plan);

    const std::shared_ptr<Session> session_;
    std::uint64_t below_; // what stands from this position on has been loaded
    std::uint64_t stretch_ = first_stretch;
    std::vector<DomainEvent> events_;
};

struct PageReader::Kept {
    std::unique_ptr<Forward> forward;
    std::unique_ptr<Backward> backward;
    std::optional<Plan> plan; // of the page before, for going on forwards
    std::uint64_t upto = 0;   // what that page was asked for
};

PageReader::PageReader(std::shared_ptr<Session> session) : session_(std::move(session)) {}
PageReader::~PageReader() = default;

Result<EventPage> PageReader::read(const ReadQuery& query) {
    if (query.limit == 0 || query.limit > ReadQuery::max_page)
        return fail(Errc::invalid_argument,
                    fmt::format("a page of {} events: it must be 1 to {}", query.limit, ReadQuery::max_page), {},
                    {{"name", "limit"}});
    if (query.direction == Direction::forwards) return read_forwards(query);
    CIM_TRY_ASSIGN(const auto planned, plan(query));
    if (!planned) return EventPage{};
    return read_backwards(query, *planned);
}

// nullopt: nothing can match.
Result<std::optional<PageReader::Plan>> PageReader::plan(const ReadQuery& query) {
    Plan plan;
    if (query.aggregate) {
        CIM_TRY_ASSIGN(plan.head, session_->head(*query.aggregate));
        if (plan.head.sequence == 0)
            return fail(Errc::not_found, fmt::format("there is no aggregate '{}'", printable(query.aggregate->str())),
                        {}, {{"aggregate", query.aggregate->str()}});
        plan.last = plan.head.head.sequence.value();
        plan.last_message = plan.head.sequence;
    } else {
        CIM_TRY_ASSIGN(plan.last, session_->frontier());
        plan.last_message = plan.last;
    }
    plan.last = std::min(plan.last, query.upto);
    if (query.after >= plan.last) return std::nullopt;
    plan.first = query.after + 1;
    if (!query.aggregate) plan.last_message = plan.last;
    if (query.from && query.until && *query.from >= *query.until) return std::nullopt;

    CIM_TRY_ASSIGN(const bool any, add_types(query, plan));
    if (!any) return std::nullopt;
    return plan;
}

Result<bool> PageReader::add_types(const ReadQuery& query, Plan& plan) {
    const auto& prefix = session_->settings().prefix;
    const auto* aggregate = query.aggregate ? &query.aggregate->str() : nullptr;
    // Going backwards in a chain needs its positions without gaps.
    const bool here =
        query.types.size() > most_filters || (aggregate != nullptr && query.direction == Direction::backwards);
    if (query.types.empty() || here) {
        plan.sort_types = here;
        if (aggregate != nullptr) plan.filters.push_back(aggregate_filter(prefix, *aggregate));
        return true;
    }
    std::uint64_t last = 0;
    for (const auto& type : query.types) {
        if (!is_token(type.str())) continue;
        auto filter = event_subject(prefix, aggregate != nullptr ? *aggregate : "*", type.str());
        if (std::ranges::find(plan.filters, filter) != plan.filters.end()) continue;
        CIM_TRY_ASSIGN(const auto on_this, session_->last_on(filter));
        last = std::max(last, on_this);
        if (on_this > 0) plan.filters.push_back(std::move(filter));
    }
    plan.last_message = std::min(plan.last_message, last);
    return last > 0;
}

Result<EventPage> PageReader::read_forwards(const ReadQuery& query) {
    auto kept = take(key_of(query, query.after));
    if (kept.upto != query.upto) kept.plan.reset();
    // How far the log goes is asked again only where the answer to the page before has been read up.
    bool asked = false;
    const auto ask = [&]() -> Result<bool> {
        asked = true;
        CIM_TRY_ASSIGN(kept.plan, plan(query));
        return kept.plan.has_value() && (query.aggregate || kept.plan->last_message >= kept.plan->first);
    };
    if (!kept.plan) {
        CIM_TRY_ASSIGN(const bool any, ask());
        if (!any) return EventPage{};
    }
    if (!kept.forward) {
        auto start = kept.plan->first;
        if (query.aggregate) {
            CIM_TRY_ASSIGN(start, session_->find(*query.aggregate, kept.plan->first, kept.plan->head));
        }
        CIM_TRY_ASSIGN(auto reader, session_->reader({.filters = kept.plan->filters, .start = start}));
        kept.forward = std::make_unique<Forward>(session_, std::move(reader));
    }
    auto& cursor = *kept.forward;
    const auto first = query.after + 1;

    EventPage page;
    detail::EventPageBuilder builder;
    std::uint64_t last_added = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t seen = 0;
    while (true) {
        if (seen >= kept.plan->last_message) {
            if (asked) break;
            CIM_TRY_ASSIGN(const bool any, ask());
            if (!any || seen >= kept.plan->last_message) break;
        }
        CIM_TRY_ASSIGN(const auto* event, cursor.peek());
        seen = event->sequence;
        const auto position = query.aggregate ? event->aggregate_sequence : event->sequence;
        if (seen > kept.plan->last_message || position > kept.plan->last) {
            seen = std::max(seen, kept.plan->last_message); // what was asked for has been read
            continue;
        }
        if (position >= first && (!kept.plan->sort_types || wanted_type(query, event->event_type)) &&
            wanted_time(query, *event)) {
            const bool fits = builder.size() < query.limit &&
                              (builder.size() == 0 || builder.bytes() + event->block.size() <= page_bytes);
            if (!fits) {
                page.next = query;
                page.next->after = last_added;
                break;
            }
            CIM_TRY(builder.add(stored_event(*event)));
            last_added = position;
            last_sequence = seen;
        }
        cursor.pop();
    }
    page.events = builder.finish();
    if (page.next) {
        if (query.aggregate) session_->note(*query.aggregate, last_added, last_sequence);
        kept.upto = query.upto;
        keep(key_of(query, last_added), std::move(kept));
    }
    return page;
}

Result<> PageReader::Backward::load(const ReadQuery& query, const Plan& plan) {
    const auto last = below_ - 1;
    auto first = std::max(plan.first, last - std::min(last, stretch_) + 1);
    auto start = first;
    if (query.aggregate) {
        CIM_TRY_ASSIGN(start, session_->find(*query.aggregate, first, plan.head));
    }
    CIM_TRY_ASSIGN(auto reader, session_->reader({.filters = plan.filters, .start = start}));
    Forward cursor(session_, std::move(reader));

    // In parts, so that the first ones can be forgotten again where the stretch is heavy.
    std::deque<std::pair<std::uint64_t, std::vector<DomainEvent>>> parts;
    detail::EventPageBuilder builder;
    std::uint64_t part_first = first;
    std::size_t bytes = 0;
    const auto close_part = [&](std::uint64_t next_first) {
        bytes += builder.bytes();
        parts.emplace_back(part_first, builder.finish());
        part_first = next_first;
        for (; bytes > stretch_bytes && parts.size() > 1; parts.pop_front())
            for (const auto& event : parts.front().second) bytes -= event.block().size();
    };
    const auto end = query.aggregate ? plan.last_message : std::min(last, plan.last_message);
    for (std::uint64_t seen = 0; seen < end;) {
        CIM_TRY_ASSIGN(const auto* event, cursor.peek());
        seen = event->sequence;
        const auto position = query.aggregate ? event->aggregate_sequence : event->sequence;
        if (seen > plan.last_message || position > last) break;
        const bool wanted = position >= first && (!plan.sort_types || wanted_type(query, event->event_type)) &&
                            wanted_time(query, *event);
        if (wanted) {
            if (builder.bytes() + event->block.size() > page_bytes && builder.size() > 0) close_part(position);
            CIM_TRY(builder.add(stored_event(*event)));
        }
        cursor.pop();
        if (position == last) break;
    }
    close_part(last + 1);
    below_ = parts.front().first; // at least the last part is left
    for (auto& part : parts) std::ranges::move(part.second, std::back_inserter(events_));
    stretch_ = std::min(stretch_ * 4, longest_stretch);
    return {};
}

Result<EventPage> PageReader::read_backwards(const ReadQuery& query, const Plan& plan) {
    const auto last = query.aggregate ? plan.last : std::min(plan.last, plan.last_message);
    auto kept = take(key_of(query, query.upto));
    if (!kept.backward) kept.backward = std::make_unique<Backward>(session_, last + 1);

    EventPage page;
    std::size_t bytes = 0;
    while (true) {
        CIM_TRY_ASSIGN(const auto* event, kept.backward->peek(query, plan));
        if (event == nullptr) return page;
        const auto size = event->block().size();
        if (page.events.size() == query.limit || (!page.events.empty() && bytes + size > page_bytes)) break;
        bytes += size;
        page.events.push_back(*event);
        kept.backward->pop();
    }
    const auto& given = page.events.back();
    const auto position = query.aggregate ? given.aggregate_sequence().value() : given.sequence().value();
    page.next = query;
    page.next->upto = position - 1;
    keep(key_of(query, position - 1), std::move(kept));
    return page;
}

PageReader::Kept PageReader::take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(kept_, key, &std::pair<std::string, Kept>::first);
    if (found == kept_.end()) return {};
    auto kept = std::move(found->second);
    kept_.erase(found);
    return kept;
}

void PageReader::keep(std::string key, Kept kept) {
    std::list<std::pair<std::string, Kept>> dropped; // ends after the lock does: that takes a message to the server
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(std::move(key), std::move(kept));
    if (kept_.size() > most_kept) dropped.splice(dropped.begin(), kept_, std::prev(kept_.end()));
}

} // namespace cim::jetstream
