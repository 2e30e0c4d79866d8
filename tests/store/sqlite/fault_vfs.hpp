// A file system for SQLite that fails on demand: everything goes to the real one, until a write or an fsync is to fail.
#pragma once

#include <atomic>
#include <cstdint>

namespace cim::test {

/// While it lives, every database of this process that is opened goes through it. One at a time.
class FaultyFiles {
  public:
    enum class Operation : std::uint8_t { write, sync };

    FaultyFiles();
    ~FaultyFiles();
    FaultyFiles(const FaultyFiles&) = delete;
    FaultyFiles& operator=(const FaultyFiles&) = delete;

    /// Lets the n-th operation of that kind from now on fail, n from 1, and all of its kind after it.
    void fail(Operation operation, int n);
    /// No more failures.
    void heal();
    /// Whether one has failed since fail().
    [[nodiscard]] bool has_failed() const;
};

} // namespace cim::test
