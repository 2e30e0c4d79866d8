// Aim: every base decodes only what it encodes, and matches the examples of the multibase specification.
// Method: broken texts by rule and offset, published vectors both ways, and random octets through every base.
#include <cim/cid.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

using test::broken_rule;

constexpr Multibase all_bases[] = {Multibase::base16,       Multibase::base16_upper, Multibase::base32,
                                   Multibase::base32_upper, Multibase::base36,       Multibase::base36_upper,
                                   Multibase::base58btc,    Multibase::base64,       Multibase::base64url};

TEST(Multibase, RefusesBrokenTexts) {
    struct Line {
        std::string text, expected;
    };
    for (const auto& [text, expected] : {
             Line{"", "unknown_multibase@0"},
             Line{"x", "unknown_multibase@0"},
             Line{"Mdt", "unknown_multibase@0"}, // base64 with padding
             Line{"Udt", "unknown_multibase@0"},
             Line{"Zdt", "unknown_multibase@0"},
             Line{std::string(1025, 'b'), "text_too_long@1024"},
             Line{"f0g", "invalid_character@2"},
             Line{"f0A", "invalid_character@2"},
             Line{"F0a", "invalid_character@2"},
             Line{"bma1a", "invalid_character@3"},
             Line{"bMA", "invalid_character@1"},
             Line{"Bma", "invalid_character@1"},
             Line{"bmy======", "invalid_character@3"},
             Line{"z0", "invalid_character@1"}, // 0, O, I and l look like others
             Line{"z1O", "invalid_character@2"},
             Line{"kA", "invalid_character@1"},
             Line{"Ka", "invalid_character@1"},
             Line{"mab-_", "invalid_character@3"},
             Line{"uab+/", "invalid_character@3"},
             Line{"mYQ==", "invalid_character@3"},
             Line{"m\xc3\xa9", "invalid_character@1"},
             Line{"f0", "invalid_length@2"},
             Line{"ba", "invalid_length@2"},
             Line{"baaa", "invalid_length@4"},
             Line{"baaaaaa", "invalid_length@7"},
             Line{"ma", "invalid_length@2"},
             Line{"maaaaa", "invalid_length@6"},
             Line{"bab", "non_zero_padding@2"},
             Line{"bmz", "non_zero_padding@2"},
             Line{"mYR", "non_zero_padding@2"},
             Line{"uYWJ", "non_zero_padding@3"},
         }) {
        const auto decoded = multibase_decode(text);
        EXPECT_EQ(broken_rule(decoded), expected) << text;
        ASSERT_FALSE(decoded) << text;
        EXPECT_EQ(decoded.error().code, Errc::invalid_cid);
    }
}

TEST(Multibase, MatchesTheSpecification) {
    struct Line {
        std::string_view bytes;
        std::vector<std::string_view> texts;
    };
    const std::string_view zero_yes("\0yes mani !", 11), zeros_yes("\0\0yes mani !", 12);
    for (const auto& [bytes, texts] : {
             Line{"yes mani !",
                  {"f796573206d616e692021", "F796573206D616E692021", "bpfsxgidnmfxgsibb", "BPFSXGIDNMFXGSIBB",
                   "k2lcpzo5yikidynfl", "K2LCPZO5YIKIDYNFL", "z7paNL19xttacUY", "meWVzIG1hbmkgIQ", "ueWVzIG1hbmkgIQ"}},
             Line{zero_yes,
                  {"f00796573206d616e692021", "bab4wk4zanvqw42jaee", "k02lcpzo5yikidynfl", "z17paNL19xttacUY",
                   "mAHllcyBtYW5pICE"}},
             Line{zeros_yes,
                  {"f0000796573206d616e692021", "baaahszltebwwc3tjeaqq", "k002lcpzo5yikidynfl", "z117paNL19xttacUY",
                   "mAAB5ZXMgbWFuaSAh"}},
             Line{"", {"f", "F", "b", "B", "k", "K", "z", "m", "u"}},
         }) {
        for (const auto text : texts) {
            const auto decoded = multibase_decode(text);
            ASSERT_TRUE(decoded) << text << ": " << decoded.error().message;
            EXPECT_EQ(as_text(*decoded), bytes) << text;
            EXPECT_EQ(multibase_encode(static_cast<Multibase>(text[0]), as_bytes(bytes)), text);
        }
    }
}

RC_GTEST_PROP(Multibase, DecodesWhatItEncodes, (const std::vector<std::uint8_t>& octets)) {
    const Bytes bytes = test::from_octets(octets);
    for (const auto base : all_bases) {
        const auto decoded = multibase_decode(multibase_encode(base, bytes));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(*decoded == bytes);
    }
}

// The other direction: a text that is accepted is the only one for its octets.
RC_GTEST_PROP(Multibase, EncodesWhatItDecodes, (const std::string& tail)) {
    for (const auto base : all_bases) {
        const auto text = static_cast<char>(base) + tail;
        if (const auto decoded = multibase_decode(text)) RC_ASSERT(multibase_encode(base, *decoded) == text);
    }
}

} // namespace
} // namespace cim
