// Memory that is given out piece by piece and taken back all at once, for texts that live as long as a MutationList.
#pragma once

#include <cim/bytes.hpp>
#include <cim/graph_mutation.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

namespace cim::graph {

class Arena {
  public:
    /// `size` bytes, at a multiple of `alignment`, which is a power of two.
    [[nodiscard]] std::byte* allocate(std::size_t size, std::size_t alignment = 1) {
        used_ = (used_ + alignment - 1) & ~(alignment - 1);
        if (current_ == chunks_.size() || used_ + size > chunks_[current_].size) next_chunk(size);
        auto* const at = chunks_[current_].memory.get() + used_;
        used_ += size;
        return at;
    }
    /// Gives back the end of what was allocated last.
    void shrink_last(std::size_t unused) noexcept { used_ -= unused; }

    /// Bytes that can be allocated without moving on to another chunk.
    [[nodiscard]] std::size_t room() const noexcept {
        return current_ == chunks_.size() || used_ > chunks_[current_].size ? 0 : chunks_[current_].size - used_;
    }

    /// Everything given out is free again; the memory is kept.
    void clear() noexcept { current_ = used_ = 0; }

  private:
    struct Chunk {
        std::unique_ptr<std::byte[]> memory;
        std::size_t size;
    };
    static constexpr std::size_t chunk_size = 16 * 1024;

    void next_chunk(std::size_t size) {
        if (current_ < chunks_.size()) ++current_;
        while (current_ < chunks_.size() && chunks_[current_].size < size) ++current_;
        if (current_ == chunks_.size()) {
            const auto bytes = size > chunk_size ? size : chunk_size;
            chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(bytes), bytes});
        }
        used_ = 0;
    }

    std::vector<Chunk> chunks_;
    std::size_t current_ = 0; // chunks_.size() where there is none
    std::size_t used_ = 0;    // of the current chunk
};

/// One text or block in an Arena, written without knowing its size. Nothing else may be allocated until finish().
class ArenaWriter {
  public:
    explicit ArenaWriter(Arena& arena) : arena_(arena) { move_to(first_room); }

    void append(ByteView bytes) {
        if (bytes.size() > capacity_ - size_) move_to((size_ + bytes.size()) * 2);
        if (!bytes.empty()) std::memcpy(start_ + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void append(std::string_view text) { append(as_bytes(text)); }

    [[nodiscard]] ByteView finish() noexcept {
        arena_.shrink_last(capacity_ - size_);
        return {start_, size_};
    }

  private:
    static constexpr std::size_t first_room = 256;

    void move_to(std::size_t capacity) {
        const auto* const old = start_;
        arena_.shrink_last(capacity_);
        if (const auto room = arena_.room(); room > capacity) capacity = room;
        start_ = arena_.allocate(capacity);
        capacity_ = capacity;
        if (size_ > 0 && start_ != old) std::memcpy(start_, old, size_);
    }

    Arena& arena_;
    std::byte* start_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
};

/// The arena of a MutationList, for code in this module that writes into it.
struct ListArena {
    [[nodiscard]] static Arena& of(MutationList& list);
};

} // namespace cim::graph
