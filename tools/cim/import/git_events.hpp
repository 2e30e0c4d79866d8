// The events of `cim import git`: how a commit is written down, and read again.
//
//   CommitRecorded    hash, parents, author, author_name, author_email, author_time, committer, committer_name,
//                     committer_email, committer_time, message, changes; the first of a chain also has `history`
//   DirectoryCreated  path, name, parent (the top, path ".", has none)
//   DirectoryRemoved  path
//   FileCreated       path, directory, name, mode, blob, author, touched
//   FileUpdated       path, mode, blob, author, touched
//   FileRemoved       path, author
//
// A commit is one transaction, named by its hash, with these events in this order: the commit, files removed, folders
// removed (deepest first), folders created (parents first), files created, files updated. All have the committer's
// time. `touched` counts the commits by that author which touched the file since it was created. A path that is not
// UTF-8, or that begins with a quotation mark, is written as git quotes it, and its bytes are in `path_bytes`; of
// authors and messages that are not UTF-8 the bytes are in `author_bytes`, `committer_bytes` and `message_bytes`.
#pragma once

#include <cim/event.hpp>
#include <cim/transaction.hpp>

#include "git_log.hpp"
#include "git_tree.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cim::importer {

/// Which commits an import takes: the line of first parents, or all.
enum class GitHistory : std::uint8_t { first_parent, full };
[[nodiscard]] std::string_view to_string(GitHistory history);

/// "Name <email>" in UTF-8: how an author is known in events and graphs.
[[nodiscard]] std::string author_text(const GitIdentity& who);

/// The transaction of a commit that did `changes`. `first` is the kind of history for the first commit of a chain,
/// which also creates the top folder.
[[nodiscard]] Transaction commit_transaction(const AggregateId& aggregate, const GitCommit& commit,
                                             std::span<const TreeChange> changes, std::optional<GitHistory> first);

/// Of an event CommitRecorded.
struct RecordedCommit {
    std::string_view hash;
    std::vector<std::string_view> parents;
    std::optional<GitHistory> history;
};
/// What a CommitRecorded says; nullopt for another event. Valid as long as the event.
[[nodiscard]] std::optional<RecordedCommit> read_commit(const DomainEvent& event);

/// Gives the tree back what a file event recorded; does nothing for other events.
void restore_change(const DomainEvent& event, GitTree& tree);

} // namespace cim::importer
