#include "help_formatter.hpp"

#include "command_tree.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace cim::cli {
namespace {

/// Line feeds in place of blanks where lines would be longer than `width`.
std::string wrapped(std::string_view text, std::size_t width) {
    std::string result;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(" \n"), text.size());
        const auto word = text.substr(0, end);
        const bool fits = used == 0 || used + 1 + word.size() <= width;
        if (used > 0) result += fits ? ' ' : '\n';
        result += word;
        used = fits && used > 0 ? used + 1 + word.size() : word.size();
        if (end < text.size() && text[end] == '\n') {
            result += '\n';
            used = 0;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

} // namespace

std::string HelpFormatter::make_description(const CLI::App* app) const {
    return wrapped(app->get_description(), line) + "\n\n";
}

std::string HelpFormatter::make_subcommand(const CLI::App* sub) const {
    std::ostringstream out;
    CLI::detail::format_help(out, sub->get_name(), wrapped(brief(sub->get_description()), line - column), column);
    return out.str();
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
    const auto entry = option_entry(*option);
    return entry.positional || entry.value.empty() ? std::string() : ' ' + entry.value;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
    return wrapped(option_entry(*option).description, line - column);
}

} // namespace cim::cli
