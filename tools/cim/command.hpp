// What every command is made of: the common options, the place it writes to, and its entry in the command line.
#pragma once

#include <cim/error.hpp>
#include <cim/event_store.hpp>

#include "exit_status.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cim::cli {

/// The options that stand in front of, or after, every command, and where output goes.
struct Context {
    std::string store; ///< URL; empty: the default.
    bool json = false;
    bool quiet = false;
    Output out;

    [[nodiscard]] Progress::Style progress_style() const { return Progress::style_for(quiet, json); }
    /// A remark on standard error, unless quiet or JSON was asked for.
    void note(std::string_view text) const;
};

/// Runs a parsed command. The answer is the exit status; an error is reported by main.
using Action = std::function<Result<int>()>;

/// The command line in the making.
class CommandLine {
  public:
    CommandLine(CLI::App& app, Context& context) : app_(app), context_(context) {}

    /// The line itself, below which commands are added.
    [[nodiscard]] Command app() const noexcept { return Command(app_); }
    [[nodiscard]] Context& context() noexcept { return context_; }

    /// A group of commands, which does nothing by itself. `examples` are lines of shell, for its help and the man page.
    Command add_group(const std::string& name, const std::string& description,
                      const std::vector<std::string>& examples);

    /// A command without options, or one that still gets them.
    Command add(Command parent, const std::string& name, const std::string& description,
                const std::vector<std::string>& examples);

    /// A command with options of its own: `bind(command, options)` declares them, `run` acts on them.
    template <class Options>
    void add(Command parent, const std::string& name, const std::string& description,
             const std::vector<std::string>& examples, void (*bind)(Command, Options&),
             Result<int> (*run)(Context&, const Options&)) {
        Command command = add(parent, name, description, examples);
        auto options = std::make_shared<Options>();
        bind(command, *options);
        command.when_chosen(
            [this, options, run] { chosen_ = [this, options, run] { return run(context_, *options); }; });
    }

    /// What the parsed line asks for.
    [[nodiscard]] const Action& chosen() const noexcept { return chosen_; }

  private:
    CLI::App& app_;
    Context& context_;
    Action chosen_;
};

// One for each family of commands, in commands/.
void add_import(CommandLine& line);
void add_append(CommandLine& line);
void add_fetch(CommandLine& line);
void add_log(CommandLine& line);
void add_heads(CommandLine& line);
void add_verify(CommandLine& line);
void add_replay(CommandLine& line);
void add_graph(CommandLine& line);
void add_export(CommandLine& line);
void add_car(CommandLine& line);
void add_block(CommandLine& line);
void add_db(CommandLine& line);
void add_bench(CommandLine& line);
void add_demo(CommandLine& line);
void add_view(CommandLine& line);
void add_completions(CommandLine& line);
void add_copy(CommandLine& line);
void add_mirror(CommandLine& line);
void add_tail(CommandLine& line);
void add_subscribers(CommandLine& line);
void add_stream(CommandLine& line);
void add_match(CommandLine& line);
void add_route(CommandLine& line);
void add_dlq(CommandLine& line);

// How a store is opened by commands.
enum class Access { read, write };
/// The URL that the options, CIM_STORE or the default name.
[[nodiscard]] std::string store_url(const Context& context);
/// Errors: those of open_store, with a store that is not there as store_unavailable.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open_store(const Context& context, Access access);
/// The same for a store that an argument names.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open_named_store(const std::string& url, Access access);

} // namespace cim::cli
