// Paths of git, which are bytes, as texts of events, which are UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace cim::importer {

/// True for a path that cannot stand in an event as it is: one that is not UTF-8, or that begins with a quotation mark
/// and so could be taken for the quoted form of another.
[[nodiscard]] bool needs_quotes(std::string_view path);

/// The path itself, or where it needs quotes the form that git shows it in: "caf\303\251". Different paths have
/// different texts.
[[nodiscard]] std::string path_text(std::string_view path);

/// The text with U+FFFD for each byte that is not part of a UTF-8 character.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

/// The folder that the path is in, "." at the top; and the last part of the path.
[[nodiscard]] std::string_view parent_of(std::string_view path);
[[nodiscard]] std::string_view name_of(std::string_view path);

} // namespace cim::importer
