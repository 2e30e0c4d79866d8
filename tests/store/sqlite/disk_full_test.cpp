// Aim: when the disk is full nothing is acknowledged that is not kept, reading goes on, writing ends until the store is
// opened again, and then it goes on too. Method: a file system of a few megabytes where root may mount one, and always
// a limit on the size of the process's files.
#include "store/sqlite/support.hpp"

#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>

namespace cim::test {
namespace {

class DiskFullTest : public SqliteTest {
  protected:
    // Appends until it fails; the transaction that did, and how many events were acknowledged before.
    struct Filled {
        Error error;
        std::uint64_t acknowledged = 0;
        std::uint64_t next_mark = 0;
    };
    static Filled fill(EventStore& store) {
        Filled filled{Error(Errc::closed, "it never came to an end")};
        for (; filled.next_mark < 100'000; ++filled.next_mark) {
            const auto receipt = store.append(make_transaction("a", 5, filled.next_mark, 2000), ExpectedHead::any());
            if (!receipt) {
                filled.error = receipt.error();
                break;
            }
            filled.acknowledged = receipt->last.value();
        }
        return filled;
    }

    void expect_full_and_read_only(EventStore& store, const Filled& filled) const {
        EXPECT_EQ(filled.error.code, Errc::store_full) << filled.error.text();
        EXPECT_GT(filled.acknowledged, 0u);
        EXPECT_EQ(store.info()->events, filled.acknowledged);
        EXPECT_EQ(read_all(store).size(), filled.acknowledged);
        EXPECT_TRUE(store.info()->read_only);
        for (int i = 0; i < 2; ++i) {
            const auto refused = store.append(make_transaction("b", 1), ExpectedHead::any());
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, Errc::store_read_only) << refused.error().text();
            EXPECT_EQ(refused.error().field("path"), path);
        }
    }

    void expect_working_again(const Filled& filled) const {
        const auto store = open();
        EXPECT_EQ(store->info()->events, filled.acknowledged);
        append(*store, make_transaction("a", 5, filled.next_mark, 2000));
        expect_sound(*store, path);
    }
};

TEST_F(DiskFullTest, OnASmallFileSystem) {
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m") != 0) GTEST_SKIP() << "may not mount a file system";
    {
        const auto store = open();
        const auto filled = fill(*store);
        expect_full_and_read_only(*store, filled);
        ASSERT_EQ(::mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT, "size=16m"), 0);
        EXPECT_EQ(store->append(make_transaction("b", 1), ExpectedHead::any()).error().code, Errc::store_read_only)
            << "until it is opened again";
    }
    const auto again = [&] {
        const auto store = open();
        const auto events = store->info()->events;
        append(*store, make_transaction("a", 5, 99'999, 2000));
        expect_sound(*store, path);
        return events;
    }();
    EXPECT_GT(again, 0u);
    EXPECT_EQ(::umount(folder.c_str()), 0);
}

TEST_F(DiskFullTest, WhereFilesMayNotGrow) {
    const auto status = wait_for(start_process([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1'000'000, 1'000'000'000};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 90;
        Filled filled{Error(Errc::closed, "")};
        {
            const auto store = open();
            filled = fill(*store);
            expect_full_and_read_only(*store, filled);
        }
        const rlimit large{1'000'000'000, 1'000'000'000};
        if (::setrlimit(RLIMIT_FSIZE, &large) != 0) return 91;
        expect_working_again(filled);
        return testing::Test::HasFailure() ? 1 : 0;
    }));
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace cim::test
