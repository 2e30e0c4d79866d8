// Importing a git repository: one commit, one transaction; the first time all of them, later those that are new.
//
// The files of the graph that the events make are those of `git ls-tree -r HEAD`. Without `full` the commits are those
// of HEAD's line of first parents, a merge being one commit with all that it brought. With `full` they are all commits
// that HEAD can reach, parents first, each compared to its first parent; the last, HEAD, settles what the branches,
// laid side by side in one line, left different from HEAD's files.
//
// The chain itself is the state: what was imported is read back from it, verified. A history in which the commits of
// the chain are no longer HEAD's is refused whole.
#pragma once

#include <cim/event_store.hpp>

#include "import_run.hpp"

#include <optional>
#include <string>

namespace cim::importer {

struct GitImportOptions {
    std::string path;                     ///< The repository, or a folder in it.
    std::optional<AggregateId> aggregate; ///< Default: the repository's name, escaped.
    bool full = false;
};

/// Errors: not_found, command_failed (git), history_rewritten with fields `aggregate`, `imported` and `head`,
/// invalid_argument for a chain that is not of such an import or of the other kind of history, and what the store
/// reports. An error after some commits were taken says how many in its fields `imported_transactions` and
/// `imported_events`; they stay, and the next import goes on after them.
[[nodiscard]] Result<ImportReport> import_git(EventStore& store, const GitImportOptions& options,
                                              const ImportControl& control = {});

} // namespace cim::importer
