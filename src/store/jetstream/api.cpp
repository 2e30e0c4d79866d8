#include "store/jetstream/api.hpp"

#include <cim/time.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <thread>

namespace cim::jetstream {

namespace {

using Json = nlohmann::json;

constexpr auto longest_try = std::chrono::milliseconds(2000); // without an answer: the leader may be gone
constexpr auto pause = std::chrono::milliseconds(50);
constexpr auto unused_for =
    std::chrono::seconds(10); // after which the server forgets a consumer that nobody listens to

Error strange(std::string_view what) {
    return Error(Errc::store_unavailable,
                 fmt::format("the NATS server gave an answer that cannot be understood: {}", what),
                 "use nats-server 2.12 or newer");
}

// Members of an answer that are not there, or of another kind, get the default.
template <class T> T get(const Json& json, const char* name, T otherwise) {
    const auto found = json.find(name);
    if (found == json.end()) return otherwise;
    if constexpr (std::is_same_v<T, bool>)
        return found->is_boolean() ? found->get<bool>() : otherwise;
    else if constexpr (std::is_integral_v<T>)
        return found->is_number_integer() ? found->get<T>() : otherwise;
    else
        return found->is_string() ? found->get<std::string>() : otherwise;
}

std::optional<ServerError> error_in(const Json& json) {
    const auto found = json.find("error");
    if (found == json.end() || !found->is_object()) return std::nullopt;
    return ServerError{get(*found, "code", 0), get(*found, "err_code", 0), get(*found, "description", std::string())};
}

Result<Json> parse(std::string_view text) {
    auto json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return fail(strange(printable(text)));
    return json;
}

// About the moment and not about what was asked: another try may get another answer.
bool passes(const ServerError& error) {
    constexpr std::array lasting{server_errors::not_enabled, server_errors::not_enabled_for_account,
                                 server_errors::storage_resources_exceeded, server_errors::insufficient_resources};
    constexpr std::array about_the_moment{10008 /* temporarily unavailable */, 10074 /* replica not available */,
                                          10118 /* shutting down */, 10187 /* stream offline */};
    if (std::ranges::find(about_the_moment, error.err_code) != about_the_moment.end()) return true;
    return error.code == 503 && std::ranges::find(lasting, error.err_code) == lasting.end();
}

// The server writes as many digits of a second as it needs, up to nine.
std::int64_t micros_of(std::string text) {
    if (const auto dot = text.find('.'); dot != std::string::npos && text.ends_with('Z') && text.size() > dot + 8)
        text.replace(dot + 7, std::string::npos, "Z");
    const auto time = parse_rfc3339(text);
    return time ? to_micros(*time) : 0;
}

bool base64_decode(const std::string& text, std::string& out) {
    out.resize(text.size() / 4 * 3);
    if (text.empty()) return true;
    const auto size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return false;
    const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0);
    out.resize(static_cast<std::size_t>(size) - padding);
    return true;
}

StreamInfo stream_from(const Json& json) {
    StreamInfo info;
    const auto config = json.value("config", Json::object());
    auto& c = info.config;
    c.name = get(config, "name", std::string());
    if (const auto subjects = config.find("subjects"); subjects != config.end() && subjects->is_array())
        for (const auto& subject : *subjects)
            if (subject.is_string()) c.subjects.push_back(subject.get<std::string>());
    c.retention = get(config, "retention", std::string());
    c.storage = get(config, "storage", std::string());
    c.discard = get(config, "discard", std::string());
    c.persist_mode = get(config, "persist_mode", std::string());
    c.max_msgs = get<std::int64_t>(config, "max_msgs", -1);
    c.max_bytes = get<std::int64_t>(config, "max_bytes", -1);
    c.max_age = get<std::int64_t>(config, "max_age", 0);
    c.max_msgs_per_subject = get<std::int64_t>(config, "max_msgs_per_subject", -1);
    c.duplicate_window = get<std::int64_t>(config, "duplicate_window", 0);
    c.num_replicas = get<std::int64_t>(config, "num_replicas", 1);
    c.no_ack = get(config, "no_ack", false);
    c.sealed = get(config, "sealed", false);
    c.deny_delete = get(config, "deny_delete", false);
    c.deny_purge = get(config, "deny_purge", false);
    c.allow_rollup_hdrs = get(config, "allow_rollup_hdrs", false);
    c.allow_direct = get(config, "allow_direct", false);
    c.allow_atomic = get(config, "allow_atomic", false);
    c.allow_msg_ttl = get(config, "allow_msg_ttl", false);
    c.is_mirror = config.contains("mirror");
    c.has_sources = config.contains("sources");

    info.created = get(json, "created", std::string());
    const auto state = json.value("state", Json::object());
    info.messages = get<std::uint64_t>(state, "messages", 0);
    info.first = get<std::uint64_t>(state, "first_seq", 0);
    info.last = get<std::uint64_t>(state, "last_seq", 0);
    info.subjects = get<std::uint64_t>(state, "num_subjects", 0);
    return info;
}

Json json_of(const StreamConfig& c) {
    return {{"name", c.name},
            {"description", "Domain events, written by cim: docs/formats/nats.md"},
            {"subjects", c.subjects},
            {"retention", c.retention},
            {"storage", c.storage},
            {"discard", c.discard},
            {"max_msgs", c.max_msgs},
            {"max_bytes", c.max_bytes},
            {"max_age", c.max_age},
            {"max_msgs_per_subject", c.max_msgs_per_subject},
            {"max_msg_size", -1},
            {"max_consumers", -1},
            {"duplicate_window", c.duplicate_window},
            {"num_replicas", c.num_replicas},
            {"deny_delete", c.deny_delete},
            {"deny_purge", c.deny_purge},
            {"allow_rollup_hdrs", c.allow_rollup_hdrs},
            {"allow_direct", c.allow_direct},
            {"allow_atomic", c.allow_atomic}};
}

} // namespace

