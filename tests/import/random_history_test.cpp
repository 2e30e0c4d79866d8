// Aim: the same, for histories that nobody thought of: random trees, branches and merges, imported at once and in
// steps. `touched` is checked against a count made from the trees themselves.
#include "import/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace cim::importer {
namespace {

struct History {
    struct Commit {
        int number;
        Tree tree;
        std::vector<std::size_t> parents; // positions in `commits`
        std::string author;
    };
    std::vector<Commit> commits;
};

class RandomHistory {
  public:
    explicit RandomHistory(unsigned seed) : random_(seed) {}

    void add(TestRepository& repository, History& history) {
        History::Commit commit;
        if (!history.commits.empty() && below(12) > 0) {
            commit.parents.push_back(history.commits.size() - 1 -
                                     below(std::min<std::size_t>(history.commits.size(), 5)));
            commit.tree = history.commits[commit.parents[0]].tree;
            if (history.commits.size() > 1 && below(4) == 0) {
                const auto other = below(history.commits.size());
                if (other != commit.parents[0]) {
                    commit.parents.push_back(other);
                    for (const auto& [path, entry] : history.commits[other].tree) {
                        if (below(2) == 0) put(commit.tree, path, entry);
                    }
                }
            }
        }
        for (auto changes = below(5); changes > 0; --changes) change(commit.tree);
        commit.author = fmt::format("Author {} <a>", below(3));
        std::vector<int> parents;
        for (const auto parent : commit.parents) parents.push_back(history.commits[parent].number);
        commit.number = repository.commit({.tree = commit.tree,
                                           .parents = parents,
                                           .author = commit.author,
                                           .message = fmt::format("commit {}", history.commits.size()),
                                           .time = 1'600'000'000 + static_cast<std::int64_t>(below(1000))});
        history.commits.push_back(std::move(commit));
    }

    std::size_t below(std::size_t end) { return random_() % end; }

  private:
    std::string path() {
        static const std::vector<std::string> names = {"a", "b", "\"q", "\xE9", "caf\xC3\xA9", "x.y"};
        std::string result = names[below(names.size())];
        for (auto depth = below(3); depth > 0; --depth) result += '/' + names[below(names.size())];
        return result;
    }

    /// Puts a file where no file or folder is in its way, removing what is.
    static void put(Tree& tree, const std::string& path, const Entry& entry) {
        std::erase_if(tree, [&](const auto& item) {
            return item.first.starts_with(path + '/') || path.starts_with(item.first + '/');
        });
        tree[path] = entry;
    }

    void change(Tree& tree) {
        if (!tree.empty() && below(3) == 0) {
            tree.erase(std::next(tree.begin(), static_cast<std::ptrdiff_t>(below(tree.size()))));
            return;
        }
        static const std::vector<std::string> modes = {"100644", "100644", "100755", "120000", "160000"};
        const auto& mode = modes[below(modes.size())];
        put(tree, path(),
            {mode, mode == "160000" ? std::string(40, static_cast<char>('1' + below(3))) : std::to_string(below(4))});
    }

    std::mt19937 random_;
};

using Touches = std::map<std::string, std::map<std::string, std::int64_t>>; // path, author

/// How often who touched what, along the line of first parents.
Touches counted(const History& history, const std::vector<std::size_t>& line) {
    Touches touches;
    Tree before;
    for (const auto index : line) {
        const auto& commit = history.commits[index];
        for (const auto& [path, entry] : before) {
            if (!commit.tree.contains(path)) touches.erase(path);
        }
        for (const auto& [path, entry] : commit.tree) {
            const auto old = before.find(path);
            if (old == before.end() || !(old->second == entry)) ++touches[path][commit.author];
        }
        before = commit.tree;
    }
    return touches;
}

/// The last `touched` that the events tell of each file that is there.
Touches recorded(EventStore& store) {
    Touches touches;
    for (const auto& event : events_of(store)) {
        const auto raw = event.payload().find("path_bytes");
        const auto path =
            raw ? std::string(as_text(*raw->as_bytes()))
                : std::string(event.payload().find("path") ? *event.payload().find("path")->as_string() : "");
        if (event.event_type() == "FileRemoved") touches.erase(path);
        if (event.event_type() != "FileCreated" && event.event_type() != "FileUpdated") continue;
        touches[path][std::string(*event.payload().find("author")->as_string())] =
            *event.payload().find("touched")->as_int64();
    }
    return touches;
}

std::vector<std::size_t> first_parents(const History& history, std::size_t head) {
    std::vector<std::size_t> line = {head};
    while (!history.commits[line.back()].parents.empty()) line.push_back(history.commits[line.back()].parents[0]);
    return {line.rbegin(), line.rend()};
}

void check(unsigned seed) {
    SCOPED_TRACE(fmt::format("CIM_TEST_SEED={}", seed));
    RandomHistory random(seed);
    TestRepository repository;
    History history;
    const auto commits = 3 + random.below(40);
    while (history.commits.size() < commits) random.add(repository, history);
    const auto head = history.commits.size() - 1;
    repository.build(history.commits[head].number);

    const auto line = first_parents(history, head);
    const auto at_once = memory_store();
    const auto report = import_git(*at_once, repository);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->transactions, line.size());
    expect_same_files(*at_once, repository);
    EXPECT_EQ(recorded(*at_once), counted(history, line));

    const auto in_steps = memory_store();
    for (std::size_t i = random.below(4); i < line.size(); i += 1 + random.below(9)) {
        repository.build(history.commits[line[i]].number);
        ASSERT_TRUE(import_git(*in_steps, repository));
        expect_same_files(*in_steps, repository);
    }
    repository.build(history.commits[head].number);
    const auto last = import_git(*in_steps, repository);
    ASSERT_TRUE(last) << last.error().text();
    EXPECT_EQ(last->head, report->head);

    const auto full = memory_store();
    const auto all = import_git(*full, repository, true);
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_EQ(std::to_string(all->transactions) + '\n', repository.git({"rev-list", "--count", "HEAD"}));
    expect_same_files(*full, repository);
}

TEST(RandomHistory, FilesAndTouchesAreThoseOfGit) {
    if (const char* seed = std::getenv("CIM_TEST_SEED")) {
        check(static_cast<unsigned>(std::strtoul(seed, nullptr, 10)));
        return;
    }
    std::random_device device;
    for (int i = 0; i < 25 && !HasFailure(); ++i) check(device());
}

} // namespace
} // namespace cim::importer
