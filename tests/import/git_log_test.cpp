// Aim: the reader takes what `git log --raw -z` writes, however it is cut into pieces, and refuses everything else
// without ever giving out a commit that it did not read.
#include "import/git_log.hpp"
#include "import/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace cim::importer {
namespace {

using namespace std::string_literals;

const std::string hash_a(40, 'a');
const std::string hash_b(40, 'b');
const std::string zeros(40, '0');

std::string header(const std::string& hash, const std::string& parents, const std::string& message) {
    return fmt::format("{}\n{}\nAnn\nann@example.org\n1700000000\nCarl\ncarl@example.org\n1700000001\n{}\n", hash,
                       parents, message) +
           '\0';
}

std::string change(const std::string& status, const std::string& path, const std::string& blob = hash_b) {
    return fmt::format(":100644 100755 {} {} {}", zeros, blob, status) + '\0' + path + '\0';
}

struct Outcome {
    std::vector<GitCommit> commits;
    std::optional<Error> error;
};

/// Reads it all, `piece` bytes at a time.
Outcome read(std::string_view output, std::size_t piece) {
    GitLogReader reader([&](std::span<char> buffer) -> Result<std::size_t> {
        const auto size = std::min({piece, buffer.size(), output.size()});
        std::memcpy(buffer.data(), output.data(), size);
        output.remove_prefix(size);
        return size;
    });
    Outcome outcome;
    while (true) {
        auto commit = reader.next();
        if (!commit) {
            outcome.error = commit.error();
            return outcome;
        }
        if (!*commit) return outcome;
        outcome.commits.push_back(**std::move(commit));
    }
}

class InPieces : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(GitLog, InPieces, testing::Values(1, 2, 7, 64, 1 << 20));

TEST_P(InPieces, CommitsComeWhole) {
    const auto output = header(hash_a, "", "first\n\n:not a change\n") + "\n" + change("A", "a b\nc") +
                        change("D", ":x") + header(hash_b, hash_a + " " + hash_b, "") + header(hash_a, hash_b, "last") +
                        "\n" + change("T", "l");
    const auto [commits, error] = read(output, GetParam());
    ASSERT_FALSE(error) << error->text();
    ASSERT_EQ(commits.size(), 3U);

    EXPECT_EQ(commits[0].hash, hash_a);
    EXPECT_TRUE(commits[0].parents.empty());
    EXPECT_EQ(commits[0].message, "first\n\n:not a change");
    EXPECT_EQ(commits[0].author.name, "Ann");
    EXPECT_EQ(commits[0].author.email, "ann@example.org");
    EXPECT_EQ(commits[0].author.time, 1'700'000'000'000'000);
    EXPECT_EQ(commits[0].committer.time, 1'700'000'001'000'000);
    ASSERT_EQ(commits[0].changes.size(), 2U);
    EXPECT_EQ(commits[0].changes[0].path, "a b\nc");
    EXPECT_EQ(commits[0].changes[0].mode, "100755");
    EXPECT_EQ(commits[0].changes[0].blob, hash_b);
    EXPECT_EQ(commits[0].changes[0].status, 'A');
    EXPECT_EQ(commits[0].changes[1].path, ":x");

    EXPECT_EQ(commits[1].parents, (std::vector{hash_a, hash_b}));
    EXPECT_TRUE(commits[1].message.empty());
    EXPECT_TRUE(commits[1].changes.empty());
    EXPECT_EQ(commits[2].changes.size(), 1U);
}

TEST_P(InPieces, HashesOfSha256AreLonger) {
    const std::string hash(64, 'c');
    const auto output = header(hash, "", "m") + "\n" +
                        fmt::format(":000000 100644 {} {} A", std::string(64, '0'), hash) + '\0' + "p" + '\0';
    const auto [commits, error] = read(output, GetParam());
    ASSERT_FALSE(error) << error->text();
    ASSERT_EQ(commits.size(), 1U);
    EXPECT_EQ(commits[0].hash, hash);
    EXPECT_EQ(commits[0].changes.at(0).blob, hash);
}

TEST_P(InPieces, NothingIsNoCommit) {
    const auto [commits, error] = read("", GetParam());
    EXPECT_FALSE(error);
    EXPECT_TRUE(commits.empty());
}

TEST_P(InPieces, WhatGitDoesNotWriteIsRefused) {
    const auto good = header(hash_a, "", "m") + "\n";
    for (const auto& bad : {
             "not a hash\n"s + '\0',                                             // a record that is no header
             good + ":100644" + '\0' + "p" + '\0',                               // a change without hashes
             good + change("X", "p"),                                            // an unknown status
             good + change("A", "p", std::string(40, 'z')),                      // no hex
             good + change("A", "p", hash_b + "b"),                              // hashes of different length
             good + change("A", ""),                                             // no path
             good + fmt::format(":100644 100755 {} {} A", zeros, hash_b) + '\0', // the end instead of a path
             good + change("A", "p") + header(hash_a, "", "m").substr(0, 60),    // the end inside a record
         }) {
        const auto [commits, error] = read(bad, GetParam());
        ASSERT_TRUE(error) << bad;
        EXPECT_EQ(error->code, Errc::invalid_input);
    }
}

TEST(GitLog, TimesThatAreNoneBecomeSome) {
    for (const auto& [text, time] :
         std::vector<std::pair<std::string, std::int64_t>>{{"", 0},
                                                           {"-5", 0},
                                                           {"x", 0},
                                                           {"99999999999999999999", 253'402'300'799},
                                                           {"253402300800", 253'402'300'799}}) {
        const auto output = fmt::format("{}\n\nA\na\n{}\nA\na\n{}\nm", hash_a, text, text) + '\0';
        const auto [commits, error] = read(output, 1 << 20);
        ASSERT_FALSE(error);
        EXPECT_EQ(commits.at(0).author.time, time * 1'000'000) << text;
    }
}

TEST(GitLog, TheEndIsKnownWithTheLastCommit) {
    std::string output = header(hash_a, "", "m") + header(hash_b, hash_a, "m");
    std::string_view rest = output;
    GitLogReader reader([&](std::span<char> buffer) -> Result<std::size_t> {
        const auto size = std::min<std::size_t>(rest.size(), 10);
        std::memcpy(buffer.data(), rest.data(), size);
        rest.remove_prefix(size);
        return size;
    });
    ASSERT_TRUE(reader.next());
    EXPECT_FALSE(reader.at_end());
    ASSERT_TRUE(reader.next());
    EXPECT_TRUE(reader.at_end());
}

} // namespace
} // namespace cim::importer
