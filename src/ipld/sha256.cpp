#include "ipld/sha256.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>

#ifdef CIM_HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>
// Releases before 1.3 take plain SHA-256 jobs, but hash them one at a time.
#if IMB_VERSION_NUM >= IMB_VERSION(1, 3, 0)
#define CIM_SHA256_LANES 1
#endif
#endif

// OpenSSL 3 deprecates SHA256_Init/Update/Final in favour of EVP, and its one-shot SHA256() goes through EVP, too. Per
// message EVP adds about 80 ns with a reused context and 500 ns without one. All end in the same compression function,
// which takes 540 ns for 128 bytes without SHA-NI but 130 ns with it, so the difference counts. The deprecation is of
// the way to call, for the sake of pluggable providers: it is silenced in this file only.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace cim::ipld {

namespace {

using Message = std::span<const std::byte>;

unsigned char* octets(Sha256Digest& digest) noexcept { return reinterpret_cast<unsigned char*>(digest.data()); }

void hash_one(Message data, Sha256Digest& out) noexcept {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data.data(), data.size());
    SHA256_Final(octets(out), &context);
}

void hash_in_turn(std::span<const Message> messages, std::span<Sha256Digest> out) noexcept {
    for (std::size_t i = 0; i < messages.size(); ++i) hash_one(messages[i], out[i]);
}

#ifdef CIM_SHA256_LANES

// A compression step over all lanes takes as long as about 3.5 steps of the plain code (16 lanes of AVX-512 or 8 of
// AVX2), or 1 to 2 steps (2 lanes of SHA-NI), however many of the lanes have work. So lanes pay only while at least
// this many of them are busy.
struct LaneWidth {
    unsigned lanes;
    unsigned worthwhile;
};

constexpr LaneWidth no_lanes{1, 0};

// One thread's job manager. It holds no jobs between two calls of hash().
class LaneHasher {
  public:
    LaneHasher() noexcept {
        // Initialising writes the process-wide results of CPUID.
        static constinit std::mutex initialising;
        const std::lock_guard lock(initialising);

        manager_ = alloc_mb_mgr(0);
        if (manager_ == nullptr) return;
        IMB_ARCH arch = IMB_ARCH_NONE;
        init_mb_mgr_auto(manager_, &arch);
        if (imb_get_errno(manager_) == 0 && (manager_->features & IMB_FEATURE_SELF_TEST_PASS) != 0)
            width_ = width_of(arch, manager_->features);
    }

    ~LaneHasher() {
        if (manager_ != nullptr) free_mb_mgr(manager_);
    }

    LaneHasher(const LaneHasher&) = delete;
    LaneHasher& operator=(const LaneHasher&) = delete;

    const LaneWidth& width() const noexcept { return width_; }

    // Hashes side by side the messages of at most `limit` bytes, and the others one after the other.
    void hash(std::span<const Message> messages, std::span<Sha256Digest> out, std::size_t limit) noexcept {
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (messages[i].size() > limit)
                hash_one(messages[i], out[i]);
            else
                submit(messages[i], out[i]);
        }
        while (IMB_FLUSH_JOB(manager_) != nullptr) {
        }
    }

  private:
    static LaneWidth width_of(IMB_ARCH arch, std::uint64_t features) noexcept {
        if (arch == IMB_ARCH_AVX512) return {16, 4};
        if ((features & IMB_FEATURE_SHANI) != 0 && arch >= IMB_ARCH_SSE) return {2, 2};
        if (arch == IMB_ARCH_AVX2) return {8, 4};
        return no_lanes; // Four lanes of SSE or AVX are hardly faster than OpenSSL's one.
    }

    void submit(Message data, Sha256Digest& out) noexcept {
        static constexpr std::uint8_t nothing = 0;
        IMB_JOB* job = IMB_GET_NEXT_JOB(manager_);
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
        job->hash_alg = IMB_AUTH_SHA_256;
        // The manager may hand the address of one lane to another, so even that of an empty message is a real one.
        job->src = data.empty() ? &nothing : reinterpret_cast<const std::uint8_t*>(data.data());
        job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_hash_in_bytes = data.size();
        job->auth_tag_output = octets(out);
        job->auth_tag_output_len_in_bytes = out.size();
        // The checks left out are of what is set above and of the length, which sha256_many() has limited.
        IMB_SUBMIT_JOB_NOCHECK(manager_);
    }

    IMB_MGR* manager_ = nullptr;
    LaneWidth width_ = no_lanes;
};