Error to_error(const ServerError& error, const NatsSettings& settings) {
    const auto shown = settings.shown();
    std::string said = fmt::format("{} (error {})", printable(error.description), error.err_code);
    const auto number = std::to_string(error.err_code);
    using namespace server_errors;
    switch (error.err_code) {
    case stream_not_found:
        return Error(Errc::not_found, fmt::format("there is no stream '{}' at {}", settings.stream, shown),
                     "if it was there before, somebody deleted it: restore it from a backup or a mirror",
                     {{"stream", settings.stream}, {"err_code", number}});
    case subjects_overlap:
        return Error(Errc::store_unavailable,
                     fmt::format("another stream at {} has the subjects {}.> already", shown, settings.prefix),
                     "name that stream in the URL, or keep this one's events under other subjects: ?prefix=NAME",
                     {{"stream", settings.stream}, {"prefix", settings.prefix}, {"err_code", number}});
    case storage_resources_exceeded:
    case insufficient_resources:
    case stream_store_failed:
        return Error(Errc::store_full, fmt::format("the NATS server {} has no room: {}", shown, said),
                     "make room on its disk, or raise the limits of the account or of the stream",
                     {{"err_code", number}});
    case batch_too_large:
        return Error(Errc::limit_exceeded,
                     fmt::format("the NATS server {} does not take so many events at once: {}", shown, said),
                     "append fewer at once, or raise limits.batch.max_msgs in the server's configuration",
                     {{"limit", std::to_string(settings.max_batch)}, {"err_code", number}});
    case not_enabled:
    case not_enabled_for_account:
        return Error(Errc::store_unavailable,
                     fmt::format("the NATS server {} has no JetStream for us: {}", shown, said),
                     "start it with JetStream (nats-server -js), or enable it for the account", {{"err_code", number}});
    default:
        return Error(Errc::store_unavailable, fmt::format("the NATS server {} refuses: {}", shown, said), {},
                     {{"err_code", number}, {"code", std::to_string(error.code)}});
    }
}

Result<PublishAnswer> parse_publish_answer(std::string_view text) {
    if (text.empty()) return PublishAnswer{};
    CIM_TRY_ASSIGN(const auto json, parse(text));
    return PublishAnswer{error_in(json), get<std::uint64_t>(json, "seq", 0), get(json, "duplicate", false)};
}

Api::Api(std::shared_ptr<Connection> connection, NatsSettings settings)
    : connection_(std::move(connection)), settings_(std::move(settings)) {}

std::string Api::subject(std::string_view what) const {
    if (settings_.domain.empty()) return fmt::format("$JS.API.{}", what);
    return fmt::format("$JS.{}.API.{}", settings_.domain, what);
}

