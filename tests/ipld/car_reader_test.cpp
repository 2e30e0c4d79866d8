// Aim: the reader accepts only CARv1 archives whose blocks hash to their CIDs, and never takes memory on a mere
// promise. Method: archives are put together from hex; broken ones first, by rule and offset, then every truncation and
// every changed byte of a good one.
#include <cim/car.hpp>
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cim::ipld {
namespace {

using test::broken_rule;
using test::from_hex;
using test::to_hex;

const Bytes block = from_hex("f6");
const Cid cid = Cid::of_dag_cbor(block);

std::string with_length(const Bytes& bytes) {
    return static_cast<char>(bytes.size()) + std::string(as_text(bytes)); // one byte of varint is enough here
}
std::string header_of(const Value& value) { return with_length(*encode(value)); }
std::string header() { return header_of({{"roots", List{cid}}, {"version", 1}}); }
std::string section(const Cid& name, ByteView content) {
    Bytes bytes(name.bytes().begin(), name.bytes().end());
    bytes.insert(bytes.end(), content.begin(), content.end());
    return with_length(bytes);
}

// Reads all; "ok N" with the number of blocks, or what is broken.
std::string read_all(const std::string& archive, const CarReadOptions& options = {}) {
    std::istringstream in(archive);
    auto reader = CarReader::open(in, options);
    if (!reader) return "header " + broken_rule(reader);
    for (int count = 0;; ++count) {
        const auto next = reader->next();
        if (!next) return broken_rule(next);
        if (!*next) return "ok " + std::to_string(count);
    }
}

TEST(CarReader, RefusesBrokenHeaders) {
    struct Line {
        std::string archive, expected;
    };
    for (const auto& [archive, expected] : {
             Line{"", "truncated@0"},
             Line{"\x80", "truncated@0"},
             Line{header().substr(0, 20), "truncated@0"},
             Line{"\x80\x01", "truncated@0"},
             Line{std::string("\x80\x00", 2), "invalid_varint@0"},
             Line{std::string(9, '\xff'), "invalid_varint@0"},
             Line{std::string(10, '\xff'), "invalid_varint@0"},
             Line{"\xff\xff\xff\xff\x0f", "section_too_long@0"},
             Line{std::string(1, '\0'), "invalid_header@0"},
             Line{"\x01\xff", "invalid_header@0"},
             Line{header_of(1), "invalid_header@0"},
             Line{header_of({{"version", "1"}, {"roots", List{cid}}}), "invalid_header@0"},
             Line{header_of({{"roots", List{cid}}}), "invalid_header@0"},
             Line{header_of({{"version", 1}}), "invalid_header@0"},
             Line{header_of({{"version", 1}, {"roots", cid}}), "invalid_header@0"},
             Line{header_of({{"version", 1}, {"roots", List{cid, 1}}}), "invalid_header@0"},
             Line{header_of({{"version", 1}, {"roots", List{cid}}, {"x", 1}}), "invalid_header@0"},
             Line{header_of({{"version", 1}, {"roots", List()}}), "no_roots@0"},
             Line{header_of({{"version", 0}}), "unsupported_version@0"},
             Line{header_of({{"version", 2}}), "unsupported_version@0"},
         }) {
        EXPECT_EQ(read_all(archive), "header " + expected) << to_hex(as_bytes(archive));
    }
}

TEST(CarReader, NamesCarV2) {
    std::istringstream in(header_of({{"version", 2}}) + std::string(40, '\0'));
    const auto reader = CarReader::open(in);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Errc::invalid_car);
    EXPECT_EQ(reader.error().message, "not a CARv1 archive: the version is not 1, at byte 0 (this is CARv2)");
    EXPECT_FALSE(reader.error().advice.empty());
}

TEST(CarReader, RefusesBrokenSections) {
    const auto start = std::to_string(header().size());
    const auto sha1 = *Cid::from_bytes(from_hex("01 78 11 14 c876ceeaa8b30123bc5fc99359e682a737308659"));
    struct Line {
        std::string sections, expected;
    };
    for (const auto& [sections, expected] : {
             Line{section(cid, block).substr(0, 30), "truncated@" + start},
             Line{"\x81", "truncated@" + start},
             Line{std::string("\x81\x00", 2), "invalid_varint@" + start},
             Line{"\xff\xff\xff\xff\x0f", "section_too_long@" + start},
             Line{std::string(1, '\0'), "invalid_cid@" + start},
             Line{std::string("\x01\x00", 2), "invalid_cid@" + start},
             Line{with_length(from_hex("01711220aa")), "invalid_cid@" + start},
             Line{section(sha1, block), "unverifiable_hash@" + start},
             Line{section(cid, block) + "\x01", "truncated@" + std::to_string(header().size() + 38)},
         }) {
        EXPECT_EQ(read_all(header() + sections), expected) << to_hex(as_bytes(sections));
    }
    EXPECT_EQ(read_all(header() + section(sha1, block), {.verify = false}), "ok 1");
}

TEST(CarReader, FindsABlockThatDoesNotHashToItsCid) {
    std::istringstream in(header() + section(cid, block) + section(cid, from_hex("f5")));
    auto reader = CarReader::open(in);
    ASSERT_TRUE(reader);
    ASSERT_TRUE(reader->next());
    const auto next = reader->next();
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, Errc::cid_mismatch);
    EXPECT_EQ(next.error().field("expected"), cid.to_string());
    EXPECT_EQ(next.error().field("actual"), Cid::of_dag_cbor(from_hex("f5")).to_string());
    EXPECT_EQ(next.error().field("offset"), std::to_string(header().size() + 38));
    EXPECT_EQ(reader->next().error().code, Errc::closed);
}

