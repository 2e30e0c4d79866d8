#include "graph/process.hpp"

#include <cim/time.hpp>

#include "base/try.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

extern char** environ; // POSIX declares it in no header

namespace cim::graph {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { close(); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    void close() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

  private:
    int fd_;
};

std::unexpected<Error> system_error(std::string_view what) {
    const int number = errno;
    return fail(Errc::io_error, fmt::format("{}: {}", what, std::strerror(number)), {},
                {{"errno", std::to_string(number)}});
}

// Ours and the child's end. Sockets rather than pipes, because writing to one whose reader is gone can be told not to
// raise SIGPIPE, and the signal's disposition belongs to the host.
Result<std::pair<Descriptor, Descriptor>> channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error("socketpair");
    std::pair<Descriptor, Descriptor> both{Descriptor(ends[0]), Descriptor(ends[1])};
    if (::fcntl(both.first.get(), F_SETFL, O_NONBLOCK) != 0) return system_error("fcntl");
    if (both.second.get() < 3) {
        // The host has closed its own standard streams; those numbers are about to be the child's.
        both.second = Descriptor(::fcntl(both.second.get(), F_DUPFD_CLOEXEC, 3));
        if (both.second.get() < 0) return system_error("fcntl");
    }
    return both;
}

class Process {
  public:
    Process() = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    Result<> start(std::span<const std::string> command) {
        std::array<Descriptor, 3> theirs;
        for (std::size_t i = 0; i < 3; ++i) {
            CIM_TRY_ASSIGN(auto ends, channel());
            ours_[i] = std::move(ends.first);
            theirs[i] = std::move(ends.second);
        }
        std::vector<char*> arguments;
        for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);

        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        for (int i = 0; i < 3; ++i)
            posix_spawn_file_actions_adddup2(&actions, theirs[static_cast<std::size_t>(i)].get(), i);
        const int error = ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error == 0) return {};
        pid_ = -1;
        return fail(Errc::command_failed, fmt::format("cannot start '{}': {}", command[0], std::strerror(error)), {},
                    {{"command", command[0]}, {"status", std::to_string(127)}});
    }

    // Writes `input`, reads until the child has closed both outputs, and waits for its end. False: the time was not
    // enough.
    Result<bool> finish(std::string_view input, ProcessOutput& output, Duration deadline) {
        if (input.empty()) ours_[0].close();
        while (ours_[1].get() >= 0 || ours_[2].get() >= 0) {
            const auto left = milliseconds_to(deadline);
            if (left == 0) return false;
            std::array<pollfd, 3> waiting{
                {{ours_[0].get(), POLLOUT, 0}, {ours_[1].get(), POLLIN, 0}, {ours_[2].get(), POLLIN, 0}}};
            if (::poll(waiting.data(), waiting.size(), left) < 0 && errno != EINTR) return system_error("poll");
            if (waiting[0].revents != 0) write(input);
            if (waiting[1].revents != 0) read(ours_[1], output.out);
            if (waiting[2].revents != 0) read(ours_[2], output.errors);
        }
        ours_[0].close();
        return wait(deadline, output.status);
    }

  private:
    static int milliseconds_to(Duration deadline) {
        constexpr std::int64_t longest = 60'000;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - system_clock().elapsed()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
    }

    bool wait(Duration deadline, int& status) {
        int raw = 0;
        for (;;) {
            const auto ended = ::waitpid(pid_, &raw, WNOHANG);
            if (ended == pid_) break;
            if (ended < 0 && errno != EINTR) {
                raw = 0; // a host that ignores SIGCHLD has had the child reaped; what it wrote has to do
                break;
            }
            if (milliseconds_to(deadline) == 0) return false;
            ::poll(nullptr, 0, 1);
        }
        pid_ = -1;
        status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
        return true;
    }

    void write(std::string_view& input) noexcept {
        const auto sent = ::send(ours_[0].get(), input.data(), input.size(), MSG_NOSIGNAL);
        if (sent > 0) input.remove_prefix(static_cast<std::size_t>(sent));
        // A child that has stopped reading is no error here: its status and its outputs tell.
        const bool broken = sent < 0 && errno != EAGAIN && errno != EINTR;
        if (broken || input.empty()) ours_[0].close();
    }
    static void read(Descriptor& from, std::string& into) {
        char buffer[64 * 1024];
        const auto count = ::read(from.get(), buffer, sizeof buffer);
        if (count > 0) into.append(buffer, static_cast<std::size_t>(count));
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) from.close();
    }

    pid_t pid_ = -1;
    std::array<Descriptor, 3> ours_; // its standard input, output and error
};

} // namespace

Result<ProcessOutput> run_process(std::span<const std::string> command, std::string_view input,
                                  std::chrono::milliseconds timeout) {
    Process process;
    CIM_TRY(process.start(command));
    ProcessOutput output;
    CIM_TRY_ASSIGN(const bool finished, process.finish(input, output, system_clock().elapsed() + timeout));
    if (!finished) {
        return fail(Errc::timeout, fmt::format("'{}' was not done after {} ms", command[0], timeout.count()), {},
                    {{"command", command[0]}});
    }
    return output;
}

} // namespace cim::graph
