// Aim: whatever a history holds, the graph that its events make has exactly the files of `git ls-tree -r HEAD`, and an
// import goes on where the last one stopped or says why it cannot. Method: repositories made commit by commit with git
// fast-import, with git itself as the oracle.
#include <cim/time.hpp>

#include "import/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace cim::importer {
namespace {

using Lines = std::vector<std::string>;
const std::string some_commit(40, '1');

void expect_imported(EventStore& store, const TestRepository& repository, bool full = false) {
    const auto report = import_git(store, repository, full);
    ASSERT_TRUE(report) << report.error().text();
    expect_same_files(store, repository);
}

TEST(GitImport, ACommitIsATransactionInTheRightOrder) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a/b/c", {}}, {"top", {}}}, .message = "first"});
    const int second = repository.commit(
        {.tree = {{"a/x", {}}, {"top", {.content = "changed"}}}, .parents = {first}, .message = "second"});
    repository.build(second);
    const auto store = memory_store();
    const auto report = import_git(*store, repository);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(outline(*store),
              (Lines{"CommitRecorded first", "DirectoryCreated .", "DirectoryCreated a", "DirectoryCreated a/b",
                     "FileCreated a/b/c", "FileCreated top", "CommitRecorded second", "FileRemoved a/b/c",
                     "DirectoryRemoved a/b", "FileCreated a/x", "FileUpdated top"}));
    EXPECT_EQ(report->events, 11U);
    EXPECT_EQ(report->transactions, 2U);
    EXPECT_EQ(report->head, events_of(*store).back().cid());
    for (const auto& event : events_of(*store)) {
        const bool of_first = event.aggregate_sequence().value() <= 6;
        EXPECT_EQ(event.transaction_id(), repository.hash(of_first ? first : second));
        EXPECT_EQ(event.transaction_size(), of_first ? 6U : 5U);
        EXPECT_EQ(event.timestamp(), from_micros(1'700'000'000'000'000));
    }
    expect_same_files(*store, repository);
}

TEST(GitImport, EventsHoldWhatTheyPromise) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a/b", {.mode = "100755"}}},
                                         .author = "Ann \xC3\x84 <ann@example.org>",
                                         .message = "subject\n\nbody\n\n",
                                         .time = 1'600'000'000});
    repository.build(first);
    const auto store = memory_store();
    ASSERT_TRUE(import_git(*store, repository));
    const auto events = events_of(*store);
    ASSERT_EQ(events.size(), 4U);
    const auto text = [&](std::size_t event, const char* key) {
        const auto value = events[event].payload().find(key);
        return std::string(value ? value->as_string().value_or("?") : "missing");
    };
    const auto number = [&](std::size_t event, const char* key) {
        const auto value = events[event].payload().find(key);
        return value ? value->as_int64().value_or(-1) : -2;
    };
    EXPECT_EQ(text(0, "hash"), repository.hash(first));
    EXPECT_EQ(text(0, "author"), "Ann \xC3\x84 <ann@example.org>");
    EXPECT_EQ(text(0, "author_name"), "Ann \xC3\x84");
    EXPECT_EQ(text(0, "author_email"), "ann@example.org");
    EXPECT_EQ(text(0, "committer"), "Ann \xC3\x84 <ann@example.org>");
    EXPECT_EQ(text(0, "message"), "subject\n\nbody");
    EXPECT_EQ(text(0, "history"), "first-parent");
    EXPECT_EQ(number(0, "author_time"), 1'600'000'000'000'000);
    EXPECT_EQ(number(0, "committer_time"), 1'600'000'000'000'000);
    EXPECT_EQ(number(0, "changes"), 2);
    EXPECT_EQ(events[0].payload().find("parents")->size(), 0U);
    EXPECT_EQ(text(1, "path"), ".");
    EXPECT_EQ(text(1, "name"), ".");
    EXPECT_EQ(text(1, "parent"), "missing");
    EXPECT_EQ(text(2, "path"), "a");
    EXPECT_EQ(text(2, "parent"), ".");
    EXPECT_EQ(text(3, "path"), "a/b");
    EXPECT_EQ(text(3, "directory"), "a");
    EXPECT_EQ(text(3, "name"), "b");
    EXPECT_EQ(text(3, "mode"), "100755");
    EXPECT_EQ(text(3, "author"), "Ann \xC3\x84 <ann@example.org>");
    EXPECT_EQ(number(3, "touched"), 1);
    EXPECT_EQ(text(3, "path_bytes"), "missing");
}

TEST(GitImport, EveryKindOfFileAndPath) {
    TestRepository repository;
    const Tree tree = {{"link", {.mode = "120000", .content = "target"}},
                       {"module", {.mode = "160000", .content = some_commit}},
                       {"run", {.mode = "100755"}},
                       {"caf\xC3\xA9/\xE6\x97\xA5", {}},
                       {"caf\xE9/\xFF", {}},
                       {"\"quoted\"", {}},
                       {"\"dir/plain", {}},
                       {"line\nfeed", {}},
                       {" blank ", {}},
                       {"-dash", {}},
                       {"a.b", {}},
                       {"a/b", {}},
                       {"a-b", {}}};
    const int first = repository.commit({.tree = tree});
    auto changed = tree;
    for (auto& [path, entry] : changed) {
        if (entry.mode == "100644") entry.content = "changed";
    }
    changed.erase("a/b");
    const int second = repository.commit({.tree = changed, .parents = {first}});
    const int third = repository.commit({.tree = {{"\xE9/x", {}}}, .parents = {second}});
    for (const int head : {first, second, third}) {
        repository.build(head);
        const auto store = memory_store();
        expect_imported(*store, repository);
    }
}

TEST(GitImport, BytesOfPathsAndNamesThatAreNotUtf8AreKept) {
    TestRepository repository;
    const int first =
        repository.commit({.tree = {{"d\xE9/\xFF", {}}}, .author = "J\xF6rg <j@example.org>", .message = "gr\xFC\xDF"});
    repository.build(first);
    const auto store = memory_store();
    ASSERT_TRUE(import_git(*store, repository));
    const auto events = events_of(*store);
    ASSERT_EQ(events.size(), 4U);
    const auto bytes = [&](std::size_t event, const char* key) {
        const auto value = events[event].payload().find(key);
        return std::string(as_text(value ? value->as_bytes().value_or(ByteView{}) : ByteView{}));
    };
    EXPECT_EQ(bytes(0, "author_bytes"), "J\xF6rg <j@example.org>");
    EXPECT_EQ(bytes(0, "message_bytes"), "gr\xFC\xDF");
    EXPECT_EQ(bytes(2, "path_bytes"), "d\xE9");
    EXPECT_EQ(bytes(3, "path_bytes"), "d\xE9/\xFF");
    EXPECT_EQ(events[0].payload().find("author")->as_string(), "J\uFFFDrg <j@example.org>");
    EXPECT_EQ(events[0].payload().find("message")->as_string(), "gr\uFFFD\uFFFD");
    EXPECT_EQ(events[3].payload().find("path")->as_string(), R"("d\351/\377")");
    EXPECT_EQ(events[3].payload().find("directory")->as_string(), R"("d\351")");
    EXPECT_EQ(events[3].payload().find("name")->as_string(), R"("\377")");
    EXPECT_EQ(events[3].payload().find("author")->as_string(), "J\uFFFDrg <j@example.org>");
}

TEST(GitImport, AMergeIsOneCommitWithAllThatItBrought) {
    TestRepository repository;
    const int base = repository.commit({.tree = {{"f", {}}}, .message = "base"});
    const int side = repository.commit({.tree = {{"f", {}}, {"side", {}}}, .parents = {base}, .message = "side"});
    const int side2 =
        repository.commit({.tree = {{"f", {.content = "s"}}, {"side", {}}}, .parents = {side}, .message = "side 2"});
    const int main = repository.commit({.tree = {{"f", {}}, {"main", {}}}, .parents = {base}, .message = "main"});
    const int merge = repository.commit(
        {.tree = {{"f", {.content = "s"}}, {"side", {}}, {"main", {}}}, .parents = {main, side2}, .message = "merge"});
    repository.build(merge);
    const auto store = memory_store();
    expect_imported(*store, repository);
    EXPECT_EQ(outline(*store),
              (Lines{"CommitRecorded base", "DirectoryCreated .", "FileCreated f", "CommitRecorded main",
                     "FileCreated main", "CommitRecorded merge", "FileCreated side", "FileUpdated f"}));
}

TEST(GitImport, FilesBecomeFoldersFoldersBecomeFilesLinksBecomeFiles) {
    TestRepository repository;
    std::vector<Tree> trees = {
        {{"a", {}}, {"b/c/d", {}}, {"e", {.mode = "120000", .content = "a"}}},
        {{"a/x", {}}, {"b", {}}, {"e", {}}},
        {{"a", {}}, {"b/c", {}}, {"e/f", {}}},
        {{"a", {.mode = "160000", .content = some_commit}}, {"b/c/d", {}}},
        {},
        {{"b/c", {}}},
    };
    std::vector<int> parents;
    for (const auto& tree : trees) {
        parents = {repository.commit({.tree = tree, .parents = parents})};
        repository.build(parents.front());
        const auto store = memory_store();
        expect_imported(*store, repository);
    }
}

TEST(GitImport, EmptyCommitsAndSeveralRoots) {
    TestRepository repository;
    const int root = repository.commit({.tree = {}, .message = "nothing"});
    const int empty = repository.commit({.tree = {}, .parents = {root}, .message = ""});
    const int other_root = repository.commit({.tree = {{"other", {}}}, .message = "other"});
    const int merge =
        repository.commit({.tree = {{"other", {}}, {"new", {}}}, .parents = {empty, other_root}, .message = "join"});
    repository.build(merge);
    for (const bool full : {false, true}) {
        const auto store = memory_store();
        expect_imported(*store, repository, full);
    }
}

TEST(GitImport, OneCommitWithManyFiles) {
    TestRepository repository;
    Tree tree;
    for (int i = 0; i < 30'000; ++i) tree[fmt::format("d{}/e{}/f{}", i % 7, i % 101, i)] = {};
    const int first = repository.commit({.tree = tree});
    const int second = repository.commit({.tree = {}, .parents = {first}});
    const int third = repository.commit({.tree = tree, .parents = {second}});
    repository.build(third);
    const auto store = memory_store();
    const auto report = import_git(*store, repository);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->transactions, 3U);
    EXPECT_EQ(graph_paths(*store, "File").size(), 30'000U);
}

TEST(GitImport, TheSameHistoryGivesTheSameChain) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a", {}}}});
    const int second = repository.commit({.tree = {{"b", {}}}, .parents = {first}});
    repository.build(second);
    const auto one = memory_store();
    const auto two = memory_store();
    const auto report_one = import_git(*one, repository);
    const auto report_two = import_git(*two, repository);
    ASSERT_TRUE(report_one && report_two);
    EXPECT_EQ(report_one->head, report_two->head);
}

TEST(GitImport, AgainOnlyWhatIsNew) {
    for (const bool full : {false, true}) {
        SCOPED_TRACE(full ? "full" : "first parents");
        TestRepository repository;
        std::vector<int> line;
        Tree tree;
        const auto grow = [&](int commits) {
            for (int i = 0; i < commits; ++i) {
                const auto n = line.size();
                tree[fmt::format("d{}/f{}", n % 5, n % 17)] = {.content = std::to_string(n)};
                if (n % 4 == 3) tree.erase(tree.begin());
                std::vector<int> parents;
                if (!line.empty()) parents.push_back(line.back());
                line.push_back(
                    repository.commit({.tree = tree, .parents = parents, .author = n % 3 == 0 ? "B <b>" : "A <a>"}));
            }
            repository.build(line.back());
        };
        const auto in_steps = memory_store();
        std::uint64_t events = 0;
        for (const int commits : {1, 10, 0, 25}) {
            grow(commits);
            const auto report = import_git(*in_steps, repository, full);
            ASSERT_TRUE(report) << report.error().text();
            EXPECT_EQ(report->transactions, static_cast<std::uint64_t>(commits));
            events += report->events;
            expect_same_files(*in_steps, repository);
        }
        EXPECT_EQ(events_of(*in_steps).size(), events);
        const auto at_once = memory_store();
        const auto report = import_git(*at_once, repository, full);
        ASSERT_TRUE(report);
        EXPECT_EQ(events_of(*at_once).back().cid(), events_of(*in_steps).back().cid());
    }
}

TEST(GitImport, ARewrittenHistoryIsReportedAndNotMixedIn) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a", {}}}});
    const int second = repository.commit({.tree = {{"a", {}}, {"b", {}}}, .parents = {first}});
    const int other = repository.commit({.tree = {{"c", {}}}, .parents = {first}, .message = "instead"});
    const int stranger = repository.commit({.tree = {{"c", {}}}, .message = "no relation"});
    // The imported commits came into this history by its second parent: they are not its line of first parents.
    const int merge = repository.commit({.tree = {{"c", {}}, {"b", {}}}, .parents = {other, second}});
    repository.build(second);
    const auto store = memory_store();
    ASSERT_TRUE(import_git(*store, repository));
    const auto before = events_of(*store).size();
    for (const int head : {other, stranger, merge, first}) {
        repository.build(head);
        const auto report = import_git(*store, repository);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, Errc::history_rewritten);
        EXPECT_EQ(report.error().field("imported"), repository.hash(second));
        EXPECT_EQ(report.error().field("head"), repository.hash(head));
        EXPECT_NE(report.error().message.find(repository.hash(second)), std::string::npos);
        EXPECT_FALSE(report.error().advice.empty());
        EXPECT_EQ(events_of(*store).size(), before);
    }
    repository.build(second);
    const auto again = import_git(*store, repository);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->events, 0U);
}

