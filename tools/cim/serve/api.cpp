#include "api.hpp"

#include <cim/car.hpp>
#include <cim/dag_json.hpp>
#include <cim/graph_export.hpp>

#include "base/try.hpp"
#include "event_text.hpp"
#include "graph/export_text.hpp"
#include "page_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <sstream>
#include <utility>

namespace cim::serve {

using namespace std::chrono_literals;

namespace {

constexpr int protocol = 1;
constexpr auto heartbeat = 2s;
constexpr std::size_t piece_size = 256 * 1024;
constexpr std::size_t most_blocks = 50'000;
constexpr std::size_t most_edges_told = 500;
constexpr std::size_t most_found = 200;

Result<std::uint64_t> number(const Request& request, const std::string& name, std::uint64_t otherwise) {
    const auto text = request.query(name);
    if (!text) return otherwise;
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (problem == std::errc() && end == text->data() + text->size() && value < (1ULL << 53)) return value;
    return fail(Errc::invalid_argument, fmt::format("{}={} is not a whole number below 2^53", name, *text), {},
                {{"name", name}});
}

std::string quoted(std::string_view text) {
    std::string out;
    cli::append_json_string(out, text);
    return out;
}

std::string error_json(const Error& error) {
    auto out = fmt::format(R"({{"code":{},"message":{},"advice":{},"fields":{{)", quoted(to_string(error.code)),
                           quoted(error.message), quoted(error.advice));
    const char* comma = "";
    for (const auto& [name, value] : error.fields) {
        out += fmt::format("{}{}:{}", comma, quoted(name), quoted(value));
        comma = ",";
    }
    return out + "}}";
}

std::string status_json(const HistoryStatus& status) {
    return fmt::format(
        R"({{"state":"{}","events":{},"last":{},"nodes":{},"edges":{},"problems":{},"unknown_types":{},"error":{}}})",
        to_string(status.state), status.events, status.last.value(), status.nodes, status.edges, status.problems,
        status.unknown_types, status.error ? error_json(*status.error) : "null");
}

Reply json_reply(std::string body) {
    Reply reply;
    reply.body = std::move(body) + "\n";
    return reply;
}

std::string properties_json(ipld::View properties) {
    auto json = ipld::encode_dag_json(properties);
    return json ? *std::move(json) : fmt::format(R"({{"not shown":{}}})", quoted(json.error().message));
}

/// Found without regard to the case of ASCII letters.
bool contains(std::string_view text, std::string_view wanted) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return !std::ranges::search(text, wanted, [&](char a, char b) { return lower(a) == lower(b); }).empty();
}

} // namespace

Reply Api::answer(const Request& request) {
    auto refused = access_.refusal(request);
    auto reply = refused ? *std::move(refused) : route(request);
    add_common_headers(reply);
    return reply;
}

Reply Api::route(const Request& request) {
    const auto path = request.path();
    if (!path.starts_with("/api/")) {
        if (const auto file = page_file(path == "/" ? "/index.html" : path)) {
            return {.type = std::string(file->type), .body = std::string(file->content)};
        }
        return error_reply(404, "not_found", "there is no such page");
    }
    using Method = Result<Reply> (Api::*)(const Request&);
    static constexpr std::pair<std::string_view, Method> routes[] = {
        {"status", &Api::status}, {"changes", &Api::changes}, {"blocks", &Api::blocks}, {"state", &Api::state},
        {"node", &Api::node},     {"event", &Api::event},     {"search", &Api::search}, {"export", &Api::picture},
    };
    for (const auto& [name, method] : routes) {
        if (std::string_view(path).substr(5) != name) continue;
        auto reply = (this->*method)(request);
        return reply ? *std::move(reply) : error_reply(reply.error());
    }
    return error_reply(404, "not_found", "the API has no such part");
}

std::shared_ptr<void> Api::admit() {
    if (streams_->fetch_add(1) >= options_.max_streams) {
        streams_->fetch_sub(1);
        return nullptr;
    }
    return {streams_.get(), [streams = streams_](void*) { streams->fetch_sub(1); }};
}

Result<GlobalSequence> Api::moment(const Request& request) const {
    const auto last = history_.status().last;
    CIM_TRY_ASSIGN(const auto sequence, number(request, "at", last.value()));
    if (sequence <= last.value()) return GlobalSequence(sequence);
    return fail(Errc::not_found, fmt::format("event {} was not read; the last one is {}", sequence, last.value()), {},
                {{"sequence", std::to_string(sequence)}});
}

/// What a page needs to know before the changes; with `after` it can tell whether its past is this log's past.
Result<std::string> Api::greeting(GlobalSequence after) {
    CIM_TRY_ASSIGN(const auto info, store_.info());
    std::string cid = "null";
    if (after.value() > 0) {
        auto query = ReadQuery::all(GlobalSequence(after.value() - 1));
        query.limit = 1;
        CIM_TRY_ASSIGN(const auto page, store_.read(query));
        if (!page.events.empty() && page.events.front().sequence() == after)
            cid = quoted(page.events.front().cid().to_string());
    }
    return fmt::format(R"({{"protocol":{},"store":{},"aggregate":{},"cid":{},"status":{}}})", protocol,
                       quoted(info.url), history_.aggregate() ? quoted(history_.aggregate()->str()) : "null", cid,
                       status_json(history_.status()));
}

