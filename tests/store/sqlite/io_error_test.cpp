// Aim: whichever write or fsync fails, what was acknowledged is kept, what was refused is not there, and only a failed
// fsync of a commit leaves the outcome open. Method: let the n-th operation fail, for every n until none fails any
// more.
#include "store/sqlite/fault_vfs.hpp"
#include "store/sqlite/support.hpp"

#include <set>

namespace cim::test {
namespace {

using Operation = FaultyFiles::Operation;

class IoErrorTest : public SqliteTest {
  protected:
    static constexpr std::uint64_t events = 5; // in a transaction

    // Appends three transactions while the n-th operation fails. False if it did not come to that.
    bool survives(Operation operation, int n) {
        for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
        auto store = open();
        append(*store, make_transaction("a", 3));
        std::uint64_t acknowledged = 3;
        std::optional<Error> refused;

        files.fail(operation, n);
        for (std::uint64_t mark = 1; mark <= 3 && !refused; ++mark) {
            const auto receipt = store->append(make_transaction("a", events, mark, 3000), ExpectedHead::any());
            if (receipt)
                acknowledged = receipt->last.value();
            else
                refused = receipt.error();
        }
        const bool failed = files.has_failed();
        files.heal();
        check(*store, acknowledged, refused);
        store.reset();
        check_reopened(acknowledged, refused);
        return failed;
    }

    void check(EventStore& store, std::uint64_t acknowledged, const std::optional<Error>& refused) {
        EXPECT_EQ(store.info()->read_only, refused.has_value());
        EXPECT_EQ(read_all(store).size(), acknowledged) << "reading goes on, and sees what was acknowledged";
        if (!refused) return;
        codes.insert(refused->code);
        EXPECT_TRUE(refused->code == Errc::io_error || refused->code == Errc::outcome_unknown) << refused->text();
        EXPECT_EQ(refused->field("path"), path);
        EXPECT_EQ(store.append(make_transaction("b", 1), ExpectedHead::any()).error().code, Errc::store_read_only);
    }

    void check_reopened(std::uint64_t acknowledged, const std::optional<Error>& refused) const {
        const auto store = open();
        ASSERT_NE(store, nullptr);
        const auto there = store->info()->events;
        if (refused && refused->code == Errc::outcome_unknown)
            EXPECT_TRUE(there == acknowledged || there == acknowledged + events) << there;
        else
            EXPECT_EQ(there, acknowledged);
        append(*store, make_transaction("a", 1, 9));
        expect_sound(*store, path);
    }

    FaultyFiles files;
    std::set<Errc> codes; // that were seen
};

TEST_F(IoErrorTest, OfAnyWrite) {
    int n = 1;
    while (survives(Operation::write, n)) ++n;
    EXPECT_GT(n, 10);
    EXPECT_EQ(codes, std::set{Errc::io_error});
}

TEST_F(IoErrorTest, OfAnyFsync) {
    int n = 1;
    while (survives(Operation::sync, n)) ++n;
    EXPECT_GT(n, 3);
    EXPECT_EQ(codes, std::set{Errc::outcome_unknown});
}

// Moving pages from the log into the file may fail too: nothing is lost by that, and nobody need hear of it.
TEST_F(IoErrorTest, WhileTheLogIsEmptied) {
    auto store = open();
    append(*store, make_transaction("a", 3));
    const auto many = make_transaction("a", 3000, 1, 4000); // more than a log may grow to
    files.fail(Operation::sync, 2);                         // the first is the commit's
    const auto receipt = store->append(many, ExpectedHead::any());
    EXPECT_TRUE(files.has_failed());
    files.heal();
    ASSERT_TRUE(receipt) << receipt.error().text();
    EXPECT_EQ(read_all(*store).size(), 3003u);
    append(*store, make_transaction("a", 1, 2));
    store.reset();
    expect_sound(*open(), path);
}

} // namespace
} // namespace cim::test