TEST(GitImport, AnotherRepositoryIsARewrittenHistoryToo) {
    TestRepository one;
    one.build(one.commit({.tree = {{"a", {}}}, .message = "one"}));
    TestRepository two;
    two.build(two.commit({.tree = {{"a", {}}}, .message = "two"}));
    const auto store = memory_store();
    ASSERT_TRUE(import_git(*store, one));
    const auto report = import_git(*store, two);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::history_rewritten);
    ASSERT_TRUE(import_git(*store, two, false, "two"));
}

TEST(GitImport, TheKindsOfHistoryDoNotMix) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a", {}}}});
    const int second = repository.commit({.tree = {{"b", {}}}, .parents = {first}});
    for (const bool full : {false, true}) {
        const auto store = memory_store();
        repository.build(first);
        ASSERT_TRUE(import_git(*store, repository, full));
        for (const int head : {first, second}) {
            repository.build(head);
            const auto report = import_git(*store, repository, !full);
            ASSERT_FALSE(report);
            EXPECT_EQ(report.error().code, Errc::invalid_argument);
        }
    }
}

TEST(GitImport, OtherPeoplesEventsAreLeftAlone) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a", {}}}});
    const int second = repository.commit({.tree = {{"b", {}}}, .parents = {first}});
    repository.build(second);
    const auto store = memory_store();
    Transaction note(AggregateId("repo"));
    note.add("Noted", ipld::Map{});
    ASSERT_TRUE(store->append(note, ExpectedHead::any()));
    const auto report = import_git(*store, repository);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::invalid_argument);
    EXPECT_EQ(events_of(*store).size(), 1U);

    // A note after an import is no hindrance.
    const auto mixed = memory_store();
    repository.build(first);
    ASSERT_TRUE(import_git(*mixed, repository));
    ASSERT_TRUE(mixed->append(note, ExpectedHead::any()));
    repository.build(second);
    expect_imported(*mixed, repository);
}