LaneHasher& this_thread_hasher() noexcept {
    thread_local LaneHasher hasher;
    return hasher;
}

// The longest message that the library documents for a job.
constexpr std::size_t longest_job = 65534;

// Smaller batches gain nothing anywhere, and a thread that has only such needs no manager.
constexpr std::size_t fewest_messages = 4;

// With padding: one bit and eight bytes of length.
constexpr std::size_t steps_of(std::size_t length) noexcept { return (length + 8) / 64 + 1; }

// The length in bytes up to which messages are worth a lane, or nothing when there are too few. A message that is a
// large part of the batch would go on alone after the others ended, at the price of a step over all lanes: one that is
// at most a part of 1/worthwhile leaves enough of them busy on average. What is left out makes the batch smaller, so
// the question is asked again until nothing is left out; the batch shrinks by that part each time.
std::optional<std::size_t> longest_for_lanes(std::span<const Message> messages, const LaneWidth& width) noexcept {
    std::size_t limit = longest_job;
    for (;;) {
        std::size_t steps = 0;
        std::size_t longest = 0;
        for (const Message& message : messages) {
            if (message.size() <= limit) {
                steps += steps_of(message.size());
                longest = std::max(longest, message.size());
            }
        }
        const std::size_t most_steps = steps / width.worthwhile;
        if (most_steps == 0) return std::nullopt;
        if (steps_of(longest) <= most_steps) return limit;
        limit = most_steps * 64 - 9; // The longest message of that many steps.
    }
}

#endif

} // namespace

Sha256Digest sha256(std::span<const std::byte> data) noexcept {
    Sha256Digest digest;
    hash_one(data, digest);
    return digest;
}

void sha256_many(std::span<const std::span<const std::byte>> messages, std::span<Sha256Digest> out) noexcept {
    assert(messages.size() == out.size());
#ifdef CIM_SHA256_LANES
    if (messages.size() >= fewest_messages) {
        LaneHasher& hasher = this_thread_hasher();
        if (hasher.width().lanes > 1) {
            if (const auto limit = longest_for_lanes(messages, hasher.width())) {
                hasher.hash(messages, out, *limit);
                return;
            }
        }
    }
#endif
    hash_in_turn(messages, out);
}

unsigned sha256_lanes() noexcept {
#ifdef CIM_SHA256_LANES
    return this_thread_hasher().width().lanes;
#else
    return 1;
#endif
}

static_assert(sizeof(SHA256_CTX) <= sizeof(Sha256));
static_assert(std::is_trivially_copyable_v<SHA256_CTX>);

namespace {

// Copied in and out rather than looked at in place: the bytes hold a value, not an object, and 112 bytes cost nothing
// beside a compression step.
SHA256_CTX load(const std::array<std::byte, 112>& state) noexcept {
    SHA256_CTX context;
    std::memcpy(&context, state.data(), sizeof context);
    return context;
}

void store(std::array<std::byte, 112>& state, const SHA256_CTX& context) noexcept {
    std::memcpy(state.data(), &context, sizeof context);
}

} // namespace

Sha256::Sha256() noexcept : state_{} {
    SHA256_CTX context;
    SHA256_Init(&context);
    store(state_, context);
}

void Sha256::update(std::span<const std::byte> data) noexcept {
    SHA256_CTX context = load(state_);
    SHA256_Update(&context, data.data(), data.size());
    store(state_, context);
}

Sha256Digest Sha256::finish() const noexcept {
    SHA256_CTX context = load(state_);
    Sha256Digest digest;
    SHA256_Final(octets(digest), &context);
    return digest;
}

} // namespace cim::ipld

#pragma GCC diagnostic pop