Result<std::optional<ServerError>> Api::call(std::string_view what, std::string_view body, Deadline deadline,
                                             const std::function<Result<>(std::string_view json)>& take) {
    const auto to = subject(what);
    while (true) {
        const auto patience = std::min<std::chrono::milliseconds>(left_until(deadline), longest_try);
        auto answer = connection_->request(to, {}, body, patience);
        std::optional<Error> failed;
        if (answer) {
            // Most answers are no error, and whoever takes them parses them.
            std::optional<ServerError> error;
            if (answer->data().find("\"error\"") != std::string_view::npos) {
                CIM_TRY_ASSIGN(const auto json, parse(answer->data()));
                error = error_in(json);
            }
            if (!error) {
                CIM_TRY(take(answer->data()));
                return std::nullopt;
            }
            if (!passes(*error)) return error;
            failed = to_error(*error, settings_);
        } else {
            failed = std::move(answer).error();
            const auto why = failed->field("nats");
            if (why && *why == "denied") return fail(*std::move(failed));
        }
        if (left_until(deadline) <= pause) return fail(*std::move(failed));
        std::this_thread::sleep_for(pause);
        (void)connection_->wait_connected(deadline);
    }
}

Result<int> Api::level() {
    int level = 0;
    CIM_TRY_ASSIGN(const auto error, call("INFO", "", deadline(), [&](std::string_view text) -> Result<> {
                       CIM_TRY_ASSIGN(const auto json, parse(text));
                       level = get(json.value("api", Json::object()), "level", 0);
                       return {};
                   }));
    if (error) return fail(to_error(*error, settings_));
    return level;
}

Result<std::optional<StreamInfo>> Api::stream_info(const std::string& stream) {
    std::optional<StreamInfo> info;
    CIM_TRY_ASSIGN(const auto error,
                   call("STREAM.INFO." + stream, "", deadline(), [&](std::string_view text) -> Result<> {
                       CIM_TRY_ASSIGN(const auto json, parse(text));
                       info = stream_from(json);
                       return {};
                   }));
    if (error && error->err_code == server_errors::stream_not_found) return std::nullopt;
    if (error) return fail(to_error(*error, settings_));
    return info;
}

Result<StreamInfo> Api::create_stream(const StreamConfig& config) {
    StreamInfo info;
    CIM_TRY_ASSIGN(const auto error, call("STREAM.CREATE." + config.name, json_of(config).dump(), deadline(),
                                          [&](std::string_view text) -> Result<> {
                                              CIM_TRY_ASSIGN(const auto json, parse(text));
                                              info = stream_from(json);
                                              return {};
                                          }));
    if (error) return fail(to_error(*error, settings_).with("stream", config.name));
    return info;
}

Result<> Api::create_bucket(const std::string& bucket, std::int64_t replicas) {
    const auto stream = "KV_" + bucket;
    const Json body{{"name", stream},
                    {"description", "Small named values of cim: docs/formats/nats.md"},
                    {"subjects", Json::array({"$KV." + bucket + ".>"})},
                    {"retention", "limits"},
                    {"storage", "file"},
                    {"discard", "new"},
                    {"max_msgs_per_subject", 1},
                    {"max_msgs", -1},
                    {"max_bytes", -1},
                    {"max_age", 0},
                    {"max_msg_size", -1},
                    {"max_consumers", -1},
                    {"num_replicas", replicas},
                    {"allow_rollup_hdrs", true},
                    {"deny_delete", true},
                    {"allow_direct", true}};
    CIM_TRY_ASSIGN(const auto error, call("STREAM.CREATE." + stream, body.dump(), deadline(),
                                          [](std::string_view) -> Result<> { return {}; }));
    constexpr int in_use = 10058; // somebody else was faster
    if (error && error->err_code != in_use) return fail(to_error(*error, settings_));
    return {};
}

