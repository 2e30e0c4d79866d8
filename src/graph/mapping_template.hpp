// Templates of a mapping file, compiled: what is constant is encoded once, what is not reads slots.
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>
#include <cim/ipld.hpp>

#include "graph/mapping_fields.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cim::graph {

/// `{path}`, `{path|path}`, `{path?}`: the first of these fields that is there.
struct Placeholder {
    std::vector<FieldSet::Slot> slots;
    bool optional = false; ///< Absent and null are the same then, and no error.
    std::string spelling;  ///< Without braces and question mark.
};

/// A text with placeholders in it.
struct TextTemplate {
    std::vector<std::variant<std::string, Placeholder>> parts;
    /// The text is one placeholder and nothing else.
    [[nodiscard]] const Placeholder* whole() const noexcept {
        return parts.size() == 1 ? std::get_if<Placeholder>(&parts[0]) : nullptr;
    }
};

/// A value with placeholders in it.
struct ValueTemplate {
    struct Entry;
    using List = std::vector<ValueTemplate>;
    using Map = std::vector<Entry>;                                    ///< In canonical order.
    std::variant<Bytes, Placeholder, TextTemplate, List, Map> content; ///< Bytes: a constant, encoded.
};
struct ValueTemplate::Entry {
    Bytes key; ///< Encoded.
    ValueTemplate value;
};

/// Compiles, with fields going to `fields`. Errors: a sentence without the place, which the caller knows.
[[nodiscard]] std::expected<Placeholder, std::string> compile_placeholder(std::string_view inside, FieldSet& fields);
[[nodiscard]] std::expected<TextTemplate, std::string> compile_text(std::string_view text, FieldSet& fields);

struct TemplateFault {
    std::string pointer; ///< From the value that was to be compiled, e.g. "/title".
    std::string reason;
};
[[nodiscard]] std::expected<ValueTemplate, TemplateFault> compile_value(const ipld::Value& value, FieldSet& fields);

} // namespace cim::graph
