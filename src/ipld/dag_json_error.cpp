#include "ipld/dag_json_error.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

namespace cim::ipld {

std::string_view to_string(DagJsonRule rule) noexcept {
    switch (rule) {
    case DagJsonRule::invalid_syntax: return "invalid_syntax";
    case DagJsonRule::invalid_utf8: return "invalid_utf8";
    case DagJsonRule::integer_range: return "integer_range";
    case DagJsonRule::float_range: return "float_range";
    case DagJsonRule::duplicate_key: return "duplicate_key";
    case DagJsonRule::reserved_key: return "reserved_key";
    case DagJsonRule::invalid_link: return "invalid_link";
    case DagJsonRule::invalid_bytes: return "invalid_bytes";
    case DagJsonRule::depth_limit: return "depth_limit";
    }
    return "unknown";
}

static std::string_view explain(DagJsonRule rule) noexcept {
    switch (rule) {
    case DagJsonRule::invalid_syntax: return "not JSON";
    case DagJsonRule::invalid_utf8: return "not UTF-8";
    case DagJsonRule::integer_range: return "an integer outside -2^64 ... 2^64-1";
    case DagJsonRule::float_range: return "a number that is no finite 64-bit float";
    case DagJsonRule::duplicate_key: return "a key that is there twice";
    case DagJsonRule::reserved_key: return R"(the key "/" may only stand alone, for a link or bytes)";
    case DagJsonRule::invalid_link: return "a link that is not a CID";
    case DagJsonRule::invalid_bytes: return "bytes that are not base64 without padding";
    case DagJsonRule::depth_limit: return "nested deeper than the limit";
    }
    return "malformed";
}

Error json_decode_error(DagJsonRule rule, std::size_t offset, std::string_view detail) {
    auto message = fmt::format("not dag-json: {}, at byte {}", explain(rule), offset);
    if (!detail.empty()) message += fmt::format(" ({})", detail);
    return Error(Errc::invalid_dag_json, std::move(message), {},
                 {{"rule", std::string(to_string(rule))}, {"offset", std::to_string(offset)}});
}

Error json_encode_error(DagJsonRule rule, std::string_view path) {
    return Error(Errc::invalid_dag_json,
                 fmt::format("dag-json cannot hold this: {}, at '{}'", explain(rule), printable(path)), {},
                 {{"rule", std::string(to_string(rule))}, {"path", printable(path)}});
}

} // namespace cim::ipld
