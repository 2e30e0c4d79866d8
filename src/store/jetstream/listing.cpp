#include "store/jetstream/listing.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cim::jetstream {

Result<> Listing::refresh_names(const StreamInfo& stream) {
    if (stream.created == created_ && stream.subjects == subjects_) return {};
    const auto& settings = session_->settings();
    names_.clear();
    subjects_ = 0;
    CIM_TRY(session_->api().each_subject(
        settings.stream, settings.prefix + ".>", [&](std::string_view subject, std::uint64_t) {
            auto name = subject.substr(std::min(subject.size(), settings.prefix.size() + 1));
            name = name.substr(0, name.find('.'));
            if (!name.empty()) names_.emplace_back(name);
        }));
    std::ranges::sort(names_);
    const auto repeated = std::ranges::unique(names_);
    names_.erase(repeated.begin(), repeated.end());
    // The list may be newer than the count, and is then read once more.
    subjects_ = stream.subjects;
    created_ = stream.created;
    return {};
}

Result<AggregateInfo> Listing::look_at(const std::string& name) {
    const auto filter = aggregate_filter(session_->settings().prefix, name);
    auto& api = session_->api();
    const auto timestamp = [&](const std::optional<KeptMessage>& message, EventMessage& event) -> Result<Timestamp> {
        if (!message)
            return fail(Errc::store_corrupt, fmt::format("the events of aggregate '{}' are gone", printable(name)), {},
                        {{"aggregate", name}});
        CIM_TRY(
            session_->messages().read({message->subject, message->sequence}, message->headers, message->data, event));
        detail::EventPageBuilder page;
        CIM_TRY(page.add(stored_event(event)));
        return page.finish().front().timestamp();
    };
    EventMessage event;
    CIM_TRY_ASSIGN(const auto first, api.next_message(1, filter));
    CIM_TRY_ASSIGN(const auto first_time, timestamp(first, event));
    CIM_TRY_ASSIGN(const auto head, session_->head(AggregateId(name)));
    CIM_TRY_ASSIGN(const auto last, api.next_message(head.sequence, filter));
    CIM_TRY_ASSIGN(const auto last_time, timestamp(last, event));
    return AggregateInfo{AggregateId(name), head.head, GlobalSequence(head.sequence), first_time, last_time};
}

Result<std::vector<AggregateInfo>> Listing::aggregates(const AggregateId& after, std::size_t limit) {
    if (limit == 0 || limit > ReadQuery::max_page)
        return fail(Errc::invalid_argument,
                    fmt::format("a page of {} aggregates: it must be 1 to {}", limit, ReadQuery::max_page), {},
                    {{"name", "limit"}});
    CIM_TRY_ASSIGN(const auto stream, session_->api().stream_info());
    if (!stream) return fail(to_error({404, server_errors::stream_not_found, ""}, session_->settings()));
    std::vector<std::string> names;
    {
        const std::lock_guard lock(mutex_);
        CIM_TRY(refresh_names(*stream));
        auto name = std::ranges::upper_bound(names_, after.str());
        for (; name != names_.end() && names.size() < limit; ++name) names.push_back(*name);
    }
    std::vector<AggregateInfo> found;
    found.reserve(names.size());
    for (const auto& name : names) {
        CIM_TRY_ASSIGN(auto found_one, look_at(name));
        found.push_back(std::move(found_one));
    }
    return found;
}

Result<StoreInfo> Listing::size() {
    CIM_TRY_ASSIGN(const auto last, session_->frontier());
    CIM_TRY_ASSIGN(const auto stream, session_->api().stream_info());
    if (!stream) return fail(to_error({404, server_errors::stream_not_found, ""}, session_->settings()));
    // Nothing is ever taken out, so what is missing up to the last event was missing from the start.
    const auto newer = stream->last > last ? stream->last - last : 0;
    return StoreInfo{.events = stream->messages - std::min(newer, stream->messages), .last = GlobalSequence(last)};
}

Result<StoreInfo> Listing::count(StoreInfo info) {
    CIM_TRY_ASSIGN(const auto stream, session_->api().stream_info());
    if (!stream) return fail(to_error({404, server_errors::stream_not_found, ""}, session_->settings()));
    const std::lock_guard lock(mutex_);
    CIM_TRY(refresh_names(*stream));
    CIM_TRY(count_transactions(info.last.value()));
    info.transactions = transactions_;
    info.aggregates = names_.size();
    return info;
}

// Reads the headers of what came since the last time.
Result<> Listing::count_transactions(std::uint64_t upto) {
    if (counted_upto_ >= upto) return {};
    CIM_TRY_ASSIGN(const auto reader,
                   session_->reader({.filters = {}, .start = counted_upto_ + 1, .headers_only = true}));
    EventMessage event;
    while (counted_upto_ < upto) {
        CIM_TRY_ASSIGN(const auto message, reader->next(session_->deadline()));
        if (!message)
            return fail(Errc::timeout,
                        fmt::format("the NATS server sent nothing after sequence {} in time", counted_upto_));
        const auto& got = message->message;
        CIM_TRY(session_->messages().read({got.subject(), message->sequence}, got.headers(), got.data(), event));
        if (event.transaction_index == 0) ++transactions_;
        counted_upto_ = message->sequence;
    }
    return {};
}

} // namespace cim::jetstream
