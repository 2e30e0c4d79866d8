#include "git_chain.hpp"

#include <cim/chain.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim::importer {

Result<ImportedChain> ImportedChain::read_last(EventStore& store, const AggregateId& aggregate) {
    ImportedChain chain;
    chain.aggregate_ = aggregate;
    CIM_TRY_ASSIGN(chain.head_, store.head(aggregate));
    if (chain.head_.sequence.value() == 0) return chain;

    auto query = ReadQuery::of(aggregate);
    query.upto = chain.head_.sequence.value();
    query.direction = Direction::backwards;
    for (std::optional<ReadQuery> next = query; next;) {
        CIM_TRY_ASSIGN(auto page, store.read(*next));
        for (const auto& event : page.events) {
            if (const auto commit = read_commit(event)) {
                chain.last_commit_ = commit->hash;
                return chain;
            }
        }
        next = std::move(page.next);
    }
    return fail(chain.not_ours());
}

Result<> ImportedChain::read_all(EventStore& store) {
    if (head_.sequence.value() == 0) return {};
    ChainVerifier verifier({.threads = 0});
    std::unordered_set<std::string> without_child;
    auto query = ReadQuery::of(aggregate_);
    query.upto = head_.sequence.value();
    query.limit = 10'000;
    for (std::optional<ReadQuery> next = query; next;) {
        CIM_TRY_ASSIGN(auto page, store.read(*next));
        CIM_TRY(verifier.add(page.events));
        for (const auto& event : page.events) {
            if (const auto commit = read_commit(event)) {
                if (!started_) history_ = commit->history.value_or(GitHistory::first_parent);
                started_ = true;
                for (const auto parent : commit->parents) without_child.erase(std::string(parent));
                last_commit_ = commit->hash;
                without_child.insert(last_commit_);
            } else if (!started_) {
                return fail(not_ours());
            } else {
                restore_change(event, tree_);
            }
        }
        next = std::move(page.next);
    }
    // The line of first parents has one tip, whatever merges it passed through.
    if (history_ == GitHistory::first_parent) without_child = {last_commit_};
    tips_.assign(without_child.begin(), without_child.end());
    if (verifier.head(aggregate_) != head_) {
        return fail(Errc::head_mismatch,
                    fmt::format("the chain of '{}' does not end where its store says it does", aggregate_.str()),
                    "run `cim verify` on this store", {{"aggregate", aggregate_.str()}});
    }
    return {};
}

Result<> ImportedChain::check_history(GitHistory wanted, EventStore& store) {
    if (head_.sequence.value() == 0) return {};
    if (!history_) {
        auto query = ReadQuery::of(aggregate_);
        query.limit = 1;
        CIM_TRY_ASSIGN(const auto page, store.read(query));
        const auto first = page.events.empty() ? std::nullopt : read_commit(page.events.front());
        if (!first) return fail(not_ours());
        history_ = first->history.value_or(GitHistory::first_parent);
    }
    if (*history_ == wanted) return {};
    const bool full = *history_ == GitHistory::full;
    return fail(Errc::invalid_argument,
                fmt::format("'{}' holds {}, and this import is {}: they do not mix", aggregate_.str(),
                            full ? "a full history" : "the line of first parents",
                            full ? "of first parents only" : "of the full history"),
                fmt::format("import {} --full, or under another name with --aggregate", full ? "with" : "without"),
                {{"aggregate", aggregate_.str()}, {"name", "history"}});
}

Error ImportedChain::not_ours() const {
    return Error(
        Errc::invalid_argument, fmt::format("'{}' holds events that `cim import git` did not write", aggregate_.str()),
        "import under another name with --aggregate", {{"aggregate", aggregate_.str()}, {"name", "aggregate"}});
}

} // namespace cim::importer
