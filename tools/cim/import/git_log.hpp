// The output of `git log --raw -z`, read one commit at a time.
#pragma once

#include <cim/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim::importer {

/// What a commit did to one path, compared to its first parent.
struct GitChange {
    char status = 'M'; ///< A added, M modified, T another kind of thing (a symbolic link, say), D deleted.
    std::string mode;  ///< Six octal digits; "000000" for a deleted one.
    std::string blob;  ///< Hex.
    std::string path;  ///< Any bytes but NUL.
};

struct GitIdentity {
    std::string name;      ///< Any bytes but NUL and line feed.
    std::string email;     ///< The same.
    std::int64_t time = 0; ///< Microseconds since 1970, 0 ... the end of the year 9999.
};

struct GitCommit {
    std::string hash;
    std::vector<std::string> parents;
    GitIdentity author;
    GitIdentity committer;
    std::string message; ///< Any bytes but NUL, without the last line feeds.
    std::vector<GitChange> changes;
};

/// What `git log` must be told so that GitLogReader understands it.
[[nodiscard]] std::vector<std::string> git_log_arguments();

/// Reads a stream of commits. Memory: one commit. Not for use by several threads at once.
class GitLogReader {
  public:
    /// Fills the buffer as far as it can; 0 at the end.
    using Source = std::function<Result<std::size_t>(std::span<char>)>;
    explicit GitLogReader(Source source);

    /// The next commit; nullopt at the end. A commit that comes with at_end() may be cut short, if git was: look at its
    /// exit status before using it. Errors: invalid_input for what git does not write, and what the source reports.
    [[nodiscard]] Result<std::optional<GitCommit>> next();
    /// Nothing follows what next() gave.
    [[nodiscard]] bool at_end() const noexcept { return ended_ && begin_ == buffer_.size(); }
    /// The source has given all it has.
    [[nodiscard]] bool source_ended() const noexcept { return ended_; }

  private:
    Result<> fill();
    Result<std::optional<std::string_view>> record();
    Result<bool> another_change();
    Result<GitChange> change();

    Source source_;
    std::string buffer_; // [begin_, size) is not yet parsed
    std::size_t begin_ = 0;
    bool ended_ = false;
};

} // namespace cim::importer
