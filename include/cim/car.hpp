// CARv1: many blocks with their CIDs in one file, the exchange format of the IPLD world (`ipfs dag import`, @ipld/car).
//
// The writer streams: nothing is kept. The reader takes untrusted bytes, one section at a time, and rehashes every
// block. Source: the CARv1 specification of ipld.io.
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/error.hpp>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cim::ipld {

/// The rules of CARv1; to_string gives the name that errors carry in their field `rule`.
enum class CarRule : std::uint8_t {
    truncated,           ///< The archive ends inside its header or a section.
    invalid_varint,      ///< A length that is no minimal varint of at most 9 bytes.
    section_too_long,    ///< Longer than CarReadOptions::max_section.
    invalid_header,      ///< Not strict dag-cbor, or not a map of exactly `roots` and `version`.
    unsupported_version, ///< Another version than 1; CARv2 is named in the message.
    no_roots,            ///< The list of roots is empty.
    invalid_cid,         ///< A section that does not start with a CID.
    unverifiable_hash,   ///< A block under a hash function that cim cannot compute, where it should verify.
};
[[nodiscard]] std::string_view to_string(CarRule rule) noexcept; ///< The enumerator's name.

/// Writes one archive to a stream that outlives it. Not for use by several threads at once.
class CarWriter {
  public:
    /// Writes the header at once. Errors: invalid_argument without roots (readers refuse that), io_error.
    [[nodiscard]] static Result<CarWriter> create(std::ostream& out, std::span<const Cid> roots);
    /// Appends one section. The caller vouches that `cid` names `block`. Errors: io_error.
    [[nodiscard]] Result<> write(const Cid& cid, ByteView block);
    [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; } ///< Written so far, header included.

  private:
    explicit CarWriter(std::ostream& out) noexcept : out_(&out) {}
    std::ostream* out_;
    std::uint64_t blocks_ = 0;
    std::uint64_t bytes_ = 0;
};

struct CarBlock {
    Cid cid;
    Bytes block;
    std::uint64_t offset; ///< Of the section in the file.
};

struct CarReadOptions {
    /// Largest section (CID and block) accepted, in bytes.
    std::size_t max_section = 8u << 20;
    /// Recompute each block's hash; blocks under a hash function that cim cannot compute are then refused.
    bool verify = true;
};

/// Reads one archive from a stream that outlives it. Not for use by several threads at once.
class CarReader {
  public:
    /// Reads the header. Errors: invalid_car with `rule` and `offset` (CARv2 is named as such), io_error.
    [[nodiscard]] static Result<CarReader> open(std::istream& in, const CarReadOptions& options = {});
    [[nodiscard]] const std::vector<Cid>& roots() const noexcept { return roots_; }
    /// The next block; nullopt at the end of the archive. Errors: invalid_car (also for a file that ends inside a
    /// section), cid_mismatch with the offset, io_error. The offset in errors is that of the section in the file. After
    /// an error there is no next, and asking for it is an error again (closed).
    [[nodiscard]] Result<std::optional<CarBlock>> next();

  private:
    CarReader(std::istream& in, const CarReadOptions& options) : in_(&in), options_(options) {}
    Result<> read_header();
    Result<std::optional<Bytes>> read_section(std::uint64_t start);
    Result<std::optional<CarBlock>> read_block();

    std::istream* in_;
    CarReadOptions options_;
    std::vector<Cid> roots_;
    std::uint64_t offset_ = 0;
    bool failed_ = false;
};

} // namespace cim::ipld
