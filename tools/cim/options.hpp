// The options and arguments of a command: a thin layer over CLI11, whose header costs every file that includes it ten
// seconds of compiling. Only options.cpp and the files that shape help and usage messages see it.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace cim::cli {

/// Decides over the text of a value.
struct Check {
    std::string name;                                       ///< What is wanted, for the help: "TIME".
    std::function<std::string(const std::string&)> refusal; ///< Why not; empty if the text will do.
};

/// An option or positional argument in the making; a handle that is valid as long as its command line.
class Option {
  public:
    explicit Option(CLI::Option& option) noexcept : option_(&option) {}

    Option required();
    Option check(const Check& check);
    Option one_of(std::initializer_list<const char*> choices);
    Option between(int least, int most);
    Option between(double least, double most);
    Option positive();
    /// How the value is called in the help: "FILE".
    Option type_name(const std::string& name);
    /// The help tells the value that the variable has now.
    Option show_default();
    /// Not both.
    Option excludes(Option other);
    /// Of a list: each value needs its own option name before it.
    Option one_each();

  private:
    CLI::Option* option_;
};

/// A command or a group of commands in the making; a handle that is valid as long as its command line.
class Command {
  public:
    explicit Command(CLI::App& app) noexcept : app_(&app) {}

    /// `names` is "-o,--output", or one word for a positional argument. `value` is set when the line is parsed and must
    /// live until then. T: std::string, a vector of them, bool, double, an integer, or an optional of one.
    template <class T> Option add_option(const std::string& names, T& value, const std::string& description);
    Option add_flag(const std::string& names, bool& value, const std::string& description);
    /// Left out of the help.
    void hide();
    /// Called when the line names this command and is right.
    void when_chosen(std::function<void()> action);

    [[nodiscard]] CLI::App& app() const noexcept { return *app_; }

  private:
    CLI::App* app_;
};

} // namespace cim::cli
