#include "git_log.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace cim::importer {
namespace {

constexpr std::size_t chunk_size = 256 * 1024;
constexpr std::int64_t last_second = 253'402'300'799; // 9999-12-31T23:59:59Z: RFC 3339 has no later year

Error not_understood(std::string_view what, std::string_view record) {
    return Error(Errc::invalid_input, fmt::format("git log: {}: '{}'", what, printable(record)),
                 "run the import again; if it stays so, this git writes something that cim does not know",
                 {{"source", "git log"}});
}

/// Cuts off the text up to the next line feed.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// Commits with a time that nobody can read exist; git gives nothing for them, or a number that is no time.
std::int64_t micros(std::string_view seconds) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
    if (error == std::errc::result_out_of_range) value = last_second;
    return std::clamp<std::int64_t>(value, 0, last_second) * 1'000'000;
}

GitIdentity take_identity(std::string_view& text) {
    GitIdentity who;
    who.name = take_line(text);
    who.email = take_line(text);
    who.time = micros(take_line(text));
    return who;
}

bool is_hash(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<GitCommit> parse_header(std::string_view record) {
    auto text = record;
    GitCommit commit;
    commit.hash = take_line(text);
    if (!is_hash(commit.hash)) return fail(not_understood("no commit hash", record));
    auto parents = take_line(text);
    while (!parents.empty()) {
        const auto end = std::min(parents.find(' '), parents.size());
        commit.parents.emplace_back(parents.substr(0, end));
        parents.remove_prefix(std::min(end + 1, parents.size()));
    }
    commit.author = take_identity(text);
    commit.committer = take_identity(text);
    while (text.ends_with('\n')) text.remove_suffix(1);
    commit.message = text;
    return commit;
}

} // namespace

std::vector<std::string> git_log_arguments() {
    return {"--raw", "-z", "--no-abbrev", "--no-renames", "--root", "--no-color", "--no-notes", "--no-decorate",
            "--no-show-signature", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "-O/dev/null",
            "--encoding=UTF-8",
            // Names and dates have no line feed in them, and the message, which has, comes last.
            "--format=tformat:%H%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B"};
}

GitLogReader::GitLogReader(Source source) : source_(std::move(source)) {}

Result<> GitLogReader::fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const auto used = buffer_.size();
    buffer_.resize(used + chunk_size);
    auto got = source_(std::span(buffer_).subspan(used));
    buffer_.resize(used + got.value_or(0));
    if (!got) return fail(std::move(got).error());
    ended_ = *got == 0;
    return {};
}

/// The bytes up to the next NUL, which is taken too; valid until the next fill(). nullopt at the end.
Result<std::optional<std::string_view>> GitLogReader::record() {
    std::size_t searched = 0;
    while (true) {
        const auto end = buffer_.find('\0', begin_ + searched);
        if (end != std::string::npos) {
            const auto found = std::string_view(buffer_).substr(begin_, end - begin_);
            begin_ = end + 1;
            return found;
        }
        searched = buffer_.size() - begin_;
        if (ended_) {
            if (searched == 0) return std::nullopt;
            return fail(not_understood("the output ends inside a record", std::string_view(buffer_).substr(begin_)));
        }
        CIM_TRY(fill());
    }
}

/// Changes follow their commit's header, the first after a line feed; each begins with a colon, which no hash does.
Result<bool> GitLogReader::another_change() {
    while (buffer_.size() - begin_ < 2 && !ended_) CIM_TRY(fill());
    const auto rest = std::string_view(buffer_).substr(begin_);
    if (rest.starts_with("\n:")) ++begin_;
    return rest.starts_with(':') || rest.starts_with("\n:");
}

Result<GitChange> GitLogReader::change() {
    GitChange change;
    {
        CIM_TRY_ASSIGN(const auto fields, record());
        // ":100644 100755 <hash> <hash> M"
        const auto text = fields.value_or("");
        const auto hash_size = text.size() > 18 ? (text.size() - 18) / 2 : 0;
        const auto second_hash = 16 + hash_size;
        if (text.size() != 18 + 2 * hash_size || text[7] != ' ' || text[14] != ' ' || text[second_hash - 1] != ' ' ||
            text[second_hash + hash_size] != ' ') {
            return fail(not_understood("a change of unknown form", text));
        }
        change.mode = text.substr(8, 6);
        change.blob = text.substr(second_hash, hash_size);
        change.status = text.back();
        if (!is_hash(change.blob) || std::string_view("AMTD").find(change.status) == std::string_view::npos) {
            return fail(not_understood("a change of unknown form", text));
        }
    }
    CIM_TRY_ASSIGN(const auto path, record());
    if (!path || path->empty()) return fail(not_understood("a change without a path", path.value_or("")));
    change.path = *path;
    return change;
}

Result<std::optional<GitCommit>> GitLogReader::next() {
    CIM_TRY_ASSIGN(const auto header, record());
    if (!header) return std::nullopt;
    CIM_TRY_ASSIGN(GitCommit commit, parse_header(*header));
    while (true) {
        CIM_TRY_ASSIGN(const bool more, another_change());
        if (!more) return commit;
        CIM_TRY_ASSIGN(auto change, this->change());
        commit.changes.push_back(std::move(change));
    }
}

} // namespace cim::importer
