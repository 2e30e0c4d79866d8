#include "ipld/json_number.hpp"

#include <charconv>
#include <string_view>

namespace cim::ipld {

void append_json_float(std::string& out, double value) {
    char buffer[40]; // 17 digits, sign, point and exponent
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer)); // -d.ddde-xx
    if (text.starts_with('-')) {
        out += '-';
        text.remove_prefix(1);
    }
    const auto e = text.find('e');
    int exponent = 0;
    const auto exponent_at = e + (text[e + 1] == '+' ? 2 : 1);
    std::from_chars(text.data() + exponent_at, text.data() + text.size(), exponent);
    std::string digits(1, text[0]);
    if (e > 1) digits += text.substr(2, e - 2);

    const int count = static_cast<int>(digits.size());
    if (exponent < -6 || exponent > 20) {
        out += digits[0];
        if (count > 1) out.append(1, '.').append(digits, 1);
        out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(exponent < 0 ? -exponent : exponent));
    } else if (exponent < 0) {
        const int zeros = -exponent - 1;
        out.append("0.").append(static_cast<std::size_t>(zeros), '0').append(digits);
    } else if (count > exponent + 1) {
        const auto point = static_cast<std::size_t>(exponent) + 1;
        out.append(digits, 0, point).append(1, '.').append(digits, point);
    } else {
        const int zeros = exponent + 1 - count;
        out.append(digits).append(static_cast<std::size_t>(zeros), '0').append(".0");
    }
}

} // namespace cim::ipld
