#include "man_page.hpp"

#include <fmt/format.h>

#include <string_view>

namespace cim::cli {
namespace {

/// Text that roff must take as it is.
std::string roff(std::string_view text) {
    std::string result;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) result += "\\&";
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else {
            result += c;
        }
        line_start = c == '\n';
    }
    return result;
}

std::string option_heading(const OptionEntry& option) {
    std::string names;
    for (const auto& name : option.names) {
        names += names.empty() ? "" : ", ";
        names += fmt::format("\\fB{}\\fR", roff(name));
    }
    return option.value.empty() ? names : fmt::format("{} \\fI{}\\fR", names, roff(option.value));
}

void add_options(std::string& page, const CommandEntry& command, bool positional) {
    for (const auto& option : command.options) {
        if (option.positional != positional) continue;
        page += fmt::format(".TP\n{}\n{}\n", option_heading(option), roff(option.description));
    }
}

std::string usage(const CommandEntry& command) {
    std::string line = fmt::format("\\fBcim {}\\fR", roff(command.path));
    if (!command.subcommands.empty()) line += " \\fIcommand\\fR";
    for (const auto& option : command.options) {
        if (!option.positional) continue;
        const auto name = fmt::format("\\fI{}\\fR", roff(option.names.front()));
        line += option.required ? ' ' + name : " [" + name + ']';
    }
    return line + " [\\fIoptions\\fR]";
}

/// The lines of a footer between "Examples:" and the end or an empty line.
std::string examples(const std::string& footer) {
    const auto begin = footer.find("Examples:\n");
    if (begin == std::string::npos) return {};
    const auto text = std::string_view(footer).substr(begin + 10);
    return std::string(text.substr(0, text.find("\n\n")));
}

constexpr std::string_view exit_status_section = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
It failed; the message says why and what to do.
.TP
.B 2
The command line is wrong.
.TP
.B 3
Data failed verification.
.TP
.B 4
The head of a chain, or the history to import, is not the expected one.
.TP
.B 5
The store is unavailable.
.TP
.B 130
Ctrl\-C; what was acknowledged before it stays.
.SH ENVIRONMENT
.TP
.B CIM_STORE
The store to use where \fB\-\-store\fR does not name one.
.TP
.B XDG_DATA_HOME
Where the default store is: \fBcim/events.db\fR below it, or below \fB~/.local/share\fR.
.TP
.B NO_COLOR
If set, no colours.
)";

} // namespace

std::string man_page(std::span<const CommandEntry> tree) {
    const auto& root = tree.front();
    std::string page =
        ".TH CIM 1\n.SH NAME\ncim \\- tamper\\-evident event histories, replayed as graphs\n"
        ".SH SYNOPSIS\n\\fBcim\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n.SH DESCRIPTION\n";
    page += roff(root.description) + "\n.SH OPTIONS\n";
    add_options(page, root, false);
    page += ".SH COMMANDS\n";
    for (const auto& command : tree.subspan(1)) {
        page += fmt::format(".SS {}\n{}.\n", usage(command), roff(command.description));
        add_options(page, command, true);
        add_options(page, command, false);
        if (const auto lines = examples(command.footer); !lines.empty()) {
            page +=
                fmt::format(".PP\nExamples:\n.PP\n.nf\n{}.fi\n", roff(lines.ends_with('\n') ? lines : lines + '\n'));
        }
    }
    return page += exit_status_section;
}

} // namespace cim::cli
