#include "git_import.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "chain_appender.hpp"
#include "git_chain.hpp"
#include "git_events.hpp"
#include "git_log.hpp"
#include "git_repository.hpp"
#include "git_tree.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace cim::importer {
namespace {

Error rewritten(const GitRepository& repository, const AggregateId& aggregate, const std::string& imported,
                const std::string& head) {
    const auto where = printable(repository.path(), 400);
    std::string advice = fmt::format(
        "the history was rewritten or another branch is checked out; check out the branch that was imported, or import "
        "this one under another name (--aggregate {}-2) or into another store",
        aggregate.str());
    if (repository.shallow()) advice += "; the clone is shallow, so `git fetch --unshallow` may bring the commit back";
    return Error(Errc::history_rewritten,
                 fmt::format("commit {} was imported into '{}' and is not in the history of HEAD, {}, of '{}': nothing "
                             "was imported",
                             imported, aggregate.str(), head, where),
                 std::move(advice),
                 {{"aggregate", aggregate.str()}, {"imported", imported}, {"head", head}, {"path", repository.path()}});
}

/// One import: what it knows and what it has done.
class GitImport {
  public:
    GitImport(EventStore& store, const ImportControl& control, const GitRepository& repository, AggregateId aggregate,
              GitHistory history)
        : store_(store),
          control_(control),
          repository_(repository),
          aggregate_(std::move(aggregate)),
          history_(history) {}

    Result<ImportReport> run(const std::string& head);

  private:
    Result<> check_ancestors(const std::string& head);
    [[nodiscard]] std::vector<std::string> range(const std::string& head) const;
    Result<> read_commits(ChainAppender& out, const std::string& head);
    Result<> check_first(const GitCommit& commit, const std::string& head) const;
    Result<> take(const GitCommit& commit, const std::string& head, ChainAppender& out);
    Result<std::vector<ListedFile>> list_files(const std::string& commit) const;

