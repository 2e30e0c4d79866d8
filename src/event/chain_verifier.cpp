#include <cim/chain.hpp>

#include "base/try.hpp"
#include "event/block_layout.hpp"
#include "event/hash_pool.hpp"
#include "ipld/sha256.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

namespace cim {

namespace {

using ipld::Sha256Digest;

// Blocks hashed in one go: enough for all lanes of the hash function, few enough to be still in the cache when their
// links are looked at.
constexpr std::size_t batch_size = 256;
// Smaller pages are done before another thread would have woken up.
constexpr std::size_t fewest_for_threads = 512;
constexpr unsigned most_threads = 64;

// `events` is at most a batch, and `out` at least as long.
void hash_batch(std::span<const DomainEvent> events, std::span<Sha256Digest> out) noexcept {
    std::array<ByteView, batch_size> blocks;
    std::ranges::transform(events, blocks.begin(), &DomainEvent::block);
    ipld::sha256_many(std::span(blocks).first(events.size()), out.first(events.size()));
}

bool names(const Cid& cid, const Sha256Digest& digest) noexcept {
    const auto bytes = cid.bytes();
    return detail::is_event_cid(bytes) &&
           std::memcmp(bytes.data() + detail::event_cid_prefix.size(), digest.data(), digest.size()) == 0;
}

std::size_t batches(std::size_t events) noexcept { return (events + batch_size - 1) / batch_size; }

unsigned thread_count(unsigned wanted) noexcept {
    return std::clamp(wanted == 0 ? std::thread::hardware_concurrency() : wanted, 1U, most_threads);
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

// The slice that goes on with the next event. Where it ends is the chain's head, so a further event changes only that.
struct OpenSlice {
    AggregateSequence first;
    bool anchored;
};

// What is known of one aggregate's chain.
struct Chain {
    ChainHead head;
    bool begun = false;             // An event was seen, or the chain was anchored: head says something.
    std::optional<OpenSlice> slice; // Empty if nothing was added since it was anchored.
    std::vector<VerifiedSlice> ended;
};

VerifiedSlice end_of(const std::string& aggregate, const Chain& chain) {
    return {AggregateId(aggregate), chain.slice->first, chain.head.sequence, *chain.head.cid, chain.slice->anchored};
}

} // namespace

class ChainVerifier::Impl {
  public:
    explicit Impl(VerifyOptions options) : options_(options), threads_(thread_count(options.threads)) {}

    void anchor(const AggregateId& aggregate, const ChainHead& known) {
        auto& chain = chain_of(aggregate.str())->second;
        if (chain.slice) chain.ended.push_back(end_of(aggregate.str(), chain));
        chain.slice.reset();
        chain.head = known;
        chain.begun = true;
    }

    Result<> add(std::span<const DomainEvent> events) {
        if (threads_ > 1 && events.size() >= fewest_for_threads) return add_with_threads(events);
        std::array<Sha256Digest, batch_size> digests;
        for (std::size_t i = 0; i < events.size(); i += batch_size) {
            const auto batch = events.subspan(i, std::min(batch_size, events.size() - i));
            hash_batch(batch, digests);
            CIM_TRY(link(batch, digests));
        }
        return {};
    }

    std::uint64_t events() const noexcept { return events_; }

    std::vector<VerifiedSlice> slices() const {
        std::vector<VerifiedSlice> all;
        for (const auto& [aggregate, chain] : chains_) {
            all.insert(all.end(), chain.ended.begin(), chain.ended.end());
            if (chain.slice) all.push_back(end_of(aggregate, chain));
        }
        std::ranges::sort(all, [](const VerifiedSlice& a, const VerifiedSlice& b) {
            return a.aggregate != b.aggregate ? a.aggregate < b.aggregate : a.first < b.first;
        });
        return all;
    }

    std::optional<ChainHead> head(const AggregateId& aggregate) const {
        const auto found = chains_.find(aggregate.str());
        if (found == chains_.end()) return std::nullopt;
        return found->second.head;
    }

  private:
    using Chains = std::unordered_map<std::string, Chain, TextHash, std::equal_to<>>;

    // A run of events of the same aggregate. Only at its end is the chain's head, which owns its CID, brought up to
    // date.
    struct Run {
        Chains::value_type* chain = nullptr;
        AggregateSequence sequence{};
        const Cid* head = nullptr;
        bool moved = false;
    };

    Result<> add_with_threads(std::span<const DomainEvent> events) {
        if (!pool_) pool_ = std::make_unique<detail::HashPool>(threads_);
        digests_.resize(events.size());
        pool_->run(batches(events.size()), [&](std::size_t index) {
            const auto start = index * batch_size;
            const auto size = std::min(batch_size, events.size() - start);
            hash_batch(events.subspan(start, size), std::span(digests_).subspan(start, size));
        });
        return link(events, digests_);
    }

