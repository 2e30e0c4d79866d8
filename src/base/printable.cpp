#include "base/printable.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <iterator>

namespace cim {

namespace {

void append_escape(std::string& out, unsigned char octet) {
    switch (octet) {
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: fmt::format_to(std::back_inserter(out), "\\x{:02x}", octet);
    }
}

bool is_plain(std::string_view character) noexcept {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first >= 0x20 && first != 0x7f && first != '\\';
    return first != 0xc2 || static_cast<unsigned char>(character[1]) >= 0xa0; // U+0080 ... U+009F are controls.
}

} // namespace

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const auto character = text.substr(0, length == 0 ? 1 : length);
        if (out.size() + character.size() > limit) return out + "...";
        if (length != 0 && is_plain(character))
            out += character;
        else
            for (const char octet : character) append_escape(out, static_cast<unsigned char>(octet));
        text.remove_prefix(character.size());
    }
    return out;
}

} // namespace cim
