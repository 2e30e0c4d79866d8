#include "store/jetstream/stream_config.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace cim::jetstream {

namespace {

std::string text(bool value) { return value ? "true" : "false"; }
std::string text(std::int64_t value) { return std::to_string(value); }
std::string text(const std::string& value) { return value; }

std::string duration(std::int64_t nanoseconds) { return fmt::format("{}s", nanoseconds / 1'000'000'000); }

class Differences {
  public:
    template <class Value> void expect(const char* name, const Value& found, const Value& wanted) {
        if (found != wanted) add(name, text(found), text(wanted));
    }
    void add(std::string name, const std::string& found, std::string_view wanted) {
        lines_ += fmt::format("{}{} is {}, not {}", lines_.empty() ? "" : "; ", name, printable(found), wanted);
        fields_.emplace_back(std::move(name), found);
    }
    [[nodiscard]] bool any() const { return !fields_.empty(); }
    [[nodiscard]] Error to_error(const std::string& stream) && {
        Error error(
            Errc::store_foreign, fmt::format("stream '{}' is not set up as a store of events: {}", stream, lines_),
            "change the stream (nats stream edit), or name another one, which is then made", {{"stream", stream}});
        std::ranges::move(fields_, std::back_inserter(error.fields));
        return error;
    }

  private:
    std::string lines_;
    std::vector<Error::Field> fields_;
};

} // namespace

StreamConfig wanted_config(const NatsSettings& settings) {
    StreamConfig config;
    config.name = settings.stream;
    config.subjects = {settings.prefix + ".>"};
    if (settings.replicas > 0) config.num_replicas = settings.replicas;
    return config;
}

Result<> check_config(const StreamConfig& found, const NatsSettings& settings, bool for_writing) {
    const auto wanted = wanted_config(settings);
    Differences differences;
    if (!(found.is_mirror && !for_writing) && found.subjects != wanted.subjects)
        differences.add("subjects", fmt::format("{}", fmt::join(found.subjects, ", ")), wanted.subjects.front());
    if (for_writing) {
        differences.expect("mirror", found.is_mirror, false);
        differences.expect("sources", found.has_sources, false);
        differences.expect("retention", found.retention, wanted.retention);
        differences.expect("storage", found.storage, wanted.storage);
        differences.expect("max_msgs_per_subject", found.max_msgs_per_subject, wanted.max_msgs_per_subject);
        if (found.max_age != 0) differences.add("max_age", duration(found.max_age), "0 (for ever)");
        // A stream that is full must refuse what is new and not throw away what is old.
        if (found.max_msgs > 0 || found.max_bytes > 0) differences.expect("discard", found.discard, wanted.discard);
        differences.expect("no_ack", found.no_ack, false);
        differences.expect("sealed", found.sealed, false);
        differences.expect("deny_delete", found.deny_delete, true);
        differences.expect("deny_purge", found.deny_purge, true);
        differences.expect("allow_rollup_hdrs", found.allow_rollup_hdrs, false);
        differences.expect("allow_msg_ttl", found.allow_msg_ttl, false);
        differences.expect("allow_direct", found.allow_direct, true);
        differences.expect("allow_atomic", found.allow_atomic, true);
        if (found.duplicate_window < wanted.duplicate_window)
            differences.add("duplicate_window", duration(found.duplicate_window), "120s or more");
        if (found.persist_mode == "async") differences.add("persist_mode", found.persist_mode, "default");
        if (settings.replicas > 0)
            differences.expect("num_replicas", found.num_replicas, static_cast<std::int64_t>(settings.replicas));
    }
    if (differences.any()) return fail(std::move(differences).to_error(settings.stream));
    return {};
}

} // namespace cim::jetstream
