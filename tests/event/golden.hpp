// Event blocks that @ipld/dag-cbor 10 and multiformats 14 (JavaScript) made, taken apart by hand against RFC 8949. The
// first reads: A5, a map of five; 67 "payload", A0, an empty map; 69 "timestamp", 1B and 8 bytes, 1700000000123456; 6A
// "event_type", 6B "OrderPlaced"; 6C "aggregate_id", 67 "order-1"; 6C "previous_cid", F6, null. The last ends in D8 2A,
// tag 42, on 58 25, 37 bytes: 00 and the CID 01 71 12 20 of the block before it.
#pragma once

#include <cstdint>
#include <string_view>

namespace cim::test {

struct GoldenEvent {
    std::string_view aggregate_id;
    std::string_view event_type;
    std::int64_t timestamp;
    std::string_view payload; ///< As dag-json.
    std::string_view block;   ///< As hex.
    std::string_view cid;
    std::string_view previous_cid; ///< Empty: none.
};

inline constexpr GoldenEvent golden_events[] = {
    {"order-1", "OrderPlaced", 1'700'000'000'123'456, "{}",
     "a5677061796c6f6164a06974696d657374616d701b00060a24182022406a6576656e745f747970656b4f72646572506c61636564"
     "6c6167677265676174655f6964676f726465722d316c70726576696f75735f636964f6",
     "bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a", ""},
    {"graph-123", "GraphCreated", 1'700'000'000'123'456, "{\"name\":\"demo\"}",
     "a5677061796c6f6164a1646e616d656464656d6f6974696d657374616d701b00060a24182022406a6576656e745f747970656c47"
     "72617068437265617465646c6167677265676174655f69646967726170682d3132336c70726576696f75735f636964f6",
     "bafyreigjwpq5gciqjb7fp6wlytv2fi62pljxgubvunmb5rqzgxcix6az2y", ""},
    {"graph-123", "NodeCreated", 1'700'000'000'123'457,
     "{\"node_id\":\"n1\",\"node_type\":\"Document\",\"properties\":{\"draft\":true,\"owner\":null,\"pages"
     "\":12,\"ratio\":0.5,\"tags\":[\"a\",\"bb\",\"ccc\"],\"title\":\"Q1 Budget Report\"}}",
     "a5677061796c6f6164a3676e6f64655f6964626e31696e6f64655f7479706568446f63756d656e746a70726f70657274696573a6"
     "647461677383616162626263636363656472616674f5656f776e6572f66570616765730c65726174696ffb3fe000000000000065"
     "7469746c6570513120427564676574205265706f72746974696d657374616d701b00060a24182022416a6576656e745f74797065"
     "6b4e6f6465437265617465646c6167677265676174655f69646967726170682d3132336c70726576696f75735f636964d82a5825"
     "0001711220c9b3e1d30910487e57facbc4eba2a3da7ad3735035a3581ec61935c48bf819d6",
     "bafyreig5wkhvkyciuewucdl3sp5uenvnva2zeeu3uzwm3j25p46rfk2gd4",
     "bafyreigjwpq5gciqjb7fp6wlytv2fi62pljxgubvunmb5rqzgxcix6az2y"},
};

} // namespace cim::test
