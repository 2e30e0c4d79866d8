#include "store/jetstream/appender.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace cim::jetstream {

namespace {

constexpr std::size_t most_heads = 64 * 1024;        // remembered; a store may have more
constexpr auto pause = std::chrono::milliseconds(5); // before another try
constexpr auto longest_pause = std::chrono::milliseconds(200);
constexpr auto longest_try = std::chrono::milliseconds(3000); // without an acknowledgement: the leader may be gone
constexpr std::size_t header_room = 512;                      // for the headers with the condition and the batch

// Refusals that say: the head is not what it was thought to be, or somebody is changing it just now.
bool is_about_head(int err_code) {
    return err_code == server_errors::wrong_last_sequence || err_code == server_errors::wrong_last_sequence_unknown ||
           err_code == 10193 || err_code == server_errors::batch_duplicate;
}

// Refusals after which nothing of what was sent is there, and that another try may not meet.
bool is_about_the_moment(const ServerError& error) {
    constexpr int incomplete = 10176;
    constexpr int too_many_in_flight = 10210;
    return error.err_code == incomplete || error.err_code == too_many_in_flight;
}

// For an append that was sent and not acknowledged. A conflict is certain all the same: what was sent can never land
// then.
Error explain(const Error& unknown, std::optional<Error> reading_back) {
    if (reading_back && reading_back->code == Errc::conflict) return *std::move(reading_back);
    return Error(Errc::outcome_unknown,
                 fmt::format("an append was sent and not acknowledged ({}), and {}", unknown.message,
                             reading_back ? "reading back failed: " + reading_back->message : "it is not there yet"),
                 "read the head of the aggregate before appending anything else; repeating this very append is safe");
}

bool is_final(const ServerError& error) {
    return error.err_code == server_errors::storage_resources_exceeded ||
           error.err_code == server_errors::insufficient_resources ||
           error.err_code == server_errors::stream_store_failed || error.code == 400 || error.code == 403 ||
           error.code == 404;
}

} // namespace

Result<std::vector<AppendReceipt>> Appender::append(std::span<const ChainedTransaction> transactions) {
    CIM_TRY(check(transactions));
    const auto deadline = after(patience_);
    auto wait = pause;
    std::optional<Error> unknown; // why the fate of something that was sent is not known
    for (int round = 0;; ++round) {
        auto placed = place(transactions);
        if (!placed) return fail(unknown ? explain(*unknown, std::move(placed).error()) : std::move(placed).error());
        if (placed->added.empty()) return std::move(placed->receipts);
        if (round > 0 && std::chrono::steady_clock::now() >= deadline)
            return fail(unknown
                            ? explain(*unknown, std::nullopt)
                            : Error(Errc::store_busy, "the NATS server did not take an append in time", "try again"));

        CIM_TRY_ASSIGN(auto outcome, send(transactions, *placed, deadline));
        if (outcome.fate == Fate::landed) {
            finish(transactions, *placed, outcome.last);
            return std::move(placed->receipts);
        }
        // From here on only what the leader says counts: what was sent may be there, or somebody else was faster.
        forget(transactions);
        if (outcome.fate == Fate::unknown) unknown = std::move(outcome.error);
        if (outcome.fate == Fate::refused && round == 0) continue;
        std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(wait, left_until(deadline)));
        wait = std::min<std::chrono::milliseconds>(wait * 2, longest_pause);
        (void)session_->api().connection().wait_connected(deadline);
    }
}

