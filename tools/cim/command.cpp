#include "command.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "help_formatter.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace cim::cli {
namespace {

std::string default_folder() {
    if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
        return std::string(data) + "/cim";
    const char* home = std::getenv("HOME");
    return home != nullptr && *home != '\0' ? std::string(home) + "/.local/share/cim" : ".cim";
}

std::string default_file() { return default_folder() + "/events.db"; }

Result<> make_default_folder() {
    std::error_code problem;
    std::filesystem::create_directories(default_folder(), problem);
    if (!problem) return {};
    return fail(Errc::store_unavailable,
                fmt::format("cannot make the folder '{}': {}", default_folder(), problem.message()),
                "name a store with --store sqlite:PATH or CIM_STORE", {{"path", default_folder()}});
}

} // namespace

void Context::note(std::string_view text) const {
    if (!quiet && !json) fmt::print(stderr, "{}\n", text);
}

Command CommandLine::add(Command parent, const std::string& name, const std::string& description,
                         const std::vector<std::string>& examples) {
    auto& command = *parent.app().add_subcommand(name, description);
    // --store, --json and --quiet belong to the whole line and may stand anywhere in it.
    command.fallthrough();
    std::string footer;
    if (!examples.empty()) {
        footer = "Examples:\n";
        for (const auto& example : examples) footer += "  " + example + '\n';
    }
    footer += "\nWith every command: --store URL, --json, -q/--quiet; `cim --help` tells more.";
    command.footer(footer);
    command.formatter(std::make_shared<HelpFormatter>());
    return Command(command);
}

Command CommandLine::add_group(const std::string& name, const std::string& description,
                               const std::vector<std::string>& examples) {
    const auto group = add(app(), name, description, examples);
    group.app().require_subcommand(1);
    return group;
}

std::string store_url(const Context& context) {
    return context.store.empty() ? "sqlite:" + default_file() : context.store;
}

Result<std::unique_ptr<EventStore>> open_store(const Context& context, Access access) {
    if (context.store.empty() && access == Access::write) CIM_TRY(make_default_folder());
    OpenOptions options;
    options.mode = access == Access::write ? OpenOptions::Mode::read_write_create : OpenOptions::Mode::read_only;
    auto store = cim::open_store(store_url(context), options);
    if (!store && store.error().code == Errc::not_found) {
        auto error = std::move(store).error();
        error.code = Errc::store_unavailable;
        error.advice = context.store.empty()
                           ? "this is where events are kept by default, and there are none yet: begin with "
                             "`cim import git PATH`, or name another store with --store URL or CIM_STORE"
                           : "see the URL; `cim import` and `cim append` make a store that is not there";
        return fail(std::move(error));
    }
    return store;
}

Result<std::unique_ptr<EventStore>> open_named_store(const std::string& url, Access access) {
    return open_store(Context{.store = url}, access);
}

} // namespace cim::cli
