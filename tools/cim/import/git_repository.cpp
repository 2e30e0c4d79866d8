#include "git_repository.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

namespace cim::importer {
namespace {

// Variables such as GIT_DIR, which a hook sets, would lead git to another repository or another answer. Those that are
// kept say where git itself and its settings are: safe.directory, for one, is read from nowhere else.
constexpr std::array kept_variables = {
    "GIT_EXEC_PATH=", "GIT_CONFIG_GLOBAL=", "GIT_CONFIG_SYSTEM=", "GIT_CONFIG_NOSYSTEM="};

std::vector<std::string> neutral_environment() {
    std::vector<std::string> result{"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"};
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        const bool kept = std::ranges::any_of(kept_variables, [&](auto name) { return text.starts_with(name); });
        const bool changes_answers =
            (text.starts_with("GIT_") && !kept) || text.starts_with("LC_ALL=") || text.starts_with("LANGUAGE=");
        if (!changes_answers) result.emplace_back(text);
    }
    return result;
}

Result<> check_folder(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return fail(Errc::not_found, fmt::format("there is no '{}'", printable(path, 400)),
                    "name the folder of a git repository", {{"path", path}});
    }
    if (!S_ISDIR(status.st_mode)) {
        return fail(Errc::not_found, fmt::format("'{}' is not a folder", printable(path, 400)),
                    "name the folder of a git repository", {{"path", path}});
    }
    return {};
}

} // namespace

Result<GitRepository> GitRepository::open(const std::string& path) {
    CIM_TRY(check_folder(path));
    GitRepository repository;
    repository.path_ = path;

    CIM_TRY_ASSIGN(const auto facts, repository.ask({"rev-parse", "--is-shallow-repository", "--absolute-git-dir"}));
    if (facts.status != 0) {
        if (facts.errors.find("not a git repository") != std::string::npos) {
            return fail(Errc::not_found, fmt::format("'{}' is not in a git repository", printable(path, 400)),
                        "name the folder of a git repository", {{"path", path}});
        }
        return fail(repository.refusal(facts.status, facts.errors));
    }
    const auto line_end = facts.output.find('\n');
    repository.shallow_ = facts.output.substr(0, line_end) == "true";

    // Inside .git, and in a bare repository, there is no top level.
    CIM_TRY_ASSIGN(auto top, repository.ask({"rev-parse", "--show-toplevel"}));
    repository.path_ =
        top.status == 0 && !top.output.empty() ? std::move(top.output) : facts.output.substr(line_end + 1);
    return repository;
}

std::string GitRepository::name() const {
    std::filesystem::path path(path_);
    if (path.filename() == ".git") path = path.parent_path();
    auto name = path.filename().string();
    if (name.ends_with(".git") && name.size() > 4) name.resize(name.size() - 4);
    return name;
}

Result<std::optional<std::string>> GitRepository::head() const {
    CIM_TRY_ASSIGN(auto answer, ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"}));
    if (answer.status == 0) return std::move(answer.output);
    // Quiet and 1 is what git says of a HEAD without commits, and also of one whose commit is damaged or lost.
    CIM_TRY_ASSIGN(const auto named, ask({"rev-parse", "--verify", "--quiet", "HEAD"}));
    if (named.status != 0 && named.errors.empty()) {
        CIM_TRY_ASSIGN(const auto branch, ask({"symbolic-ref", "--quiet", "HEAD"}));
        if (branch.status == 0) return std::nullopt;
    }
    return fail(Errc::command_failed,
                fmt::format("git cannot read the commit at HEAD of '{}'{}{}", printable(path_, 400),
                            answer.errors.empty() ? "" : ": ", printable(answer.errors, 600)),
                "run `git fsck` there; a fresh clone helps if objects are damaged or missing",
                {{"path", path_}, {"command", "git rev-parse"}, {"status", std::to_string(answer.status)}});
}

std::string GitRepository::head_name() const {
    auto answer = ask({"symbolic-ref", "--quiet", "HEAD"});
    return answer && answer->status == 0 ? answer->output : "HEAD";
}

Result<bool> GitRepository::is_ancestor(const std::string& commit, const std::string& of) const {
    CIM_TRY_ASSIGN(const auto answer, ask({"merge-base", "--is-ancestor", commit, of}));
    const bool unknown = answer.errors.find("Not a valid commit name") != std::string::npos;
    if (answer.status > 1 && !unknown) return fail(refusal(answer.status, answer.errors));
    return answer.status == 0;
}

Result<std::uint64_t> GitRepository::count(const std::vector<std::string>& range) const {
    std::vector<std::string> arguments{"rev-list", "--count"};
    arguments.insert(arguments.end(), range.begin(), range.end());
    CIM_TRY_ASSIGN(const auto answer, ask(arguments));
    std::uint64_t number = 0;
    const auto* end = answer.output.data() + answer.output.size();
    if (answer.status != 0 || std::from_chars(answer.output.data(), end, number).ptr != end) {
        return fail(refusal(answer.status, answer.errors));
    }
    return number;
}

Result<ChildProcess> GitRepository::start(const std::vector<std::string>& arguments) const {
    // What the repository or its user may have set for reading by eye, set to what is for reading by program.
    std::vector<std::string> all{"git", "--no-pager", "--no-replace-objects", "-C", path_};
    for (const char* setting : {"log.showSignature=false", "log.mailmap=false", "log.diffMerges=first-parent",
                                "diff.relative=false", "diff.renames=false", "core.quotePath=false"}) {
        all.insert(all.end(), {"-c", setting});
    }
    all.insert(all.end(), arguments.begin(), arguments.end());
    return ChildProcess::start(all, neutral_environment());
}

Result<GitRepository::Answer> GitRepository::ask(const std::vector<std::string>& arguments) const {
    CIM_TRY_ASSIGN(auto git, start(arguments));
    Answer answer{};
    std::array<char, 4096> buffer{};
    while (true) {
        CIM_TRY_ASSIGN(const auto size, git.read(buffer));
        if (size == 0) break;
        answer.output.append(buffer.data(), size);
    }
    if (answer.output.ends_with('\n')) answer.output.pop_back();
    CIM_TRY_ASSIGN(answer.status, git.wait());
    answer.errors = git.error_output();
    return answer;
}

Result<> GitRepository::finish(ChildProcess& git) const {
    CIM_TRY_ASSIGN(const int status, git.wait());
    if (status != 0) return fail(refusal(status, git.error_output()));
    return {};
}

Error GitRepository::refusal(int status, const std::string& words) const {
    std::string advice = "run `git fsck` there; a fresh clone helps if objects are damaged or missing";
    if (words.find("dubious ownership") != std::string::npos) {
        advice = fmt::format("the folder belongs to another user; if you trust it: "
                             "git config --global --add safe.directory '{}'",
                             path_);
    } else if (words.find("Permission denied") != std::string::npos) {
        advice = "see that you may read the folder and all below it";
    }
    return Error(Errc::command_failed,
                 fmt::format("git cannot read '{}': {}", printable(path_, 400),
                             words.empty() ? fmt::format("it ended with status {}", status) : printable(words, 600)),
                 std::move(advice), {{"path", path_}, {"command", "git"}, {"status", std::to_string(status)}});
}

} // namespace cim::importer
