// Aim: hostile lengths cost no memory: decoding takes at most a small multiple of the input, validating takes none, and
// both work in a small stack.
// Method: operator new of this program adds up what is asked for while a test wants to know (allocation_count.cpp).
#include <cim/ipld.hpp>

#include "ipld/allocation_count.hpp"
#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <string_view>

namespace cim::ipld {
namespace {

using test::from_hex;

// Bytes asked for while `work` runs.
std::size_t allocated(auto&& work) {
    test::start_counting_allocations();
    work();
    return test::stop_counting_allocations();
}

// What an error text and its fields take.
constexpr std::size_t error_allowance = 2000;
// A list of nulls is the most a byte of input can become: one Value. An entry of a map has two bytes at least.
constexpr std::size_t worst_multiple = sizeof(Value);
static_assert(sizeof(Map::Entry) <= 2 * sizeof(Value));

Bytes repeated(std::string_view hex, std::size_t times, std::string_view tail = "") {
    Bytes input;
    const auto part = from_hex(hex);
    for (std::size_t i = 0; i < times; ++i) input.insert(input.end(), part.begin(), part.end());
    const auto end = from_hex(tail);
    input.insert(input.end(), end.begin(), end.end());
    return input;
}

Bytes padded(Bytes input, std::size_t size) {
    input.resize(size);
    return input;
}

TEST(DagCborMemory, DecodingTakesASmallMultipleOfTheInput) {
    const auto lists_that_claim_all_the_rest = [] {
        // Each opens a list for as many items as bytes follow: taken one by one every count is possible.
        Bytes input;
        for (std::uint32_t left = 1'000'000 - 5; input.size() < 500; left -= 5) {
            input.push_back(std::byte{0x9a});
            for (int shift = 24; shift >= 0; shift -= 8) input.push_back(static_cast<std::byte>(left >> shift));
        }
        return padded(std::move(input), 1'000'000);
    };
    for (const auto& input : {
             from_hex("9b ffffffffffffffff"),
             from_hex("bb 7fffffffffffffff"),
             from_hex("5b 7fffffffffffffff"),
             from_hex("7a ffffffff"),
             padded(from_hex("9a 00ffffff"), 1'000'000),
             padded(from_hex("9a 000f4240"), 1'000'005), // a million zeros, which is correct
             padded(from_hex("ba 0007a120"), 1'000'005),
             repeated("9a 0000ffff", 10'000),
             repeated("ba 0000ffff 60", 10'000),
             lists_that_claim_all_the_rest(),
             repeated("81", 127, "80"),
             repeated("82 80", 100, "80 80"),
         }) {
        const auto bytes = allocated([&] { static_cast<void>(decode(input)); });
        EXPECT_LE(bytes, worst_multiple * input.size() + error_allowance) << test::to_hex(input).substr(0, 40);
    }
}

TEST(DagCborMemory, ValidatingAndViewingAllocateNothing) {
    const auto input =
        *encode(Value{{"a", List{1, "two", List{Map{{"x", Cid::of_dag_cbor({})}}}}}, {"b", std::string(1000, 'x')}});
    const auto bytes = allocated([&] {
        static_cast<void>(validate(input));
        const auto view = View::parse(input);
        for (const auto [key, value] : view->entries()) static_cast<void>(value.encoded());
        static_cast<void>(view->find("a")->items().begin());
        static_cast<void>(view->find("b")->as_string());
    });
    EXPECT_EQ(bytes, 0u);
}

TEST(DagCborMemory, EncodingAnEventAllocatesItsResultOnly) {
    const Value value{{"a", List{1, "two", 0.5}}, {"b", std::string(200, 'x')}, {"c", std::string(100, 'y')}};
    const auto size = encode(value)->size();
    EXPECT_EQ(allocated([&] { static_cast<void>(encode(value)); }), size);
    Bytes used;
    used.reserve(size);
    EXPECT_EQ(allocated([&] { static_cast<void>(encode_to(value, used)); }), 0u);
}

// Sanitizers and builds that are not optimised have frames of another size.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr std::size_t small_stack = 512 << 10;
#else
constexpr std::size_t small_stack = 16 << 20;
#endif

// The deepest nesting, there and back.
TEST(DagCborMemory, DeepestNestingFitsASmallStack) {
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, small_stack), 0);
    pthread_t thread;
    bool good = false;
    const auto run = [](void* result) -> void* {
        const auto input = repeated("81", 1023, "80");
        const auto value = decode(input, {.max_depth = 1024});
        Value copy;
        copy = *value;
        *static_cast<bool*>(result) = copy == *value && *encode(copy) == input;
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, run, &good), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    EXPECT_TRUE(good);
    pthread_attr_destroy(&attributes);
}

} // namespace
} // namespace cim::ipld
