// Aim: varints are read in their one shortest form of at most nine bytes, and written so.
// Method: a table of broken forms, then the edges of every length, there and back.
#include "ipld/support.hpp"
#include "ipld/varint.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace cim::ipld {
namespace {

using test::from_hex;

TEST(Varint, RefusesBrokenForms) {
    struct Line {
        std::string_view hex;
        VarintStatus status;
    };
    for (const auto& [hex, status] : {
             Line{"", VarintStatus::truncated},
             Line{"80", VarintStatus::truncated},
             Line{"ffffffffffffffff", VarintStatus::truncated},
             Line{"8000", VarintStatus::non_minimal},
             Line{"ff00", VarintStatus::non_minimal},
             Line{"80808000", VarintStatus::non_minimal},
             Line{"808080808080808000", VarintStatus::non_minimal},
             Line{"80808080808080808001", VarintStatus::overflow},
             Line{"ffffffffffffffffff01", VarintStatus::overflow},
             Line{"ffffffffffffffffff", VarintStatus::overflow},
         }) {
        EXPECT_EQ(read_varint(from_hex(hex)).status, status) << hex;
    }
}

TEST(Varint, ReadsWhatItWrites) {
    std::array<std::byte, max_varint_size> buffer;
    for (unsigned bits = 0; bits < 63; ++bits) {
        for (const auto value :
             {(std::uint64_t{1} << bits) - 1, std::uint64_t{1} << bits, (std::uint64_t{2} << bits) - 1}) {
            const auto size = write_varint(value, buffer.data());
            const auto read = read_varint(ByteView(buffer).first(size));
            EXPECT_EQ(read.status, VarintStatus::ok);
            EXPECT_EQ(read.value, value);
            EXPECT_EQ(read.size, size);
        }
    }
    EXPECT_EQ(write_varint((std::uint64_t{1} << 63) - 1, buffer.data()), 9u);
}

TEST(Varint, ReadsOnlyTheFront) {
    const auto read = read_varint(from_hex("ac02 ff"));
    EXPECT_EQ(read.value, 300u);
    EXPECT_EQ(read.size, 2u);
}

} // namespace
} // namespace cim::ipld
