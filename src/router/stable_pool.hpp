// Objects by number, at addresses that never change: one thread adds, any number look.
//
// Chunks double in size, so that a number leads to its object by arithmetic and one load, and nothing is ever moved. A
// number reaches readers by a release of the writer's, after the object was made.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cim::detail {

template <class T> class StablePool {
  public:
    StablePool() = default;
    StablePool(const StablePool&) = delete;
    StablePool& operator=(const StablePool&) = delete;
    ~StablePool() {
        for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
    }

    [[nodiscard]] T& operator[](std::uint32_t number) const noexcept {
        const auto place = static_cast<std::uint64_t>(number) + first_size;
        const auto chunk = static_cast<unsigned>(std::bit_width(place)) - first_width;
        return chunks_[chunk].load(std::memory_order_relaxed)[place - (std::uint64_t{first_size} << chunk)];
    }

    /// A number that is free; its object is as it was left. Numbers start at `first`.
    [[nodiscard]] std::uint32_t take() {
        if (!free_.empty()) {
            const auto number = free_.back();
            free_.pop_back();
            return number;
        }
        const auto place = static_cast<std::uint64_t>(next_) + first_size;
        const auto chunk = static_cast<unsigned>(std::bit_width(place)) - first_width;
        if (chunks_[chunk].load(std::memory_order_relaxed) == nullptr) {
            const auto size = std::size_t{first_size} << chunk;
            chunks_[chunk].store(new T[size](), std::memory_order_relaxed);
            bytes_ += size * sizeof(T);
        }
        return next_++;
    }
    void give_back(std::uint32_t number) { free_.push_back(number); }

    [[nodiscard]] std::uint32_t end() const noexcept { return next_; } ///< Past the largest number given so far.
    [[nodiscard]] std::size_t in_use() const noexcept { return next_ - first - free_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_ + free_.capacity() * sizeof(std::uint32_t); }

    /// Smaller numbers are left for other meanings.
    static constexpr std::uint32_t first = 2;

  private:
    static constexpr std::uint32_t first_size = 256;
    static constexpr unsigned first_width = 9; // bit_width(first_size)
    std::array<std::atomic<T*>, 33 - first_width + 1> chunks_{};
    std::uint32_t next_ = first;
    std::size_t bytes_ = 0;
    std::vector<std::uint32_t> free_;
};

} // namespace cim::detail
