// Transforms of one node and of groups, in 32-bit floats whose results are the same on every machine.
//
// Only +, -, *, / and sqrt are used, which IEEE 754 rounds exactly; the module is compiled without contraction to fused
// operations, and sums over nodes run in the order of their ids. Every stored number is finite and never -0.0.
#pragma once

#include <cim/graph_mutation.hpp>

#include <optional>
#include <span>
#include <variant>

namespace cim::graph {

[[nodiscard]] bool is_finite(const Vec3& vector) noexcept;
[[nodiscard]] bool is_finite(const Transform& transform) noexcept;

/// As a unit quaternion; nullopt for NaN, an infinity and zero.
[[nodiscard]] std::optional<Quat> normalised(const Quat& quaternion) noexcept;

using Motion = std::variant<mutation::Translate, mutation::Scale, mutation::Rotate>;

/// Moves the transforms, which are given in the order of their nodes' ids. False for a number that is refused in
/// `motion` or in a result; the transforms are then useless.
[[nodiscard]] bool apply_motion(const Motion& motion, std::span<Transform> transforms) noexcept;

} // namespace cim::graph
