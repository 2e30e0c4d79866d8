#include "command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace cim::cli {
namespace {

/// CLI11 tells what an option takes as one text: what kind of value it is, and after a colon what checks it.
struct TypeName {
    explicit TypeName(const CLI::Option& option) {
        const auto text = option.get_type_name();
        kind = text.substr(0, text.find(':'));
        if (kind.size() < text.size()) check = text.substr(kind.size() + 1);
    }
    std::string kind;
    std::string check;
};

/// "{dot,svg}" -> dot, svg
std::vector<std::string> choices_in(std::string_view check) {
    std::vector<std::string> choices;
    if (!check.starts_with('{') || !check.ends_with('}')) return choices;
    auto rest = check.substr(1, check.size() - 2);
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        choices.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::ranges::sort(choices);
    return choices;
}

std::string value_name(const TypeName& type, const std::vector<std::string>& choices) {
    constexpr std::array numbers = {"INT", "UINT", "FLOAT"};
    if (!choices.empty()) {
        std::string all;
        for (const auto& choice : choices) all += (all.empty() ? "" : "|") + choice;
        return all;
    }
    if (std::ranges::find(numbers, type.kind) != numbers.end()) return "N";
    return type.kind == "TEXT" && !type.check.empty() ? type.check : type.kind;
}

} // namespace

OptionEntry option_entry(const CLI::Option& option) {
    OptionEntry entry;
    for (const auto& name : option.get_snames()) entry.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) entry.names.push_back("--" + name);
    entry.positional = entry.names.empty();
    if (entry.positional) entry.names.push_back(option.get_name());
    entry.required = option.get_required();
    entry.description = option.get_description();
    if (!option.get_default_str().empty()) entry.description += " (default: " + option.get_default_str() + ')';
    if (option.get_expected_max() > 0) {
        const TypeName type(option);
        if (type.kind == "TEXT") entry.choices = choices_in(type.check);
        entry.value = value_name(type, entry.choices);
    }
    return entry;
}

namespace {

void collect(const CLI::App& app, const std::string& path, std::vector<CommandEntry>& out) {
    CommandEntry entry{path, app.get_description(), app.get_footer(), {}, {}};
    for (const auto* option : app.get_options()) {
        if (!option->get_group().empty()) entry.options.push_back(option_entry(*option));
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

std::string brief(std::string_view description) {
    const auto end = std::min(description.find_first_of(":;("), description.find(". "));
    auto text = description.substr(0, end);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return std::string(text);
}

std::vector<CommandEntry> command_tree(Command part) {
    const auto* top = &part.app();
    while (top->get_parent() != nullptr) top = top->get_parent();
    std::vector<CommandEntry> tree;
    collect(*top, "", tree);
    return tree;
}

} // namespace cim::cli
