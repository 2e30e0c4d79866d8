// Replaces operator new of the whole test program. In a file of its own, so that no caller is compiled together with
// it.
#include "ipld/allocation_count.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<bool> counting = false;
std::atomic<std::size_t> requested = 0;

void* count_and_allocate(std::size_t size) noexcept {
    if (counting) requested += size;
    return std::malloc(size == 0 ? 1 : size);
}

void* or_throw(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

} // namespace

void* operator new(std::size_t size) { return or_throw(count_and_allocate(size)); }
void* operator new[](std::size_t size) { return or_throw(count_and_allocate(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return count_and_allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return count_and_allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace cim::test {

void start_counting_allocations() noexcept {
    requested = 0;
    counting = true;
}

std::size_t stop_counting_allocations() noexcept {
    counting = false;
    return requested;
}

} // namespace cim::test
