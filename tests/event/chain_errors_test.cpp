// Aim: InvalidCid and ChainBroken survive the way through Error, and their messages hold what one needs to act.
// Method: round trips, fields taken away or spoilt one at a time, and every message in full.
#include <cim/chain.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace cim {
namespace {

const Cid cid_a = *Cid::parse("bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a");
const Cid cid_b = *Cid::parse("bafyreigjwpq5gciqjb7fp6wlytv2fi62pljxgubvunmb5rqzgxcix6az2y");
const AggregateId graph("graph-1");

AggregateSequence at(std::uint64_t sequence) { return AggregateSequence(sequence); }

TEST(InvalidCid, GoesThroughAnError) {
    const auto error = InvalidCid{graph, at(5), cid_a, cid_b}.to_error();
    EXPECT_EQ(error.code, Errc::cid_mismatch);
    EXPECT_EQ(error.message, "event 5 of aggregate 'graph-1' is damaged: its bytes hash to " + cid_b.to_string() +
                                 ", not to its CID " + cid_a.to_string());
    EXPECT_FALSE(error.advice.empty());
    const auto back = InvalidCid::from(error);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->aggregate, graph);
    EXPECT_EQ(back->sequence, at(5));
    EXPECT_EQ(back->expected, cid_a);
    EXPECT_EQ(back->actual, cid_b);
    EXPECT_FALSE(ChainBroken::from(error));
}

TEST(ChainBroken, GoesThroughAnError) {
    for (const auto& expected : {std::optional<Cid>(), std::optional(cid_a)})
        for (const auto& actual : {std::optional<Cid>(), std::optional(cid_b)})
            for (const auto previous : {0, 4}) {
                const auto error = ChainBroken{graph, at(5), expected, actual, at(previous)}.to_error();
                EXPECT_EQ(error.code, Errc::chain_broken);
                EXPECT_FALSE(error.advice.empty());
                const auto back = ChainBroken::from(error);
                ASSERT_TRUE(back);
                EXPECT_EQ(back->aggregate, graph);
                EXPECT_EQ(back->sequence, at(5));
                EXPECT_EQ(back->expected, expected);
                EXPECT_EQ(back->actual, actual);
                EXPECT_EQ(back->previous, at(previous));
                EXPECT_FALSE(InvalidCid::from(error));
            }
}

TEST(ChainErrors, FieldsThatAreMissingOrSpoiltGiveNothing) {
    const auto good = ChainBroken{graph, at(5), cid_a, cid_b, at(4)}.to_error();
    for (const std::string_view name : {"aggregate", "sequence", "expected", "actual"}) {
        auto error = good;
        std::erase_if(error.fields, [&](const auto& field) { return field.first == name; });
        EXPECT_FALSE(ChainBroken::from(error)) << name;
        error.code = Errc::cid_mismatch;
        EXPECT_FALSE(InvalidCid::from(error)) << name;
    }
    for (const std::string_view name : {"sequence", "expected", "actual"})
        for (const std::string_view spoilt : {"", "5x", "-5", "99999999999999999999", "bafy"}) {
            auto error = good;
            for (auto& [key, value] : error.fields)
                if (key == name) value = spoilt;
            EXPECT_FALSE(ChainBroken::from(error)) << name << ' ' << spoilt;
            error.code = Errc::cid_mismatch;
            EXPECT_FALSE(InvalidCid::from(error)) << name << ' ' << spoilt;
        }
    auto error = ChainBroken{graph, at(5), std::nullopt, cid_b, {}}.to_error();
    error.code = Errc::cid_mismatch; // "none" is no CID of bytes.
    EXPECT_FALSE(InvalidCid::from(error));
    EXPECT_FALSE(ChainBroken::from(Error(Errc::not_found, "no such aggregate")));
}

TEST(ChainBroken, SaysWhatIsWrong) {
    const auto a = cid_a.to_string();
    const auto b = cid_b.to_string();
    const struct {
        ChainBroken broken;
        std::string message;
    } cases[] = {
        {{graph, at(5), cid_a, cid_b, at(4)}, "event 5 links to " + b + " instead of " + a},
        {{graph, at(5), cid_a, cid_b, {}}, "event 5 links to " + b + " instead of " + a},
        {{graph, at(5), cid_a, std::nullopt, at(4)}, "event 5 links to nothing instead of " + a},
        {{graph, at(5), std::nullopt, std::nullopt, {}},
         "event 5 links to nothing, which only the first event of a chain may"},
        {{graph, at(1), std::nullopt, cid_b, {}}, "event 1 links to " + b + " although it is the first"},
        {{graph, at(5), std::nullopt, cid_b, {}}, "event 5 links to " + b + ", which is not there"},
        {{graph, at(7), cid_a, cid_b, at(4)}, "event 7 comes right after event 4: what is between them is missing"},
        {{graph, at(3), cid_a, cid_b, at(4)},
         "event 3 comes after event 4: it is repeated, out of order or from a fork of the chain"},
        {{graph, at(0), cid_a, cid_b, at(4)}, "event 0 has no place in a chain: sequences count from 1"},
    };
    for (const auto& [broken, message] : cases)
        EXPECT_EQ(broken.to_error().message, "the chain of aggregate 'graph-1' is broken: " + message);
}

} // namespace
} // namespace cim
