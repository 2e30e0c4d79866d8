// SHA-256, the digest in every CID that we make.
//
// Verifying a log is one digest per block over blocks of a few hundred bytes, so what counts is the cost of a short
// message, and that many messages are known at once: the bytes of a whole chain are hashed independently of each other,
// and only comparing the links is sequential. sha256() is for one message and sha256_many() for a batch; both give the
// same digests. Nothing here can fail, throws, or shares state between threads.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace cim::ipld {

using Sha256Digest = std::array<std::byte, 32>;

/// The digest of `data`, which may be empty.
[[nodiscard]] Sha256Digest sha256(std::span<const std::byte> data) noexcept;

/// Writes the digest of messages[i] to out[i]. The spans have the same length, and `out` overlaps no message.
///
/// Any number of messages of any lengths. Several are hashed side by side where that is faster on this machine, and the
/// others one after the other. The first batch of a thread that is large enough for this takes about 0.2 ms and 200 KB,
/// which the thread keeps until it ends.
void sha256_many(std::span<const std::span<const std::byte>> messages, std::span<Sha256Digest> out) noexcept;

/// How many messages sha256_many() can hash side by side on this thread; 1 when it hashes one after the other.
[[nodiscard]] unsigned sha256_lanes() noexcept;

/// The digest of a message that comes in pieces.
///
/// finish() leaves the state as it is, and copies are independent: of messages with a common beginning, that beginning
/// is hashed once.
class Sha256 {
  public:
    Sha256() noexcept;

    void update(std::span<const std::byte> data) noexcept;

    /// The digest of everything given so far; more may follow.
    [[nodiscard]] Sha256Digest finish() const noexcept;

  private:
    // OpenSSL's SHA256_CTX, kept as bytes so that its header stays out of ours.
    std::array<std::byte, 112> state_;
};

} // namespace cim::ipld
