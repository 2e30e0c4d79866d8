// A flat hash table from 32 bits of a hash to the number of what has it: one thread changes it, any number read.
//
// A slot is one word, so that reading it needs no lock: the hash above, the number below. Slots are taken, and given up
// by a mark, but never reused; when half are used, so that a search that finds nothing
// ends soon, the live ones go into a new array, and the old one is
// handed to the caller, to be freed when nobody reads it any more. The owner of a number knows what the key was, so the
// table keeps none and asks.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace cim::detail {

class IndexTable {
  public:
    struct Slots {
        explicit Slots(std::size_t size)
            : mask(size - 1), words(std::make_unique<std::atomic<std::uint64_t>[]>(size)) {}
        std::size_t mask;
        std::unique_ptr<std::atomic<std::uint64_t>[]> words;
    };

    IndexTable() : slots_(new Slots(16)) {}
    IndexTable(const IndexTable&) = delete;
    IndexTable& operator=(const IndexTable&) = delete;
    ~IndexTable() { delete slots_.load(std::memory_order_relaxed); }

    /// The number filed under that hash for which `is_it(number)` holds; 0 if there is none.
    template <class IsIt> [[nodiscard]] std::uint32_t find(std::uint32_t hash, IsIt is_it) const noexcept {
        const Slots& slots = *slots_.load(std::memory_order_acquire);
        for (std::size_t i = hash & slots.mask;; i = (i + 1) & slots.mask) {
            const auto word = slots.words[i].load(std::memory_order_acquire);
            if (word == empty) return 0;
            if (word >> 32 != hash) continue;
            const auto number = static_cast<std::uint32_t>(word);
            if (number > given_up && is_it(number)) return number;
        }
    }

    /// Files a number, which is not 0 or 1. Returns the array that readers may still be reading, if a new one was made.
    [[nodiscard]] std::unique_ptr<Slots> insert(std::uint32_t hash, std::uint32_t number) {
        std::unique_ptr<Slots> old;
        if ((used_ + 1) * 2 > current().mask + 1) old = rebuild();
        place(current(), word_of(hash, number));
        ++used_;
        ++live_;
        return old;
    }

    void erase(std::uint32_t hash, std::uint32_t number) noexcept {
        Slots& slots = current();
        for (std::size_t i = hash & slots.mask;; i = (i + 1) & slots.mask) {
            const auto word = slots.words[i].load(std::memory_order_relaxed);
            if (word == empty) return;
            if (word == word_of(hash, number)) {
                slots.words[i].store(word_of(hash, given_up), std::memory_order_release);
                --live_;
                return;
            }
        }
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return (current().mask + 1) * sizeof(std::uint64_t); }
    [[nodiscard]] static std::size_t bytes(const Slots& slots) noexcept {
        return (slots.mask + 1) * sizeof(std::uint64_t);
    }

  private:
    static constexpr std::uint64_t empty = 0;
    static constexpr std::uint32_t given_up = 1;
    static constexpr std::uint64_t word_of(std::uint32_t hash, std::uint32_t number) noexcept {
        return std::uint64_t{hash} << 32 | number;
    }

    Slots& current() const noexcept { return *slots_.load(std::memory_order_relaxed); }

    static void place(Slots& slots, std::uint64_t word) noexcept {
        std::size_t i = (word >> 32) & slots.mask;
        while (slots.words[i].load(std::memory_order_relaxed) != empty) i = (i + 1) & slots.mask;
        slots.words[i].store(word, std::memory_order_release);
    }

    std::unique_ptr<Slots> rebuild() {
        auto fresh = std::make_unique<Slots>(std::bit_ceil((live_ + 1) * 3));
        std::unique_ptr<Slots> old(&current());
        for (std::size_t i = 0; i <= old->mask; ++i) {
            const auto word = old->words[i].load(std::memory_order_relaxed);
            if (static_cast<std::uint32_t>(word) > given_up) place(*fresh, word);
        }
        used_ = live_;
        slots_.store(fresh.release(), std::memory_order_release);
        return old;
    }

    std::atomic<Slots*> slots_;
    std::size_t used_ = 0; // slots that are not empty
    std::size_t live_ = 0;
};

} // namespace cim::detail
