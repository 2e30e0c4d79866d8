// Evaluates templates for one event: texts and blocks that are in the event are looked at where they are, all others
// are put together in the MutationList's arena.
#pragma once

#include <cim/graph_mutation.hpp>

#include "graph/arena.hpp"
#include "graph/mapping_template.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cim::graph {

class Evaluator {
  public:
    Evaluator(std::span<const FieldValue> slots, Arena& arena) noexcept : slots_(slots), arena_(arena) {}

    // Each answers false where the event does not have what the template needs; reason() then says what.

    /// A string; where the template is an optional placeholder without a field, the empty one.
    [[nodiscard]] bool text(const TextTemplate& source, std::string_view& out);
    /// Any value; nullopt where the template is an optional placeholder without a field.
    [[nodiscard]] bool value(const ValueTemplate& source, std::optional<ipld::View>& out);
    /// A value that must be there and be a map.
    [[nodiscard]] bool map(const ValueTemplate& source, ipld::View& out);
    /// A map, or nullopt.
    [[nodiscard]] bool optional_map(const ValueTemplate& source, std::optional<ipld::View>& out);
    /// A list of strings; nothing where the value is nullopt.
    [[nodiscard]] bool texts(const ValueTemplate& source, std::span<const std::string_view>& out);

    /// The field that a placeholder stands for; nullopt if there is none, or where it is optional and the field is
    /// null.
    [[nodiscard]] FieldValue field(const Placeholder& placeholder) const noexcept;

    [[nodiscard]] bool broken(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  private:
    [[nodiscard]] bool append_text(const TextTemplate& source, ArenaWriter& out);
    [[nodiscard]] bool append_value(const ValueTemplate& source, ArenaWriter& out);
    [[nodiscard]] bool append_list(const ValueTemplate::List& source, ArenaWriter& out);
    [[nodiscard]] bool append_map(const ValueTemplate::Map& source, ArenaWriter& out);
    [[nodiscard]] bool is_left_out(const ValueTemplate& source) const noexcept;

    [[nodiscard]] bool missing(const Placeholder& placeholder);
    [[nodiscard]] bool wrong_kind(const ValueTemplate& source, ipld::Kind kind, std::string_view wanted);

    std::span<const FieldValue> slots_;
    Arena& arena_;
    std::string reason_;
};

} // namespace cim::graph