Result<> Appender::check(std::span<const ChainedTransaction> transactions) const {
    std::size_t events = 0;
    const auto most_bytes = session_->api().connection().max_payload();
    for (const auto& transaction : transactions) {
        events += transaction.events().size();
        for (const auto& event : transaction.events()) {
            const auto needed = event.block.size() + header_room + 1024; // headers: two CIDs and up to four labels
            if (most_bytes == 0 || needed <= most_bytes || event.block.size() + 512 < most_bytes) continue;
            return fail(
                Errc::limit_exceeded,
                fmt::format("an event of aggregate '{}' has {} bytes, and the NATS server takes messages of {}",
                            printable(transaction.aggregate_id().str()), event.block.size(), most_bytes),
                "raise max_payload in the server's configuration, 8MB at most, or store the data elsewhere and its "
                "CID in the event",
                {{"limit", std::to_string(most_bytes)}, {"needed", std::to_string(needed)}});
        }
    }
    const auto most = session_->settings().max_batch;
    if (events <= most) return {};
    return fail(Errc::limit_exceeded,
                fmt::format("{} events in one append: a NATS server takes {} at once", events, most),
                transactions.size() > 1 ? "append fewer transactions at once"
                                        : "write smaller transactions, or raise limits.batch.max_msgs in the server's "
                                          "configuration and say so with max_batch= in the store's URL",
                {{"limit", std::to_string(most)}, {"needed", std::to_string(events)}});
}

// Says where each transaction goes, without sending anything yet.
Result<Appender::Placed> Appender::place(std::span<const ChainedTransaction> transactions) {
    Placed placed;
    std::map<std::string, ChainHead> ends; // of the chains that transactions of this call make longer
    placed.receipts.reserve(transactions.size());
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        const auto& transaction = transactions[i];
        const auto& aggregate = transaction.aggregate_id();
        const auto end = ends.find(aggregate.str());
        HeadPlace stored;
        if (end == ends.end()) {
            CIM_TRY_ASSIGN(stored, head_of(aggregate));
            if (stored.head != transaction.start()) {
                // What is remembered may be old, and only the leader can say that something conflicts.
                CIM_TRY_ASSIGN(stored, session_->head(aggregate));
                remember(aggregate, stored);
            }
        }
        const auto& head = end == ends.end() ? stored.head : end->second;
        if (head == transaction.start()) {
            if (end == ends.end()) placed.onto.emplace(aggregate.str(), stored);
            placed.added.push_back(i);
            placed.receipts.push_back({transaction.head(), {}, {}, false});
            ends[aggregate.str()] = transaction.head();
            continue;
        }
        // The append may be a repeated one: then its events stand right behind what the caller saw.
        CIM_TRY_ASSIGN(const auto present, find_present(transaction, stored));
        if (!present) return fail(Conflict{aggregate, transaction.start(), head}.to_error());
        placed.receipts.push_back(*present);
    }
    return placed;
}

Result<HeadPlace> Appender::head_of(const AggregateId& aggregate) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = heads_.find(aggregate.str()); known != heads_.end()) return known->second;
    }
    CIM_TRY_ASSIGN(auto head, session_->head(aggregate));
    remember(aggregate, head);
    return head;
}

void Appender::remember(const AggregateId& aggregate, const HeadPlace& head) {
    const std::lock_guard lock(mutex_);
    if (heads_.size() >= most_heads) heads_.clear();
    heads_[aggregate.str()] = head;
}

void Appender::forget(std::span<const ChainedTransaction> transactions) {
    const std::lock_guard lock(mutex_);
    for (const auto& transaction : transactions) heads_.erase(transaction.aggregate_id().str());
}

Result<std::optional<AppendReceipt>> Appender::find_present(const ChainedTransaction& transaction,
                                                            const HeadPlace& head) {
    const auto events = transaction.events();
    const auto start = transaction.start().sequence.value();
    if (head.head.sequence.value() < start + events.size()) return std::nullopt;

    auto query = ReadQuery::of(transaction.aggregate_id(), transaction.start().sequence);
    query.upto = start + events.size();
    std::size_t same = 0;
    AppendReceipt receipt{transaction.head(), {}, {}, true};
    while (true) {
        CIM_TRY_ASSIGN(auto page, pages_.read(query));
        for (const auto& event : page.events) {
            if (same >= events.size() || event.cid() != events[same].cid) return std::nullopt;
            if (same++ == 0) receipt.first = event.sequence();
            receipt.last = event.sequence();
        }
        if (!page.next) break;
        query = *std::move(page.next);
    }
    if (same < events.size()) return std::nullopt;
    return receipt;
}