TEST(GitImport, FullTakesEveryCommitAndEndsWithHeadsFiles) {
    TestRepository repository;
    const int base = repository.commit({.tree = {{"x", {}}, {"y", {}}}, .message = "base"});
    // Two branches that cannot stand in one tree: a file and a folder of the same name, a file changed and removed.
    const int left = repository.commit({.tree = {{"x", {}}, {"y", {.content = "l"}}, {"n", {}}}, .parents = {base}});
    const int right = repository.commit({.tree = {{"x", {}}, {"n/m", {}}}, .parents = {base}});
    const int merge = repository.commit(
        {.tree = {{"x", {}}, {"y", {.content = "l"}}, {"n/m", {}}}, .parents = {left, right}, .message = "merge"});
    const int after = repository.commit({.tree = {{"x", {}}}, .parents = {merge}});
    for (const int head : {merge, after}) {
        repository.build(head);
        const auto store = memory_store();
        const auto report = import_git(*store, repository, true);
        ASSERT_TRUE(report) << report.error().text();
        EXPECT_EQ(report->transactions, head == merge ? 4U : 5U);
        expect_same_files(*store, repository);
    }
    const auto store = memory_store();
    repository.build(merge);
    expect_imported(*store, repository, true);
    repository.build(after);
    expect_imported(*store, repository, true);
}

