// Aim: a position is recognised in the log in which it was taken, and in no other. Method: positions that are right,
// too far, and of other events.
#include <cim/log_position.hpp>

#include "conformance/support.hpp"

namespace cim::test {
namespace {

using PositionTest = StoreTest;
CIM_FOR_ALL_STORES(PositionTest);

TEST_P(PositionTest, IsRecognisedWhereItWasTaken) {
    append(*store, make_transaction("a", 2));
    append(*store, make_transaction("b", 3));
    EXPECT_TRUE(confirm_position(*store, {}));
    for (const auto& event : read_all(*store, ReadQuery::all())) {
        const auto there = confirm_position(*store, {event.sequence(), event.cid()});
        EXPECT_TRUE(there) << there.error().text();
        EXPECT_TRUE(confirm_position(*store, {event.sequence(), std::nullopt}));
    }
}

TEST_P(PositionTest, IsRefusedWhereAnotherEventIs) {
    append(*store, make_transaction("a", 2));
    const auto events = read_all(*store, ReadQuery::all());
    const auto refused = confirm_position(*store, {events[1].sequence(), events[0].cid()});
    ASSERT_EQ(code_of(refused), Errc::history_rewritten);
    EXPECT_EQ(refused.error().field("expected"), events[0].cid().to_string());
    EXPECT_EQ(refused.error().field("actual"), events[1].cid().to_string());
}

TEST_P(PositionTest, IsRefusedWhereTheLogEndsBefore) {
    append(*store, make_transaction("a", 2));
    const auto last = read_all(*store, ReadQuery::all()).back();
    const GlobalSequence next(last.sequence().value() + 1);
    for (const auto& position : {LogPosition{next, last.cid()}, LogPosition{next, std::nullopt}}) {
        const auto refused = confirm_position(*store, position);
        ASSERT_EQ(code_of(refused), Errc::history_rewritten);
        EXPECT_EQ(refused.error().field("actual"), "none");
        EXPECT_EQ(refused.error().field("last"), std::to_string(last.sequence().value()));
    }
}

} // namespace
} // namespace cim::test
