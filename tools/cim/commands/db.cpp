// cim db check: the structure of an SQLite store, below what `cim verify` sees.
#include <cim/sqlite_store.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "store/open/store_url.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cim::cli {
namespace {

struct CheckArguments {
    std::size_t most = 100;
};

Result<int> run_check(Context& context, const CheckArguments& arguments) {
    // Opening it as every command does gives the usual answer where there is no store.
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto info, store->info());
    CIM_TRY_ASSIGN(const auto url, parse_store_url(store_url(context)));
    CIM_TRY_ASSIGN(const auto problems, check_sqlite_store(url.path, arguments.most));
    if (context.json) {
        CIM_TRY(context.out.json({{"ok", problems.empty()}, {"store", info.url}, {"problems", problems}}));
    } else {
        for (const auto& problem : problems) CIM_TRY(context.out.line(problem));
        if (problems.empty() && !context.quiet) {
            CIM_TRY(context.out.line(
                fmt::format("{}: the structure is sound; `cim verify` checks what is in it", info.url)));
        }
    }
    if (problems.empty()) return exit_ok;
    context.note(fmt::format("{}: {}; take the store from another copy. `cim export jsonl` gives what comes before the "
                             "first event that does not verify",
                             info.url, counted(problems.size(), "problem")));
    return exit_bad_data;
}

void bind_check(Command command, CheckArguments& arguments) {
    command.add_option("--most", arguments.most, "stop after so many problems").between(1, 1'000'000).show_default();
}

} // namespace

void add_db(CommandLine& line) {
    Command group = line.add_group("db", "the database behind a store", {"cim db check"});
    line.add<CheckArguments>(group, "check",
                             "check the database itself: SQLite's own structure, and that its tables agree",
                             {"cim db check", "cim db check --json --store sqlite:history.db"}, bind_check, run_check);
}

} // namespace cim::cli
