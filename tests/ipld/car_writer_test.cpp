// Aim: what is written is CARv1 byte for byte, and what is read back is what was written.
// Method: one golden archive, then a round trip and the failures of the stream.
#include <cim/car.hpp>
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace cim::ipld {
namespace {

using test::from_hex;
using test::to_hex;

const Bytes block = from_hex("f6");
const Cid cid = Cid::of_dag_cbor(block);

TEST(CarWriter, RefusesAnArchiveWithoutRoots) {
    std::ostringstream out;
    const auto writer = CarWriter::create(out, {});
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, Errc::invalid_argument);
    EXPECT_EQ(out.str(), "");
}

TEST(CarWriter, WritesCarV1) {
    std::ostringstream out;
    auto writer = CarWriter::create(out, std::vector{cid});
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(cid, block));
    const auto name = to_hex(cid.bytes());
    EXPECT_EQ(to_hex(as_bytes(out.str())), "3a"
                                           "a2"
                                           "65726f6f7473"
                                           "81d82a582500" +
                                               name + "6776657273696f6e01" // header
                                               + "25" + name + "f6");
    EXPECT_EQ(writer->blocks(), 1u);
    EXPECT_EQ(writer->bytes(), out.str().size());
}

TEST(CarWriter, ReadsBackWhatItWrote) {
    std::vector<Bytes> blocks;
    blocks.reserve(100);
    for (int i = 0; i < 100; ++i) blocks.push_back(*encode(std::string(static_cast<std::size_t>(i) * 37, 'x')));
    std::stringstream file;
    const std::vector roots{Cid::of_dag_cbor(blocks[99]), Cid::of_dag_cbor(blocks[0])};
    auto writer = CarWriter::create(file, roots);
    for (const auto& each : blocks) ASSERT_TRUE(writer->write(Cid::of_dag_cbor(each), each));
    auto reader = CarReader::open(file);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->roots(), roots);
    for (const auto& each : blocks) {
        const auto read = *reader->next();
        ASSERT_TRUE(read);
        EXPECT_EQ(read->block, each);
        EXPECT_EQ(read->cid, Cid::of_dag_cbor(each));
    }
    EXPECT_EQ(*reader->next(), std::nullopt);
}

TEST(CarWriter, ReportsAStreamThatFails) {
    std::ostringstream out;
    out.setstate(std::ios_base::badbit);
    EXPECT_EQ(CarWriter::create(out, std::vector{cid}).error().code, Errc::io_error);

    std::ostringstream late;
    auto writer = CarWriter::create(late, std::vector{cid});
    ASSERT_TRUE(writer);
    late.setstate(std::ios_base::badbit);
    EXPECT_EQ(writer->write(cid, block).error().code, Errc::io_error);
    EXPECT_EQ(writer->blocks(), 0u);

    struct Full : std::streambuf {};
    Full buffer;
    std::ostream throwing(&buffer);
    throwing.exceptions(std::ios_base::badbit | std::ios_base::failbit);
    EXPECT_EQ(CarWriter::create(throwing, std::vector{cid}).error().code, Errc::io_error);
}

} // namespace
} // namespace cim::ipld
