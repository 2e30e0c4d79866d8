// Aim: what moving, scaling and turning do to one node and to several, and that the numbers are the same on every
// machine. Method: exact results where they are exact, near ones elsewhere, and one long computation whose bits are
// written down.
#include "graph/support.hpp"
#include "graph/transform.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace cim::test {
namespace {

using mutation::Rotate;
using mutation::Scale;
using mutation::Translate;

Transform transform_of(const GraphModel& model, std::string_view id) {
    return model.node(*model.find_node(id)).transform;
}

void expect_near(const Vec3& actual, const Vec3& expected) {
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5) << "component " << i;
}

const float half = std::sqrt(0.5f);
const Quat quarter_turn_about_z{0, 0, half, half};

TEST(Transform, MovesOneNode) {
    const auto model =
        model_of({add_node("a"), transform("a", Translate{{1, -2, 3}}), transform("a", Translate{{0.5, 2, 0}})});
    EXPECT_EQ(transform_of(model, "a").translation, (Vec3{1.5, 0, 3}));
    EXPECT_FALSE(std::signbit(transform_of(model, "a").translation[1])) << "zero is never negative";
}

TEST(Transform, ScalesOneNodeWhereItIs) {
    const auto model = model_of({add_node("a"), transform("a", Translate{{1, 2, 3}}), transform("a", Scale{{2, 3, -4}}),
                                 transform("a", Scale{{0.5, 1, 0}})});
    EXPECT_EQ(transform_of(model, "a").translation, (Vec3{1, 2, 3}));
    EXPECT_EQ(transform_of(model, "a").scale, (Vec3{1, 3, 0}));
    EXPECT_FALSE(std::signbit(transform_of(model, "a").scale[2]));
}

TEST(Transform, TurnsOneNodeWhereItIs) {
    auto model =
        model_of({add_node("a"), transform("a", Translate{{1, 2, 3}}), transform("a", Rotate{quarter_turn_about_z})});
    EXPECT_EQ(transform_of(model, "a").translation, (Vec3{1, 2, 3}));
    model.apply(transform("a", Rotate{{0, 0, 7 * half, 7 * half}})); // of any length
    const auto rotation = transform_of(model, "a").rotation;
    EXPECT_NEAR(rotation[2], 1, 1e-6);
    EXPECT_NEAR(rotation[3], 0, 1e-6);
    // First what was there, then the new: rotation * by.
    model.apply(transform("a", Rotate{{half, 0, 0, half}}));
    EXPECT_NEAR(transform_of(model, "a").rotation[1], half, 1e-6);
}

TEST(Transform, ScalesAndTurnsSeveralAboutTheirCentre) {
    auto model = model_of({add_node("a"), add_node("b"), transform("a", Translate{{1, 1, 0}}),
                           transform("b", Translate{{3, 1, 0}}), create_subgraph("s", {"a", "b"})});
    EXPECT_EQ(model.apply(transform_subgraph("s", Scale{{2, 2, 2}})), Outcome::applied);
    EXPECT_EQ(transform_of(model, "a").translation, (Vec3{0, 1, 0}));
    EXPECT_EQ(transform_of(model, "b").translation, (Vec3{4, 1, 0}));
    EXPECT_EQ(transform_of(model, "b").scale, (Vec3{2, 2, 2}));
    EXPECT_EQ(model.apply(transform_nodes({"b", "a"}, Rotate{quarter_turn_about_z})), Outcome::applied);
    expect_near(transform_of(model, "a").translation, {2, -1, 0});
    expect_near(transform_of(model, "b").translation, {2, 3, 0});
    EXPECT_EQ(model.apply(transform_subgraph("s", Translate{{1, 0, 0}})), Outcome::applied);
    expect_near(transform_of(model, "b").translation, {3, 3, 0});
}

TEST(Transform, TakesTheOrderOfIdsWhateverOrderIsGiven) {
    const auto moved = [](const std::vector<std::string_view>& order) {
        GraphModel model;
        for (const std::string_view id : {"d", "a", "c", "b"}) model.apply(add_node(id));
        model.apply(transform("a", Translate{{1e8f, 0.1f, 0}}));
        model.apply(transform("b", Translate{{-1e8f, 0.3f, 0}}));
        model.apply(transform("c", Translate{{0.7f, 1e7f, 0}}));
        model.apply(transform_nodes(order, Scale{{1.1f, 0.9f, 1}}));
        return state_cid(model);
    };
    EXPECT_EQ(moved({"a", "b", "c", "d"}), moved({"d", "c", "b", "a"}));
    EXPECT_EQ(moved({"a", "b", "c", "d"}), moved({"c", "a", "c", "d", "b", "a"}));
}

TEST(Transform, StaysAUnitQuaternion) {
    auto model = model_of({add_node("a")});
    for (int i = 0; i < 10'000; ++i) model.apply(transform("a", Rotate{{0.1f, 0.2f, -0.05f, 0.9f}}));
    double square = 0;
    for (const float each : transform_of(model, "a").rotation) square += static_cast<double>(each) * each;
    EXPECT_NEAR(square, 1, 1e-6);
}

TEST(Transform, GivesTheSameBitsEverywhere) {
    std::vector<Transform> transforms(5);
    for (std::size_t i = 0; i < transforms.size(); ++i) {
        const auto x = static_cast<float>(i);
        transforms[i].translation = {x * 1.7f, 3.3f - x, x * x * 0.11f};
    }
    for (int round = 0; round < 100; ++round) {
        ASSERT_TRUE(graph::apply_motion(Rotate{{0.3f, -0.1f, 0.7f, 0.2f}}, transforms));
        ASSERT_TRUE(graph::apply_motion(Scale{{1.01f, 0.99f, 1.003f}}, transforms));
        ASSERT_TRUE(graph::apply_motion(Translate{{0.01f, 0.02f, -0.03f}}, transforms));
    }
    std::vector<std::uint32_t> bits;
    for (const float each : transforms[3].translation) bits.push_back(std::bit_cast<std::uint32_t>(each));
    for (const float each : transforms[3].rotation) bits.push_back(std::bit_cast<std::uint32_t>(each));
    EXPECT_EQ(bits, (std::vector<std::uint32_t>{1085215844, 1070602854, 3215162233, 3188009708, 1026657920, 3197852858,
                                                1064395872}));
}

TEST(Transform, NormalisesWhatItCan) {
    const float largest = std::numeric_limits<float>::max();
    const float smallest = std::numeric_limits<float>::denorm_min();
    EXPECT_EQ(graph::normalised({0, 0, 0, largest}), (Quat{0, 0, 0, 1}));
    EXPECT_EQ(graph::normalised({0, smallest, 0, 0}), (Quat{0, 1, 0, 0}));
    EXPECT_FALSE(graph::normalised({0, 0, 0, 0}));
    EXPECT_FALSE(graph::normalised({0, std::numeric_limits<float>::infinity(), 0, 1}));
    EXPECT_FALSE(graph::normalised({0, std::numeric_limits<float>::quiet_NaN(), 0, 1}));
    ASSERT_TRUE(graph::normalised({largest, largest, largest, largest}));
    EXPECT_NEAR((*graph::normalised({largest, largest, largest, largest}))[0], 0.5, 1e-6);
}

} // namespace
} // namespace cim::test
