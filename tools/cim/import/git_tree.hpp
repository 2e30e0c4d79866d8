// The files and folders of a repository as the import sees them, commit by commit.
//
// It answers what a commit creates, changes and removes, which for folders git does not say, and counts for each file
// how many commits of each author touched it. Between two commits it is always a possible tree: no path is a file and a
// folder at once, no folder but the top is empty, each but the top has its parent.
#pragma once

#include "git_log.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cim::importer {

/// One thing that happened to the tree.
struct TreeChange {
    enum class Kind : std::uint8_t { file_removed, directory_removed, directory_created, file_created, file_updated };
    Kind kind;
    std::string path;
    std::string mode;          ///< Of a file that is there.
    std::string blob;          ///< Of a file that is there.
    std::uint64_t touched = 0; ///< Of a file that is there: commits by this author since it was created.
};

/// A file of a listing by `git ls-tree`.
struct ListedFile {
    std::string mode;
    std::string blob;
    std::string path;
};

class GitTree {
  public:
    /// Applies a commit. Which files are created, and which changed, is decided by what is there; the removal of a file
    /// that is not there is left out. The answer comes in the order of TreeChange::Kind, folders that are removed
    /// deepest first and those that are created parents first.
    [[nodiscard]] std::vector<TreeChange> apply(std::span<const GitChange> changes, std::string_view author);

    /// The same, and after it the files are those of the listing.
    [[nodiscard]] std::vector<TreeChange> apply_towards(std::span<const ListedFile> listing,
                                                        std::span<const GitChange> changes, std::string_view author);

    /// Takes over what an earlier import recorded, in the recorded order.
    void restore(const TreeChange& change, std::string_view author);

    [[nodiscard]] std::size_t file_count() const noexcept { return files_.size(); }

  private:
    using Author = std::uint32_t;
    struct File {
        std::string mode;
        std::string blob;
        std::vector<std::pair<Author, std::uint64_t>> touches;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    template <class T> using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
    /// A commit in the making.
    struct Step;

    Author author(std::string_view name);
    void remove_file(const std::string& path, Step& step);
    void put_file(const GitChange& change, Author who, Step& step);
    void make_room(std::string_view path, Step& step);
    void enter(std::string_view directory, Step& step);
    void leave(std::string_view directory, Step& step);
    [[nodiscard]] std::vector<TreeChange> in_order(Step& step) const;

    ByText<File> files_;
    ByText<std::uint64_t> directories_; // how many files and folders are in each, directly; without the top
    ByText<Author> authors_;
};

} // namespace cim::importer
