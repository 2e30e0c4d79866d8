#include "ipld/dag_cbor_error.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

namespace cim::ipld {

std::string_view to_string(Rule rule) noexcept {
    switch (rule) {
    case Rule::truncated: return "truncated";
    case Rule::trailing_bytes: return "trailing_bytes";
    case Rule::non_minimal_head: return "non_minimal_head";
    case Rule::indefinite_length: return "indefinite_length";
    case Rule::reserved_info: return "reserved_info";
    case Rule::unsupported_simple: return "unsupported_simple";
    case Rule::float_width: return "float_width";
    case Rule::non_finite_float: return "non_finite_float";
    case Rule::negative_zero: return "negative_zero";
    case Rule::unsupported_tag: return "unsupported_tag";
    case Rule::invalid_link: return "invalid_link";
    case Rule::non_string_key: return "non_string_key";
    case Rule::unsorted_keys: return "unsorted_keys";
    case Rule::duplicate_key: return "duplicate_key";
    case Rule::invalid_utf8: return "invalid_utf8";
    case Rule::length_over_input: return "length_over_input";
    case Rule::depth_limit: return "depth_limit";
    }
    return "unknown";
}

std::string_view explain(Rule rule) noexcept {
    switch (rule) {
    case Rule::truncated: return "the input ends inside an item";
    case Rule::trailing_bytes: return "something follows the item";
    case Rule::non_minimal_head: return "a number or length is not in its shortest form";
    case Rule::indefinite_length: return "indefinite lengths are not allowed";
    case Rule::reserved_info: return "reserved additional information";
    case Rule::unsupported_simple: return "a simple value other than false, true and null";
    case Rule::float_width: return "a float that is not 64 bits wide";
    case Rule::non_finite_float: return "NaN and infinities are not allowed";
    case Rule::negative_zero: return "negative zero is not allowed";
    case Rule::unsupported_tag: return "a tag other than 42";
    case Rule::invalid_link: return "a link that is not a CID";
    case Rule::non_string_key: return "a map key that is not a string";
    case Rule::unsorted_keys: return "a map key out of canonical order";
    case Rule::duplicate_key: return "a map key that is there twice";
    case Rule::invalid_utf8: return "a string that is not valid UTF-8";
    case Rule::length_over_input: return "a length that the rest of the input cannot hold";
    case Rule::depth_limit: return "nested deeper than the limit";
    }
    return "malformed";
}

Error decode_error(Rule rule, std::size_t offset, const std::optional<CidFault>& link) {
    auto message = fmt::format("not strict dag-cbor: {}, at byte {}", explain(rule), offset);
    if (link) message += fmt::format(" ({} at byte {} of the CID)", to_string(link->rule), link->offset);
    return Error(Errc::invalid_dag_cbor, std::move(message), {},
                 {{"rule", std::string(to_string(rule))}, {"offset", std::to_string(offset)}});
}

Error encode_error(Rule rule, std::string_view path) {
    return Error(Errc::invalid_dag_cbor,
                 fmt::format("dag-cbor cannot hold this: {}, at '{}'", explain(rule), printable(path)), {},
                 {{"rule", std::string(to_string(rule))}, {"path", printable(path)}});
}

} // namespace cim::ipld
