// What every store is held to: the tests of this folder see nothing but EventStore, and run once for each kind of
// store.
//
// A new kind of store joins by an entry in store_kinds().
#pragma once

#include <cim/event_store.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cim::test {

/// Where one store lives during one test: empty at first, gone afterwards.
class StoreHome {
  public:
    virtual ~StoreHome() = default;
    /// Opens the store: the same one each time, if the kind is persistent.
    [[nodiscard]] virtual Result<std::unique_ptr<EventStore>> open(const OpenOptions& options) = 0;
};

struct StoreKind {
    std::string name;
    /// What was appended is there for another store object, at the same time or later.
    bool persistent;
    std::function<std::unique_ptr<StoreHome>()> make_home;
};
inline void PrintTo(const StoreKind& kind, std::ostream* stream) { *stream << kind.name; }
[[nodiscard]] std::vector<StoreKind> store_kinds();
[[nodiscard]] inline std::string kind_name(const testing::TestParamInfo<StoreKind>& kind) { return kind.param.name; }

/// Gives each test an empty store.
class StoreTest : public testing::TestWithParam<StoreKind> {
  protected:
    void SetUp() override;
    /// Another store object for the same store.
    [[nodiscard]] std::unique_ptr<EventStore> reopen(const OpenOptions& options = {});

    std::unique_ptr<StoreHome> home;
    std::unique_ptr<EventStore> store;
};

/// Runs a suite over all kinds of stores.
#define CIM_FOR_ALL_STORES(suite)                                                                                      \
    INSTANTIATE_TEST_SUITE_P(Stores, suite, testing::ValuesIn(cim::test::store_kinds()), cim::test::kind_name)

/// A transaction of so many events whose payloads differ by `mark` and number; timestamps are set, so that building it
/// again gives the same blocks.
[[nodiscard]] Transaction make_transaction(std::string_view aggregate, std::size_t events, std::uint64_t mark = 0,
                                           std::string_view id = {});

/// Blocks of a transaction on that head.
[[nodiscard]] ChainedTransaction chain(const Transaction& transaction, const ChainHead& start);

/// Appends onto whatever the head is and expects that to succeed.
AppendReceipt append(EventStore& store, const Transaction& transaction);

/// All pages of a query, one after the other; expects each to be within its limit.
[[nodiscard]] std::vector<DomainEvent> read_all(EventStore& store, ReadQuery query);

/// "aggregate/sequence" of each event.
[[nodiscard]] std::vector<std::string> places(const std::vector<DomainEvent>& events);

/// Verifies everything in the store; expects that to succeed.
void expect_verified(EventStore& store);

/// The code of a result that is an error; fails the test if it is none.
template <class T> Errc code_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? Errc{} : result.error().code;
}

/// The seed of a random test: from the environment variable CIM_SEED, else a fixed one mixed with `salt`. It is shown
/// where the test fails.
[[nodiscard]] std::uint64_t random_seed(std::uint64_t salt);

} // namespace cim::test