TEST(CarReader, ReadsBlocksWithTheirOffsets) {
    const auto identity = *Cid::from_bytes(from_hex("01 55 00 02 0102"));
    std::istringstream in(header() + section(cid, block) + section(identity, from_hex("0102")));
    auto reader = CarReader::open(in);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(reader->roots(), std::vector{cid});
    auto first = *reader->next();
    EXPECT_EQ(first->cid, cid);
    EXPECT_EQ(first->block, block);
    EXPECT_EQ(first->offset, header().size());
    auto second = *reader->next();
    EXPECT_EQ(second->cid, identity);
    EXPECT_EQ(second->offset, header().size() + 38);
    EXPECT_EQ(*reader->next(), std::nullopt);
    EXPECT_EQ(*reader->next(), std::nullopt);
}

TEST(CarReader, ReadsABlockOfManyPieces) {
    const Bytes large(200'000, std::byte{7});
    const auto name = Cid::of(multicodec::raw, large);
    Bytes content(name.bytes().begin(), name.bytes().end());
    content.insert(content.end(), large.begin(), large.end());
    const std::string archive = header() + "\xe4\x9a\x0c" + std::string(as_text(content)); // 200036
    EXPECT_EQ(read_all(archive), "ok 1");
    EXPECT_EQ(read_all(archive, {.max_section = 200'035}), "section_too_long@" + std::to_string(header().size()));
    EXPECT_EQ(read_all(archive.substr(0, archive.size() - 1)), "truncated@" + std::to_string(header().size()));
}

TEST(CarReader, FindsEveryTruncationAndEveryChangedByte) {
    const auto archive = header() + section(cid, block) + section(cid, block);
    ASSERT_EQ(read_all(archive), "ok 2");
    const auto cuts = std::vector{header().size(), header().size() + 38};
    for (std::size_t size = 0; size < archive.size(); ++size) {
        const bool between_sections = std::ranges::find(cuts, size) != cuts.end();
        EXPECT_EQ(read_all(archive.substr(0, size)).starts_with("ok"), between_sections) << size;
    }
    // The digest of a root is not checked against anything here: the root may be in another archive.
    for (std::size_t at = header().size(); at < archive.size(); ++at) {
        auto changed = archive;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        // Byte 2 of a section is the codec, which no hash covers.
        const bool codec = at == header().size() + 2 || at == header().size() + 40;
        EXPECT_EQ(read_all(changed) == "ok 2", codec) << at;
    }
}

TEST(CarReader, ReportsAStreamThatFails) {
    struct Failing : std::streambuf {
        int_type underflow() override { throw std::ios_base::failure("disk"); }
    } buffer;
    std::istream in(&buffer);
    const auto reader = CarReader::open(in);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Errc::io_error);
    std::istream throwing(&buffer);
    throwing.exceptions(std::ios_base::badbit | std::ios_base::failbit);
    EXPECT_EQ(CarReader::open(throwing).error().code, Errc::io_error);
}

TEST(CarReader, TakesAStreamThatThrowsAtItsEnd) {
    std::istringstream in(header() + section(cid, block));
    in.exceptions(std::ios_base::badbit | std::ios_base::failbit | std::ios_base::eofbit);
    auto reader = CarReader::open(in);
    ASSERT_TRUE(reader);
    EXPECT_TRUE(reader->next()->has_value());
    EXPECT_EQ(*reader->next(), std::nullopt);
}

TEST(CarRule, EveryRuleHasAName) {
    for (int rule = 0; rule <= static_cast<int>(CarRule::unverifiable_hash); ++rule)
        EXPECT_NE(to_string(static_cast<CarRule>(rule)), "unknown");
}

} // namespace
} // namespace cim::ipld
