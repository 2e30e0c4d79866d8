#include "store/jetstream/documents.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/document_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace cim::jetstream {

namespace {

constexpr std::size_t header_room = 1024;
constexpr std::size_t largest_part = std::size_t{512} << 10;
constexpr auto pause = std::chrono::milliseconds(5);
constexpr auto longest_try = std::chrono::milliseconds(2000);
constexpr int most_readings = 100; // of a value that is replaced again and again while it is read

// A collection is one token of the subject, a key may be several; no collection comes to "=parts" this way.
std::string collection_token(std::string_view collection) {
    std::string token;
    for (const char c : collection) {
        if (c == '.')
            token += "=2E";
        else if (c == '=')
            token += "=3D";
        else
            token += c;
    }
    return token;
}

std::size_t number_in(std::string_view headers, std::string_view name) {
    const auto text = find_header(headers, name);
    std::size_t number = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

Error gone(const NatsSettings& settings, std::string_view why) {
    return Error(Errc::store_unavailable,
                 fmt::format("the documents beside {} cannot be written: {}", settings.shown(), why));
}

bool is_removal(std::string_view headers) { return !find_header(headers, "KV-Operation").empty(); }

} // namespace

Documents::Documents(std::shared_ptr<Session> session)
    : session_(std::move(session)), bucket_(session_->settings().stream), stream_("KV_" + bucket_) {}

std::string Documents::subject(std::string_view collection, std::string_view key) const {
    return fmt::format("$KV.{}.{}.{}", bucket_, collection_token(collection), key);
}

std::size_t Documents::part_size() const {
    const auto most = session_->api().connection().max_payload();
    return std::min(largest_part, most > 2 * header_room ? most - header_room : header_room);
}

Result<> Documents::check_writable() const {
    if (!session_->read_only()) return {};
    return fail(Errc::store_read_only,
                fmt::format("store '{}' was opened for reading only", session_->settings().shown()),
                "open it for writing", {{"url", session_->settings().shown()}});
}

Result<> Documents::make_bucket() {
    if (made_) return {};
    CIM_TRY_ASSIGN(const auto there, session_->api().stream_info(stream_));
    if (!there) {
        CIM_TRY_ASSIGN(const auto events, session_->api().stream_info());
        CIM_TRY(session_->api().create_bucket(bucket_, events ? events->config.num_replicas : 1));
    }
    made_ = true;
    return {};
}

Result<Documents::Standing> Documents::standing(const std::string& subject) {
    auto found = session_->api().last_message(stream_, subject);
    if (!found && found.error().code == Errc::not_found) return Standing{}; // no bucket yet
    CIM_TRY(found);
    if (!*found) return Standing{};
    Standing standing;
    standing.message = **std::move(found);
    standing.revision = standing.message.sequence;
    standing.removed = is_removal(standing.message.headers);
    return standing;
}

Result<std::uint64_t> Documents::put(std::string_view collection, std::string_view key, ByteView value,
                                     std::optional<std::uint64_t> expected) {
    CIM_TRY(check_document(collection, key, value.size()));
    CIM_TRY(check_writable());
    CIM_TRY(make_bucket());
    const auto to = subject(collection, key);
    const auto size = part_size();

    Headers headers;
    std::string data(as_text(value));
    if (value.size() > size) {
        const auto id = unique_token();
        std::size_t parts = 0;
        for (std::size_t at = 0; at < value.size(); at += size, ++parts)
            CIM_TRY(send_part(fmt::format("$KV.{}.=parts.{}.{}", bucket_, id, parts), as_text(value).substr(at, size)));
        headers = {{"Document-Parts", std::to_string(parts)},
                   {"Document-Id", id},
                   {"Document-Size", std::to_string(value.size())}};
        data = fmt::format("{} bytes in {} parts: $KV.{}.=parts.{}.*", value.size(), parts, bucket_, id);
    }

    while (true) {
        CIM_TRY_ASSIGN(const auto before, standing(to));
        const auto actual = before.exists() ? before.revision : 0;
        if (expected && *expected != actual) return fail(document_conflict(collection, key, *expected, actual));
        CIM_TRY_ASSIGN(const auto revision, replace(to, before, headers, data));
        if (!revision) continue; // somebody else was faster
        drop_parts(before);
        return *revision;
    }
}

// Puts a message onto what stood there before; nullopt where something else stands there by now. A message that was not
// acknowledged is known by its id.
Result<std::optional<std::uint64_t>> Documents::replace(const std::string& to, const Standing& before, Headers headers,
                                                        std::string_view data) {
    const auto deadline = session_->deadline();
    const auto id = unique_token();
    headers.emplace_back("Nats-Msg-Id", id);
    headers.emplace_back("Nats-Expected-Last-Subject-Sequence", std::to_string(before.revision));
    auto& connection = session_->api().connection();
    while (true) {
        const auto patience = std::clamp<std::chrono::milliseconds>(left_until(deadline), pause, longest_try);
        auto answer = connection.request(to, headers, data, patience);
        std::string why;
        if (answer) {
            CIM_TRY_ASSIGN(const auto said, parse_publish_answer(answer->data()));
            if (!said.error && said.sequence > 0) return said.sequence;
            if (said.error && said.error->err_code != server_errors::wrong_last_sequence && said.error->code != 503)
                return fail(to_error(*said.error, session_->settings()));
            if (said.error) why = said.error->description;
        } else {
            if (const auto nats = answer.error().field("nats"); nats && *nats == "denied") return fail(answer.error());
            if (answer.error().code == Errc::limit_exceeded) return fail(answer.error());
            why = answer.error().message;
        }
        CIM_TRY_ASSIGN(const auto now, standing(to));
        if (now.revision != before.revision) {
            if (find_header(now.message.headers, "Nats-Msg-Id") == id) return now.revision;
            return std::nullopt;
        }
        if (left_until(deadline) <= pause)
            return fail(Errc::outcome_unknown,
                        fmt::format("a document was sent and not acknowledged in time: {}", printable(why)),
                        "read it before trying again");
        std::this_thread::sleep_for(pause);
        (void)connection.wait_connected(deadline);
    }
}

// Nobody reads a part before the document names it, so sending one twice does no harm.
Result<> Documents::send_part(const std::string& to, std::string_view data) {
    const auto deadline = session_->deadline();
    auto& connection = session_->api().connection();
    while (true) {
        const auto patience = std::clamp<std::chrono::milliseconds>(left_until(deadline), pause, longest_try);
        auto answer = connection.request(to, {}, data, patience);
        if (answer) {
            CIM_TRY_ASSIGN(const auto said, parse_publish_answer(answer->data()));
            if (!said.error) return {};
            if (said.error->code != 503) return fail(to_error(*said.error, session_->settings()));
        } else if (const auto nats = answer.error().field("nats"); nats && *nats == "denied") {
            return fail(answer.error());
        }
        if (left_until(deadline) <= pause) return fail(gone(session_->settings(), "no acknowledgement in time"));
        std::this_thread::sleep_for(pause);
        (void)connection.wait_connected(deadline);
    }
}

// Parts that nobody names any more only take room, so it is no error where this is not allowed.
void Documents::drop_parts(const Standing& before) {
    if (!before.exists()) return;
    const auto id = find_header(before.message.headers, "Document-Id");
    if (id.empty()) return;
    (void)session_->api().purge(stream_, fmt::format("$KV.{}.=parts.{}.>", bucket_, id));
}

// nullopt where a part is gone: then the document has been replaced meanwhile.
Result<std::optional<Bytes>> Documents::read_parts(std::string_view id, std::size_t parts, std::size_t size) {
    Bytes value;
    value.reserve(std::min(size, max_size));
    for (std::size_t part = 0; part < parts; ++part) {
        CIM_TRY_ASSIGN(const auto found,
                       session_->api().last_message(stream_, fmt::format("$KV.{}.=parts.{}.{}", bucket_, id, part)));
        if (!found) return std::nullopt;
        const auto bytes = as_bytes(found->data);
        value.insert(value.end(), bytes.begin(), bytes.end());
    }
    if (value.size() != size) return std::nullopt;
    return value;
}

Result<std::optional<Document>> Documents::get(std::string_view collection, std::string_view key) {
    CIM_TRY(check_document_name(collection, key));
    const auto from = subject(collection, key);
    for (int reading = 0; reading < most_readings; ++reading) {
        CIM_TRY_ASSIGN(auto now, standing(from));
        if (!now.exists()) return std::nullopt;
        Document document{std::string(key), {}, now.revision, from_micros(now.message.time)};
        const auto id = find_header(now.message.headers, "Document-Id");
        if (id.empty()) {
            const auto bytes = as_bytes(now.message.data);
            document.value.assign(bytes.begin(), bytes.end());
            return document;
        }
        CIM_TRY_ASSIGN(auto value, read_parts(id, number_in(now.message.headers, "Document-Parts"),
                                              number_in(now.message.headers, "Document-Size")));
        if (value) {
            document.value = *std::move(value);
            return document;
        }
        std::this_thread::sleep_for(pause);
    }
    return fail(Errc::store_corrupt, fmt::format("parts of document '{}' of '{}' are missing", key, collection),
                "put it again", {{"collection", std::string(collection)}, {"key", std::string(key)}});
}

Result<bool> Documents::remove(std::string_view collection, std::string_view key,
                               std::optional<std::uint64_t> expected) {
    CIM_TRY(check_document_name(collection, key));
    CIM_TRY(check_writable());
    const auto at = subject(collection, key);
    while (true) {
        CIM_TRY_ASSIGN(const auto before, standing(at));
        const auto actual = before.exists() ? before.revision : 0;
        if (expected && *expected != actual) return fail(document_conflict(collection, key, *expected, actual));
        if (!before.exists()) return false;
        CIM_TRY_ASSIGN(const auto revision, replace(at, before, {{"KV-Operation", "DEL"}}, ""));
        if (!revision) continue;
        drop_parts(before);
        return true;
    }
}

Result<std::vector<DocumentInfo>> Documents::list(std::string_view collection, std::string_view after_key,
                                                  std::size_t limit) {
    CIM_TRY(check_document_list(collection, after_key, limit));
    const auto filter = subject(collection, ">");
    auto last = session_->api().last_message(stream_, filter);
    if (!last && last.error().code == Errc::not_found) return std::vector<DocumentInfo>();
    CIM_TRY(last);
    std::vector<DocumentInfo> found;
    if (!*last) return found;

    // The bucket keeps the last message of each key, so the headers of all of them are what there is.
    CIM_TRY_ASSIGN(const auto reader,
                   session_->reader({.filters = {filter}, .start = 1, .headers_only = true, .stream = stream_}));
    for (std::uint64_t seen = 0; seen < (*last)->sequence;) {
        CIM_TRY_ASSIGN(const auto message, reader->next(session_->deadline()));
        if (!message) return fail(Errc::timeout, "the NATS server did not send the list of documents in time");
        seen = message->sequence;
        const auto headers = message->message.headers();
        const auto key = message->message.subject().substr(filter.size() - 1);
        // What came after the list was begun may stand for something that was listed already.
        std::erase_if(found,
                      [&](const DocumentInfo& document) { return seen > (*last)->sequence && document.key == key; });
        if (key <= after_key || is_removal(headers)) continue;
        const auto parts = number_in(headers, "Document-Size");
        found.push_back({std::string(key), parts > 0 ? parts : number_in(headers, "Nats-Msg-Size"), message->sequence,
                         from_micros(message->time)});
    }
    std::ranges::sort(found, {}, &DocumentInfo::key);
    if (found.size() > limit) found.resize(limit);
    return found;
}

} // namespace cim::jetstream
