// Aim: CIDs are read strictly in text and binary, and keep every promise of a value type.
// Method: broken inputs by rule and offset first, then well-known CIDs in all their spellings, then the type itself.
#include <cim/cid.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace cim {
namespace {

using test::broken_rule;
using test::from_hex;
using test::to_hex;

const std::string digest(64, 'a'); // 32 bytes in hex
const std::string v0_bytes = "1220" + digest;
const std::string v1_bytes = "01711220" + digest;

TEST(CidFromBytes, RefusesBrokenBytes) {
    struct Line {
        std::string hex, expected;
    };
    for (const auto& [hex, expected] : {
             Line{"", "truncated@0"},
             Line{"01", "truncated@1"},
             Line{"01 71", "truncated@2"},
             Line{"01 71 12", "truncated@3"},
             Line{"01 71 12 20", "truncated@4"},
             Line{"01 71 12 20" + digest.substr(2), "truncated@4"},
             Line{"01 f1", "truncated@1"},
             Line{"12 20", "truncated@2"},
             Line{"12 20" + digest.substr(2), "truncated@2"},

             Line{"81 00 71 12 20" + digest, "non_minimal_varint@0"},
             Line{"01 f1 00 12 20" + digest, "non_minimal_varint@1"},
             Line{"01 71 92 00 20" + digest, "non_minimal_varint@2"},
             Line{"01 71 12 a0 00" + digest, "non_minimal_varint@3"},

             Line{"01 ff ff ff ff ff ff ff ff ff 01", "varint_overflow@1"},
             Line{"01 71 ff ff ff ff ff ff ff ff ff", "varint_overflow@2"},

             Line{"00 71 12 20" + digest, "unsupported_version@0"},
             Line{"02 71 12 20" + digest, "unsupported_version@0"},
             Line{"03", "unsupported_version@0"},
             Line{"12", "unsupported_version@0"}, // not even the start of a CIDv0
             Line{"12 21" + digest, "unsupported_version@0"},
             Line{"13 20" + digest, "unsupported_version@0"},

             Line{"01 71 00 81 01", "digest_too_long@3"}, // 129
             Line{"01 71 99 60 ff ff ff ff ff ff ff ff 7f", "digest_too_long@4"},

             Line{"01 71 12 1f" + digest.substr(2), "digest_length@3"},
             Line{"01 71 12 21" + digest + "aa", "digest_length@3"},
             Line{"01 71 12 00", "digest_length@3"},
             Line{"01 71 11 20" + digest, "digest_length@3"},                 // sha1 has 20
             Line{"01 71 13 20" + digest, "digest_length@3"},                 // sha2-512 has 64
             Line{"01 71 20 20" + digest, "digest_length@3"},                 // sha2-384 has 48
             Line{"01 71 16 1f" + digest.substr(2), "digest_length@3"},       // sha3-256 has 32
             Line{"01 71 1b 1f" + digest.substr(2), "digest_length@3"},       // keccak-256 has 32
             Line{"01 71 d5 01 20" + digest, "digest_length@4"},              // md5 has 16
             Line{"01 71 a0 e4 02 1f" + digest.substr(2), "digest_length@5"}, // blake2b-256 has 32
             Line{"01 71 e0 e4 02 1f" + digest.substr(2), "digest_length@5"}, // blake2s-256 has 32

             Line{v1_bytes + "00", "trailing_bytes@36"},
             Line{v0_bytes + "00", "trailing_bytes@34"},
             Line{"01 55 00 00 00", "trailing_bytes@4"},
         }) {
        const auto cid = Cid::from_bytes(from_hex(hex));
        EXPECT_EQ(broken_rule(cid), expected) << hex;
        ASSERT_FALSE(cid) << hex;
        EXPECT_EQ(cid.error().code, Errc::invalid_cid);
    }
}

TEST(CidFromBytes, AcceptsKnownAndUnknownFunctions) {
    const auto zeros = [](std::size_t count) { return std::string(2 * count, '0'); };
    for (const auto& hex : {
             v0_bytes, v1_bytes,
             "01 55 00 00" + zeros(0),                          // identity of nothing
             "01 55 00 80 01" + zeros(128),                     // the longest identity
             "01 78 11 14" + zeros(20),                         // sha1
             "01 71 13 40" + zeros(64),                         // sha2-512
             "01 71 18 11" + zeros(17),                         // SHAKE-128: any length
             "01 71 1e 05" + zeros(5),                          // BLAKE3: any length
             "01 71 a0 e4 02 20" + zeros(32),                   // blake2b-256
             "01 71 c0 e4 02 40" + zeros(64),                   // blake2b-512
             "01 71 e0 e4 02 20" + zeros(32),                   // blake2s-256
             "01 71 ff ff 7f 07" + zeros(7),                    // a function that nobody knows
             "01 ff ff ff ff ff ff ff ff 7f 12 20" + zeros(32), // the largest codec
         }) {
        const auto cid = Cid::from_bytes(from_hex(hex));
        ASSERT_TRUE(cid) << hex << ": " << cid.error().message;
        EXPECT_EQ(to_hex(cid->bytes()), to_hex(from_hex(hex)));
        EXPECT_EQ(Cid::parse(cid->to_string()), *cid);
    }
}

TEST(CidParse, RefusesBrokenTexts) {
    struct Line {
        std::string text, expected;
    };
    const std::string good = Cid::from_bytes(from_hex(v1_bytes))->to_string();
    const std::string v0 = Cid::from_bytes(from_hex(v0_bytes))->to_string();
    for (const auto& [text, expected] : {
             Line{"", "unknown_multibase@0"},
             Line{"Q", "unknown_multibase@0"},
             Line{v0 + "a", "unknown_multibase@0"},
             Line{v0.substr(0, 45), "unknown_multibase@0"},
             Line{" " + good, "unknown_multibase@0"},
             Line{good + "\n", "invalid_character@" + std::to_string(good.size())},
             Line{v0.substr(0, 45) + "0", "invalid_character@45"},
             Line{"b", "truncated@0"},
             Line{good.substr(0, 57), "truncated@4"},
             Line{good + "a", "invalid_length@60"},
             Line{good.substr(0, 58) + "z", "non_zero_padding@58"},
             Line{"z" + v0, "version0_in_multibase@0"},
             Line{multibase_encode(Multibase::base32, from_hex(v0_bytes)), "version0_in_multibase@0"},
             Line{multibase_encode(Multibase::base16, from_hex(v1_bytes + "00")), "trailing_bytes@36"},
             Line{multibase_encode(Multibase::base16, from_hex("02711220" + digest)), "unsupported_version@0"},
             Line{std::string(2000, 'b'), "text_too_long@1024"},
         }) {
        const auto cid = Cid::parse(text);
        EXPECT_EQ(broken_rule(cid), expected) << text;
        ASSERT_FALSE(cid) << text;
        EXPECT_EQ(cid.error().code, Errc::invalid_cid);
        EXPECT_LT(cid.error().message.size(), 300u);
    }
}

TEST(CidParse, MessageShowsTheTextInOneLine) {
    const auto cid = Cid::parse("bad\ntext\x01");
    ASSERT_FALSE(cid);
    EXPECT_EQ(cid.error().message,
              R"(CID 'bad\ntext\x01' has a character that its base does not have, at character 3)");
}

TEST(CidParse, ReadsEverySpelling) {
    const auto cid = *Cid::parse("bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a");
    EXPECT_EQ(to_hex(cid.bytes()), "01711220b8853b82cd4f81dfa750cf76f571433b1799147643d009445393ff7530eb02f8");
    EXPECT_EQ(cid.version(), 1);
    EXPECT_EQ(cid.codec(), multicodec::dag_cbor);
    EXPECT_EQ(cid.hash_code(), multicodec::sha2_256);
    EXPECT_EQ(cid.digest().size(), 32u);
    for (const auto base :
         {Multibase::base16, Multibase::base16_upper, Multibase::base32, Multibase::base32_upper, Multibase::base36,
          Multibase::base36_upper, Multibase::base58btc, Multibase::base64, Multibase::base64url}) {
        const auto text = cid.to_string(base);
        EXPECT_EQ(text[0], static_cast<char>(base));
        EXPECT_EQ(Cid::parse(text), cid) << text;
    }
}

TEST(CidParse, ReadsVersion0) {
    const auto cid = *Cid::parse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"); // the empty directory of IPFS
    EXPECT_EQ(cid.version(), 0);
    EXPECT_EQ(cid.codec(), multicodec::dag_pb);
    EXPECT_EQ(cid.hash_code(), multicodec::sha2_256);
    EXPECT_EQ(to_hex(cid.bytes()), "122059948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef");
    EXPECT_EQ(cid.to_string(), "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn");
    EXPECT_EQ(cid.to_string(Multibase::base32), cid.to_string());
    EXPECT_TRUE(cid.matches(from_hex("0a020801")));
}

TEST(Cid, DaslProfile) {
    const auto dag_cbor = *Cid::from_bytes(from_hex(v1_bytes));
    const auto raw = *Cid::from_bytes(from_hex("01551220" + digest));
    EXPECT_EQ(broken_rule(Cid::parse(dag_cbor.to_string(), CidProfile::dasl)), "ok");
    EXPECT_EQ(broken_rule(Cid::parse(raw.to_string(), CidProfile::dasl)), "ok");
    EXPECT_EQ(broken_rule(Cid::from_bytes(dag_cbor.bytes(), CidProfile::dasl)), "ok");
    EXPECT_EQ(broken_rule(Cid::parse(dag_cbor.to_string(Multibase::base58btc), CidProfile::dasl)), "not_dasl@0");
    EXPECT_EQ(broken_rule(Cid::parse(dag_cbor.to_string(Multibase::base32_upper), CidProfile::dasl)), "not_dasl@0");
    const auto sha2_512 = std::string("01551340").append(digest).append(digest);
    for (const auto& other : {v0_bytes, "01701220" + digest, std::string("01550000"), sha2_512})
        EXPECT_EQ(broken_rule(Cid::from_bytes(from_hex(other), CidProfile::dasl)), "not_dasl@0") << other;
    EXPECT_EQ(broken_rule(Cid::parse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", CidProfile::dasl)),
              "not_dasl@0");
}

TEST(Cid, OfABlock) {
    const auto block = from_hex("f6");
    const auto cid = Cid::of_dag_cbor(block);
    EXPECT_EQ(cid.to_string(), "bafyreifqwkmiw256ojf2zws6tzjeonw6bpd5vza4i22ccpcq4hjv2ts7cm");
    EXPECT_EQ(cid, Cid::of(multicodec::dag_cbor, block));
    EXPECT_NE(cid, Cid::of(multicodec::raw, block));
    EXPECT_TRUE(cid.matches(block));
    EXPECT_FALSE(cid.matches(from_hex("f5")));
    EXPECT_TRUE(cid.can_verify());
    EXPECT_EQ(Cid::of(multicodec::dag_json, as_bytes("null")).codec(), multicodec::dag_json);
}

TEST(Cid, VerifiesWhatItCanCompute) {
    const auto identity = *Cid::from_bytes(from_hex("01 55 00 02 0102"));
    EXPECT_TRUE(identity.can_verify());
    EXPECT_TRUE(identity.matches(from_hex("0102")));
    EXPECT_FALSE(identity.matches(from_hex("0103")));
    const auto sha1 = *Cid::from_bytes(from_hex("01 78 11 14 c876ceeaa8b30123bc5fc99359e682a737308659"));
    EXPECT_FALSE(sha1.can_verify());
    EXPECT_FALSE(sha1.matches(from_hex("0102")));
}

// Inline and owned storage, each copied, moved and assigned onto the other.
TEST(Cid, IsAValue) {
    const auto small = *Cid::from_bytes(from_hex(v1_bytes));
    const auto large = *Cid::from_bytes(from_hex("01711340" + digest + digest));
    const auto tiny = *Cid::from_bytes(from_hex("01550000"));
    for (const auto& from : {small, large, tiny}) {
        for (const auto& onto : {small, large, tiny}) {
            Cid target = onto;
            target = from;
            EXPECT_EQ(target, from);
            Cid moved = std::move(target);
            EXPECT_EQ(moved, from);
            target = std::move(moved);
            EXPECT_EQ(target, from);
            const auto& alias = target;
            target = alias;
            EXPECT_EQ(target, from);
            EXPECT_EQ(from == onto, to_hex(from.bytes()) == to_hex(onto.bytes()));
            EXPECT_EQ(from < onto, to_hex(from.bytes()) < to_hex(onto.bytes()));
        }
    }
    EXPECT_EQ((std::set<Cid>{large, small, tiny, small}.size()), 3u);
    EXPECT_EQ((std::unordered_set<Cid>{large, small, tiny, small}.size()), 3u);
}

TEST(CidRule, EveryRuleHasAName) {
    for (int rule = 0; rule <= static_cast<int>(CidRule::not_dasl); ++rule)
        EXPECT_NE(to_string(static_cast<CidRule>(rule)), "unknown");
}

RC_GTEST_PROP(CidProperty, AcceptedBytesSurviveEverySpelling, ()) {
    auto bytes = test::from_octets(*rc::gen::arbitrary<std::vector<std::uint8_t>>());
    // Random bytes are hardly ever a CID; a plausible start makes one of most.
    const auto codec = *rc::gen::inRange<unsigned>(0, 128);
    bytes.resize(std::min<std::size_t>(bytes.size(), 127));
    Bytes candidate{std::byte{1}, static_cast<std::byte>(codec),
                    *rc::gen::element(std::byte{0}, std::byte{0x1e}, std::byte{0x12}),
                    static_cast<std::byte>(bytes.size())};
    candidate.insert(candidate.end(), bytes.begin(), bytes.end());
    const auto cid = Cid::from_bytes(candidate);
    if (!cid) return;
    RC_ASSERT(std::ranges::equal(cid->bytes(), candidate));
    RC_ASSERT(Cid::parse(cid->to_string()).value() == *cid);
    RC_ASSERT(Cid::parse(cid->to_string(Multibase::base58btc)).value() == *cid);
}

} // namespace
} // namespace cim
