#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace cim::importer {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const auto& text : texts)
        result.push_back(const_cast<char*>(text.c_str())); // posix_spawn does not write to it
    result.push_back(nullptr);
    return result;
}

Error refused(const std::string& command, std::string_view what, int number) {
    std::string advice;
    if (number == ENOENT) advice = fmt::format("install {} and see that it is on PATH", command);
    return Error(Errc::command_failed, fmt::format("cannot run {}: {}: {}", command, what, std::strerror(number)),
                 std::move(advice), {{"command", command}, {"errno", std::to_string(number)}});
}

/// What the program finds when it starts: an empty input, our pipe, a file for its errors, ordinary signals.
class SpawnSettings {
  public:
    SpawnSettings(int output, int errors) {
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
        posix_spawnattr_init(&attributes);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes, &signals);
        for (const int number : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&signals, number);
        posix_spawnattr_setsigdefault(&attributes, &signals);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
};

} // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& environment) {
    const std::string& command = arguments.front();
    ChildProcess child;
    child.name_ = command;
    child.errors_.reset(std::tmpfile());
    if (!child.errors_) return fail(refused(command, "no temporary file for its messages", errno));
    ::fcntl(::fileno(child.errors_.get()), F_SETFD, FD_CLOEXEC);

    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(refused(command, "no pipe", errno));
    child.output_ = ends[0];
#ifdef F_SETPIPE_SZ
    ::fcntl(ends[0], F_SETPIPE_SZ, 1 << 20); // fewer changes between the two processes; a refusal does not matter
#endif

    const SpawnSettings settings(ends[1], ::fileno(child.errors_.get()));
    const auto argv = pointers(arguments);
    const auto envp = pointers(environment);
    const int refusal =
        ::posix_spawnp(&child.pid_, command.c_str(), &settings.files, &settings.attributes, argv.data(), envp.data());
    ::close(ends[1]);
    if (refusal != 0) {
        child.pid_ = -1;
        return fail(refused(command, "it did not start", refusal));
    }
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      errors_(std::move(other.errors_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this != &other) {
        end();
        name_ = std::move(other.name_);
        pid_ = std::exchange(other.pid_, -1);
        output_ = std::exchange(other.output_, -1);
        errors_ = std::move(other.errors_);
    }
    return *this;
}

ChildProcess::~ChildProcess() { end(); }

void ChildProcess::end() noexcept {
    if (output_ >= 0) ::close(std::exchange(output_, -1));
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
}

Result<std::size_t> ChildProcess::read(std::span<char> into) {
    while (true) {
        const ssize_t got = ::read(output_, into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) {
            return fail(Errc::io_error, fmt::format("cannot read what {} writes: {}", name_, std::strerror(errno)), {},
                        {{"command", name_}, {"errno", std::to_string(errno)}});
        }
    }
}

Result<int> ChildProcess::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
        if (errno != EINTR) return fail(refused(name_, "its exit status is lost", errno));
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string ChildProcess::error_output() const {
    constexpr long most = 4096;
    std::FILE* file = errors_.get();
    std::fseek(file, 0, SEEK_END);
    const long size = std::ftell(file);
    const long from = std::max(0L, size - most);
    std::string text(static_cast<std::size_t>(std::max(0L, size - from)), '\0');
    std::fseek(file, from, SEEK_SET);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

} // namespace cim::importer