TEST(GitImport, ACutOffImportGoesOn) {
    for (const bool full : {false, true}) {
        SCOPED_TRACE(full ? "full" : "first parents");
        TestRepository repository;
        std::vector<int> commits = {repository.commit({.tree = {{"base", {}}}})};
        for (int i = 0; i < 60; ++i) {
            const int main = commits.back();
            const int side = repository.commit(
                {.tree = {{"base", {}}, {fmt::format("s{}", i), {}}}, .parents = {main}, .time = i * 7});
            const int other =
                repository.commit({.tree = {{"base", {}}, {fmt::format("m{}", i), {}}}, .parents = {main}});
            commits.push_back(
                repository.commit({.tree = {{"base", {}}, {fmt::format("s{}", i), {}}}, .parents = {other, side}}));
        }
        repository.build(commits.back());
        const auto whole = memory_store();
        const auto undisturbed = import_git(*whole, repository, full);
        ASSERT_TRUE(undisturbed);

        const auto store = memory_store();
        std::uint64_t transactions = 0;
        int pieces = 0;
        for (bool stopped = true; stopped; ++pieces) {
            int left = 17;
            ImportControl control;
            control.stop = [&] { return --left == 0; };
            const auto report = import_git(*store, {repository.path(), AggregateId("repo"), full}, control);
            ASSERT_TRUE(report) << report.error().text();
            transactions += report->transactions;
            stopped = report->stopped;
        }
        EXPECT_GT(pieces, 5);
        EXPECT_EQ(transactions, undisturbed->transactions);
        EXPECT_EQ(events_of(*store).back().cid(), undisturbed->head);
        expect_same_files(*store, repository);
    }
}