Result<Reply> Api::status(const Request& request) {
    CIM_TRY_ASSIGN(const auto after, number(request, "after", 0));
    CIM_TRY_ASSIGN(auto text, greeting(GlobalSequence(after)));
    return json_reply(std::move(text));
}

Result<Reply> Api::changes(const Request& request) {
    CIM_TRY_ASSIGN(const auto after, number(request, "after", 0));
    auto admitted = admit();
    if (!admitted) {
        auto reply = error_reply(503, "too_many_clients", fmt::format("{} pages follow already", options_.max_streams));
        reply.headers.emplace_back("Retry-After", "5");
        return reply;
    }
    CIM_TRY_ASSIGN(auto hello, greeting(GlobalSequence(after)));

    struct State {
        std::shared_ptr<void> admitted;
        std::string pending;
        std::uint64_t offset;
        std::uint64_t told; // version of the status
        std::chrono::steady_clock::time_point last_sent;
    };
    const auto state = std::make_shared<State>();
    state->admitted = std::move(admitted);
    state->pending = "{\"hello\":" + std::move(hello) + "}\n";
    state->offset = history_.spool().offset_after(GlobalSequence(after));
    state->told = history_.status().version;
    Reply reply;
    reply.type = "application/x-ndjson; charset=utf-8";
    reply.stream = [this, state](const Write& write, const Alive& alive) {
        const auto send = [&](std::string_view text) {
            state->last_sent = std::chrono::steady_clock::now();
            return write(text);
        };
        if (!state->pending.empty()) return send(std::exchange(state->pending, {}));
        auto piece = history_.spool().read(state->offset, piece_size);
        if (!piece) return false;
        if (!piece->empty()) {
            state->offset += piece->size();
            return send(*piece);
        }
        const auto now = history_.status();
        if (now.version != state->told || std::chrono::steady_clock::now() - state->last_sent > heartbeat) {
            state->told = now.version;
            return send(fmt::format("{{\"status\":{}}}\n", status_json(now)));
        }
        history_.spool().wait(state->offset, 500ms);
        return !history_.stopping() && alive();
    };
    return reply;
}

Result<Reply> Api::blocks(const Request& request) {
    CIM_TRY_ASSIGN(const auto after, number(request, "after", 0));
    CIM_TRY_ASSIGN(const auto limit, number(request, "limit", most_blocks));
    const bool follow = request.query("follow") == "1";
    auto admitted = follow ? admit() : std::make_shared<int>();
    if (!admitted) return error_reply(503, "too_many_clients", "too many streams are open already");

    auto newest = ReadQuery::all();
    if (history_.aggregate()) newest = ReadQuery::of(*history_.aggregate());
    newest.direction = Direction::backwards;
    newest.limit = 1;
    CIM_TRY_ASSIGN(const auto head, store_.read(newest));
    if (head.events.empty()) return fail(Errc::not_found, "there are no events yet, and so no blocks");

    struct State {
        std::shared_ptr<void> admitted;
        std::ostringstream out;
        std::optional<ipld::CarWriter> car;
        GlobalSequence after;
        std::uint64_t left;
        std::chrono::steady_clock::time_point last_sent;
    };
    const auto state = std::make_shared<State>();
    state->admitted = std::move(admitted);
    const Cid roots[] = {head.events.front().cid()};
    CIM_TRY_ASSIGN(state->car, ipld::CarWriter::create(state->out, roots));
    state->after = GlobalSequence(after);
    state->left = follow ? ReadQuery::no_limit : std::clamp<std::uint64_t>(limit, 1, most_blocks);
    Reply reply;
    reply.type = "application/vnd.ipld.car; version=1";
    reply.stream = [this, state, follow](const Write& write, const Alive& alive) {
        auto query = ReadQuery::all(state->after);
        query.limit = std::min<std::uint64_t>(state->left, 500);
        auto page = store_.read(query);
        // A CAR file cannot say what went wrong: it ends, and the history's status tells.
        if (!page) {
            static_cast<void>(write(std::exchange(state->out, std::ostringstream()).str()));
            return false;
        }
        for (const auto& event : page->events) {
            state->after = event.sequence();
            if (history_.aggregate() && event.aggregate_id() != history_.aggregate()->str()) continue;
            if (!state->car->write(event.cid(), event.block())) return false;
            if (--state->left == 0) break;
        }
        auto piece = state->out.str();
        state->out.str({});
        const auto now = std::chrono::steady_clock::now();
        if (piece.empty() && follow && now - state->last_sent > heartbeat)
            piece = std::string("\x04\x01\x55\x00\x00", 5);
        if (!piece.empty()) {
            state->last_sent = now;
            if (!write(piece)) return false;
        }
        if (page->next && state->left > 0) return true;
        if (!follow) return false;
        history_.spool().wait(history_.spool().size(), 500ms);
        return !history_.stopping() && alive();
    };
    return reply;
}

