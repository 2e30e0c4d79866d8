// Random data of the IPLD data model for property tests, weighted towards the edges of every head length.
#pragma once

#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace cim::test {

inline rc::Gen<std::uint64_t> arbitrary_argument() {
    return rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(0, 65), rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0, 3)),
        [](const std::tuple<int, std::uint64_t, int>& parts) -> std::uint64_t {
            const auto& [bits, noise, edge] = parts;
            if (bits == 0) return std::uint64_t(edge) + 22; // the edge of the one-byte head
            const auto top = bits == 64 ? 0 : std::uint64_t{1} << bits;
            return edge == 2 ? noise & (top - 1) : top - static_cast<std::uint64_t>(edge);
        });
}

/// Valid UTF-8 with characters of every length.
inline rc::Gen<std::string> arbitrary_text() {
    const auto character = rc::gen::weightedElement<std::string>({{20, "a"},
                                                                  {10, "b"},
                                                                  {5, "/"},
                                                                  {3, "\""},
                                                                  {3, "\\"},
                                                                  {3, std::string(1, '\0')},
                                                                  {3, "\n"},
                                                                  {3, "\x1f"},
                                                                  {3, "\x7f"},
                                                                  {3, "ü"},
                                                                  {3, "\u07ff"},
                                                                  {3, "水"},
                                                                  {2, "\u2028"},
                                                                  {2, "\ufffd"},
                                                                  {2, "\U0001d11e"},
                                                                  {2, "\U0010ffff"},
                                                                  {2, "abcdefghijklmnopqrstuvwxyz"}});
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(character),
                        [](const std::vector<std::string>& all) {
                            std::string text;
                            for (const auto& each : all) text += each;
                            return text;
                        });
}

inline rc::Gen<double> arbitrary_float() {
    return rc::gen::suchThat(
        rc::gen::oneOf(rc::gen::arbitrary<double>(),
                       rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                    [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
                       rc::gen::map(rc::gen::arbitrary<int>(), [](int i) { return double(i); })),
        [](double value) { return std::isfinite(value) && !(value == 0 && std::signbit(value)); });
}

inline rc::Gen<Cid> arbitrary_link() {
    const auto digests = rc::gen::container<std::vector<std::uint8_t>>(32, rc::gen::arbitrary<std::uint8_t>());
    return rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, 4), digests),
                        [](const std::tuple<int, std::vector<std::uint8_t>>& parts) {
                            const auto& [form, digest] = parts;
                            static const char* const prefixes[] = {"01711220", "1220", "0155001f", "01b1015620"};
                            auto bytes = from_hex(prefixes[form]);
                            const auto tail = from_octets(digest);
                            bytes.insert(bytes.end(), tail.begin(), tail.end() - (form == 2 ? 1 : 0));
                            return *Cid::from_bytes(bytes);
                        });
}

/// Any value nested at most `depth` deep.
inline ipld::Value make_value(int depth) {
    using ipld::Value;
    const auto kind = static_cast<ipld::Kind>(*rc::gen::inRange(0, depth > 0 ? 9 : 6));
    switch (kind) {
    case ipld::Kind::null: return nullptr;
    case ipld::Kind::boolean: return *rc::gen::arbitrary<bool>();
    case ipld::Kind::integer: {
        const auto argument = *arbitrary_argument();
        return *rc::gen::arbitrary<bool>() ? ipld::Integer::negative(argument) : ipld::Integer(argument);
    }
    case ipld::Kind::floating: return *arbitrary_float();
    case ipld::Kind::string: return *arbitrary_text();
    case ipld::Kind::bytes: return from_octets(*rc::gen::arbitrary<std::vector<std::uint8_t>>());
    case ipld::Kind::link: return *arbitrary_link();
    case ipld::Kind::list: {
        ipld::List list;
        for (auto left = *rc::gen::inRange(0, 6); left > 0; --left) list.push_back(make_value(depth - 1));
        return list;
    }
    case ipld::Kind::map: {
        ipld::Map map;
        for (auto left = *rc::gen::inRange(0, 6); left > 0; --left) {
            auto key = *arbitrary_text();
            map.insert_or_assign(std::move(key), make_value(depth - 1));
        }
        return map;
    }
    }
    return nullptr;
}

inline rc::Gen<ipld::Value> arbitrary_value(int depth = 4) {
    return rc::gen::exec([depth] { return make_value(depth); });
}

} // namespace cim::test

namespace cim::ipld {
inline void showValue(const Value& value, std::ostream& out) { // found by rapidcheck
    const auto block = encode(value);
    out << (block ? test::to_hex(*block) : block.error().message);
}
} // namespace cim::ipld
