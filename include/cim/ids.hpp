// Strong types for the names and numbers of the system, so that a node id cannot be passed where an aggregate id is
// meant.
#pragma once

#include <cim/error.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace cim {

/// A name of one kind. Holds any text; what is required of it is checked where it enters the system (an append, a
/// subscription), with an error that names the value. Empty means "none".
template <class Tag> class StringId {
  public:
    StringId() = default;
    explicit StringId(std::string text) noexcept : text_(std::move(text)) {}
    explicit StringId(std::string_view text) : text_(text) {}
    explicit StringId(const char* text) : text_(text) {}
    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    friend auto operator<=>(const StringId&, const StringId&) = default;

  private:
    std::string text_;
};

/// A number of one kind.
template <class Tag> class StrongNumber {
  public:
    constexpr StrongNumber() noexcept = default;
    constexpr explicit StrongNumber(std::uint64_t value) noexcept : value_(value) {}
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
    [[nodiscard]] constexpr StrongNumber next() const noexcept { return StrongNumber(value_ + 1); }
    friend constexpr auto operator<=>(StrongNumber, StrongNumber) noexcept = default;

  private:
    std::uint64_t value_ = 0;
};

/// The thing whose history one chain is. Must be a subject token: not empty, no '.', '*', '>', white space or control
/// characters, at most 255 bytes of UTF-8.
using AggregateId = StringId<struct AggregateIdTag>;
/// What happened, e.g. "NodeCreated". The same requirements as for AggregateId.
using EventType = StringId<struct EventTypeTag>;
/// Names a transaction: 1 ... 255 bytes of UTF-8 without control characters.
using TransactionId = StringId<struct TransactionIdTag>;

/// Position in a store's log, from 1; 0 is "before the first".
using GlobalSequence = StrongNumber<struct GlobalSequenceTag>;
/// Position in an aggregate's chain, from 1 and without gaps; 0 is "before the first".
using AggregateSequence = StrongNumber<struct AggregateSequenceTag>;

/// Longest token, in bytes.
inline constexpr std::size_t max_token_size = 255;

/// Checks that `text` can be a subject token: 1 ... 255 bytes of UTF-8 without '.', '*', '>', ASCII white space and
/// control characters. Errors: invalid_token with fields `name` (what it is, as given: "aggregate id"), `value` and
/// `reason`.
[[nodiscard]] Result<> check_token(std::string_view text, std::string_view what);
/// The same without the reason; for hot paths.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Makes a token of any text, reversibly: '%', '.', '*', '>', white space, control characters and bytes that are not
/// UTF-8 become %XX, and the empty text becomes "%". unescape_token is its inverse for every token that escape_token
/// made. A text of more than 85 bytes may give more than a token may have, which check_token refuses.
[[nodiscard]] std::string escape_token(std::string_view text);
[[nodiscard]] std::string unescape_token(std::string_view token);

} // namespace cim

template <class Tag> struct std::hash<cim::StringId<Tag>> {
    std::size_t operator()(const cim::StringId<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
template <class Tag> struct std::hash<cim::StrongNumber<Tag>> {
    std::size_t operator()(cim::StrongNumber<Tag> n) const noexcept { return std::hash<std::uint64_t>{}(n.value()); }
};
