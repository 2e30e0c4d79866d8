#include "verified_reader.hpp"

#include "exit_status.hpp"

#include "base/try.hpp"

#include <utility>

namespace cim::cli {

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

VerifiedReader::Page VerifiedReader::next() {
    while (running_.valid()) {
        auto page = running_.get();
        if (!page) return page;
        start();
        if (page->empty()) continue; // a page may be empty before the end
        events_ += page->size();
        return page;
    }
    return std::vector<DomainEvent>();
}

VerifiedReader::Page VerifiedReader::read_page() {
    const auto query = *std::exchange(query_, std::nullopt);
    auto page = store_.read(query);
    if (!page) return fail(first_bad_event(query, std::move(page).error()));
    CIM_TRY(verifier_.add(page->events));
    query_ = std::move(page->next);
    return std::move(page->events);
}

/// A page that cannot be read may hold events that can, and one of these may be the first bad one.
Error VerifiedReader::first_bad_event(const ReadQuery& query, Error found) {
    if (!is_bad_data(found)) return found;
    auto single = query;
    single.limit = 1;
    for (std::optional<ReadQuery> next = single; next;) {
        auto page = store_.read(*next);
        if (!page) return std::move(page).error();
        if (auto good = verifier_.add(page->events); !good) return std::move(good).error();
        next = std::move(page->next);
        if (next) next->limit = 1;
    }
    return found;
}

} // namespace cim::cli
