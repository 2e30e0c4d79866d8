#include "git_path.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

namespace cim::importer {
namespace {

char letter_escape(char c) {
    constexpr std::string_view plain = "\a\b\t\n\v\f\r\"\\";
    constexpr std::string_view escaped = "abtnvfr\"\\";
    const auto at = plain.find(c);
    return at == std::string_view::npos ? '\0' : escaped[at];
}

} // namespace

bool needs_quotes(std::string_view path) { return path.starts_with('"') || !is_valid_utf8(path); }

std::string path_text(std::string_view path) {
    if (!needs_quotes(path)) return std::string(path);
    std::string text = "\"";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (const char letter = letter_escape(c)) {
            text += '\\';
            text += letter;
        } else if (byte < 0x20 || byte >= 0x7f) {
            text += fmt::format("\\{:03o}", byte);
        } else {
            text += c;
        }
    }
    return text += '"';
}

std::string replace_invalid_utf8(std::string_view text) {
    if (is_valid_utf8(text)) return std::string(text);
    std::string result;
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) {
            result += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            result += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return result;
}

std::string_view parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view(".") : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

} // namespace cim::importer
