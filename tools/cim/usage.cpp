#include "usage.hpp"

#include "exit_status.hpp"
#include "output.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim::cli {
namespace {

/// How many letters must be changed, added, left out or swapped to get from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::iota(last.begin(), last.end(), 0U);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1, i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::exchange(last, std::move(row));
    }
    return last.back();
}

/// The command that the line got to.
CLI::App& deepest(CLI::App& app) {
    auto* here = &app;
    while (!here->get_subcommands().empty()) here = here->get_subcommands().back();
    return *here;
}

std::string path_of(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + ' ' + app.get_name();
}

/// "improt" -> "import"
std::optional<std::string> nearest_command(CLI::App& here, const std::string& word) {
    std::optional<std::string> nearest;
    std::size_t least = 3;
    for (const auto* sub :
         here.get_subcommands([](const CLI::App* candidate) { return !candidate->get_group().empty(); })) {
        const auto far = distance(word, sub->get_name());
        if (far < least) {
            least = far;
            nearest = sub->get_name();
        }
    }
    return nearest;
}

std::string message_of(CLI::App& app, const CLI::ParseError& error) {
    auto& here = deepest(app);
    const auto rest = app.remaining(true);
    const bool wants_command = here.get_require_subcommand_min() > 0 && here.get_subcommands().empty();
    if (!wants_command) return fmt::format("{}: {}", path_of(here), error.what());
    if (rest.empty()) return fmt::format("'{}' wants a command", path_of(here));
    if (rest.front().starts_with('-')) return fmt::format("unknown option '{}'", rest.front());
    auto message = fmt::format("'{}' has no command '{}'", path_of(here), rest.front());
    if (const auto nearest = nearest_command(here, rest.front()))
        message += fmt::format("; did you mean '{}'?", *nearest);
    return message;
}

} // namespace

int report_usage(CLI::App& app, const CLI::ParseError& error, bool json) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const bool nothing_asked =
        dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && app.get_subcommands().empty();
    if (nothing_asked && app.remaining(true).empty() && !json) {
        // Who types nothing but the name wants to know what there is.
        fmt::print(stderr, "{}", app.help());
        return exit_usage;
    }
    auto message = message_of(app, error);
    std::ranges::replace(message, '\n', ' ');
    const auto advice = fmt::format("run `{} --help`", path_of(deepest(app)));
    if (json) {
        const Json document{
            {"error", {{"code", "usage"}, {"message", message}, {"advice", advice}, {"fields", Json::object()}}}};
        fmt::print(stderr, "{}\n", document.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
        fmt::print(stderr, "{}{}\n     {}\n", message.starts_with("cim ") ? "" : "cim: ", message, advice);
    }
    return exit_usage;
}

} // namespace cim::cli
