#include "store/jetstream/stream_config.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cim::jetstream {

namespace {

std::string text(bool value) { return value ? "true" : "false"; }
std::string text(std::int64_t value) { return std::to_string(value); }
std::string text(const std::string& value) { return value; }

std::string duration(std::int64_t nanoseconds) { return fmt::format("{}s", nanoseconds / 1'000'000'000); }

std::string list(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

} // namespace

StreamConfig wanted_config(const NatsSettings& settings) {
    StreamConfig config;
    config.name = settings.stream;
    config.subjects = {settings.prefix + ".>"};
    if (settings.replicas > 0) config.num_replicas = settings.replicas;
    return config;
}

std::vector<Difference> differences(const StreamConfig& found, const NatsSettings& settings, bool for_writing) {
    const auto wanted = wanted_config(settings);
    std::vector<Difference> all;
    const auto expect = [&](const char* name, const auto& is, const auto& should_be) {
        if (is != should_be) all.push_back({name, printable(text(is)), text(should_be)});
    };
    // A mirror has the subjects of what it mirrors, and says none.
    if (!(found.is_mirror && !for_writing)) expect("subjects", list(found.subjects), list(wanted.subjects));
    if (!for_writing) return all;
    expect("mirror", found.is_mirror, false);
    expect("sources", found.has_sources, false);
    expect("retention", found.retention, wanted.retention);
    expect("storage", found.storage, wanted.storage);
    expect("max_msgs_per_subject", found.max_msgs_per_subject, wanted.max_msgs_per_subject);
    if (found.max_age != 0) all.push_back({"max_age", duration(found.max_age), "0 (for ever)"});
    // A stream that is full must refuse what is new and not throw away what is old.
    if (found.max_msgs > 0 || found.max_bytes > 0) expect("discard", found.discard, wanted.discard);
    expect("no_ack", found.no_ack, false);
    expect("sealed", found.sealed, false);
    expect("deny_delete", found.deny_delete, true);
    expect("deny_purge", found.deny_purge, true);
    expect("allow_rollup_hdrs", found.allow_rollup_hdrs, false);
    expect("allow_msg_ttl", found.allow_msg_ttl, false);
    expect("allow_direct", found.allow_direct, true);
    expect("allow_atomic", found.allow_atomic, true);
    if (found.duplicate_window < wanted.duplicate_window)
        all.push_back({"duplicate_window", duration(found.duplicate_window), "120s or more"});
    if (found.persist_mode == "async") all.push_back({"persist_mode", found.persist_mode, "default"});
    if (settings.replicas > 0) expect("num_replicas", found.num_replicas, wanted.num_replicas);
    return all;
}

Result<> check_config(const StreamConfig& found, const NatsSettings& settings, bool for_writing) {
    const auto all = differences(found, settings, for_writing);
    if (all.empty()) return {};
    std::string lines;
    for (const auto& [name, is, should_be] : all)
        lines += fmt::format("{}{} is {}, not {}", lines.empty() ? "" : "; ", name, is, should_be);
    Error error(
        Errc::store_foreign, fmt::format("stream '{}' is not set up as a store of events: {}", settings.stream, lines),
        "change the stream (nats stream edit), or name another one, which is then made", {{"stream", settings.stream}});
    for (const auto& difference : all) error.fields.emplace_back(difference.name, difference.found);
    return fail(std::move(error));
}

std::vector<std::pair<std::string, std::string>> to_settings(const StreamConfig& config) {
    return {{"stream", config.name},
            {"subjects", list(config.subjects)},
            {"storage", config.storage},
            {"retention", config.retention},
            {"num_replicas", text(config.num_replicas)},
            {"max_bytes", text(config.max_bytes)},
            {"discard", config.discard},
            {"duplicate_window", duration(config.duplicate_window)},
            {"deny_delete", text(config.deny_delete)},
            {"deny_purge", text(config.deny_purge)},
            {"allow_direct", text(config.allow_direct)},
            {"allow_atomic", text(config.allow_atomic)}};
}

} // namespace cim::jetstream
