// Aim: end_of_valid_item() decides exactly as validate(), and finds where an item ends.
// Method: random values, whole, followed by something, cut short, and with one byte changed; every input of up to three
// bytes; the edges of depth. validate() is the judge, and its own tests say that it is right.
#include <cim/ipld.hpp>

#include "ipld/arbitrary_value.hpp"
#include "ipld/quick_check.hpp"
#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace cim::ipld {
namespace {

bool quick(ByteView input, unsigned max_depth = 128) {
    const auto* past = end_of_valid_item(input, max_depth);
    return past != nullptr && past == input.data() + input.size();
}

TEST(QuickCheck, EveryInputOfUpToThreeBytes) {
    EXPECT_EQ(end_of_valid_item({}, 128), nullptr);
    Bytes input;
    for (int first = 0; first < 256; ++first) {
        input = {static_cast<std::byte>(first)};
        ASSERT_EQ(quick(input), validate(input).has_value()) << test::to_hex(input);
        input.resize(2);
        for (int second = 0; second < 256; ++second) {
            input[1] = static_cast<std::byte>(second);
            ASSERT_EQ(quick(input), validate(input).has_value()) << test::to_hex(input);
        }
        input.resize(3);
        for (int rest = 0; rest < 65536; rest += 7) {
            input[1] = static_cast<std::byte>(rest >> 8);
            input[2] = static_cast<std::byte>(rest);
            ASSERT_EQ(quick(input), validate(input).has_value()) << test::to_hex(input);
        }
    }
}

TEST(QuickCheck, CountsDepthAsTheParser) {
    Value nested = 1;
    for (std::uint16_t depth = 1; depth <= 40; ++depth) {
        nested = depth % 2 == 0 ? Value(List{std::move(nested)}) : Value{{"a", std::move(nested)}};
        const auto bytes = *encode(nested);
        EXPECT_TRUE(quick(bytes, depth));
        EXPECT_FALSE(quick(bytes, depth - 1U));
        EXPECT_TRUE(validate(bytes, {.max_depth = depth, .links = CidProfile::any}));
    }
}

TEST(QuickCheck, TextsOfEveryLengthWithABadByteAnywhere) {
    for (std::size_t size = 1; size < 40; ++size)
        for (std::size_t at = 0; at < size; ++at)
            for (const char bad : {'\x7f', '\x80', '\xff', '\xc3'}) {
                std::string text(size, 'a');
                text[at] = bad;
                auto bytes = *encode(std::string(size, 'a'));
                std::ranges::copy(as_bytes(text), bytes.end() - static_cast<std::ptrdiff_t>(size));
                const auto alone = bytes;
                // With room behind it, in which whole words may be loaded, and without.
                for (const std::size_t behind : {0u, 1u, 30u}) {
                    bytes.resize(alone.size() + behind, std::byte{0xff});
                    const auto* past = end_of_valid_item(bytes, 1);
                    ASSERT_EQ(past == bytes.data() + alone.size(), validate(alone).has_value()) << size << ' ' << at;
                }
            }
}

RC_GTEST_PROP(QuickCheck, DecidesAsTheStrictParser, ()) {
    auto bytes = *encode(*test::arbitrary_value(5));
    RC_ASSERT(quick(bytes));

    const auto size = bytes.size();
    const auto more = *rc::gen::inRange(0, 40);
    bytes.resize(size + static_cast<std::size_t>(more),
                 *rc::gen::element(std::byte{0}, std::byte{0xff}, std::byte{0x61}));
    RC_ASSERT(end_of_valid_item(bytes, 128) == bytes.data() + size);
    bytes.resize(size);

    const auto at = *rc::gen::inRange<std::size_t>(0, size);
    RC_ASSERT(!quick(ByteView(bytes).first(at)));
    bytes[at] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    RC_ASSERT(quick(bytes) == validate(bytes).has_value());
}

} // namespace
} // namespace cim::ipld
