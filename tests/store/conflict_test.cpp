// Aim: a Conflict survives the way through an Error, and an Error that is none is not taken for one.
// Method: round trips, then errors with a field missing or spoilt.
#include <cim/event_store.hpp>

#include <gtest/gtest.h>

namespace cim {
namespace {

ChainHead head(std::uint64_t sequence, std::string_view text) {
    return {AggregateSequence(sequence), Cid::of_dag_cbor(as_bytes(text))};
}

void expect_round_trip(const Conflict& conflict) {
    const auto back = Conflict::from(conflict.to_error());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->aggregate, conflict.aggregate);
    EXPECT_EQ(back->expected, conflict.expected);
    EXPECT_EQ(back->actual, conflict.actual);
}

TEST(ConflictTest, IsNotMadeOfOtherErrors) {
    EXPECT_FALSE(Conflict::from(Error(Errc::store_busy, "busy")));
    EXPECT_FALSE(Conflict::from(Error(Errc::conflict, "without its values")));
    const auto error = Conflict{AggregateId{"a"}, head(1, "x"), head(2, "y")}.to_error();
    for (const auto& [name, value] : error.fields) {
        auto spoilt = error;
        for (auto& field : spoilt.fields)
            if (field.first == name) field.first += "?";
        EXPECT_FALSE(Conflict::from(spoilt)) << name;
        if (name == "aggregate") continue;
        spoilt = error;
        for (auto& field : spoilt.fields)
            if (field.first == name) field.second += "?";
        EXPECT_FALSE(Conflict::from(spoilt)) << name;
    }
}

TEST(ConflictTest, ComesBackFromItsError) {
    expect_round_trip({AggregateId{"a"}, head(5, "x"), head(7, "y")});
    expect_round_trip({AggregateId{"a"}, {}, head(7, "y")});
    expect_round_trip({AggregateId{"a"}, head(5, "x"), {}});
    expect_round_trip({AggregateId{"a"}, head(0, "not in the chain"), head(7, "y")});
}

TEST(ConflictTest, SaysBothHeads) {
    const Conflict conflict{AggregateId{"graph-1"}, head(5, "x"), head(7, "y")};
    const auto error = conflict.to_error();
    EXPECT_EQ(error.code, Errc::conflict);
    for (const auto& part : {std::string("graph-1"), std::string("event 5"), std::string("event 7"),
                             conflict.expected.cid->to_string(), conflict.actual.cid->to_string()})
        EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
    EXPECT_FALSE(error.advice.empty());
}

} // namespace
} // namespace cim