Result<Appender::Outcome> Appender::send(std::span<const ChainedTransaction> transactions, const Placed& placed,
                                         Deadline deadline) {
    auto& connection = session_->api().connection();
    const auto& prefix = session_->settings().prefix;
    std::size_t total = 0;
    for (const auto i : placed.added) total += transactions[i].events().size();
    const auto batch = total > 1 ? unique_token() : std::string();
    const auto patience = [&] {
        return std::clamp<std::chrono::milliseconds>(left_until(deadline), pause, longest_try);
    };

    std::map<std::string, bool> conditions; // aggregates whose condition has been sent
    std::size_t number = 0;
    Outcome outcome;
    for (const auto i : placed.added) {
        const auto& transaction = transactions[i];
        const auto& aggregate = transaction.aggregate_id().str();
        for (std::size_t e = 0; e < transaction.events().size(); ++e) {
            ++number;
            auto headers = event_headers(transaction, e);
            if (!std::exchange(conditions[aggregate], true)) {
                headers.emplace_back("Nats-Expected-Last-Subject-Sequence",
                                     std::to_string(placed.onto.at(aggregate).sequence));
                headers.emplace_back("Nats-Expected-Last-Subject-Sequence-Subject",
                                     aggregate_filter(prefix, aggregate));
            }
            if (total > 1) {
                headers.emplace_back("Nats-Batch-Id", batch);
                headers.emplace_back("Nats-Batch-Sequence", std::to_string(number));
                if (number == total) headers.emplace_back("Nats-Batch-Commit", "1");
            }
            const auto& event = transaction.events()[e];
            const auto subject = event_subject(prefix, aggregate, event.event_type);
            const std::string_view data(reinterpret_cast<const char*>(event.block.data()), event.block.size());
            if (number > 1 && number < total) {
                auto sent = connection.publish(subject, {}, headers, data);
                if (sent) continue;
                // The batch has no end, so the server drops it.
                if (sent.error().code == Errc::limit_exceeded) return fail(std::move(sent).error());
                return Outcome{Fate::busy, 0, std::move(sent).error()};
            }
            auto answer = connection.request(subject, headers, data, patience());
            if (!answer) {
                auto error = std::move(answer).error();
                const auto why = error.field("nats");
                if (error.code == Errc::limit_exceeded || (why && *why == "denied")) return fail(std::move(error));
                if (why && *why == "no_responders") {
                    // Either the stream is gone or it has no leader just now; in both cases nothing was taken.
                    CIM_TRY_ASSIGN(const auto info, session_->api().stream_info());
                    if (!info) return fail(to_error({404, server_errors::stream_not_found, ""}, session_->settings()));
                    return Outcome{Fate::busy, 0, std::move(error)};
                }
                const bool without_end = total > 1 && number < total;
                return Outcome{without_end ? Fate::busy : Fate::unknown, 0, std::move(error)};
            }
            CIM_TRY_ASSIGN(const auto said, parse_publish_answer(answer->data()));
            if (said.error) {
                auto error = to_error(*said.error, session_->settings());
                if (is_about_head(said.error->err_code)) return Outcome{Fate::refused, 0, std::move(error)};
                if (is_about_the_moment(*said.error)) return Outcome{Fate::busy, 0, std::move(error)};
                if (is_final(*said.error)) return fail(std::move(error));
                return Outcome{Fate::unknown, 0, std::move(error)};
            }
            // It was there before: reading back says whether that is this very append.
            if (said.duplicate) return Outcome{Fate::refused, 0, std::nullopt};
            if (number < total) continue;
            outcome = {Fate::landed, said.sequence, std::nullopt};
        }
    }
    return outcome;
}

void Appender::finish(std::span<const ChainedTransaction> transactions, Placed& placed, std::uint64_t last) {
    // The events of a batch stand in the stream one after the other.
    for (auto i = placed.added.rbegin(); i != placed.added.rend(); ++i) {
        const auto size = transactions[*i].events().size();
        auto& receipt = placed.receipts[*i];
        receipt.last = GlobalSequence(last);
        receipt.first = GlobalSequence(last - size + 1);
        const auto& aggregate = transactions[*i].aggregate_id();
        // From the last to the first: only the first one seen of each aggregate is its head.
        if (placed.onto.erase(aggregate.str()) > 0) remember(aggregate, {transactions[*i].head(), last});
        last -= size;
    }
}

} // namespace cim::jetstream
