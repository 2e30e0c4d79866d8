// Whatever bytes are accepted as a snapshot must be the very snapshot of the graph that came out of them.
#include <cim/graph_model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto block = std::as_bytes(std::span(data, size));
    const auto model = cim::load_snapshot(block);
    if (!model) return 0;
    const auto written = cim::snapshot(*model);
    if (!std::ranges::equal(written, block)) std::abort();
    const auto copy = *model;
    if (cim::state_cid(copy) != cim::Cid::of_dag_cbor(block)) std::abort();
    return 0;
}
