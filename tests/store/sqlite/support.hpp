// What the tests of the SQLite store share: a folder, a store in it, and a way behind the store's back.
#pragma once

#include <cim/event_store.hpp>
#include <cim/sqlite_store.hpp>

#include "store/sqlite/connection.hpp"

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cim::test {

/// A folder that is gone in the end, and a store's path in it.
class SqliteTest : public testing::Test {
  protected:
    SqliteTest();
    ~SqliteTest() override;

    [[nodiscard]] Result<std::unique_ptr<EventStore>> try_open(const OpenOptions& options = {}) const {
        return open_store("sqlite:" + path, options);
    }
    /// Expects opening to succeed.
    [[nodiscard]] std::unique_ptr<EventStore> open(const OpenOptions& options = {}) const;
    /// A connection to the file, as any program could have one.
    [[nodiscard]] sqlite::Connection connect(std::chrono::milliseconds busy_timeout = std::chrono::seconds(5)) const;
    /// Runs SQL on the file, behind the store's back.
    void sql(const std::string& statements) const;
    [[nodiscard]] std::int64_t number(std::string_view query) const;

    std::filesystem::path folder;
    std::string path;
};

/// A transaction of so many events with a fixed time and payload, different for each mark.
[[nodiscard]] Transaction make_transaction(std::string_view aggregate, std::size_t events, std::uint64_t mark = 0,
                                           std::size_t payload = 20);

/// Appends onto whatever the head is and expects that to succeed.
AppendReceipt append(EventStore& store, const Transaction& transaction);

/// The whole log; expects reading to succeed.
[[nodiscard]] std::vector<DomainEvent> read_all(EventStore& store);

/// Expects every event to be verified, every transaction to be whole, every head to be the last event, and the file's
/// structure to be sound.
void expect_sound(EventStore& store, const std::string& path);

/// Runs `work` in another process; its exit status is what `work` returns.
[[nodiscard]] pid_t start_process(const std::function<int()>& work);
/// Waits for it; its exit status, or minus the signal that ended it.
int wait_for(pid_t process);

} // namespace cim::test
