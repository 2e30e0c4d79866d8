// cim graph export: the graph of a log as a file or a picture.
#include <cim/graph_export.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "graph_state.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace cim::cli {
namespace {

struct ExportArguments {
    std::string format;
    std::string file = "-";
    std::string title;
    std::size_t max_nodes = GraphExportOptions{}.max_drawn_nodes;
    GraphArguments graph;
};

Result<int> run_export(Context& context, const ExportArguments& arguments) {
    const auto format = graph_format(arguments.format);
    if (!format) return fail(Errc::invalid_argument, fmt::format("unknown format '{}'", arguments.format));
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto projection, build_graph(context, *store, arguments.graph));
    if (!projection) return interrupted_status();
    note_problems(context, *projection);

    CIM_TRY_ASSIGN(auto file, OutputFile::create(arguments.file, context.out));
    GraphExportOptions options;
    options.title = arguments.title.empty() ? arguments.graph.aggregate : arguments.title;
    options.max_drawn_nodes = arguments.max_nodes;
    if (auto written = export_graph(projection->model(), *format, file.stream(), options); !written) {
        return fail(file.why(std::move(written).error()));
    }
    CIM_TRY(file.commit());
    if (!file.is_file()) return exit_ok;
    const auto& model = projection->model();
    if (context.json) {
        CIM_TRY(context.out.json({{"file", arguments.file},
                                  {"format", arguments.format},
                                  {"nodes", model.node_count()},
                                  {"edges", model.edge_count()}}));
    } else if (!context.quiet) {
        CIM_TRY(context.out.line(fmt::format("{}: {} and {}", arguments.file, counted(model.node_count(), "node"),
                                             counted(model.edge_count(), "edge"))));
    }
    return exit_ok;
}

void bind_export(Command command, ExportArguments& arguments) {
    command.add_option("format", arguments.format, "dot, graphml, json (node-link) or svg (drawn by Graphviz)")
        .required()
        .one_of({"dot", "graphml", "json", "svg"});
    command.add_option("-o,--output", arguments.file, "the file to write; default: standard output").type_name("FILE");
    arguments.graph.bind(command, "--at");
    command.add_option("--title", arguments.title, "shown in svg and dot; default: the aggregate");
    command.add_option("--max-nodes", arguments.max_nodes, "svg: draw at most so many, the best connected ones")
        .between(1, 100'000)
        .show_default();
}

} // namespace

void add_graph(CommandLine& line) {
    Command group = line.add_group("graph", "the graph that a history makes", {"cim graph export svg -o graph.svg"});
    line.add<ExportArguments>(group, "export", "write the graph, as of the end or of a given time",
                              {"cim graph export svg -o graph.svg", "cim graph export json | jq '.nodes | length'",
                               "cim graph export graphml --at 2025-11-01 -o then.graphml"},
                              bind_export, run_export);
}

} // namespace cim::cli
