// Any bytes: the three ways to read dag-cbor accept the same, and what they accept is canonical, so that encoding gives
// the bytes back; a View shows what the Value holds; where dag-json can hold it, it comes back from there as well.
#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace {

using cim::ByteView;
using namespace cim::ipld;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << std::endl;
    std::abort();
}

// The same data through the accessors of both.
bool agree(View view, const Value& value) {
    if (view.kind() != value.kind()) return false;
    switch (value.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return view.as_boolean() == *value.if_boolean();
    case Kind::integer: return view.as_integer() == *value.if_integer();
    case Kind::floating: return view.as_floating() == *value.if_floating();
    case Kind::string: return view.as_string() == *value.if_string();
    case Kind::bytes: return std::ranges::equal(*view.as_bytes(), *value.if_bytes());
    case Kind::link: return view.as_link() == *value.if_link();
    case Kind::list:
        return view.size() == value.if_list()->size() &&
               std::ranges::equal(view.items(), *value.if_list(), [](View a, const Value& b) { return agree(a, b); });
    case Kind::map:
        return view.size() == value.if_map()->size() &&
               std::ranges::equal(view.entries(), *value.if_map(), [](const auto& a, const Map::Entry& b) {
                   return a.key == b.first && agree(a.value, b.second);
               });
    }
    return false;
}

void check_dag_json(View view, const Value& value) {
    const auto text = encode_dag_json(value);
    const auto same_text = encode_dag_json(view);
    require(text.has_value() == same_text.has_value(), "dag-json takes the Value as it takes the View");
    if (!text) {
        require(text.error().field("rule") == "reserved_key", "only the reserved key keeps data out of dag-json");
        require(text.error().field("path") == same_text.error().field("path"), "and at the same place");
        return;
    }
    require(*text == *same_text, "dag-json of the Value is that of the View");
    const auto back = decode_dag_json(*text);
    require(back && *back == value, "the value survives dag-json");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(reinterpret_cast<const std::byte*>(data), size);
    const auto value = decode(input);
    const auto valid = validate(input);
    const auto view = View::parse(input);
    require(value.has_value() == valid.has_value() && value.has_value() == view.has_value(), "all accept the same");
    if (!value) {
        for (const auto* field : {"rule", "offset"})
            require(value.error().field(field) == valid.error().field(field), "all refuse for the same reason");
        return 0;
    }
    require(std::ranges::equal(encode(*value).value(), input), "what was read is canonical");
    require(agree(*view, *value), "the View shows the Value");
    require(view->to_value() == *value, "the View becomes the Value");
    require(std::ranges::equal(view->encoded(), input), "the View spans the input");
    check_dag_json(*view, *value);
    return 0;
}
