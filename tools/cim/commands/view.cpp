// cim view: the log as a graph in a browser, replayed and live.
#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "graph_state.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "serve/page_files.hpp"
#include "serve/viewer.hpp"
#include "show_viewer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

namespace cim::cli {
namespace {

struct ViewArguments {
    std::string aggregate;
    std::string mapping;
    std::string host = "127.0.0.1";
    int port = -1; // the usual one, or any
    std::string token_file;
    bool open = false;
};

Result<std::string> read_token(const ViewArguments& arguments) {
    if (arguments.token_file.empty()) {
        const char* token = std::getenv("CIM_VIEW_TOKEN");
        return std::string(token == nullptr ? "" : token);
    }
    CIM_TRY_ASSIGN(const auto bytes, read_input(arguments.token_file));
    std::string token(as_text(bytes));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    return token;
}

Result<int> run_view(Context& context, const ViewArguments& arguments) {
    CIM_TRY_ASSIGN(const auto mapping, load_mapping(arguments.mapping));
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    serve::ViewerOptions options;
    if (!arguments.aggregate.empty()) {
        options.aggregate = AggregateId(arguments.aggregate);
        CIM_TRY_ASSIGN(const auto head, store->head(*options.aggregate));
        if (head.sequence.value() == 0) {
            return fail(Errc::not_found,
                        fmt::format("there is no aggregate '{}' in {}", arguments.aggregate, store_url(context)),
                        "`cim heads` lists what there is", {{"aggregate", arguments.aggregate}});
        }
    }
    options.host = arguments.host;
    if (arguments.port >= 0) options.port = arguments.port;
    CIM_TRY_ASSIGN(options.token, read_token(arguments));
    CIM_TRY_ASSIGN(const auto viewer, serve::Viewer::open(*store, mapping, options));
    CIM_TRY(show_viewer(context, *viewer, arguments.open));
    return exit_ok;
}

void open_in_browser(const Context& context, const std::string& url) {
    const auto child = ::fork();
    if (child == 0) {
        const int null = ::open("/dev/null", O_RDWR);
        ::dup2(null, 0);
        ::dup2(null, 1);
        ::dup2(null, 2);
        ::execlp("xdg-open", "xdg-open", url.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    if (child < 0) context.note("no browser could be started; the address above does it, too");
}

void bind_view(Command command, ViewArguments& arguments) {
    command.add_option("-a,--aggregate", arguments.aggregate, "only this aggregate; default: all, in log order")
        .check(token_check());
    command.add_option("--mapping", arguments.mapping, "a file that says what events mean for the graph")
        .type_name("FILE");
    command
        .add_option("--port", arguments.port,
                    "where to listen; 0: any that is free; default: 4747 if it is free, else any")
        .between(0, 65535);
    command
        .add_option("--host", arguments.host, "the address to listen on; another than this machine's own needs a token")
        .type_name("ADDRESS")
        .show_default();
    command
        .add_option("--token-file", arguments.token_file,
                    "holds the token that readers must have; without it the environment's CIM_VIEW_TOKEN")
        .type_name("FILE");
    command.add_flag("--open", arguments.open, "open the page in the browser");
}

} // namespace

Result<> show_viewer(Context& context, const serve::Viewer& viewer, bool open) {
    if (context.json) {
        CIM_TRY(context.out.json({{"url", viewer.url()}, {"port", viewer.port()}}));
    } else {
        CIM_TRY(context.out.line(viewer.url()));
    }
    CIM_TRY(context.out.flush());
    if (!serve::has_page())
        context.note("this program was built without the page: `./dev build` makes it where node is installed");
    context.note("serving until Ctrl-C");
    if (open) open_in_browser(context, viewer.url());
    while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return {};
}

void add_view(CommandLine& line) {
    line.add<ViewArguments>(line.app(), "view", "show the log as a graph in a browser: replayed, live, verified",
                            {"cim view --open", "cim view --aggregate graph-123 --mapping orders.json",
                             "CIM_VIEW_TOKEN=$(openssl rand -hex 16) cim view --host 0.0.0.0 --port 8080"},
                            bind_view, run_view);
}

} // namespace cim::cli
