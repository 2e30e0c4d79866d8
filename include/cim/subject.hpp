// Subjects and patterns, as in NATS.
//
// A subject is tokens joined by dots, none empty, none with ASCII white space or control characters. In a pattern, `*`
// stands for exactly one token and `>`, last only, for one or more; both only as whole tokens. Matching is byte-exact
// and case-sensitive. Source: docs.nats.io, "Subject-Based Messaging".
//
//     SubjectPattern::parse("event.store.*.NodeCreated")->matches("event.store.graph-1.NodeCreated")   // true
//     SubjectPattern::parse("event.store.>")->matches("event.store")                                   // false
#pragma once

#include <cim/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cim {

/// Where stored events live: `event.store.{aggregate_id}.{event_type}`.
inline constexpr std::string_view default_subject_prefix = "event.store";

/// A valid subject; only parse() makes one.
class Subject {
  public:
    static constexpr std::size_t max_size = 4096; ///< Bytes.
    /// Errors: invalid_subject with fields `value` and `reason`.
    [[nodiscard]] static Result<Subject> parse(std::string_view text);
    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    friend auto operator<=>(const Subject&, const Subject&) = default;

  private:
    explicit Subject(std::string text) noexcept : text_(std::move(text)) {}
    std::string text_;
};

/// A valid pattern; only parse() makes one. Every subject is a pattern too: one that matches itself.
class SubjectPattern {
  public:
    /// Errors: invalid_pattern with fields `value` and `reason`.
    [[nodiscard]] static Result<SubjectPattern> parse(std::string_view text);
    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    /// O(length of the subject); allocates nothing. False for what is not a subject.
    [[nodiscard]] bool matches(std::string_view subject) const noexcept;
    friend auto operator<=>(const SubjectPattern&, const SubjectPattern&) = default;

  private:
    explicit SubjectPattern(std::string text) noexcept : text_(std::move(text)) {}
    std::string text_;
};

} // namespace cim
