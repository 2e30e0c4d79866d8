#include "verified_reader.hpp"

#include "base/try.hpp"
#include "exit_status.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cim::cli {

namespace {

/// The error is about this event.
bool is_at(const DomainEvent& event, const Error& error) {
    return error.field("aggregate") == event.aggregate_id() &&
           error.field("sequence") == std::to_string(event.aggregate_sequence().value());
}

} // namespace

bool is_bad_data(const Error& error) noexcept { return exit_status(error) == exit_bad_data; }

VerifiedReader::VerifiedReader(EventStore& store, ReadQuery query, VerifyOptions options)
    : store_(store), query_(std::move(query)), verifier_(options) {
    query_->limit = page_size;
    start();
}

VerifiedReader::~VerifiedReader() {
    if (running_.valid()) running_.wait();
}

void VerifiedReader::start() {
    if (query_) running_ = std::async(std::launch::async, [this] { return read_page(); });
}

Result<std::vector<DomainEvent>> VerifiedReader::next() {
    while (running_.valid()) {
        auto page = running_.get();
        bad_ = std::move(page.bad);
        if (!bad_) start();
        if (page.events.empty()) continue; // a page may be empty before the end
        count(page.events);
        return std::move(page.events);
    }
    if (bad_) return fail(*std::exchange(bad_, std::nullopt));
    return std::vector<DomainEvent>();
}

void VerifiedReader::count(std::span<const DomainEvent> events) {
    events_ += events.size();
    std::string_view last; // events of one aggregate mostly come in a row
    for (const auto& event : events) {
        if (event.aggregate_id() != last) aggregates_.emplace(last = event.aggregate_id());
    }
}

VerifiedReader::Page VerifiedReader::read_page() {
    const auto query = *std::exchange(query_, std::nullopt);
    auto page = store_.read(query);
    if (!page) return read_singly(query, std::move(page).error());
    if (auto good = verifier_.add(page->events); !good) {
        const auto bad =
            std::ranges::find_if(page->events, [&](const auto& event) { return is_at(event, good.error()); });
        page->events.erase(bad, page->events.end());
        return {std::move(page->events), std::move(good).error()};
    }
    query_ = std::move(page->next);
    return {std::move(page->events), std::nullopt};
}

/// A page in which something is wrong may begin with events that are good: one by one they show.
VerifiedReader::Page VerifiedReader::read_singly(ReadQuery query, Error found) {
    if (!is_bad_data(found)) return {{}, std::move(found)};
    Page result;
    for (std::optional<ReadQuery> next = std::move(query); next;) {
        next->limit = 1;
        auto page = store_.read(*next);
        auto good = page ? verifier_.add(page->events) : fail(page.error());
        if (!good) {
            result.bad = std::move(good).error();
            return result;
        }
        std::ranges::move(page->events, std::back_inserter(result.events));
        next = std::move(page->next);
    }
    result.bad = std::move(found);
    return result;
}

} // namespace cim::cli