TEST(GitImport, ASubfolderAWorkTreeAndABareCloneAreTheSameRepository) {
    TestRepository repository(false);
    std::filesystem::create_directories(repository.path() + "/sub/deep");
    std::ofstream(repository.path() + "/sub/deep/file") << "x";
    std::ofstream(repository.path() + "/top") << "x";
    repository.git({"add", "."});
    repository.git({"commit", "-q", "-m", "first"});
    TestFolder clones;
    repository.git({"clone", "-q", "--bare", repository.path(), clones.path() + "/repo.git"});
    std::optional<Cid> head;
    for (const auto& path : {repository.path(), repository.path() + "/sub/deep", repository.path() + "/.git",
                             clones.path() + "/repo.git", repository.path() + "/"}) {
        const auto store = memory_store();
        const auto report = import_git(*store, GitImportOptions{path, std::nullopt, false});
        ASSERT_TRUE(report) << path << ": " << report.error().text();
        EXPECT_EQ(report->aggregates.at(0).str(), "repo") << path;
        if (!head) head = report->head;
        EXPECT_EQ(report->head, head) << path;
        expect_same_files(*store, repository);
    }
}

TEST(GitImport, SettingsAndVariablesOfTheUserChangeNothing) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a", {.content = "long enough to be found as renamed\n\n\n"}},
                                                  {"m", {.mode = "160000", .content = some_commit}}},
                                         .author = "J <j@example.org>"});
    const int second = repository.commit({.tree = {{"b", {.content = "long enough to be found as renamed\n\n\n"}},
                                                   {"m", {.mode = "160000", .content = std::string(40, '2')}}},
                                          .parents = {first}});
    repository.build(second);
    const auto plain = memory_store();
    const auto expected = import_git(*plain, repository);
    ASSERT_TRUE(expected);

    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"diff.renames", "copies"},
                                                          {"log.showRoot", "false"},
                                                          {"log.date", "relative"},
                                                          {"log.showSignature", "true"},
                                                          {"color.ui", "always"},
                                                          {"diff.ignoreSubmodules", "all"},
                                                          {"core.abbrev", "5"},
                                                          {"log.abbrevCommit", "true"},
                                                          {"log.decorate", "full"},
                                                          {"diff.orderFile", "/nonexistent"},
                                                          {"format.pretty", "oneline"},
                                                          {"log.follow", "true"},
                                                          {"diff.external", "false"},
                                                          {"log.diffMerges", "combined"},
                                                          {"diff.noprefix", "true"},
                                                          {"i18n.logOutputEncoding", "ISO-8859-1"},
                                                          {"notes.displayRef", "refs/notes/*"},
                                                          {"diff.relative", "true"}}) {
        repository.git({"config", name, value});
    }
    ::setenv("GIT_DIR", "/nonexistent", 1);
    ::setenv("GIT_CONFIG_COUNT", "1", 1);
    ::setenv("GIT_CONFIG_KEY_0", "core.bare", 1);
    ::setenv("GIT_CONFIG_VALUE_0", "nonsense", 1);
    const auto store = memory_store();
    const auto report = import_git(*store, GitImportOptions{repository.path(), AggregateId("repo"), false});
    for (const char* name : {"GIT_DIR", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"}) ::unsetenv(name);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->head, expected->head);
}

TEST(GitImport, AShallowCloneWorksAndSaysSo) {
    TestRepository repository;
    const int first = repository.commit({.tree = {{"a", {}}}});
    const int second = repository.commit({.tree = {{"a", {}}, {"b", {}}}, .parents = {first}});
    const int third = repository.commit({.tree = {{"b", {}}, {"c", {}}}, .parents = {second}});
    repository.build(third);
    TestFolder clones;
    repository.git({"clone", "-q", "--bare", "--depth", "2", "file://" + repository.path(), clones.path() + "/repo"});
    const auto store = memory_store();
    const auto report = import_git(*store, GitImportOptions{clones.path() + "/repo", AggregateId("repo"), false});
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->transactions, 2U);
    ASSERT_EQ(report->notes.size(), 1U);
    EXPECT_NE(report->notes[0].find("shallow"), std::string::npos);
    expect_same_files(*store, repository);
}

