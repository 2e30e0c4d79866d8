#include "json_value.hpp"

#include "base/try.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

namespace cim::importer {
namespace {

using Json = nlohmann::ordered_json;
constexpr int max_depth = 100; // the event block around it must stay below the decoder's limit

Result<ipld::Value> convert(const Json& json, int depth) {
    if (depth > max_depth) {
        return fail(Errc::invalid_input, fmt::format("nested deeper than {}", max_depth));
    }
    switch (json.type()) {
    case Json::value_t::boolean: return ipld::Value(json.get<bool>());
    case Json::value_t::number_integer: return ipld::Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: return ipld::Value(json.get<std::uint64_t>());
    case Json::value_t::number_float: return ipld::Value(json.get<double>());
    case Json::value_t::string: return ipld::Value(json.get<std::string>());
    case Json::value_t::array: {
        ipld::List list;
        for (const auto& item : json) {
            CIM_TRY_ASSIGN(auto value, convert(item, depth + 1));
            list.push_back(std::move(value));
        }
        return ipld::Value(std::move(list));
    }
    case Json::value_t::object: {
        ipld::Map map;
        for (const auto& [key, item] : json.items()) {
            CIM_TRY_ASSIGN(auto value, convert(item, depth + 1));
            map.insert_or_assign(key, std::move(value));
        }
        return ipld::Value(std::move(map));
    }
    default: return ipld::Value(nullptr);
    }
}

std::optional<Json> convert(ipld::Integer number) {
    if (const auto value = number.to_uint64()) return Json(*value);
    if (const auto value = number.to_int64()) return Json(*value);
    return std::nullopt; // below -2^63
}

} // namespace

Result<Json> parse_json(std::string_view text) {
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: what": the place is told by the offset.
        const std::string_view what(error.what());
        const auto colon = what.find(": ");
        const auto offset = error.byte > 0 ? error.byte - 1 : 0;
        return fail(Errc::invalid_input,
                    fmt::format("not JSON: {}", colon == std::string_view::npos ? what : what.substr(colon + 2)), {},
                    {{"offset", std::to_string(offset)}});
    } catch (const Json::exception& error) {
        return fail(Errc::invalid_input, fmt::format("not JSON: {}", error.what()));
    }
}

Result<ipld::Value> to_value(const Json& json) { return convert(json, 1); }

std::optional<Json> to_json(ipld::View value) {
    switch (value.kind()) {
    case ipld::Kind::null: return Json(nullptr);
    case ipld::Kind::boolean: return Json(*value.as_boolean());
    case ipld::Kind::integer: return convert(*value.as_integer());
    case ipld::Kind::floating: return Json(*value.as_floating());
    case ipld::Kind::string: return Json(std::string(*value.as_string()));
    case ipld::Kind::list: {
        auto result = Json::array();
        for (const auto item : value.items()) {
            auto converted = to_json(item);
            if (!converted) return std::nullopt;
            result.push_back(*std::move(converted));
        }
        return result;
    }
    case ipld::Kind::map: {
        auto result = Json::object();
        for (const auto& [key, item] : value.entries()) {
            auto converted = to_json(item);
            if (!converted) return std::nullopt;
            result[std::string(key)] = *std::move(converted);
        }
        return result;
    }
    default: return std::nullopt;
    }
}

} // namespace cim::importer
