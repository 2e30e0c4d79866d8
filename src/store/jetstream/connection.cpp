#include "store/jetstream/connection.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/jetstream/login.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace cim::jetstream {

namespace {

constexpr auto reconnect_wait = std::chrono::milliseconds(100);
constexpr auto reconnect_jitter = std::chrono::milliseconds(200);
constexpr auto ping_interval = std::chrono::seconds(2); // a server that stands still is left after three of these
constexpr auto poll_interval = std::chrono::milliseconds(10);
constexpr auto longest_wait = std::chrono::hours(24 * 365);
constexpr int read_buffer = 256 * 1024; // a quarter of the system calls of the default at full speed
constexpr std::size_t most_denials = 16;
constexpr std::size_t most_ended = 8;
constexpr std::int64_t flush_timeout = 1000; // milliseconds

struct OptionsDeleter {
    void operator()(natsOptions* options) const noexcept { natsOptions_Destroy(options); }
};

} // namespace

// ---- Time ----

Deadline after(std::chrono::milliseconds duration) {
    // Longer is for ever, and adding more to a point in time could overflow.
    return std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(duration, longest_wait);
}

std::chrono::milliseconds left_until(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

// ---- Messages ----

std::string_view Message::reply() const noexcept {
    const char* reply = natsMsg_GetReply(message_.get());
    return reply == nullptr ? std::string_view() : std::string_view(reply);
}

// nats.c hands out single headers only, and makes a hash table of copies first: half a microsecond a line, more than
// all the rest of reading an event. But it keeps a message as it came, in one piece: subject, reply, headers, data,
// with a zero after each but the last. What lies between reply and data is therefore the header lines; it is looked at
// only if it has a length that headers can have, and taken only if it begins and ends as headers do.
std::string_view Message::headers_in_place() const noexcept {
    constexpr std::string_view begin = "NATS/1.0";
    constexpr std::string_view end("\r\n\r\n\0", 5);
    constexpr std::ptrdiff_t longest = 64 * 1024;
    const char* reply = natsMsg_GetReply(message_.get());
    const char* data = natsMsg_GetData(message_.get());
    if (reply == nullptr || data == nullptr) return {};
    const char* first = reply + std::char_traits<char>::length(reply) + 1;
    const auto size = data - first;
    if (size < static_cast<std::ptrdiff_t>(begin.size() + end.size()) || size > longest) return {};
    const std::string_view between(first, static_cast<std::size_t>(size));
    if (!between.starts_with(begin) || !between.ends_with(end)) return {};
    return between.substr(0, between.size() - 1);
}

std::string_view Message::headers() const {
    if (const auto found = headers_in_place(); !found.empty()) return found;
    if (!copied_headers_.empty()) return copied_headers_;
    const char** keys = nullptr;
    int count = 0;
    if (natsMsgHeader_Keys(message_.get(), &keys, &count) != NATS_OK) return {};
    copied_headers_ = "NATS/1.0\r\n";
    for (int i = 0; i < count; ++i) {
        const char* value = nullptr;
        if (natsMsgHeader_Get(message_.get(), keys[i], &value) != NATS_OK) continue;
        copied_headers_.append(keys[i]).append(": ").append(value == nullptr ? "" : value).append("\r\n");
    }
    copied_headers_ += "\r\n";
    std::free(keys); // as nats.c's documentation says
    return copied_headers_;
}

// ---- Subscriptions ----

Result<std::optional<Message>> Subscription::next(std::chrono::milliseconds timeout) {
    natsMsg* message = nullptr;
    const auto status = natsSubscription_NextMsg(&message, subscription_.get(), timeout.count());
    if (status == NATS_OK) return Message(message);
    if (status == NATS_TIMEOUT) return std::nullopt;
    if (status == NATS_CONNECTION_CLOSED || status == NATS_INVALID_SUBSCRIPTION)
        return fail(Errc::store_unavailable, "the connection to the NATS server was closed");
    return fail(Errc::store_unavailable,
                fmt::format("receiving from the NATS server failed: {}", natsStatus_GetText(status)));
}

// ---- Connections ----

struct Connection::State {
    NatsSettings settings;
    natsConnection* handle = nullptr;
    std::atomic<std::uint64_t> reconnects{0};

    std::mutex mutex;
    // Guarded by mutex.
    std::vector<std::string> denials;     // the newest last
    std::vector<natsSubscription*> ended; // and not yet freed

    static void reconnected(natsConnection*, void* self) { ++static_cast<State*>(self)->reconnects; }

    // The server reports a denied subject on its own, after the call that tried it.
    static void failed(natsConnection* connection, natsSubscription*, natsStatus, void* self) {
        const char* text = nullptr;
        (void)natsConnection_GetLastError(connection, &text);
        if (text == nullptr) return;
        auto& state = *static_cast<State*>(self);
        const std::lock_guard lock(state.mutex);
        if (state.denials.size() == most_denials) state.denials.erase(state.denials.begin());
        state.denials.emplace_back(text);
    }
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}

Connection::~Connection() {
    natsConnection_Close(state_->handle); // its threads have ended then
    for (auto* subscription : state_->ended) natsSubscription_Destroy(subscription);
    natsConnection_Destroy(state_->handle);
}

void Subscription::End::operator()(natsSubscription* subscription) const noexcept { connection->end(subscription); }

// The thread of nats.c that receives takes a subscription out of a table and goes on with it without holding it (seen
// in 3.4.1), so one that is freed in that moment brings the program down. It is therefore taken out of the table here,
// and freed when the server has answered something that was asked later: then that thread has come past it.
void Connection::end(natsSubscription* subscription) noexcept {
    (void)natsSubscription_Unsubscribe(subscription);
    std::vector<natsSubscription*> past;
    {
        const std::lock_guard lock(state_->mutex);
        state_->ended.push_back(subscription);
        if (state_->ended.size() < most_ended) return;
        past.swap(state_->ended);
    }
    if (natsConnection_FlushTimeout(state_->handle, flush_timeout) == NATS_OK) {
        for (auto* ended : past) natsSubscription_Destroy(ended);
        return;
    }
    const std::lock_guard lock(state_->mutex);
    state_->ended.insert(state_->ended.end(), past.begin(), past.end());
}

Result<std::shared_ptr<Connection>> Connection::open(const NatsSettings& settings) {
    natsOptions* made = nullptr;
    if (natsOptions_Create(&made) != NATS_OK) return fail(Errc::store_unavailable, "no memory for a NATS connection");
    const std::unique_ptr<natsOptions, OptionsDeleter> options(made);
    auto state = std::make_unique<State>();
    state->settings = settings;

    std::vector<const char*> servers;
    servers.reserve(settings.servers.size());
    for (const auto& server : settings.servers) servers.push_back(server.c_str());
    const auto milliseconds = [](auto duration) { return std::chrono::milliseconds(duration).count(); };
    auto* o = options.get();
    const natsStatus steps[] = {
        natsOptions_SetServers(o, servers.data(), static_cast<int>(servers.size())),
        natsOptions_SetName(o, "cim"),
        natsOptions_SetTimeout(o, milliseconds(settings.timeout)),
        natsOptions_SetMaxReconnect(o, -1),
        natsOptions_SetReconnectWait(o, milliseconds(reconnect_wait)),
        natsOptions_SetReconnectJitter(o, milliseconds(reconnect_jitter), milliseconds(reconnect_jitter)),
        natsOptions_SetPingInterval(o, milliseconds(ping_interval)),
        natsOptions_SetMaxPingsOut(o, 2),
        natsOptions_SetIOBufSize(o, read_buffer),
        natsOptions_SetFailRequestsOnDisconnect(o, true),
        natsOptions_SetReconnectedCB(o, State::reconnected, state.get()),
        natsOptions_SetErrorHandler(o, State::failed, state.get()),
        settings.inbox_prefix.empty() ? NATS_OK : natsOptions_SetCustomInboxPrefix(o, settings.inbox_prefix.c_str()),
    };
    for (const auto status : steps)
        if (status != NATS_OK)
            return fail(Errc::invalid_argument,
                        fmt::format("the NATS connection cannot be set up so: {}", natsStatus_GetText(status)));
    CIM_TRY(set_login(o, settings));

    std::shared_ptr<Connection> connection(new Connection(std::move(state)));
    const auto status = natsConnection_Connect(&connection->state_->handle, o);
    if (status != NATS_OK) return fail(connect_error(status, settings));
    return connection;
}

bool Connection::connected() const { return natsConnection_Status(state_->handle) == NATS_CONN_STATUS_CONNECTED; }

bool Connection::wait_connected(Deadline deadline) {
    while (!connected()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(poll_interval);
    }
    return true;
}

std::uint64_t Connection::reconnects() const noexcept { return state_->reconnects; }

std::size_t Connection::max_payload() const {
    return static_cast<std::size_t>(std::max<std::int64_t>(natsConnection_GetMaxPayload(state_->handle), 0));
}

std::string Connection::denial(std::string_view subject) const {
    const std::lock_guard lock(state_->mutex);
    const auto quoted = '"' + std::string(subject);
    for (auto denial = state_->denials.rbegin(); denial != state_->denials.rend(); ++denial) {
        if (denial->find("ermissions") == std::string::npos && denial->find("ermission") == std::string::npos) continue;
        if (denial->find(quoted) != std::string::npos) return *denial;
    }
    return {};
}

Error Connection::error_of(natsStatus status, std::string_view doing, const std::string& subject) const {
    const auto shown = state_->settings.shown();
    if (const auto denied = denial(subject); !denied.empty() && status == NATS_TIMEOUT)
        return Error(Errc::store_unavailable, fmt::format("the NATS server denies this user '{}'", printable(subject)),
                     "give the user the permissions that docs/nats.md lists",
                     {{"nats", "denied"}, {"subject", subject}});
    switch (status) {
    case NATS_TIMEOUT:
        return Error(Errc::timeout, fmt::format("{} took longer than the NATS server was given: {}", doing, shown), {},
                     {{"subject", subject}});
    case NATS_NO_RESPONDERS:
        return Error(Errc::store_unavailable, fmt::format("nobody at {} answers '{}'", shown, printable(subject)),
                     "start the server with JetStream (nats-server -js), and look whether the stream is still there",
                     {{"nats", "no_responders"}, {"subject", subject}});
    case NATS_MAX_PAYLOAD:
        return Error(Errc::limit_exceeded,
                     fmt::format("a message is larger than the {} bytes that the NATS server takes", max_payload()),
                     "raise max_payload in the server's configuration, 8MB at most, or store the data elsewhere and "
                     "its CID here",
                     {{"limit", std::to_string(max_payload())}});
    default:
        return Error(Errc::store_unavailable,
                     fmt::format("{} failed at {}: {}", doing, shown, natsStatus_GetText(status)), {},
                     {{"nats", natsStatus_GetText(status)}});
    }
}

namespace {

struct MessageDeleter {
    void operator()(natsMsg* message) const noexcept { natsMsg_Destroy(message); }
};
using OwnedMessage = std::unique_ptr<natsMsg, MessageDeleter>;

natsStatus make_message(OwnedMessage& out, const std::string& subject, const std::string& reply, const Headers& headers,
                        std::string_view data) {
    natsMsg* made = nullptr;
    auto status = natsMsg_Create(&made, subject.c_str(), reply.empty() ? nullptr : reply.c_str(), data.data(),
                                 static_cast<int>(data.size()));
    out.reset(made);
    for (const auto& [name, value] : headers) {
        if (status != NATS_OK) return status;
        status = natsMsgHeader_Set(made, name, value.c_str());
    }
    return status;
}

} // namespace

Result<Message> Connection::request(const std::string& subject, const Headers& headers, std::string_view data,
                                    std::chrono::milliseconds timeout) {
    OwnedMessage message;
    auto status = make_message(message, subject, {}, headers, data);
    natsMsg* answer = nullptr;
    if (status == NATS_OK)
        status = natsConnection_RequestMsg(&answer, state_->handle, message.get(),
                                           std::max<std::int64_t>(timeout.count(), 1));
    if (status != NATS_OK) return fail(error_of(status, "a request", subject));
    return Message(answer);
}

Result<> Connection::publish(const std::string& subject, const std::string& reply, const Headers& headers,
                             std::string_view data) {
    OwnedMessage message;
    auto status = make_message(message, subject, reply, headers, data);
    if (status == NATS_OK) status = natsConnection_PublishMsg(state_->handle, message.get());
    if (status != NATS_OK) return fail(error_of(status, "sending a message", subject));
    return {};
}

Result<Subscription> Connection::subscribe(const std::string& subject) {
    natsSubscription* handle = nullptr;
    const auto status = natsConnection_SubscribeSync(&handle, state_->handle, subject.c_str());
    if (status != NATS_OK) return fail(error_of(status, "subscribing", subject));
    Subscription subscription(shared_from_this(), subject, handle);
    // What a consumer sends ahead is bounded by flow control; a bound of the client's own would drop messages.
    (void)natsSubscription_SetPendingLimits(handle, -1, -1);
    return subscription;
}

std::string Connection::new_inbox() const {
    const auto& prefix = state_->settings.inbox_prefix;
    return (prefix.empty() ? "_INBOX" : prefix) + "." + unique_token();
}

std::string unique_token() {
    natsInbox* inbox = nullptr;
    if (natsInbox_Create(&inbox) != NATS_OK) return "cim";
    const std::string_view text = inbox;
    std::string token(text.substr(text.rfind('.') + 1));
    natsInbox_Destroy(inbox);
    return token;
}

} // namespace cim::jetstream
