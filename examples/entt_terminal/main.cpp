// A live graph in the terminal, through an EnTT registry: what is in a store, and what comes. Ends with Ctrl-C, or
// after the given number of seconds.
//
//     entt_terminal sqlite:history.db graph-123 [SECONDS]
#include <cim/entt.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

void draw(const entt::registry& registry, const cim::EventBridge& bridge, std::size_t mutations) {
    std::map<std::string, std::size_t> types;
    for (const auto [entity, node] : registry.view<const cim::entt::Node>().each()) ++types[node.type];
    const auto status = bridge.status();
    std::cout << "\x1b[H\x1b[2J" << to_string(status.state) << " at event " << status.position.value() << ", "
              << registry.view<const cim::entt::Edge>().size() << " edges, " << mutations
              << " mutations in the last frame\n";
    for (const auto& [type, count] : types) std::cout << count << '\t' << type << '\n';
    std::size_t shown = 0;
    for (const auto [entity, edge] : registry.view<const cim::entt::Edge>().each()) {
        if (++shown > 20) break;
        std::cout << "  " << registry.get<cim::entt::Node>(edge.source).id << " -" << edge.type << "-> "
                  << registry.get<cim::entt::Node>(edge.target).id << '\n';
    }
    std::cout << std::flush;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: entt_terminal STORE GRAPH [SECONDS]\n";
        return 2;
    }
    auto bridge = cim::EventBridge::open({.store = argv[1], .graph = cim::AggregateId(argv[2])});
    if (!bridge) {
        std::cerr << bridge.error().text() << '\n';
        return 1;
    }
    const auto seconds = argc > 3 ? std::stod(argv[3]) : 1e9;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);

    entt::registry registry;
    cim::entt::attach(registry, *bridge);
    while (std::chrono::steady_clock::now() < end) {
        const auto frame = cim::entt::pump(registry, {.max_time = 4ms});
        if (!frame) return 1;
        if (frame->rebuilt || frame->events > 0) draw(registry, *bridge, frame->mutations.size());
        std::this_thread::sleep_for(16ms);
    }
}
