// One program that runs beside us while we read what it writes. No shell is involved: arguments go to it as they are.
#pragma once

#include <cim/error.hpp>

#include <sys/types.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cim::importer {

/// Move-only. The destructor ends a program that still runs and waits for it. Not for use by several threads at once.
class ChildProcess {
  public:
    /// `arguments[0]` is looked up on PATH; `environment` is all that it gets ("NAME=value"). Its standard input is
    /// empty. It runs in a process group of its own, so that Ctrl-C reaches us and not it. Errors: command_failed with
    /// fields `command` and `errno`.
    [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                                    const std::vector<std::string>& environment);

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ~ChildProcess();

    /// Waits for some output; 0 at its end. Errors: io_error.
    [[nodiscard]] Result<std::size_t> read(std::span<char> into);
    /// Waits for the end. The exit status, or 128 + the number of the signal that ended it.
    [[nodiscard]] Result<int> wait();
    /// What it wrote to standard error, without the last line feed; the last 4 KiB of it.
    [[nodiscard]] std::string error_output() const;

  private:
    ChildProcess() = default;
    void end() noexcept;

    struct CloseFile {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::string name_;
    pid_t pid_ = -1;
    int output_ = -1;
    std::unique_ptr<std::FILE, CloseFile> errors_;
};

} // namespace cim::importer