    EventStore& store_;
    const ImportControl& control_;
    const GitRepository& repository_;
    AggregateId aggregate_;
    GitHistory history_;
    ImportedChain chain_;
    bool stopped_ = false;
};

Result<ImportReport> GitImport::run(const std::string& head) {
    CIM_TRY_ASSIGN(chain_, ImportedChain::read_last(store_, aggregate_));
    ImportReport report;
    report.aggregates = {aggregate_};
    report.aggregate_count = 1;
    if (chain_.last_commit() == head) {
        // HEAD is the last commit of either kind of history: nothing is new, and the chain need not be read.
        CIM_TRY(chain_.check_history(history_, store_));
        report.head = chain_.head().cid;
        return report;
    }
    CIM_TRY(chain_.read_all(store_));
    CIM_TRY(chain_.check_history(history_, store_));
    CIM_TRY(check_ancestors(head));

    std::optional<std::uint64_t> total;
    if (control_.wants_total) {
        CIM_TRY_ASSIGN(total, repository_.count(range(head)));
    }
    ChainAppender out(store_, aggregate_, chain_.head(), *control_.clock, [&](auto events, auto transactions) {
        if (control_.progress) control_.progress({events, transactions, total});
    });
    auto done = read_commits(out, head);
    auto finished = out.finish(); // what was read whole stays, also when git failed after it
    if (done && !finished) done = std::move(finished);
    if (!done) {
        return fail(std::move(done)
                        .error()
                        .with("imported_transactions", std::to_string(out.transactions()))
                        .with("imported_events", std::to_string(out.events())));
    }
    report.events = out.events();
    report.transactions = out.transactions();
    report.head = out.head().cid;
    report.stopped = stopped_;
    if (stopped_) report.notes.emplace_back("run the import again to go on from there");
    return report;
}

Result<> GitImport::check_ancestors(const std::string& head) {
    for (const auto& tip : chain_.tips()) {
        CIM_TRY_ASSIGN(const bool ancestor, repository_.is_ancestor(tip, head));
        if (!ancestor) return fail(rewritten(repository_, aggregate_, tip, head));
    }
    return {};
}

/// The commits that are not yet in the chain. What is in it is closed under "parent of", so its tips stand for all.
std::vector<std::string> GitImport::range(const std::string& head) const {
    std::vector<std::string> result;
    if (history_ == GitHistory::first_parent) result.emplace_back("--first-parent");
    result.push_back(head);
    for (const auto& tip : chain_.tips()) result.push_back('^' + tip);
    return result;
}

Result<> GitImport::read_commits(ChainAppender& out, const std::string& head) {
    std::vector<std::string> arguments{"log", "--reverse"};
    // Of a merge, what it changed against its first parent.
    if (history_ == GitHistory::first_parent) {
        arguments.emplace_back("-m");
    } else {
        arguments.insert(arguments.end(), {"--topo-order", "--diff-merges=first-parent"});
    }
    for (auto& argument : git_log_arguments()) arguments.push_back(std::move(argument));
    for (auto& argument : range(head)) arguments.push_back(std::move(argument));
    arguments.emplace_back("--");
    CIM_TRY_ASSIGN(auto git, repository_.start(arguments));

    GitLogReader reader([&](std::span<char> buffer) { return git.read(buffer); });
    bool ended = false;
    for (bool first = true; !ended; first = false) {
        auto commit = reader.next();
        ended = commit ? reader.at_end() : reader.source_ended();
        // If git failed, its words say why, and the commit that it wrote last may lack some of its changes.
        if (ended) CIM_TRY(repository_.finish(git));
        if (!commit) return fail(std::move(commit).error());
        if (!*commit) break;
        if (first) CIM_TRY(check_first(**commit, head));
        CIM_TRY(take(**commit, head, out));
        if (!ended && control_.stop && control_.stop()) {
            stopped_ = true;
            break;
        }
    }
    return {};
}

/// On the line of first parents the first new commit stands on the last imported one. Otherwise the imported commits
/// came into HEAD's history by a merge, and the line is another.
Result<> GitImport::check_first(const GitCommit& commit, const std::string& head) const {
    if (history_ != GitHistory::first_parent || chain_.last_commit().empty()) return {};
    if (!commit.parents.empty() && commit.parents.front() == chain_.last_commit()) return {};
    return fail(rewritten(repository_, aggregate_, chain_.last_commit(), head));
}

Result<> GitImport::take(const GitCommit& commit, const std::string& head, ChainAppender& out) {
    const auto author = author_text(commit.author);
    std::vector<TreeChange> changes;
    if (history_ == GitHistory::full && commit.hash == head) {
        CIM_TRY_ASSIGN(const auto listing, list_files(head));
        changes = chain_.tree().apply_towards(listing, commit.changes, author);
    } else {
        changes = chain_.tree().apply(commit.changes, author);
    }
    const bool first = std::exchange(chain_.started(), true) == false;
    return out.add(commit_transaction(aggregate_, commit, changes, first ? std::optional(history_) : std::nullopt));
}

Result<std::vector<ListedFile>> GitImport::list_files(const std::string& commit) const {
    CIM_TRY_ASSIGN(auto git, repository_.start({"ls-tree", "-r", "-z", "--full-tree", commit}));
    std::string output;
    std::array<char, 65536> buffer{};
    while (true) {
        CIM_TRY_ASSIGN(const auto size, git.read(buffer));
        if (size == 0) break;
        output.append(buffer.data(), size);
    }
    CIM_TRY(repository_.finish(git));

    std::vector<ListedFile> files;
    for (std::string_view rest = output; !rest.empty();) {
        // "100644 blob <hash>\t<path>" and NUL
        const auto line = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto tab = line.find('\t');
        const auto hash = line.substr(0, tab).rfind(' ');
        if (tab == std::string_view::npos || hash == std::string_view::npos || hash < 6) {
            return fail(Errc::invalid_input, fmt::format("git ls-tree: a line of unknown form: '{}'", printable(line)),
                        {}, {{"source", "git ls-tree"}});
        }
        files.push_back({std::string(line.substr(0, 6)), std::string(line.substr(hash + 1, tab - hash - 1)),
                         std::string(line.substr(tab + 1))});
    }
    return files;
}

} // namespace

Result<ImportReport> import_git(EventStore& store, const GitImportOptions& options, const ImportControl& control) {
    CIM_TRY_ASSIGN(const auto repository, GitRepository::open(options.path));
    const auto aggregate = options.aggregate.value_or(AggregateId(escape_token(repository.name())));
    if (auto valid = check_token(aggregate.str(), "aggregate id"); !valid) {
        auto error = std::move(valid).error();
        error.advice = "name the aggregate with --aggregate";
        return fail(std::move(error));
    }
    CIM_TRY_ASSIGN(const auto head, repository.head());
    if (!head) {
        ImportReport report;
        report.notes.push_back(fmt::format("'{}' has no commits at {} yet: there is nothing to import",
                                           printable(repository.path(), 400), repository.head_name()));
        return report;
    }
    GitImport run(store, control, repository, aggregate, options.full ? GitHistory::full : GitHistory::first_parent);
    auto report = run.run(*head);
    if (report && repository.shallow()) {
        report->notes.emplace_back("the clone is shallow: its history begins where it was cut, and so does the chain");
    }
    return report;
}

} // namespace cim::importer
