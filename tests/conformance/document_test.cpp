// Aim: documents are whole, durable and found by name; a revision is given once; who expects another revision is told.
// Method: put, get, list and remove, from several threads and store objects.
#include "conformance/support.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace cim::test {
namespace {

class DocumentTest : public StoreTest {
  protected:
    [[nodiscard]] DocumentStore& documents() const { return store->documents(); }
    std::uint64_t put(std::string_view collection, std::string_view key, std::string_view value) {
        const auto revision = documents().put(collection, key, as_bytes(value));
        EXPECT_TRUE(revision) << revision.error().text();
        return revision.value_or(0);
    }
    [[nodiscard]] static std::string get(DocumentStore& from, std::string_view collection, std::string_view key) {
        const auto found = from.get(collection, key);
        EXPECT_TRUE(found) << found.error().text();
        return found && *found ? std::string(as_text((*found)->value)) : "(none)";
    }
    [[nodiscard]] std::string get(std::string_view collection, std::string_view key) const {
        return get(documents(), collection, key);
    }
    [[nodiscard]] std::vector<std::string> keys(std::string_view collection, std::string_view after = {},
                                                std::size_t limit = 1000) {
        const auto listed = documents().list(collection, after, limit);
        EXPECT_TRUE(listed) << listed.error().text();
        std::vector<std::string> names;
        if (listed)
            for (const auto& document : *listed) names.push_back(document.key);
        return names;
    }
};
CIM_FOR_ALL_STORES(DocumentTest);

// ---- What is refused ----

TEST_P(DocumentTest, RefusesNamesThatAreNone) {
    const std::string long_name(201, 'x');
    for (const std::string_view name :
         {std::string_view(""), std::string_view("."), std::string_view(".a"), std::string_view("a."),
          std::string_view("a..b"), std::string_view("a b"), std::string_view("a/b"), std::string_view("ä"),
          std::string_view("a\0b", 3), std::string_view(long_name)}) {
        EXPECT_EQ(code_of(documents().put(name, "key", {})), Errc::invalid_argument) << name;
        EXPECT_EQ(code_of(documents().put("collection", name, {})), Errc::invalid_argument) << name;
        EXPECT_EQ(code_of(documents().get("collection", name)), Errc::invalid_argument) << name;
        EXPECT_EQ(code_of(documents().remove(name, "key")), Errc::invalid_argument) << name;
        EXPECT_EQ(code_of(documents().list(name)), Errc::invalid_argument) << name;
    }
    EXPECT_EQ(code_of(documents().list("collection", {}, 0)), Errc::invalid_argument);
    EXPECT_EQ(code_of(documents().list("collection", {}, DocumentStore::max_page + 1)), Errc::invalid_argument);
}

TEST_P(DocumentTest, RefusesAnotherRevisionThanExpected) {
    const auto refused = documents().put("c", "k", as_bytes("x"), 7);
    ASSERT_EQ(code_of(refused), Errc::conflict);
    EXPECT_EQ(refused.error().field("collection"), "c");
    EXPECT_EQ(refused.error().field("key"), "k");
    EXPECT_EQ(refused.error().field("expected"), "7");
    EXPECT_EQ(refused.error().field("actual"), "0");
    EXPECT_EQ(get("c", "k"), "(none)");

    const auto first = documents().put("c", "k", as_bytes("x"), 0);
    ASSERT_TRUE(first) << first.error().text();
    EXPECT_EQ(code_of(documents().put("c", "k", as_bytes("y"), 0)), Errc::conflict);
    EXPECT_EQ(code_of(documents().remove("c", "k", *first + 1)), Errc::conflict);
    EXPECT_EQ(get("c", "k"), "x");
    EXPECT_TRUE(documents().put("c", "k", as_bytes("y"), *first));
    EXPECT_EQ(code_of(documents().put("c", "k", as_bytes("z"), *first)), Errc::conflict);
    EXPECT_EQ(get("c", "k"), "y");
}

// ---- What is kept ----

TEST_P(DocumentTest, HasNothingAtFirst) {
    EXPECT_EQ(get("c", "k"), "(none)");
    EXPECT_TRUE(keys("c").empty());
    const auto removed = documents().remove("c", "k");
    ASSERT_TRUE(removed) << removed.error().text();
    EXPECT_FALSE(*removed);
}

TEST_P(DocumentTest, GivesBackWhatWasPutLast) {
    const auto first = put("c", "k", "one");
    const auto second = put("c", "k", "two");
    put("other", "k", "elsewhere");
    put("c", "empty", "");
    EXPECT_GT(second, first);
    EXPECT_GT(first, 0u);
    EXPECT_EQ(get("c", "k"), "two");
    EXPECT_EQ(get("other", "k"), "elsewhere");
    EXPECT_EQ(get("c", "empty"), "");
    const auto found = *documents().get("c", "k");
    EXPECT_EQ(found->revision, second);
    EXPECT_EQ(found->key, "k");
    EXPECT_GT(to_micros(found->written_at), 0);
}

TEST_P(DocumentTest, TakesEveryNameThatIsAllowed) {
    for (const auto* name : {"A-z_0=9", "a.b.c", "-", "_", "=", "0"}) {
        put(name, name, name);
        EXPECT_EQ(get(name, name), name);
        EXPECT_EQ(keys(name), std::vector<std::string>{name});
    }
    const std::string longest(200, 'x');
    put(longest, longest, "x");
    EXPECT_EQ(get(longest, longest), "x");
}

TEST_P(DocumentTest, NeverGivesARevisionTwice) {
    const auto first = put("c", "k", "one");
    ASSERT_TRUE(*documents().remove("c", "k", first));
    EXPECT_EQ(get("c", "k"), "(none)");
    EXPECT_TRUE(keys("c").empty());
    EXPECT_GT(put("c", "k", "two"), first);
}

TEST_P(DocumentTest, ListsByTheBytesOfTheKeyInPages) {
    const std::vector<std::string> names = {"-", "0", "10", "2", "A", "B", "_", "a", "a.b", "a=", "b"};
    for (auto name = names.rbegin(); name != names.rend(); ++name) put("c", *name, *name + "!");
    put("b", "x", "");
    put("d", "x", "");
    EXPECT_EQ(keys("c"), names);
    EXPECT_EQ(keys("c", {}, 3), (std::vector<std::string>{"-", "0", "10"}));
    EXPECT_EQ(keys("c", "10", 3), (std::vector<std::string>{"2", "A", "B"}));
    EXPECT_EQ(keys("c", "a", 10), (std::vector<std::string>{"a.b", "a=", "b"}))
        << "the key need not be the last of a page";
    EXPECT_TRUE(keys("c", "zzz").empty());
    const auto listed = *documents().list("c", "a", 1);
    EXPECT_EQ(listed.front().size, 4u);
    EXPECT_GT(listed.front().revision, 0u);
}

TEST_P(DocumentTest, KeepsLargeValuesWhole) {
    std::string large(5'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 2654435761u >> 13);
    put("c", "large", large);
    EXPECT_EQ(get("c", "large"), large);
    EXPECT_EQ(documents().list("c")->front().size, large.size());
    put("c", "large", "small");
    EXPECT_EQ(get("c", "large"), "small");
}

TEST_P(DocumentTest, IsNoPartOfTheLog) {
    append(*store, make_transaction("a", 2));
    put("c", "k", "x");
    append(*store, make_transaction("a", 2, 1));
    EXPECT_EQ(store->info()->events, 4u);
    EXPECT_EQ(store->info()->transactions, 2u);
    EXPECT_EQ(read_all(*store, ReadQuery::all()).size(), 4u);
    expect_verified(*store);
}

// ---- Several at once, and later ----

TEST_P(DocumentTest, IsThereForOthersAndLater) {
    if (!GetParam().persistent) GTEST_SKIP() << "another store object would be another store";
    const auto revision = put("c", "k", "one");
    const auto other = reopen();
    EXPECT_EQ(get(other->documents(), "c", "k"), "one");
    ASSERT_TRUE(other->documents().put("c", "k", as_bytes("two"), revision));
    EXPECT_EQ(code_of(documents().put("c", "k", as_bytes("three"), revision)), Errc::conflict);
    store.reset();
    store = reopen();
    EXPECT_EQ(get("c", "k"), "two");
}

TEST_P(DocumentTest, RefusesToWriteWhereOpenedForReading) {
    if (!GetParam().persistent) GTEST_SKIP() << "another store object would be another store";
    put("c", "k", "one");
    const auto reading = reopen({.mode = OpenOptions::Mode::read_only});
    EXPECT_EQ(get(reading->documents(), "c", "k"), "one");
    EXPECT_EQ(code_of(reading->documents().put("c", "k", {})), Errc::store_read_only);
    EXPECT_EQ(code_of(reading->documents().remove("c", "k")), Errc::store_read_only);
    EXPECT_EQ(get("c", "k"), "one");
}

TEST_P(DocumentTest, LetsOneOfManyHaveARevision) {
    put("c", "count", "0");
    constexpr int threads = 4;
    constexpr int rounds = 15;
    std::atomic<int> failed{0};
    {
        std::vector<std::jthread> counting;
        for (int thread = 0; thread < threads; ++thread)
            counting.emplace_back([&] {
                for (int done = 0; done < rounds;) {
                    const auto now = documents().get("c", "count");
                    if (!now || !*now) {
                        ++failed;
                        return;
                    }
                    const auto next = std::to_string(std::stoi(std::string(as_text((*now)->value))) + 1);
                    const auto counted = documents().put("c", "count", as_bytes(next), (*now)->revision);
                    if (counted)
                        ++done;
                    else if (counted.error().code != Errc::conflict)
                        ++failed;
                }
            });
    }
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(get("c", "count"), std::to_string(threads * rounds)) << "no update was lost";
}

TEST_P(DocumentTest, MixesWithAppends) {
    std::atomic<int> failed{0};
    {
        std::jthread putting([&] {
            for (int i = 0; i < 60; ++i)
                if (!documents().put("c", "position", as_bytes(std::to_string(i)))) ++failed;
        });
        std::vector<std::jthread> appending;
        for (int writer = 0; writer < 3; ++writer)
            appending.emplace_back([&, writer] {
                for (std::uint64_t i = 0; i < 30; ++i)
                    append(*store, make_transaction("w" + std::to_string(writer), 2, i));
            });
    }
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(get("c", "position"), "59");
    EXPECT_EQ(store->info()->events, 180u);
    expect_verified(*store);
}

} // namespace
} // namespace cim::test
