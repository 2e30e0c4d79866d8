#include "store/jetstream/support.hpp"

#include <cim/chain.hpp>

#include <nats/nats.h>

#include <map>
#include <stdexcept>

namespace cim::test {

std::unique_ptr<EventStore> open_nats(const std::string& url, const OpenOptions& options) {
    auto opened = open_store(url, options);
    EXPECT_TRUE(opened) << opened.error().text();
    if (!opened) throw std::runtime_error("cannot open " + url);
    return *std::move(opened);
}

Transaction numbered(std::string_view aggregate, std::size_t events, std::uint64_t mark) {
    Transaction transaction{AggregateId(aggregate)};
    for (std::size_t i = 0; i < events; ++i)
        transaction.add(i % 2 == 0 ? "NodeCreated" : "EdgeConnected", {{"mark", mark}, {"number", i}},
                        from_micros(static_cast<std::int64_t>(1'000'000 + mark * 1000 + i)));
    return transaction;
}

AppendReceipt append(EventStore& store, const Transaction& transaction) {
    auto receipt = store.append(transaction, ExpectedHead::any());
    EXPECT_TRUE(receipt) << receipt.error().text();
    return receipt ? *std::move(receipt) : AppendReceipt{};
}

std::vector<DomainEvent> read_all(EventStore& store, ReadQuery query) {
    std::vector<DomainEvent> events;
    while (true) {
        auto page = store.read(query);
        EXPECT_TRUE(page) << page.error().text();
        if (!page) return events;
        events.insert(events.end(), page->events.begin(), page->events.end());
        if (!page->next) return events;
        query = *std::move(page->next);
    }
}

void expect_holds(EventStore& store, const std::vector<Cid>& acknowledged) {
    const auto events = read_all(store);
    ChainVerifier verifier;
    const auto verified = verifier.add(events);
    EXPECT_TRUE(verified) << verified.error().text();
    std::map<Cid, int> times;
    for (const auto& event : events) ++times[event.cid()];
    for (const auto& cid : acknowledged) EXPECT_EQ(times[cid], 1) << cid.to_string();
    for (const auto& [cid, count] : times) EXPECT_EQ(count, 1) << cid.to_string();
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& event = events[i];
        const bool whole = event.ends_transaction() ||
                           (i + 1 < events.size() && events[i + 1].transaction_id() == event.transaction_id() &&
                            events[i + 1].transaction_index() == event.transaction_index() + 1);
        EXPECT_TRUE(whole) << "part of a transaction at " << event.sequence().value();
    }
}

PlainClient::PlainClient(const std::string& url, int patience) : patience_(patience) {
    natsConnection* connection = nullptr;
    const auto status = natsConnection_ConnectTo(&connection, url.c_str());
    if (status != NATS_OK) throw std::runtime_error(natsStatus_GetText(status));
    connection_ = connection;
}

PlainClient::~PlainClient() { natsConnection_Destroy(static_cast<natsConnection*>(connection_)); }

std::string PlainClient::request(const std::string& subject, const std::string& data,
                                 const std::vector<std::pair<std::string, std::string>>& headers) {
    natsMsg* message = nullptr;
    natsMsg* answer = nullptr;
    natsMsg_Create(&message, subject.c_str(), nullptr, data.data(), static_cast<int>(data.size()));
    for (const auto& [name, value] : headers) natsMsgHeader_Set(message, name.c_str(), value.c_str());
    const auto status =
        natsConnection_RequestMsg(&answer, static_cast<natsConnection*>(connection_), message, patience_);
    natsMsg_Destroy(message);
    if (status != NATS_OK) return std::string("error: ") + natsStatus_GetText(status);
    std::string text(natsMsg_GetData(answer), static_cast<std::size_t>(natsMsg_GetDataLength(answer)));
    natsMsg_Destroy(answer);
    return text;
}

} // namespace cim::test
