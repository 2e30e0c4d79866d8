// Repositories made to order, and what must be true after one was imported.
#pragma once

#include <cim/event_store.hpp>
#include <cim/graph_projection.hpp>

#include "import/git_import.hpp"
#include "import/import_run.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace cim {

inline void PrintTo(const Error& error, std::ostream* out) { *out << to_string(error.code) << ": " << error.text(); }

} // namespace cim

namespace cim::importer {

/// A folder that is gone at the end of the test.
class TestFolder {
  public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

struct Entry {
    std::string mode = "100644";
    std::string content = {}; ///< For 160000 the hash of a commit.
    friend bool operator==(const Entry&, const Entry&) = default;
};
/// All files of a commit, by path: any bytes.
using Tree = std::map<std::string, Entry>;

struct NewCommit {
    Tree tree;
    std::vector<int> parents = {}; ///< Numbers that commit() gave.
    std::string author = "Ann Author <ann@example.org>";
    std::string message = "a commit";
    std::int64_t time = 1'700'000'000; ///< Seconds since 1970.
};

/// A git repository whose commits are given as whole trees. Bare, unless it is said otherwise.
class TestRepository {
  public:
    explicit TestRepository(bool bare = true);

    /// Plans a commit; the answer is its number.
    int commit(NewCommit commit);
    /// Makes the planned commits and puts HEAD at one of them.
    void build(int head);
    [[nodiscard]] std::string hash(int commit) const;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Runs git there; the test fails if git does.
    std::string git(const std::vector<std::string>& arguments) const;

    /// The paths of HEAD's files, as `git ls-tree -r` lists them, as events write them.
    [[nodiscard]] std::set<std::string> listed_files() const;

  private:
    TestFolder folder_;
    std::string path_;
    std::string stream_; // for git fast-import
    int last_ = 0;
};

/// A store in memory.
std::unique_ptr<EventStore> memory_store();

Result<ImportReport> import_git(EventStore& store, const TestRepository& repository, bool full = false,
                                const std::string& aggregate = "repo");

/// All events of the aggregate, verified.
std::vector<DomainEvent> events_of(EventStore& store, const std::string& aggregate = "repo");
/// The type and path (or hash) of each event, e.g. "FileCreated a/b"; for commits the message.
std::vector<std::string> outline(EventStore& store, std::size_t skip = 0);

/// The `path` properties of the graph's nodes of that type.
std::set<std::string> graph_paths(EventStore& store, const std::string& type);

/// The graph has exactly HEAD's files, the folders that these need, and the top; nothing could not be applied.
void expect_same_files(EventStore& store, const TestRepository& repository);

} // namespace cim::importer
