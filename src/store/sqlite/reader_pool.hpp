// Connections for reading, lent out one at a time. A file gets as many as are in use at once; a database in memory has
// one connection in all, which reading and writing share, so there a lease may wait for the other side's call to end.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/sqlite/reader.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cim::sqlite {

class ReaderPool {
  public:
    /// Opens connections to a file as they are needed.
    ReaderPool(std::string path, Access access, std::chrono::milliseconds busy_timeout)
        : path_(std::move(path)), access_(access), busy_timeout_(busy_timeout) {}
    /// Lends out this one and no other.
    explicit ReaderPool(std::unique_ptr<Reader> only) { idle_.push_back({nullptr, std::move(only)}); }

    struct Slot {
        std::unique_ptr<Connection> connection; // nullptr where it belongs to somebody else
        std::unique_ptr<Reader> reader;
    };

    /// Gives the reader back at the end of its scope. The pool must still be there.
    class Lease {
      public:
        Lease(ReaderPool& pool, Slot slot) noexcept : pool_(&pool), slot_(std::move(slot)) {}
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (slot_.reader) pool_->give_back(std::move(slot_));
        }
        Reader* operator->() const noexcept { return slot_.reader.get(); }

      private:
        ReaderPool* pool_;
        Slot slot_;
    };

    [[nodiscard]] Result<Lease> lease();

  private:
    [[nodiscard]] bool can_open() const noexcept { return !path_.empty(); }
    [[nodiscard]] Result<Slot> open() const;
    void give_back(Slot slot);

    // Constant after construction.
    const std::string path_; // empty: nothing can be opened
    const Access access_ = Access::read_only;
    const std::chrono::milliseconds busy_timeout_{};

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<Slot> idle_; // guarded by mutex_
};

} // namespace cim::sqlite
