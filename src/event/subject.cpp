#include <cim/subject.hpp>

#include "base/printable.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace cim {

namespace {

constexpr std::string_view one_token = "*";
constexpr std::string_view the_rest = ">";

// In a pattern wildcards may stand, as whole tokens.
enum class As { subject, pattern };

constexpr bool may_stand_in_token(char character) noexcept {
    const auto octet = static_cast<unsigned char>(character);
    return octet > 0x20 && octet != 0x7f && character != '*' && character != '>';
}

// Why it is not a subject or pattern; empty if it is one. Goes over the text once.
constexpr std::string_view fault_of(std::string_view text, As as) noexcept {
    if (text.empty()) return "is empty";
    if (text.size() > Subject::max_size) return "is longer than 4096 bytes";
    std::size_t start = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i == text.size() || text[i] == '.') {
            const auto token = text.substr(start, i - start);
            if (token.empty()) return "has an empty token";
            if (as == As::pattern && token == the_rest && i != text.size())
                return "has a '>' that is not the last token";
            start = i + 1;
        } else if (!may_stand_in_token(text[i])) {
            const bool is_wildcard = text[i] == '*' || text[i] == '>';
            if (!is_wildcard) return "has white space or a control character";
            if (as == As::subject) return "has a wildcard";
            const bool is_whole = i == start && (i + 1 == text.size() || text[i + 1] == '.');
            if (!is_whole) return "has a wildcard inside a token";
        }
    }
    return {};
}

std::unexpected<Error> refuse(Errc code, std::string_view what, std::string_view text, std::string_view reason,
                              std::string advice) {
    auto shown = printable(text);
    auto message = fmt::format("{} '{}' {}", what, shown, reason);
    return fail(code, std::move(message), std::move(advice),
                {{"value", std::move(shown)}, {"reason", std::string(reason)}});
}

// The first token, which is cut off with its dot.
constexpr std::string_view take_token(std::string_view& text) noexcept {
    const auto dot = text.find('.');
    const auto token = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    return token;
}

// For a valid pattern and subject; neither has an empty token, so an empty rest means that it is used up.
constexpr bool matches_valid(std::string_view pattern, std::string_view subject) noexcept {
    while (!pattern.empty() && !subject.empty()) {
        const auto wanted = take_token(pattern);
        if (wanted == the_rest) return true;
        const auto found = take_token(subject);
        if (wanted != one_token && wanted != found) return false;
    }
    return pattern.empty() && subject.empty();
}

} // namespace

Result<Subject> Subject::parse(std::string_view text) {
    if (const auto reason = fault_of(text, As::subject); !reason.empty())
        return refuse(Errc::invalid_subject, "subject", text, reason,
                      "a subject is tokens joined by dots, without white space, '*' and '>'");
    return Subject(std::string(text));
}

Result<SubjectPattern> SubjectPattern::parse(std::string_view text) {
    if (const auto reason = fault_of(text, As::pattern); !reason.empty())
        return refuse(Errc::invalid_pattern, "pattern", text, reason,
                      "'*' stands for one token and '>', last only, for one or more, like event.store.*.NodeCreated");
    return SubjectPattern(std::string(text));
}

bool SubjectPattern::matches(std::string_view subject) const noexcept {
    return matches_valid(text_, subject) && fault_of(subject, As::subject).empty();
}

} // namespace cim