    Chains::value_type* chain_of(std::string_view aggregate) {
        const auto found = chains_.find(aggregate);
        return &*(found != chains_.end() ? found : chains_.try_emplace(std::string(aggregate)).first);
    }

    // Compares the digests and follows the links, in the order of the events: whatever was hashed where and when, the
    // first event that is bad is the one that is reported.
    Result<> link(std::span<const DomainEvent> events, std::span<const Sha256Digest> digests) {
        Run run;
        for (std::size_t i = 0; i < events.size(); ++i) {
            const auto& event = events[i];
            const auto aggregate = event.aggregate_id();
            if (!names(event.cid(), digests[i])) [[unlikely]]
                return fail(InvalidCid{AggregateId(aggregate), event.aggregate_sequence(), event.cid(),
                                       Cid::from_sha256(multicodec::dag_cbor, digests[i])}
                                .to_error());
            if (run.chain == nullptr || aggregate != run.chain->first) {
                end_run(run);
                run = begin_run(aggregate);
            }
            CIM_TRY(follow(run, event));
            ++events_;
        }
        end_run(run);
        return {};
    }

    Run begin_run(std::string_view aggregate) {
        auto* chain = chain_of(aggregate);
        const auto& head = chain->second.head;
        return {chain, head.sequence, head.cid ? &*head.cid : nullptr};
    }

    static void end_run(Run& run) {
        if (!run.moved) return;
        auto& head = run.chain->second.head;
        head.sequence = run.sequence;
        head.cid = *run.head;
        run.head = &*head.cid;
        run.moved = false;
    }

    Result<> follow(Run& run, const DomainEvent& event) {
        const auto sequence = event.aggregate_sequence();
        const auto& actual = event.previous_cid();
        const auto& chain = run.chain->second;
        if (!chain.begun) {
            // Nothing is known of the chain, so it may start here: at its first event, or, as a slice, anywhere after.
            const bool is_first = sequence.value() == 1;
            if (sequence.value() == 0 || is_first == actual.has_value()) return broken(event, std::nullopt, {});
            begin_slice(run, {sequence, is_first});
        } else if (sequence == run.sequence.next()) {
            const bool holds = run.head == nullptr ? !actual : actual && *actual == *run.head;
            if (!holds) return broken(event, head_of(run), run.sequence);
            if (!chain.slice) begin_slice(run, {sequence, true});
        } else if (sequence <= run.sequence || options_.gaps == VerifyOptions::Gaps::refuse) {
            return broken(event, head_of(run), run.sequence);
        } else {
            if (!actual) return broken(event, std::nullopt, {});
            begin_slice(run, {sequence, false});
        }
        run.sequence = sequence;
        run.head = &event.cid();
        run.moved = true;
        return {};
    }

    static void begin_slice(Run& run, OpenSlice slice) {
        end_run(run);
        auto& [aggregate, chain] = *run.chain;
        if (chain.slice) chain.ended.push_back(end_of(aggregate, chain));
        chain.slice = slice;
        chain.begun = true;
    }

    static std::optional<Cid> head_of(const Run& run) {
        return run.head != nullptr ? std::optional(*run.head) : std::nullopt;
    }

    static std::unexpected<Error> broken(const DomainEvent& event, std::optional<Cid> expected,
                                         AggregateSequence previous) {
        return fail(ChainBroken{AggregateId(event.aggregate_id()), event.aggregate_sequence(), std::move(expected),
                                event.previous_cid(), previous}
                        .to_error());
    }

    VerifyOptions options_;
    unsigned threads_;
    std::uint64_t events_ = 0;
    Chains chains_;
    std::unique_ptr<detail::HashPool> pool_;
    std::vector<Sha256Digest> digests_; // Of one page, for the threads to fill.
};

ChainVerifier::ChainVerifier(VerifyOptions options) : impl_(std::make_unique<Impl>(options)) {}
ChainVerifier::ChainVerifier(ChainVerifier&&) noexcept = default;
ChainVerifier& ChainVerifier::operator=(ChainVerifier&&) noexcept = default;
ChainVerifier::~ChainVerifier() = default;

void ChainVerifier::anchor(const AggregateId& aggregate, const ChainHead& known) { impl_->anchor(aggregate, known); }
Result<> ChainVerifier::add(std::span<const DomainEvent> events) { return impl_->add(events); }
std::uint64_t ChainVerifier::events() const noexcept { return impl_->events(); }
std::vector<VerifiedSlice> ChainVerifier::slices() const { return impl_->slices(); }
std::optional<ChainHead> ChainVerifier::head(const AggregateId& aggregate) const { return impl_->head(aggregate); }

} // namespace cim
