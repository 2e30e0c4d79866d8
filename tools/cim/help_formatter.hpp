// How `--help` looks: lines that fit a terminal, short lists of commands.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace cim::cli {

class HelpFormatter final : public CLI::Formatter {
  public:
    HelpFormatter() { column_width(column); }

  private:
    static constexpr std::size_t column = 30;
    static constexpr std::size_t line = 110;

    std::string make_description(const CLI::App* app) const override;
    std::string make_subcommand(const CLI::App* sub) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
};

} // namespace cim::cli
