#include <cim/car.hpp>
#include <cim/ipld.hpp>

#include "base/try.hpp"
#include "ipld/varint.hpp"

#include <array>
#include <ios>
#include <ostream>

namespace cim::ipld {
namespace {

// A stream may be set to throw, which ends here.
bool put(std::ostream& out, ByteView bytes) {
    try {
        const auto text = as_text(bytes);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        return out.good();
    } catch (const std::ios_base::failure&) {
        return false;
    }
}

Result<> write_error(std::uint64_t offset) {
    return fail(Errc::io_error, "cannot write the archive, at byte " + std::to_string(offset),
                "is there space left, and is the file still open?", {{"offset", std::to_string(offset)}});
}

std::size_t length_prefix(std::size_t length, std::array<std::byte, max_varint_size>& out) noexcept {
    return write_varint(length, out.data());
}

} // namespace

Result<CarWriter> CarWriter::create(std::ostream& out, std::span<const Cid> roots) {
    if (roots.empty())
        return fail(Errc::invalid_argument, "an archive needs at least one root", "name the CID to start reading from",
                    {{"name", "roots"}});
    CIM_TRY_ASSIGN(const auto header, encode(Value{{"roots", List(roots.begin(), roots.end())}, {"version", 1}}));
    std::array<std::byte, max_varint_size> length;
    const auto length_size = length_prefix(header.size(), length);
    CarWriter writer(out);
    if (!put(out, ByteView(length).first(length_size)) || !put(out, header)) return fail(write_error(0).error());
    writer.bytes_ = length_size + header.size();
    return writer;
}

Result<> CarWriter::write(const Cid& cid, ByteView block) {
    const auto cid_bytes = cid.bytes();
    std::array<std::byte, max_varint_size> length;
    const auto length_size = length_prefix(cid_bytes.size() + block.size(), length);
    if (!put(*out_, ByteView(length).first(length_size)) || !put(*out_, cid_bytes) || !put(*out_, block))
        return write_error(bytes_);
    bytes_ += length_size + cid_bytes.size() + block.size();
    ++blocks_;
    return {};
}

} // namespace cim::ipld
