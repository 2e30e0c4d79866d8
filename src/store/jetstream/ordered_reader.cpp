#include "store/jetstream/ordered_reader.hpp"

#include "base/try.hpp"
#include "store/jetstream/event_message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace cim::jetstream {

namespace {

constexpr auto heartbeat = std::chrono::milliseconds(1000);
constexpr auto longest_silence = 2 * heartbeat + heartbeat / 2;
constexpr auto slice = std::chrono::milliseconds(100); // after which a lost connection is seen

// What the reply subject of a message that a consumer sent says:
//     $JS.ACK.stream.consumer.deliveries.stream_sequence.consumer_sequence.time.pending
//     $JS.ACK.domain.account.stream.consumer.deliveries.stream_sequence.consumer_sequence.time.pending[.token]
struct Delivery {
    std::uint64_t stream_sequence = 0;
    std::uint64_t consumer_sequence = 0;
    std::int64_t time = 0; // nanoseconds
    std::uint64_t pending = 0;
};

std::optional<Delivery> parse_delivery(std::string_view reply) {
    if (!reply.starts_with("$JS.ACK.")) return std::nullopt;
    std::array<std::string_view, 13> tokens;
    std::size_t count = 0;
    while (count < tokens.size()) {
        const auto dot = reply.find('.');
        tokens[count++] = reply.substr(0, dot);
        if (dot == std::string_view::npos) break;
        reply.remove_prefix(dot + 1);
    }
    if (count < 9) return std::nullopt;
    const std::size_t at = count == 9 ? 5 : 7;
    Delivery delivery;
    const auto parse = [](std::string_view text, auto& number) {
        const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
        return status == std::errc{} && end == text.data() + text.size();
    };
    if (!parse(tokens[at], delivery.stream_sequence) || !parse(tokens[at + 1], delivery.consumer_sequence) ||
        !parse(tokens[at + 2], delivery.time) || !parse(tokens[at + 3], delivery.pending))
        return std::nullopt;
    return delivery;
}

} // namespace

OrderedReader::OrderedReader(std::shared_ptr<Api> api, std::shared_ptr<Connection> bulk, Options options)
    : api_(std::move(api)),
      bulk_(std::move(bulk)),
      options_(std::move(options)),
      last_(std::max<std::uint64_t>(options_.start, 1) - 1) {
    if (options_.stream.empty()) options_.stream = api_->settings().stream;
}

OrderedReader::~OrderedReader() { stop(); }

void OrderedReader::stop() noexcept {
    if (!subscription_) return;
    subscription_.reset();
    api_->delete_consumer(options_.stream, consumer_);
}

Result<> OrderedReader::start(Deadline deadline) {
    if (!bulk_->wait_connected(deadline))
        return fail(Errc::store_unavailable, "the connection to the NATS server is lost and has not come back in time");
    reconnects_ = bulk_->reconnects();
    consumer_ = "cim-" + unique_token();
    CIM_TRY_ASSIGN(auto subscription, bulk_->subscribe(bulk_->new_inbox()));
    auto made = api_->create_consumer({.stream = options_.stream,
                                       .name = consumer_,
                                       .deliver_subject = subscription.subject(),
                                       .start_sequence = last_ + 1,
                                       .filters = options_.filters,
                                       .headers_only = options_.headers_only,
                                       .heartbeat = heartbeat},
                                      deadline);
    if (!made) {
        if (made.error().code == Errc::timeout) made.error().code = Errc::store_unavailable;
        return fail(std::move(made).error());
    }
    subscription_.emplace(std::move(subscription));
    delivered_ = 0;
    heard_ = std::chrono::steady_clock::now();
    return {};
}

bool OrderedReader::is_stale() const {
    return bulk_->reconnects() != reconnects_ || std::chrono::steady_clock::now() - heard_ > longest_silence;
}

Result<std::optional<StreamMessage>> OrderedReader::next(Deadline deadline) {
    while (true) {
        if (!subscription_) {
            // A consumer is made even where no time is left, or a caller that never waits would never get one.
            CIM_TRY(start(std::max(deadline, after(api_->settings().timeout))));
        }
        CIM_TRY_ASSIGN(auto message,
                       subscription_->next(std::min<std::chrono::milliseconds>(left_until(deadline), slice)));
        if (!message) {
            if (is_stale())
                stop();
            else if (std::chrono::steady_clock::now() >= deadline)
                return std::nullopt;
            continue;
        }
        const auto delivery = parse_delivery(message->reply());
        if (!delivery) {
            if (!handle_status(*message)) stop();
            continue;
        }
        if (delivery->consumer_sequence != delivered_ + 1 || delivery->stream_sequence <= last_) {
            stop(); // something was lost on the way
            continue;
        }
        heard_ = std::chrono::steady_clock::now();
        delivered_ = delivery->consumer_sequence;
        last_ = delivery->stream_sequence;
        return StreamMessage{*std::move(message), last_, delivery->time / 1000, delivery->pending};
    }
}

// A heartbeat, or the question whether we keep up. False where the consumer is of no more use.
bool OrderedReader::handle_status(const Message& message) {
    const auto headers = message.headers();
    if (!headers.starts_with("NATS/1.0 100") && find_header(headers, "Status") != "100") return false;
    heard_ = std::chrono::steady_clock::now();
    if (const auto reply = message.reply(); !reply.empty()) {
        (void)bulk_->publish(std::string(reply), {}, {}, "");
        return true;
    }
    if (const auto stalled = find_header(headers, "Nats-Consumer-Stalled"); !stalled.empty())
        (void)bulk_->publish(std::string(stalled), {}, {}, "");
    const auto last = find_header(headers, "Nats-Last-Consumer");
    std::uint64_t sent = 0;
    const auto [end, status] = std::from_chars(last.data(), last.data() + last.size(), sent);
    return last.empty() || (status == std::errc{} && sent == delivered_);
}

} // namespace cim::jetstream
