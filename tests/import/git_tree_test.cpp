// Aim: from what git says of files, the tree tells what happened to folders, in an order in which each step is
// possible.
#include "import/git_tree.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cim::importer {
namespace {

using Lines = std::vector<std::string>;

Lines lines(const std::vector<TreeChange>& changes) {
    constexpr const char* names[] = {"-", "-/", "+/", "+", "*"};
    Lines result;
    for (const auto& change : changes) {
        auto line = std::string(names[static_cast<int>(change.kind)]) + ' ' + change.path;
        if (change.touched > 1) line += " x" + std::to_string(change.touched);
        result.push_back(line);
    }
    return result;
}

GitChange put(const std::string& path, char status = 'A', const std::string& blob = "b1") {
    return {status, "100644", blob, path};
}
GitChange drop(const std::string& path) { return {'D', "000000", "", path}; }

Lines apply(GitTree& tree, const std::vector<GitChange>& changes, const std::string& author = "ann") {
    return lines(tree.apply(changes, author));
}

TEST(GitTree, FoldersComeWithTheirFirstFileAndGoWithTheirLast) {
    GitTree tree;
    EXPECT_EQ(apply(tree, {put("a/b/c"), put("top")}), (Lines{"+/ a", "+/ a/b", "+ a/b/c", "+ top"}));
    EXPECT_EQ(apply(tree, {put("a/b/d")}), (Lines{"+ a/b/d"}));
    EXPECT_EQ(apply(tree, {drop("a/b/c")}), (Lines{"- a/b/c"}));
    EXPECT_EQ(apply(tree, {drop("a/b/d")}), (Lines{"- a/b/d", "-/ a/b", "-/ a"}));
    EXPECT_EQ(tree.file_count(), 1U);
}

TEST(GitTree, AFolderThatGetsOtherFilesStays) {
    GitTree tree;
    apply(tree, {put("a/x")});
    EXPECT_EQ(apply(tree, {drop("a/x"), put("a/y")}), (Lines{"- a/x", "+ a/y"}));
    EXPECT_EQ(apply(tree, {drop("a/y"), put("a/deep/z")}), (Lines{"- a/y", "+/ a/deep", "+ a/deep/z"}));
    EXPECT_EQ(apply(tree, {drop("a/deep/z"), put("b/z")}), (Lines{"- a/deep/z", "-/ a/deep", "-/ a", "+/ b", "+ b/z"}));
}

TEST(GitTree, AFileBecomesAFolderAndBack) {
    GitTree tree;
    apply(tree, {put("a"), put("z")});
    EXPECT_EQ(apply(tree, {drop("a"), put("a/b/c")}), (Lines{"- a", "+/ a", "+/ a/b", "+ a/b/c"}));
    EXPECT_EQ(apply(tree, {put("a"), drop("a/b/c")}), (Lines{"- a/b/c", "-/ a/b", "-/ a", "+ a"}));
}

TEST(GitTree, TouchesAreCountedForEachAuthorSinceTheFileWasCreated) {
    GitTree tree;
    EXPECT_EQ(apply(tree, {put("f")}), (Lines{"+ f"}));
    EXPECT_EQ(apply(tree, {put("f", 'M')}), (Lines{"* f x2"}));
    EXPECT_EQ(apply(tree, {put("f", 'M')}, "bob"), (Lines{"* f"}));
    EXPECT_EQ(apply(tree, {put("f", 'T')}), (Lines{"* f x3"}));
    EXPECT_EQ(apply(tree, {drop("f")}), (Lines{"- f"}));
    EXPECT_EQ(apply(tree, {put("f")}), (Lines{"+ f"}));
}

TEST(GitTree, WhatIsThereDecidesWhatHappened) {
    GitTree tree;
    EXPECT_EQ(apply(tree, {put("f", 'M'), drop("never")}), (Lines{"+ f"}));
    EXPECT_EQ(apply(tree, {put("f", 'A')}), (Lines{"* f x2"}));
}

TEST(GitTree, WhereBranchesLieSideBySideTheLaterGivesNoPathTwoMeanings) {
    GitTree tree;
    apply(tree, {put("a"), put("d/e/f"), put("d/g")});
    EXPECT_EQ(apply(tree, {put("a/b")}), (Lines{"- a", "+/ a", "+ a/b"}));
    EXPECT_EQ(apply(tree, {put("d")}), (Lines{"- d/e/f", "- d/g", "-/ d/e", "-/ d", "+ d"}));
    EXPECT_EQ(apply(tree, {drop("d/g")}), (Lines{}));
}

TEST(GitTree, SettlesTowardsAListing) {
    GitTree tree;
    apply(tree, {put("same"), put("changed"), put("gone/x"), put("touched")});
    const std::vector<ListedFile> listing = {
        {"100644", "b2", "changed"}, {"100644", "b1", "new/y"}, {"100644", "b1", "same"}, {"100644", "b1", "touched"}};
    const auto changes = tree.apply_towards(listing, std::vector{put("touched", 'M'), drop("never")}, "ann");
    EXPECT_EQ(lines(changes), (Lines{"- gone/x", "-/ gone", "+/ new", "+ new/y", "* changed x2", "* touched x2"}));
}

TEST(GitTree, ARestoredTreeGoesOnWhereTheOtherStopped) {
    GitTree original;
    GitTree restored;
    const auto both = [&](const std::vector<GitChange>& changes, const std::string& author) {
        for (const auto& change : original.apply(changes, author)) restored.restore(change, author);
    };
    both({put("a/b"), put("c")}, "ann");
    both({put("a/b", 'M'), drop("c")}, "bob");
    both({put("a/b", 'M'), put("c/d")}, "ann");
    const std::vector<GitChange> next = {put("a/b", 'M'), drop("c/d"), put("c")};
    EXPECT_EQ(apply(restored, next), apply(original, next));
}

} // namespace
} // namespace cim::importer
