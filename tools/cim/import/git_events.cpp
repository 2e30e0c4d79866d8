#include "git_events.hpp"

#include "base/utf8.hpp"
#include "git_path.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cim::importer {
namespace {

constexpr std::string_view commit_recorded = "CommitRecorded";
using Kind = TreeChange::Kind;
constexpr std::array<std::pair<Kind, std::string_view>, 5> type_names{{{Kind::file_removed, "FileRemoved"},
                                                                       {Kind::directory_removed, "DirectoryRemoved"},
                                                                       {Kind::directory_created, "DirectoryCreated"},
                                                                       {Kind::file_created, "FileCreated"},
                                                                       {Kind::file_updated, "FileUpdated"}}};

std::string_view type_name(Kind kind) { return type_names.at(static_cast<std::size_t>(kind)).second; }

std::string raw_author(const GitIdentity& who) { return who.name + " <" + who.email + '>'; }

Bytes to_bytes(std::string_view text) {
    const auto view = as_bytes(text);
    return {view.begin(), view.end()};
}

/// A text of git under `key`; if it is not UTF-8, its bytes under `key`_bytes as well.
void put_text(ipld::Map& map, const std::string& key, const std::string& text) {
    if (!is_valid_utf8(text)) map.insert_or_assign(key + "_bytes", to_bytes(text));
    map.insert_or_assign(key, replace_invalid_utf8(text));
}

void put_identity(ipld::Map& map, const std::string& role, const GitIdentity& who) {
    put_text(map, role, raw_author(who));
    map.insert_or_assign(role + "_name", replace_invalid_utf8(who.name));
    map.insert_or_assign(role + "_email", replace_invalid_utf8(who.email));
    map.insert_or_assign(role + "_time", who.time);
}

ipld::Value commit_payload(const GitCommit& commit, std::size_t changes, std::optional<GitHistory> first) {
    ipld::Map map;
    map.insert_or_assign("hash", commit.hash);
    map.insert_or_assign("parents", ipld::List(commit.parents.begin(), commit.parents.end()));
    put_identity(map, "author", commit.author);
    put_identity(map, "committer", commit.committer);
    put_text(map, "message", commit.message);
    map.insert_or_assign("changes", changes);
    if (first) map.insert_or_assign("history", to_string(*first));
    return map;
}

// Keys go in in canonical order, so that each lands at the end.
ipld::Value change_payload(const TreeChange& change, const std::string& author) {
    const bool there = change.kind == Kind::file_created || change.kind == Kind::file_updated;
    const bool created = change.kind == Kind::file_created || change.kind == Kind::directory_created;
    ipld::Map map;
    if (there) {
        map.insert_or_assign("blob", change.blob);
        map.insert_or_assign("mode", change.mode);
    }
    if (created) map.insert_or_assign("name", path_text(name_of(change.path)));
    map.insert_or_assign("path", path_text(change.path));
    if (there || change.kind == Kind::file_removed) map.insert_or_assign("author", author);
    if (change.kind == Kind::directory_created) map.insert_or_assign("parent", path_text(parent_of(change.path)));
    if (there) map.insert_or_assign("touched", change.touched);
    if (change.kind == Kind::file_created) map.insert_or_assign("directory", path_text(parent_of(change.path)));
    if (needs_quotes(change.path)) map.insert_or_assign("path_bytes", to_bytes(change.path));
    return map;
}

std::string_view text_at(ipld::View payload, std::string_view key) {
    const auto value = payload.find(key);
    return value ? value->as_string().value_or("") : "";
}

std::optional<Kind> kind_of(std::string_view event_type) {
    const auto* const found = std::ranges::find(type_names, event_type, &std::pair<Kind, std::string_view>::second);
    if (found == type_names.end()) return std::nullopt;
    return found->first;
}

} // namespace

std::string_view to_string(GitHistory history) { return history == GitHistory::full ? "full" : "first-parent"; }

std::string author_text(const GitIdentity& who) { return replace_invalid_utf8(raw_author(who)); }

Transaction commit_transaction(const AggregateId& aggregate, const GitCommit& commit,
                               std::span<const TreeChange> changes, std::optional<GitHistory> first) {
    const auto time = from_micros(commit.committer.time);
    const auto author = author_text(commit.author);
    Transaction transaction(aggregate, TransactionId(commit.hash));
    transaction.events.reserve(changes.size() + 2);
    transaction.add(commit_recorded, commit_payload(commit, changes.size(), first), time);
    const auto add = [&](const TreeChange& change) {
        transaction.add(type_name(change.kind), change_payload(change, author), time);
    };
    // The top folder is created before all others, and after what is removed: in a first commit that is nothing.
    if (first) transaction.add(type_name(Kind::directory_created), {{"name", "."}, {"path", "."}}, time);
    for (const auto& change : changes) add(change);
    return transaction;
}

std::optional<RecordedCommit> read_commit(const DomainEvent& event) {
    if (event.event_type() != commit_recorded) return std::nullopt;
    RecordedCommit commit;
    commit.hash = text_at(event.payload(), "hash");
    if (const auto parents = event.payload().find("parents")) {
        for (const auto parent : parents->items()) commit.parents.push_back(parent.as_string().value_or(""));
    }
    if (const auto history = text_at(event.payload(), "history"); !history.empty()) {
        commit.history = history == to_string(GitHistory::full) ? GitHistory::full : GitHistory::first_parent;
    }
    return commit;
}

void restore_change(const DomainEvent& event, GitTree& tree) {
    const auto kind = kind_of(event.event_type());
    if (!kind) return;
    const auto payload = event.payload();
    TreeChange change{};
    change.kind = *kind;
    const auto raw = payload.find("path_bytes");
    change.path = raw ? as_text(raw->as_bytes().value_or(ByteView{})) : text_at(payload, "path");
    change.mode = text_at(payload, "mode");
    change.blob = text_at(payload, "blob");
    if (const auto touched = payload.find("touched")) {
        change.touched = static_cast<std::uint64_t>(std::max<std::int64_t>(0, touched->as_int64().value_or(0)));
    }
    tree.restore(change, text_at(payload, "author"));
}

} // namespace cim::importer
