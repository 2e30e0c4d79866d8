// Appending: one event goes out as a message, more as one atomic batch, each only onto the last event that was seen of
// its aggregate. What was sent and not acknowledged is looked up before anything is sent again. Self-synchronised.
#pragma once

#include <cim/event_store.hpp>

#include "store/jetstream/page_reader.hpp"
#include "store/jetstream/session.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace cim::jetstream {

class Appender {
  public:
    Appender(std::shared_ptr<Session> session, PageReader& pages, std::chrono::milliseconds patience)
        : session_(std::move(session)), pages_(pages), patience_(patience) {}
    [[nodiscard]] Result<std::vector<AppendReceipt>> append(std::span<const ChainedTransaction> transactions);

    /// A head that was read from the leader just now: the next append need not ask again.
    void remember(const AggregateId& aggregate, const HeadPlace& head);

  private:
    // Where each transaction of a call goes.
    struct Placed {
        std::vector<AppendReceipt> receipts;   // those of new ones are filled in once they are there
        std::vector<std::size_t> added;        // which ones are new
        std::map<std::string, HeadPlace> onto; // aggregates that new ones go to, as they were before
    };
    // What became of something sent.
    enum class Fate : std::uint8_t { landed, refused, unknown, busy };
    struct Outcome {
        Fate fate = Fate::unknown;
        std::uint64_t last = 0;     // sequence of the last message, where it landed
        std::optional<Error> error; // why it did not, or may not have
    };

    [[nodiscard]] Result<> check(std::span<const ChainedTransaction> transactions) const;
    [[nodiscard]] Result<Placed> place(std::span<const ChainedTransaction> transactions);
    [[nodiscard]] Result<HeadPlace> head_of(const AggregateId& aggregate);
    [[nodiscard]] Result<std::optional<AppendReceipt>> find_present(const ChainedTransaction& transaction,
                                                                    const HeadPlace& head);
    [[nodiscard]] Result<Outcome> send(std::span<const ChainedTransaction> transactions, const Placed& placed,
                                       Deadline deadline);
    void forget(std::span<const ChainedTransaction> transactions);
    void finish(std::span<const ChainedTransaction> transactions, Placed& placed, std::uint64_t last);

    // Constant after construction.
    const std::shared_ptr<Session> session_;
    PageReader& pages_;
    const std::chrono::milliseconds patience_;

    std::mutex mutex_;
    std::unordered_map<std::string, HeadPlace> heads_; // guarded by mutex_; a guess, which the server checks
};

} // namespace cim::jetstream
