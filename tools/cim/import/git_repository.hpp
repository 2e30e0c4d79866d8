// A git repository as the git command sees it. Everything is asked of git itself, with the user's settings that would
// change the answers switched off.
#pragma once

#include <cim/error.hpp>

#include "child_process.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim::importer {

class GitRepository {
  public:
    /// The repository that `path` is in or is. Errors: not_found (no such path, no repository there), command_failed
    /// (git is missing, or refuses: its own words are in the message).
    [[nodiscard]] static Result<GitRepository> open(const std::string& path);

    /// Where git is run: the top of the work tree, or the git directory where there is none.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// What people call it: the last part of the path, without `.git`.
    [[nodiscard]] std::string name() const;
    [[nodiscard]] bool shallow() const noexcept { return shallow_; }

    /// The commit that HEAD is at; nullopt if it has none yet.
    [[nodiscard]] Result<std::optional<std::string>> head() const;
    /// What HEAD points to, e.g. "refs/heads/main"; "HEAD" if it is detached.
    [[nodiscard]] std::string head_name() const;
    /// False also where one of the two is not in this repository.
    [[nodiscard]] Result<bool> is_ancestor(const std::string& commit, const std::string& of) const;
    [[nodiscard]] Result<std::uint64_t> count(const std::vector<std::string>& range) const;

    /// Starts git with these arguments here.
    [[nodiscard]] Result<ChildProcess> start(const std::vector<std::string>& arguments) const;
    /// Waits for a started git and makes an error of a bad end. Errors: command_failed with fields `command`, `status`.
    [[nodiscard]] Result<> finish(ChildProcess& git) const;

  private:
    GitRepository() = default;
    struct Answer {
        int status;
        std::string output; ///< Without the last line feed.
        std::string errors;
    };
    [[nodiscard]] Result<Answer> ask(const std::vector<std::string>& arguments) const;
    [[nodiscard]] Error refusal(int status, const std::string& words) const;

    std::string path_;
    bool shallow_ = false;
};

} // namespace cim::importer
