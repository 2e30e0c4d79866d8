// The rule that one thread at a time owns an object, as something that is checked.
#pragma once

#include <cim/error.hpp>

#include <atomic>
#include <cstdint>

namespace cim::host {

class ThreadOwner {
  public:
    /// True for the owner; the first that asks becomes it.
    [[nodiscard]] bool is_mine() const noexcept {
        const auto me = self();
        std::uintptr_t owner = 0;
        if (owner_.compare_exchange_strong(owner, me) || owner == me) return true;
        ++refused_;
        return false;
    }
    [[nodiscard]] Result<> check() const {
        if (is_mine()) return {};
        return fail(Errc::wrong_thread, "the bridge belongs to another thread",
                    "call it from the thread that pumps it, or hand it over with bind_thread()");
    }
    void bind() noexcept { owner_ = self(); }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

  private:
    // An address that no other living thread has.
    static std::uintptr_t self() noexcept {
        static thread_local char mark;
        return reinterpret_cast<std::uintptr_t>(&mark);
    }

    mutable std::atomic<std::uintptr_t> owner_{0};
    mutable std::atomic<std::uint64_t> refused_{0};
};

} // namespace cim::host
