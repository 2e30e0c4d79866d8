#include "command_tree.hpp"

#include <algorithm>
#include <string_view>

namespace cim::cli {
namespace {

/// CLI11 tells the values that an option may have only as text: "FORMAT:{dot,svg}".
std::vector<std::string> choices_in(const std::string& type) {
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    std::vector<std::string> choices;
    if (open == std::string::npos || close == std::string::npos) return choices;
    std::string_view rest = std::string_view(type).substr(open + 1, close - open - 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        choices.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::ranges::sort(choices);
    return choices;
}

OptionEntry entry_of(const CLI::Option& option) {
    OptionEntry entry;
    for (const auto& name : option.get_lnames()) entry.names.push_back("--" + name);
    for (const auto& name : option.get_snames()) entry.names.push_back("-" + name);
    entry.positional = entry.names.empty();
    if (entry.positional) entry.names.push_back(option.get_name());
    entry.required = option.get_required();
    entry.description = option.get_description();
    if (option.get_expected_max() > 0) {
        const auto type = option.get_type_name();
        entry.choices = choices_in(type);
        entry.value = type.find('{') == std::string::npos ? type : "";
        if (entry.value.empty()) {
            for (const auto& choice : entry.choices) entry.value += (entry.value.empty() ? "" : "|") + choice;
        }
    }
    return entry;
}

void collect(const CLI::App& app, const std::string& path, std::vector<CommandEntry>& out) {
    CommandEntry entry{path, app.get_description(), app.get_footer(), {}, {}};
    for (const auto* option : app.get_options()) {
        if (!option->get_group().empty()) entry.options.push_back(entry_of(*option));
    }
    std::vector<const CLI::App*> below;
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (sub->get_group().empty()) continue;
        entry.subcommands.push_back(sub->get_name());
        below.push_back(sub);
    }
    out.push_back(std::move(entry));
    for (const auto* sub : below) collect(*sub, path.empty() ? sub->get_name() : path + ' ' + sub->get_name(), out);
}

} // namespace

std::vector<CommandEntry> command_tree(const CLI::App& app) {
    std::vector<CommandEntry> tree;
    collect(app, "", tree);
    return tree;
}

} // namespace cim::cli
