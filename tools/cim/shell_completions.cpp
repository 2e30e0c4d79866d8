#include "shell_completions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace cim::cli {
namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// For single quotes of bash and zsh.
std::string single_quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'') {
            result += "'\\''";
        } else {
            result += c;
        }
    }
    return result + '\'';
}

std::vector<std::string> option_names(const CommandEntry& command) {
    std::vector<std::string> names;
    for (const auto& option : command.options) {
        if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
    }
    return names;
}

/// What may stand in place of the command's positional arguments.
std::vector<std::string> argument_choices(const CommandEntry& command) {
    std::vector<std::string> all;
    for (const auto& option : command.options) {
        if (option.positional) all.insert(all.end(), option.choices.begin(), option.choices.end());
    }
    return all;
}

/// One pattern of a `case` for each command: which words lead deeper.
std::string path_cases(std::span<const CommandEntry> tree) {
    std::string cases;
    for (const auto& command : tree) {
        for (const auto& sub : command.subcommands) {
            cases += fmt::format("            '{}|{}') path='{}' ;;\n", command.path, sub,
                                 command.path.empty() ? sub : command.path + ' ' + sub);
        }
    }
    return cases;
}

} // namespace

std::string bash_completions(std::span<const CommandEntry> tree) {
    std::string script = "# bash completion for cim; to use it: source <(cim completions bash)\n"
                         "_cim() {\n"
                         "    local path='' word words_here options cur=${COMP_WORDS[COMP_CWORD]}\n"
                         "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                         "        case \"$path|$word\" in\n" +
                         path_cases(tree) +
                         "        esac\n"
                         "    done\n"
                         "    case \"$path\" in\n";
    for (const auto& command : tree) {
        auto words = command.subcommands;
        std::ranges::copy(argument_choices(command), std::back_inserter(words));
        script += fmt::format("        '{}') words_here='{}' options='{}' ;;\n", command.path, joined(words),
                              joined(option_names(command)));
    }
    script += fmt::format("    esac\n"
                          "    if [[ $cur == -* ]]; then\n"
                          "        COMPREPLY=($(compgen -W \"$options {}\" -- \"$cur\"))\n"
                          "    else\n"
                          "        COMPREPLY=($(compgen -W \"$words_here\" -- \"$cur\"))\n"
                          "    fi\n"
                          "}}\n"
                          "complete -o bashdefault -o default -F _cim cim\n",
                          joined(option_names(tree.front())));
    return script;
}

std::string zsh_completions(std::span<const CommandEntry> tree) {
    std::string script = "#compdef cim\n"
                         "# zsh completion for cim; to use it: cim completions zsh > \"${fpath[1]}/_cim\"\n"
                         "_cim() {\n"
                         "    local path_='' word\n"
                         "    local -a commands options\n"
                         "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
                         "        case \"$path_|$word\" in\n";
    auto cases = path_cases(tree);
    for (auto at = cases.find(") path="); at != std::string::npos; at = cases.find(") path=", at + 8)) {
        cases.replace(at, 7, ") path_="); // `path` is zsh's own
    }
    script += cases + "        esac\n    done\n    case \"$path_\" in\n";
    for (const auto& command : tree) {
        script += fmt::format("        '{}')\n            commands=(", command.path);
        for (const auto& sub : command.subcommands) {
            const auto path = command.path.empty() ? sub : command.path + ' ' + sub;
            const auto entry = std::ranges::find(tree, path, &CommandEntry::path);
            script += ' ' + single_quoted(sub + ':' + brief(entry->description));
        }
        for (const auto& choice : argument_choices(command)) script += ' ' + single_quoted(choice);
        script += " )\n            options=(";
        for (const auto* owner : {&command, &tree.front()}) {
            for (const auto& option : owner->options) {
                for (const auto& name : option.names) {
                    if (!option.positional) script += ' ' + single_quoted(name + ':' + brief(option.description));
                }
            }
            if (owner == &tree.front()) break;
        }
        script += " ) ;;\n";
    }
    return script + "    esac\n"
                    "    if [[ $words[CURRENT] == -* ]]; then\n"
                    "        _describe option options\n"
                    "    else\n"
                    "        (( $#commands )) && _describe command commands\n"
                    "        _files\n"
                    "    fi\n"
                    "}\n"
                    "compdef _cim cim\n";
}

std::string fish_completions(std::span<const CommandEntry> tree) {
    std::string script =
        "# fish completion for cim; to use it: cim completions fish > ~/.config/fish/completions/cim.fish\n"
        "function __cim_path\n"
        "    set -l path ''\n"
        "    for word in (commandline -opc)[2..]\n"
        "        switch \"$path|$word\"\n";
    for (const auto& command : tree) {
        for (const auto& sub : command.subcommands) {
            script += fmt::format("            case '{}|{}'\n                set path '{}'\n", command.path, sub,
                                  command.path.empty() ? sub : command.path + ' ' + sub);
        }
    }
    script += "        end\n    end\n    test \"$path\" = \"$argv[1]\"\nend\n";
    for (const auto& command : tree) {
        const auto here = fmt::format("complete -c cim -n \"__cim_path '{}'\"", command.path);
        for (const auto& sub : command.subcommands) {
            const auto path = command.path.empty() ? sub : command.path + ' ' + sub;
            const auto entry = std::ranges::find(tree, path, &CommandEntry::path);
            script += fmt::format("{} -f -a {} -d {}\n", here, sub, single_quoted(brief(entry->description)));
        }
        for (const auto& option : command.options) {
            if (option.positional) {
                if (!option.choices.empty()) script += fmt::format("{} -f -a '{}'\n", here, joined(option.choices));
                continue;
            }
            script += command.path.empty() ? "complete -c cim" : here;
            for (const auto& name : option.names) {
                script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            }
            if (!option.value.empty())
                script += option.choices.empty() ? " -r" : fmt::format(" -x -a '{}'", joined(option.choices));
            script += fmt::format(" -d {}\n", single_quoted(brief(option.description)));
        }
    }
    return script;
}

} // namespace cim::cli
