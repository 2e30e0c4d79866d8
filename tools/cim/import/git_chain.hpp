// What an aggregate's chain says of the git history that was imported into it.
#pragma once

#include <cim/event_store.hpp>

#include "git_events.hpp"
#include "git_tree.hpp"

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace cim::importer {

class ImportedChain {
  public:
    ImportedChain() = default;

    /// Reads from the end of the chain back to the last commit. An aggregate that does not exist gives an empty chain.
    [[nodiscard]] static Result<ImportedChain> read_last(EventStore& store, const AggregateId& aggregate);
    /// Reads and verifies all of it. Errors: invalid_argument for a chain that no git import made, cid_mismatch,
    /// chain_broken, conflict if somebody appended meanwhile, and what the store reports.
    [[nodiscard]] Result<> read_all(EventStore& store);
    /// Errors: invalid_argument if the chain holds the other kind of history.
    [[nodiscard]] Result<> check_history(GitHistory wanted, EventStore& store);

    [[nodiscard]] const ChainHead& head() const noexcept { return head_; }
    /// The hash of the last commit; empty if there is none.
    [[nodiscard]] const std::string& last_commit() const noexcept { return last_commit_; }
    /// Imported commits that are no parents of imported ones. Known after read_all().
    [[nodiscard]] const std::vector<std::string>& tips() const noexcept { return tips_; }
    [[nodiscard]] GitTree& tree() noexcept { return tree_; }
    /// The chain has a first commit.
    [[nodiscard]] bool& started() noexcept { return started_; }

  private:
    [[nodiscard]] Error not_ours() const;

    AggregateId aggregate_;
    ChainHead head_;
    std::string last_commit_;
    std::vector<std::string> tips_;
    std::optional<GitHistory> history_;
    GitTree tree_;
    bool started_ = false;
};

} // namespace cim::importer
