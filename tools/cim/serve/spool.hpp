// A file of lines that grows at its end and is read from anywhere: one writer, any number of readers, nothing in memory
// but one entry for each line. The file has no name, so that it goes when the program does.
#pragma once

#include <cim/error.hpp>
#include <cim/ids.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cim::serve {

/// Safe to use from several threads at once.
class Spool {
  public:
    /// Errors: io_error.
    [[nodiscard]] static Result<std::unique_ptr<Spool>> create();
    explicit Spool(int file) noexcept : file_(file) {}
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool();

    /// Adds a line that tells of events up to `last`. Errors: store_full, io_error.
    [[nodiscard]] Result<> append(std::string_view line, GlobalSequence last);
    /// Where the first line starts that tells of an event after that one.
    [[nodiscard]] std::uint64_t offset_after(GlobalSequence sequence) const;
    [[nodiscard]] std::uint64_t size() const;
    /// At most `most` bytes from there; empty at the end. Errors: io_error.
    [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const;
    /// Waits until there is something after `offset`, wake() was called, or time is up.
    void wait(std::uint64_t offset, std::chrono::milliseconds timeout) const;
    void wake();

  private:
    struct Line {
        std::uint64_t last;
        std::uint64_t offset;
    };
    const int file_;
    mutable std::mutex mutex_;
    mutable std::condition_variable grown_;
    // Guarded by mutex_.
    std::vector<Line> lines_;
    std::uint64_t size_ = 0;
    std::uint64_t wakes_ = 0;
};

} // namespace cim::serve