Result<Reply> Api::state(const Request& request) {
    CIM_TRY_ASSIGN(const auto at, moment(request));
    std::string body;
    CIM_TRY(history_.moments().at(at, [&](const GraphModel& model) -> Result<> {
        body =
            fmt::format(R"({{"sequence":{},"nodes":{},"edges":{},"subgraphs":{},"state_cid":"{}"}})", at.value(),
                        model.node_count(), model.edge_count(), model.subgraph_count(), state_cid(model).to_string());
        return {};
    }));
    return json_reply(std::move(body));
}

Result<Reply> Api::node(const Request& request) {
    CIM_TRY_ASSIGN(const auto at, moment(request));
    const auto id = request.query("id").value_or("");
    std::string body;
    CIM_TRY(history_.moments().at(at, [&](const GraphModel& model) -> Result<> {
        const auto index = model.find_node(id);
        if (!index) return fail(Errc::not_found, fmt::format("there is no node '{}' at event {}", id, at.value()));
        const auto node = model.node(*index);
        const auto edges = model.edges_at(*index);
        body = fmt::format(
            R"({{"sequence":{},"id":{},"type":{},"label":{},"properties":{},"parent":{},"edge_count":{},"edges":[)",
            at.value(), quoted(node.id), quoted(node.type), quoted(graph::display_name(node)),
            properties_json(node.properties), node.parent ? quoted(model.node(*node.parent).id) : "null", edges.size());
        for (std::size_t i = 0; i < std::min(edges.size(), most_edges_told); ++i) {
            const auto edge = model.edge(edges[i]);
            const bool outgoing = edge.source == *index;
            const auto other = model.node(outgoing ? edge.target : edge.source);
            body += fmt::format(R"({}{{"type":{},"outgoing":{},"node":{},"label":{},"properties":{}}})",
                                i == 0 ? "" : ",", quoted(edge.type), outgoing, quoted(other.id),
                                quoted(graph::display_name(other)), properties_json(edge.properties));
        }
        body += "]}";
        return {};
    }));
    return json_reply(std::move(body));
}

Result<Reply> Api::event(const Request& request) {
    CIM_TRY_ASSIGN(const auto sequence, number(request, "sequence", 0));
    auto query = ReadQuery::all(GlobalSequence(sequence == 0 ? 0 : sequence - 1));
    query.limit = 1;
    CIM_TRY_ASSIGN(const auto page, store_.read(query));
    if (page.events.empty() || page.events.front().sequence().value() != sequence)
        return fail(Errc::not_found, fmt::format("there is no event {} in the log", sequence));
    return json_reply(cli::event_json(page.events.front()));
}

Result<Reply> Api::search(const Request& request) {
    CIM_TRY_ASSIGN(const auto at, moment(request));
    const auto wanted = request.query("q").value_or("");
    if (wanted.empty() || wanted.size() > 200)
        return fail(Errc::invalid_argument, "q is what to look for: 1 to 200 bytes", {}, {{"name", "q"}});
    std::string body;
    CIM_TRY(history_.moments().at(at, [&](const GraphModel& model) -> Result<> {
        std::size_t found = 0;
        for (const auto index : model.nodes()) {
            const auto node = model.node(index);
            std::string where;
            if (contains(graph::display_name(node), wanted))
                where = "name";
            else if (contains(node.id, wanted))
                where = "id";
            else if (contains(node.type, wanted))
                where = "type";
            else if (const auto properties = properties_json(node.properties); contains(properties, wanted))
                where = "property";
            else
                continue;
            if (++found > most_found) continue;
            body += fmt::format(R"({}{{"id":{},"type":{},"label":{},"where":"{}"}})", body.empty() ? "" : ",",
                                quoted(node.id), quoted(node.type), quoted(graph::display_name(node)), where);
        }
        body = fmt::format(R"({{"sequence":{},"found":{},"nodes":[{}]}})", at.value(), found, body);
        return {};
    }));
    return json_reply(std::move(body));
}

Result<Reply> Api::picture(const Request& request) {
    CIM_TRY_ASSIGN(const auto at, moment(request));
    const auto name = request.query("format").value_or("");
    const auto format = graph_format(name);
    // SVG is laid out by a program of its own, for which a browser should not wait.
    if (!format || *format == GraphFormat::svg)
        return fail(Errc::invalid_argument, fmt::format("format={}: there are dot, graphml and json", name), {},
                    {{"name", "format"}});
    std::ostringstream out;
    CIM_TRY(history_.moments().at(at, [&](const GraphModel& model) { return export_graph(model, *format, out); }));
    Reply reply;
    reply.type = *format == GraphFormat::json      ? "application/json; charset=utf-8"
                 : *format == GraphFormat::graphml ? "application/graphml+xml; charset=utf-8"
                                                   : "text/vnd.graphviz; charset=utf-8";
    reply.body = std::move(out).str();
    reply.headers.emplace_back("Content-Disposition",
                               fmt::format("attachment; filename=\"graph-{}.{}\"", at.value(), name));
    return reply;
}

} // namespace cim::serve
