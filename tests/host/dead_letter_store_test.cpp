// Aim: a dead letter comes back after a restart as it was, and a damaged document is told of, not trusted.
#include <cim/dead_letter_store.hpp>
#include <cim/event_store.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

namespace cim {
namespace {

class DeadLetterStoreTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("cim-dead-letters-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
        reopen();
    }
    void TearDown() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    void reopen() {
        store_.reset();
        store_ = open_store("sqlite:" + (folder_ / "log.db").string()).value();
    }
    DeadLetter letter(std::string subject, std::int64_t failed_at = 1) const {
        return {.event = test::event("g", "NodeAdded", {{"node_id", "n"}}),
                .subject = std::move(subject),
                .pattern = "a.*",
                .consumer = "indexer",
                .global_sequence = GlobalSequence(7),
                .aggregate_sequence = AggregateSequence(3),
                .reason = DeadLetterReason::handler_failed,
                .error = "no answer",
                .attempts = 4,
                .hops = 1,
                .first_failure = from_micros(failed_at),
                .last_failure = from_micros(failed_at + 5)};
    }
    std::filesystem::path folder_;
    std::unique_ptr<EventStore> store_;
};

TEST_F(DeadLetterStoreTest, ALetterSurvivesARestart) {
    DeadLetterQueue queue;
    ASSERT_TRUE(queue.add(letter("a.x", 20)));
    ASSERT_TRUE(queue.add(letter("a.y", -10)));
    EXPECT_EQ(DeadLetterStore(store_->documents()).save(queue).value(), 2u);
    reopen();
    DeadLetterStore kept(store_->documents());
    DeadLetterQueue fresh;
    EXPECT_EQ(kept.load(fresh).value(), 2u);
    const auto letters = fresh.list();
    ASSERT_EQ(letters.size(), 2u);
    EXPECT_EQ(letters[0].subject, "a.y") << "oldest first";
    const auto& back = letters[1];
    const auto sent = letter("a.x", 20);
    EXPECT_EQ(back.event.cid(), sent.event.cid());
    EXPECT_EQ(back.event.payload().find("node_id")->as_string(), "n");
    EXPECT_EQ(back.event.transaction_id(), sent.event.transaction_id());
    EXPECT_EQ(back.pattern, "a.*");
    EXPECT_EQ(back.consumer, "indexer");
    EXPECT_EQ(back.global_sequence, sent.global_sequence);
    EXPECT_EQ(back.aggregate_sequence, sent.aggregate_sequence);
    EXPECT_EQ(back.reason, sent.reason);
    EXPECT_EQ(back.error, "no answer");
    EXPECT_EQ(back.attempts, 4u);
    EXPECT_EQ(back.hops, 1u);
    EXPECT_EQ(back.first_failure, sent.first_failure);
    EXPECT_EQ(back.last_failure, sent.last_failure);
    // What was purged is gone with the next save.
    fresh.purge({.subject = *SubjectPattern::parse("a.x")});
    EXPECT_EQ(kept.save(fresh).value(), 1u);
    EXPECT_EQ(kept.list().value().size(), 1u);
}

TEST_F(DeadLetterStoreTest, LettersAreFoundAndRemoved) {
    DeadLetterStore kept(store_->documents());
    const auto first = kept.save(letter("a.x", 1)).value();
    EXPECT_EQ(kept.save(letter("a.x", 1)).value(), first) << "the same letter is kept once";
    const auto second = kept.save(letter("b.x", 2)).value();
    EXPECT_LT(first, second);
    EXPECT_EQ(kept.list({.subject = *SubjectPattern::parse("b.>")}).value().at(0).key, second);
    EXPECT_EQ(kept.list({}, 1).value().size(), 1u);
    EXPECT_EQ(kept.get(first)->letter.subject, "a.x");
    EXPECT_TRUE(kept.remove(first).value());
    EXPECT_FALSE(kept.remove(first).value());
    EXPECT_EQ(kept.get(first).error().code, Errc::not_found);
    EXPECT_EQ(kept.save(DeadLetter()).error().code, Errc::invalid_argument);
}

TEST_F(DeadLetterStoreTest, ADamagedLetterIsToldOf) {
    DeadLetterStore kept(store_->documents());
    const auto key = kept.save(letter("a.x")).value();
    auto& documents = store_->documents();
    auto bytes = (*documents.get("dead-letters", key))->value;
    const auto text = as_text(bytes);
    bytes[text.find("NodeAdded")] = std::byte{'M'}; // inside the block
    ASSERT_TRUE(documents.put("dead-letters", key, bytes));
    EXPECT_EQ(kept.get(key).error().code, Errc::store_corrupt);
    EXPECT_EQ(kept.list().error().field("key"), key);
    for (const std::string_view nonsense : {"", "\xa0", "{}"}) {
        ASSERT_TRUE(documents.put("dead-letters", key, as_bytes(nonsense)));
        EXPECT_EQ(kept.get(key).error().code, Errc::store_corrupt);
    }
}

} // namespace
} // namespace cim