Result<> Api::each_subject(const std::string& stream, const std::string& filter,
                           const std::function<void(std::string_view, std::uint64_t)>& take) {
    // The server cuts the list into pages of its own size.
    for (std::uint64_t offset = 0, total = 1; offset < total;) {
        std::uint64_t taken = 0;
        const Json body{{"subjects_filter", filter}, {"offset", offset}};
        CIM_TRY_ASSIGN(const auto error,
                       call("STREAM.INFO." + stream, body.dump(), deadline(), [&](std::string_view text) -> Result<> {
                           CIM_TRY_ASSIGN(const auto json, parse(text));
                           total = get<std::uint64_t>(json, "total", 0);
                           const auto state = json.find("state");
                           if (state == json.end()) return {};
                           const auto subjects = state->find("subjects");
                           if (subjects == state->end() || !subjects->is_object()) return {};
                           for (const auto& [subject, count] : subjects->items()) {
                               take(subject, count.is_number() ? count.get<std::uint64_t>() : 0);
                               ++taken;
                           }
                           return {};
                       }));
        if (error) return fail(to_error(*error, settings_));
        if (taken == 0) return {};
        offset += taken;
    }
    return {};
}

Result<std::optional<KeptMessage>> Api::get_message(const std::string& stream, std::string_view request) {
    std::optional<KeptMessage> found;
    CIM_TRY_ASSIGN(const auto error,
                   call("STREAM.MSG.GET." + stream, request, deadline(), [&](std::string_view text) -> Result<> {
                       CIM_TRY_ASSIGN(const auto json, parse(text));
                       const auto message = json.find("message");
                       if (message == json.end() || !message->is_object()) return fail(strange("no message"));
                       found.emplace();
                       found->subject = get(*message, "subject", std::string());
                       found->sequence = get<std::uint64_t>(*message, "seq", 0);
                       found->time = micros_of(get(*message, "time", std::string()));
                       if (!base64_decode(get(*message, "hdrs", std::string()), found->headers) ||
                           !base64_decode(get(*message, "data", std::string()), found->data))
                           return fail(strange("a message that is not base64"));
                       return {};
                   }));
    if (error && error->err_code == server_errors::message_not_found) return std::nullopt;
    if (error) return fail(to_error(*error, settings_));
    return found;
}

Result<std::optional<KeptMessage>> Api::last_message(const std::string& subject) {
    return last_message(settings_.stream, subject);
}

Result<std::optional<KeptMessage>> Api::last_message(const std::string& stream, const std::string& subject) {
    return get_message(stream, Json{{"last_by_subj", subject}}.dump());
}

Result<std::optional<KeptMessage>> Api::next_message(std::uint64_t sequence, const std::string& subject) {
    return get_message(settings_.stream,
                       Json{{"seq", std::max<std::uint64_t>(sequence, 1)}, {"next_by_subj", subject}}.dump());
}

Result<> Api::create_consumer(const ConsumerRequest& request, Deadline deadline) {
    const auto nanoseconds = [](auto duration) { return std::chrono::nanoseconds(duration).count(); };
    Json config{{"name", request.name},
                {"deliver_subject", request.deliver_subject},
                {"deliver_policy", "by_start_sequence"},
                {"opt_start_seq", std::max<std::uint64_t>(request.start_sequence, 1)},
                {"ack_policy", "none"},
                {"replay_policy", "instant"},
                {"max_deliver", 1},
                {"flow_control", true},
                {"idle_heartbeat", nanoseconds(request.heartbeat)},
                {"inactive_threshold", nanoseconds(unused_for)},
                {"headers_only", request.headers_only},
                {"num_replicas", 1},
                {"mem_storage", true}};
    if (request.filters.size() == 1) config["filter_subject"] = request.filters.front();
    if (request.filters.size() > 1) config["filter_subjects"] = request.filters;
    const Json body{{"stream_name", request.stream}, {"config", std::move(config)}, {"action", "create"}};
    CIM_TRY_ASSIGN(const auto error, call(fmt::format("CONSUMER.CREATE.{}.{}", request.stream, request.name),
                                          body.dump(), deadline, [](std::string_view) -> Result<> { return {}; }));
    constexpr int exists_already = 10148; // an earlier try of ours got through, and its answer did not
    if (error && error->err_code != exists_already) return fail(to_error(*error, settings_));
    return {};
}

void Api::delete_consumer(const std::string& stream, const std::string& name) {
    (void)connection_->publish(subject(fmt::format("CONSUMER.DELETE.{}.{}", stream, name)), {}, {}, "");
}

Result<> Api::purge(const std::string& stream, const std::string& purged) {
    CIM_TRY_ASSIGN(const auto error, call("STREAM.PURGE." + stream, Json{{"filter", purged}}.dump(), deadline(),
                                          [](std::string_view) -> Result<> { return {}; }));
    if (error) return fail(to_error(*error, settings_));
    return {};
}

} // namespace cim::jetstream