TEST(GitImport, NothingToImportIsNoFailure) {
    TestRepository repository;
    const auto store = memory_store();
    const auto report = import_git(*store, repository);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->events, 0U);
    EXPECT_FALSE(report->head);
    ASSERT_EQ(report->notes.size(), 1U);
    EXPECT_NE(report->notes[0].find("refs/heads/main"), std::string::npos) << report->notes[0];
}

TEST(GitImport, WhatCannotBeReadIsNamedWithAdvice) {
    TestFolder folder;
    std::ofstream(folder.path() + "/file") << "x";
    std::filesystem::create_directory(folder.path() + "/plain");
    const auto store = memory_store();
    for (const auto& [path, code] :
         std::vector<std::pair<std::string, Errc>>{{folder.path() + "/missing", Errc::not_found},
                                                   {folder.path() + "/file", Errc::not_found},
                                                   {folder.path() + "/plain", Errc::not_found}}) {
        const auto report = import_git(*store, GitImportOptions{path, std::nullopt, false});
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, code) << report.error().text();
        EXPECT_NE(report.error().message.find(path), std::string::npos) << report.error().text();
        EXPECT_FALSE(report.error().advice.empty());
    }
}

/// Breaks the object of that name. The objects are loose: git fast-import makes no pack of fewer than 100.
void corrupt(const TestRepository& repository, const std::string& name) {
    const auto file = fmt::format("{}/objects/{}/{}", repository.path(), name.substr(0, 2), name.substr(2));
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << "garbage";
}

TEST(GitImport, ADamagedRepositoryGivesWholeCommitsAndThenTheReason) {
    TestRepository repository;
    std::vector<int> line;
    for (int i = 0; i < 30; ++i) {
        std::vector<int> parents;
        if (i > 0) parents.push_back(line.back());
        line.push_back(repository.commit({.tree = {{fmt::format("f{}", i), {}}, {"same", {}}}, .parents = parents}));
    }
    repository.build(line.back());
    auto tree = repository.git({"rev-parse", repository.hash(line[20]) + "^{tree}"});
    tree.pop_back();
    corrupt(repository, tree);

    const auto store = memory_store();
    const auto report = import_git(*store, repository);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::command_failed);
    EXPECT_NE(report.error().message.find(repository.path()), std::string::npos) << report.error().text();
    EXPECT_FALSE(report.error().advice.empty());
    const auto events = events_of(*store);
    EXPECT_EQ(report.error().field("imported_events"), std::to_string(events.size()));
    EXPECT_TRUE(events.empty() || events.back().ends_transaction());

    corrupt(repository, repository.hash(line.back()));
    const auto worse = import_git(*store, repository);
    ASSERT_FALSE(worse);
    EXPECT_EQ(worse.error().code, Errc::command_failed);
}

TEST(GitImport, ANameThatMakesNoAggregateAsksForOne) {
    TestFolder folder;
    const auto path = folder.path() + "/" + std::string(200, '.') + "x";
    TestRepository repository;
    repository.build(repository.commit({.tree = {{"a", {}}}}));
    std::filesystem::copy(repository.path(), path, std::filesystem::copy_options::recursive);
    const auto store = memory_store();
    const auto report = import_git(*store, GitImportOptions{path, std::nullopt, false});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::invalid_token);
    EXPECT_NE(report.error().advice.find("--aggregate"), std::string::npos);
}

} // namespace
} // namespace cim::importer
