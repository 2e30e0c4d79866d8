#include "import/support.hpp"

#include <cim/chain.hpp>

#include "import/child_process.hpp"
#include "import/git_path.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace cim::importer {
namespace {

const std::vector<std::string>& environment() {
    static const std::vector<std::string> variables = [] {
        const char* path = std::getenv("PATH");
        return std::vector<std::string>{std::string("PATH=") + (path != nullptr ? path : "/usr/bin"),
                                        "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C"};
    }();
    return variables;
}

std::string run(const std::vector<std::string>& arguments) {
    auto child = ChildProcess::start(arguments, environment());
    if (!child) {
        ADD_FAILURE() << child.error().text();
        return {};
    }
    std::string output;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto size = child->read(buffer);
        if (!size || *size == 0) break;
        output.append(buffer.data(), *size);
    }
    const auto status = child->wait();
    EXPECT_EQ(status.value_or(-1), 0) << fmt::format("{}", fmt::join(arguments, " ")) << "\n" << child->error_output();
    return output;
}

/// A path as git fast-import reads it, whatever its bytes.
std::string escaped(std::string_view path) {
    std::string text = "\"";
    for (const char c : path) text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    return text + '"';
}

std::string data_command(std::string_view content) { return fmt::format("data {}\n{}\n", content.size(), content); }

} // namespace

TestFolder::TestFolder() {
    path_ = (std::filesystem::temp_directory_path() / "cim-import-test-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

TestRepository::TestRepository(bool bare) : path_(folder_.path() + "/repo") {
    std::filesystem::create_directory(path_);
    std::vector<std::string> arguments{"git", "-c", "init.defaultBranch=main", "init", "-q", path_};
    if (bare) arguments.insert(arguments.end() - 1, "--bare");
    run(arguments);
}

int TestRepository::commit(NewCommit commit) {
    const int number = ++last_;
    stream_ += fmt::format("commit refs/import/c{}\nmark :{}\nauthor {} {} +0000\ncommitter {} {} +0000\n", number,
                           number, commit.author, commit.time, commit.author, commit.time);
    stream_ += data_command(commit.message);
    for (std::size_t i = 0; i < commit.parents.size(); ++i) {
        stream_ += fmt::format("{} :{}\n", i == 0 ? "from" : "merge", commit.parents[i]);
    }
    stream_ += "deleteall\n";
    for (const auto& [path, entry] : commit.tree) {
        if (entry.mode == "160000") {
            stream_ += fmt::format("M 160000 {} {}\n", entry.content, escaped(path));
        } else {
            stream_ += fmt::format("M {} inline {}\n{}", entry.mode, escaped(path), data_command(entry.content));
        }
    }
    stream_ += '\n';
    return number;
}

void TestRepository::build(int head) {
    const auto file = folder_.path() + "/stream";
    const auto marks = folder_.path() + "/marks";
    std::ofstream(file, std::ios::binary) << std::exchange(stream_, {});
    run({"sh", "-c",
         fmt::format(
             "git -C '{0}' fast-import --quiet --force --import-marks-if-exists='{1}' --export-marks='{1}' < '{2}'",
             path_, marks, file)});
    git({"update-ref", "HEAD", hash(head)});
}

std::string TestRepository::hash(int commit) const {
    auto text = git({"rev-parse", fmt::format("refs/import/c{}", commit)});
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

std::string TestRepository::git(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"git", "-C", path_, "-c", "user.name=Ann", "-c", "user.email=ann@example.org"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all);
}

std::set<std::string> TestRepository::listed_files() const {
    std::set<std::string> files;
    std::istringstream listing(git({"ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD"}));
    for (std::string path; std::getline(listing, path, '\0');) files.insert(path_text(path));
    return files;
}

std::unique_ptr<EventStore> memory_store() {
    auto store = open_store("sqlite::memory:");
    if (!store) {
        ADD_FAILURE() << store.error().text();
        return nullptr;
    }
    return *std::move(store);
}

Result<ImportReport> import_git(EventStore& store, const TestRepository& repository, bool full,
                                const std::string& aggregate) {
    return import_git(store, GitImportOptions{repository.path(), AggregateId(aggregate), full});
}

std::vector<DomainEvent> events_of(EventStore& store, const std::string& aggregate) {
    std::vector<DomainEvent> events;
    ChainVerifier verifier;
    for (std::optional<ReadQuery> next = ReadQuery::of(AggregateId(aggregate)); next;) {
        auto page = store.read(*next);
        if (!page) {
            ADD_FAILURE() << page.error().text();
            return {};
        }
        const auto good = verifier.add(page->events);
        EXPECT_TRUE(good.has_value()) << good.error().text();
        events.insert(events.end(), page->events.begin(), page->events.end());
        next = page->next;
    }
    return events;
}

std::vector<std::string> outline(EventStore& store, std::size_t skip) {
    std::vector<std::string> lines;
    for (const auto& event : events_of(store)) {
        if (skip > 0) {
            --skip;
            continue;
        }
        const char* key = event.event_type() == "CommitRecorded" ? "message" : "path";
        const auto value = event.payload().find(key);
        lines.push_back(fmt::format("{} {}", event.event_type(), value ? value->as_string().value_or("?") : "?"));
    }
    return lines;
}

std::set<std::string> graph_paths(EventStore& store, const std::string& type) {
    GraphProjection projection;
    projection.apply(events_of(store));
    EXPECT_EQ(projection.stats().problems, 0U);
    std::set<std::string> paths;
    for (const auto index : projection.model().nodes()) {
        const auto node = projection.model().node(index);
        if (node.type != type) continue;
        const auto path = node.properties.find("path");
        paths.emplace(path ? path->as_string().value_or("?") : "?");
    }
    return paths;
}

void expect_same_files(EventStore& store, const TestRepository& repository) {
    EXPECT_EQ(graph_paths(store, "File"), repository.listed_files());

    std::set<std::string> folders{"."};
    std::istringstream listing(repository.git({"ls-tree", "-r", "-t", "-z", "--full-tree", "HEAD"}));
    for (std::string line; std::getline(listing, line, '\0');) {
        if (line.find(" tree ") != std::string::npos) folders.insert(path_text(line.substr(line.find('\t') + 1)));
    }
    EXPECT_EQ(graph_paths(store, "Directory"), folders);
}

} // namespace cim::importer
