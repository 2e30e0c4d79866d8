// What the tests of the store on NATS servers share.
#pragma once

#include <cim/event_store.hpp>

#include "nats/nats_server.hpp"
#include "store/jetstream/jetstream_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cim::test {

/// Opens a store and expects that to succeed.
[[nodiscard]] std::unique_ptr<EventStore> open_nats(const std::string& url, const OpenOptions& options = {});

/// A transaction whose payloads differ by `mark` and number, with timestamps set.
[[nodiscard]] Transaction numbered(std::string_view aggregate, std::size_t events, std::uint64_t mark);

/// Appends onto whatever the head is and expects that to succeed.
AppendReceipt append(EventStore& store, const Transaction& transaction);

[[nodiscard]] std::vector<DomainEvent> read_all(EventStore& store, ReadQuery query = ReadQuery::all());

/// Reads and verifies everything; expects each of these CIDs to be there exactly once.
void expect_holds(EventStore& store, const std::vector<Cid>& acknowledged);

/// The code of a result that is an error; fails the test if it is none.
template <class T> Errc code_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? Errc{} : result.error().code;
}

/// A plain connection of the client library, for what the store would never send.
class PlainClient {
  public:
    /// `patience`: milliseconds for an answer.
    explicit PlainClient(const std::string& url, int patience = 5000);
    PlainClient(const PlainClient&) = delete;
    PlainClient& operator=(const PlainClient&) = delete;
    ~PlainClient();
    /// The answer's data; "error: ..." where there was none.
    std::string request(const std::string& subject, const std::string& data = {},
                        const std::vector<std::pair<std::string, std::string>>& headers = {});

  private:
    void* connection_ = nullptr;
    int patience_;
};

} // namespace cim::test
