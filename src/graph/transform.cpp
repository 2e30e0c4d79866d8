#include "graph/transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cim::graph {
namespace {

using mutation::Rotate;
using mutation::Scale;
using mutation::Translate;
using Vec3d = std::array<double, 3>;

// What is out of range becomes an infinity, to be refused later; adding zero turns -0.0 into 0.0.
float to_float(double value) noexcept {
    constexpr double largest = std::numeric_limits<float>::max();
    if (!(std::abs(value) <= largest)) return std::numeric_limits<float>::infinity();
    return static_cast<float>(value) + 0.0f;
}

Quat multiply(const Quat& a, const Quat& b) noexcept {
    const auto [ax, ay, az, aw] = a;
    const auto [bx, by, bz, bw] = b;
    return {aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz};
}

Vec3d cross(const Vec3d& a, const Vec3d& b) noexcept {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

// v + 2w(q x v) + 2 q x (q x v), for a unit quaternion.
Vec3d rotate(const Vec3d& v, const Quat& by) noexcept {
    const Vec3d q{by[0], by[1], by[2]};
    const auto once = cross(q, v);
    const auto twice = cross(q, once);
    Vec3d result;
    for (std::size_t i = 0; i < 3; ++i) result[i] = v[i] + 2 * (by[3] * once[i] + twice[i]);
    return result;
}

Vec3d centre_of(std::span<const Transform> transforms) noexcept {
    Vec3d sum{};
    for (const auto& transform : transforms) {
        for (std::size_t i = 0; i < 3; ++i) sum[i] += transform.translation[i];
    }
    for (auto& component : sum) component /= static_cast<double>(transforms.size());
    return sum;
}

// Puts each translation where `move` takes its distance from the common centre. A single node is its own centre, and
// stays exactly where it is.
template <class Move> void about_centre(std::span<Transform> transforms, Move move) noexcept {
    if (transforms.size() < 2) return;
    const auto centre = centre_of(transforms);
    for (auto& transform : transforms) {
        auto& at = transform.translation;
        const Vec3d moved = move(Vec3d{at[0] - centre[0], at[1] - centre[1], at[2] - centre[2]});
        for (std::size_t i = 0; i < 3; ++i) at[i] = to_float(centre[i] + moved[i]);
    }
}

bool move(const Translate& translate, std::span<Transform> transforms) noexcept {
    if (!is_finite(translate.delta)) return false;
    for (auto& transform : transforms) {
        for (std::size_t i = 0; i < 3; ++i) transform.translation[i] += translate.delta[i] + 0.0f;
    }
    return true;
}

bool move(const Scale& scale, std::span<Transform> transforms) noexcept {
    if (!is_finite(scale.factor)) return false;
    const auto& factor = scale.factor;
    if (factor == Vec3{1, 1, 1}) return true;
    about_centre(transforms, [&](Vec3d v) { return Vec3d{v[0] * factor[0], v[1] * factor[1], v[2] * factor[2]}; });
    for (auto& transform : transforms) {
        for (std::size_t i = 0; i < 3; ++i) transform.scale[i] = transform.scale[i] * factor[i] + 0.0f;
    }
    return true;
}

bool move(const Rotate& rotation, std::span<Transform> transforms) noexcept {
    const auto by = normalised(rotation.by);
    if (!by) return false;
    if (*by == Quat{0, 0, 0, 1}) return true;
    about_centre(transforms, [&](Vec3d v) { return rotate(v, *by); });
    for (auto& transform : transforms) {
        // Normalising each product keeps rounding errors from adding up over thousands of events.
        const auto product = normalised(multiply(transform.rotation, *by));
        if (!product) return false;
        transform.rotation = *product;
    }
    return true;
}

} // namespace

bool is_finite(const Vec3& vector) noexcept {
    return std::ranges::all_of(vector, [](float component) { return std::isfinite(component); });
}

bool is_finite(const Transform& transform) noexcept {
    return is_finite(transform.translation) && is_finite(transform.scale) &&
           std::ranges::all_of(transform.rotation, [](float component) { return std::isfinite(component); });
}

std::optional<Quat> normalised(const Quat& quaternion) noexcept {
    double square = 0; // cannot overflow: squares of floats are far inside the range of a double
    for (const float component : quaternion) square += static_cast<double>(component) * component;
    if (!std::isfinite(square) || square == 0) return std::nullopt;
    const auto length = std::sqrt(square);
    Quat result;
    for (std::size_t i = 0; i < 4; ++i) result[i] = to_float(quaternion[i] / length);
    return result;
}

bool apply_motion(const Motion& motion, std::span<Transform> transforms) noexcept {
    const bool valid = std::visit([&](const auto& each) { return move(each, transforms); }, motion);
    return valid && std::ranges::all_of(transforms, [](const Transform& each) { return is_finite(each); });
}

} // namespace cim::graph
