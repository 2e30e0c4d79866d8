// Any text: what is accepted is JSON by another parser's judgement, has one canonical form that reads back as the same
// value and is a fixed point, and survives dag-cbor.
#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace cim::ipld;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << std::endl;
    std::abort();
}

std::size_t offset_of(const cim::Error& error) { return std::stoul(std::string(error.field("offset").value())); }

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto value = decode_dag_json(text);
    if (!value) {
        require(offset_of(value.error()) <= size, "the error is inside of the text");
        return 0;
    }
    require(nlohmann::json::accept(text), "it is JSON");
    const auto canonical = encode_dag_json(*value);
    require(canonical.has_value(), "what was read can be written");
    const auto again = decode_dag_json(*canonical);
    require(again && *again == *value, "the canonical form holds the same");
    require(encode_dag_json(*again) == *canonical, "the canonical form is a fixed point");
    const auto indented = encode_dag_json(*value, {.indent = 3});
    require(indented && decode_dag_json(*indented) == *value, "so does the indented form");

    const auto block = encode(*value);
    require(block && decode(*block) == *value, "the value survives dag-cbor");
    return 0;
}
