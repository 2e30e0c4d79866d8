// cim completions, and the man page that is made the same way.
#include "base/try.hpp"
#include "command.hpp"
#include "command_tree.hpp"
#include "man_page.hpp"
#include "shell_completions.hpp"

#include <optional>
#include <string>

namespace cim::cli {
namespace {

struct Arguments {
    std::string shell;
    std::optional<Command> command;
};

Result<int> run_completions(Context& context, const Arguments& arguments) {
    const auto tree = command_tree(*arguments.command);
    CIM_TRY(context.out.text(arguments.shell == "bash"  ? bash_completions(tree)
                             : arguments.shell == "zsh" ? zsh_completions(tree)
                                                        : fish_completions(tree)));
    return exit_ok;
}

Result<int> run_man(Context& context, const Arguments& arguments) {
    CIM_TRY(context.out.text(man_page(command_tree(*arguments.command))));
    return exit_ok;
}

void bind_completions(Command command, Arguments& arguments) {
    arguments.command = command;
    command.add_option("shell", arguments.shell, "for which shell").required().one_of({"bash", "zsh", "fish"});
}

void bind_man(Command command, Arguments& arguments) {
    arguments.command = command;
    command.hide(); // not in the help: packages use it
}

} // namespace

void add_completions(CommandLine& line) {
    line.add<Arguments>(line.app(), "completions", "print a script that completes this command in a shell",
                        {"source <(cim completions bash)", "cim completions zsh > \"${fpath[1]}/_cim\"",
                         "cim completions fish > ~/.config/fish/completions/cim.fish"},
                        bind_completions, run_completions);
    line.add<Arguments>(line.app(), "man", "print the man page", {"cim man | man -l -"}, bind_man, run_man);
}

} // namespace cim::cli
