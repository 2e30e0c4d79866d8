// Aim: what was acknowledged survives the writer's death, nothing is ever half there, and processes share a file in
// turns. Method: other processes that append, hold locks, and are killed at random moments; the seed is printed where
// it fails.
#include "store/sqlite/support.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

namespace cim::test {
namespace {

using namespace std::chrono_literals;
using ProcessesTest = SqliteTest;

// Both ends of a pipe through which a process says what it was promised.
class Pipe {
  public:
    Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void say(std::uint64_t number) const {
        EXPECT_EQ(::write(ends_[1], &number, sizeof number), ssize_t{sizeof number});
    }
    std::uint64_t hear() const {
        std::uint64_t number = 0;
        EXPECT_EQ(::read(ends_[0], &number, sizeof number), ssize_t{sizeof number});
        return number;
    }
    // From here on this process only hears; the others' end is the end.
    void only_hear() {
        ::close(ends_[1]);
        ends_[1] = -1; // closing that again does nothing
    }
    // All that was said until nobody is there to say more.
    std::vector<std::uint64_t> rest() const {
        std::vector<std::uint64_t> numbers;
        std::uint64_t number = 0;
        while (::read(ends_[0], &number, sizeof number) == ssize_t{sizeof number}) numbers.push_back(number);
        return numbers;
    }

  private:
    int ends_[2] = {};
};

// Three threads append to a chain each until the process is killed, and say the number of each append that succeeded.
int append_for_ever(const std::string& path, const Pipe& acknowledged, std::uint64_t round) {
    const auto store = open_store("sqlite:" + path);
    if (!store) return 1;
    std::vector<std::jthread> threads;
    for (std::uint64_t writer = 0; writer < 3; ++writer)
        threads.emplace_back([&, writer] {
            for (std::uint64_t i = 0;; ++i) {
                const auto aggregate = "w" + std::to_string(writer);
                const auto receipt =
                    (*store)->append(make_transaction(aggregate, 1 + i % 7, round * 100'000 + i), ExpectedHead::any());
                if (!receipt) return;
                acknowledged.say(receipt->last.value());
            }
        });
    return 0;
}

TEST_F(ProcessesTest, KeepWhatWasAcknowledgedWhenTheyAreKilled) {
    const char* given = std::getenv("CIM_SEED");
    const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 4711;
    SCOPED_TRACE("CIM_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::uint64_t promised = 0;
    for (std::uint64_t round = 0; round < 30; ++round) {
        Pipe acknowledged;
        const auto process = start_process([&] { return append_for_ever(path, acknowledged, round); });
        acknowledged.only_hear();
        if (round % 3 != 0) promised = std::max(promised, acknowledged.hear()); // else it may not even have begun
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
        ::kill(process, SIGKILL);
        EXPECT_EQ(wait_for(process), -SIGKILL);
        const auto numbers = acknowledged.rest();
        for (const auto number : numbers) promised = std::max(promised, number);
        const auto store = open();
        ASSERT_GE(store->info()->events, promised) << "round " << round;
        expect_sound(*store, path);
    }
    EXPECT_GT(promised, 0u);
}

// Holds the write lock until it is told to end.
pid_t hold_the_lock(const SqliteTest&, const std::string& path, const Pipe& ready, const Pipe& end) {
    return start_process([&] {
        auto connection = sqlite::Connection::open(path, sqlite::Access::read_write, 5s);
        if (!connection || !connection->run("BEGIN IMMEDIATE")) return 1;
        ready.say(1);
        (void)end.hear();
        return connection->run("COMMIT") ? 0 : 2;
    });
}

TEST_F(ProcessesTest, WaitForOneAnotherAndThenFailClearly) {
    const auto store = open({.busy_timeout = 50ms});
    append(*store, make_transaction("a", 1));
    const Pipe ready;
    const Pipe end;
    const auto process = hold_the_lock(*this, path, ready, end);
    (void)ready.hear();

    const auto start = std::chrono::steady_clock::now();
    const auto refused = store->append(make_transaction("a", 1, 1), ExpectedHead::any());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::store_busy) << refused.error().text();
    EXPECT_GE(std::chrono::steady_clock::now() - start, 40ms);
    EXPECT_EQ(read_all(*store).size(), 1u) << "readers do not wait for writers";
    EXPECT_FALSE(store->info()->read_only) << "being busy passes";

    const auto patient = open({.busy_timeout = 30s});
    std::jthread release([&] {
        std::this_thread::sleep_for(100ms);
        end.say(1);
    });
    append(*patient, make_transaction("a", 1, 1));
    EXPECT_EQ(wait_for(process), 0);
    append(*store, make_transaction("a", 1, 2));
    expect_sound(*store, path);
}

TEST_F(ProcessesTest, SeeWhatTheOthersAppended) {
    const auto store = open();
    append(*store, make_transaction("a", 2));
    EXPECT_EQ(wait_for(start_process([&] {
                  const auto other = try_open();
                  return other && (*other)->append(make_transaction("a", 3, 1), ExpectedHead::any()) ? 0 : 1;
              })),
              0);
    // The heads that this store remembers are old now; it has to notice.
    const auto head = store->head(AggregateId{"a"});
    EXPECT_EQ(head->sequence, AggregateSequence{5});
    append(*store, make_transaction("a", 1, 2));
    append(*store, make_transaction("b", 1, 2));
    EXPECT_EQ(store->info()->events, 7u);
    expect_sound(*store, path);
}

TEST_F(ProcessesTest, AppendTogether) {
    const auto store = open();
    std::vector<pid_t> processes;
    for (std::uint64_t i = 0; i < 3; ++i)
        processes.push_back(start_process([&, i] {
            const auto mine = try_open();
            if (!mine) return 1;
            for (std::uint64_t n = 0; n < 30; ++n)
                if (!(*mine)->append(make_transaction("shared", 2, i * 100 + n), ExpectedHead::any())) return 2;
            return 0;
        }));
    auto feed = store->follow({});
    std::vector<DomainEvent> seen;
    while (seen.size() < 180) {
        const auto events = (*feed)->next(50, 20s);
        ASSERT_TRUE(events) << events.error().text();
        ASSERT_FALSE(events->empty());
        seen.insert(seen.end(), events->begin(), events->end());
    }
    for (const auto process : processes) EXPECT_EQ(wait_for(process), 0);
    EXPECT_TRUE(ChainVerifier().add(seen));
    expect_sound(*store, path);
}

TEST_F(ProcessesTest, MayHaveTwoStoreObjectsOnOneFile) {
    const auto one = open();
    const auto two = open();
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto head = append(i % 2 == 0 ? *one : *two, make_transaction("a", 2, i)).head;
        EXPECT_EQ(*one->head(AggregateId{"a"}), head);
        EXPECT_EQ(*two->head(AggregateId{"a"}), head);
    }
    const auto stale = ChainBuilder(AggregateId{"a"}, {}).build(make_transaction("a", 1, 50));
    EXPECT_EQ(two->append_chained({&*stale, 1}).error().code, Errc::conflict);
    expect_sound(*two, path);
}

} // namespace
} // namespace cim::test
