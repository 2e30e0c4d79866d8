#include <cim/car.hpp>
#include <cim/ipld.hpp>

#include "base/try.hpp"
#include "ipld/cid_format.hpp"
#include "ipld/varint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ios>
#include <istream>
#include <string>

namespace cim::ipld {

std::string_view to_string(CarRule rule) noexcept {
    switch (rule) {
    case CarRule::truncated: return "truncated";
    case CarRule::invalid_varint: return "invalid_varint";
    case CarRule::section_too_long: return "section_too_long";
    case CarRule::invalid_header: return "invalid_header";
    case CarRule::unsupported_version: return "unsupported_version";
    case CarRule::no_roots: return "no_roots";
    case CarRule::invalid_cid: return "invalid_cid";
    case CarRule::unverifiable_hash: return "unverifiable_hash";
    }
    return "unknown";
}

namespace {

std::string_view explain(CarRule rule) noexcept {
    switch (rule) {
    case CarRule::truncated: return "it ends inside a section";
    case CarRule::invalid_varint: return "the length of a section is malformed";
    case CarRule::section_too_long: return "a section is longer than the limit";
    case CarRule::invalid_header: return "the header is malformed";
    case CarRule::unsupported_version: return "the version is not 1";
    case CarRule::no_roots: return "the header names no root";
    case CarRule::invalid_cid: return "a section does not start with a CID";
    case CarRule::unverifiable_hash: return "a block has a hash function that cannot be computed here";
    }
    return "malformed";
}

std::unexpected<Error> broken(CarRule rule, std::uint64_t offset, std::string_view detail = {},
                              std::string advice = {}) {
    auto message = fmt::format("not a CARv1 archive: {}, at byte {}", explain(rule), offset);
    if (!detail.empty()) message += fmt::format(" ({})", detail);
    return fail(Errc::invalid_car, std::move(message), std::move(advice),
                {{"rule", std::string(to_string(rule))}, {"offset", std::to_string(offset)}});
}

// Reads up to `size` bytes; fewer only at the end of the stream.
Result<std::size_t> read_some(std::istream& in, std::byte* to, std::size_t size) {
    bool failed = false;
    try {
        in.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(size));
    } catch (const std::ios_base::failure&) { // only where the stream was set to throw
        failed = !in.eof();
    }
    if (failed || in.bad()) return fail(Errc::io_error, "cannot read the archive", "is the file still there?");
    return static_cast<std::size_t>(in.gcount());
}

// The items of `roots` if they are links all.
std::optional<std::vector<Cid>> links_of(const Value& roots) {
    const auto* list = roots.if_list();
    if (list == nullptr || !std::ranges::all_of(*list, [](const Value& v) { return v.is(Kind::link); })) return {};
    std::vector<Cid> links;
    links.reserve(list->size());
    for (const auto& item : *list) links.push_back(*item.if_link());
    return links;
}

Error mismatch(const Cid& cid, ByteView block, std::uint64_t offset) {
    const auto actual = cid.hash_code() == multicodec::sha2_256 ? Cid::of(cid.codec(), block).to_string() : "";
    return Error(Errc::cid_mismatch,
                 fmt::format("the block at byte {} does not hash to its CID {}", offset, cid.to_string()),
                 "the archive is damaged or was tampered with",
                 {{"expected", cid.to_string()}, {"actual", actual}, {"offset", std::to_string(offset)}});
}

} // namespace

Result<CarReader> CarReader::open(std::istream& in, const CarReadOptions& options) {
    CarReader reader(in, options);
    CIM_TRY(reader.read_header());
    return reader;
}

Result<> CarReader::read_header() {
    CIM_TRY_ASSIGN(const auto section, read_section(0));
    if (!section) return broken(CarRule::truncated, 0, "the file is empty");
    const auto header = decode(*section);
    if (!header) return broken(CarRule::invalid_header, 0, header.error().message);

    const auto* version = header->find("version");
    if (version == nullptr || !version->is(Kind::integer))
        return broken(CarRule::invalid_header, 0, "it has no version");
    if (*version == Value(2))
        return broken(CarRule::unsupported_version, 0, "this is CARv2",
                      "convert it to CARv1 first, as `car get-dag` does");
    if (*version != Value(1))
        return broken(CarRule::unsupported_version, 0, "version " + version->if_integer()->to_string());
    const auto* roots = header->find("roots");
    if (roots == nullptr || header->if_map()->size() != 2)
        return broken(CarRule::invalid_header, 0, "its fields are not roots and version");
    auto links = links_of(*roots);
    if (!links) return broken(CarRule::invalid_header, 0, "roots is not a list of links");
    if (links->empty()) return broken(CarRule::no_roots, 0);
    roots_ = *std::move(links);
    return {};
}

// One length and that many bytes; nullopt at the end of the stream.
Result<std::optional<Bytes>> CarReader::read_section(std::uint64_t start) {
    std::array<std::byte, max_varint_size> prefix;
    std::size_t count = 0;
    do {
        CIM_TRY_ASSIGN(const auto got, read_some(*in_, &prefix[count], 1));
        if (got == 0 && count == 0) return std::nullopt;
        if (got == 0) return broken(CarRule::truncated, start);
    } while ((prefix[count++] & std::byte{0x80}) != std::byte{0} && count < prefix.size());
    const auto length = read_varint(ByteView(prefix).first(count));
    if (length.status != VarintStatus::ok) return broken(CarRule::invalid_varint, start);
    if (length.value > options_.max_section)
        return broken(CarRule::section_too_long, start,
                      fmt::format("{} bytes, the limit is {}", length.value, options_.max_section));

    // Piece by piece, so that a declared length does not take memory which the file does not fill.
    constexpr std::size_t piece = 64 << 10;
    Bytes section;
    while (section.size() < length.value) {
        const auto before = section.size();
        section.resize(std::min<std::size_t>(length.value, before + piece));
        CIM_TRY_ASSIGN(const auto got, read_some(*in_, section.data() + before, section.size() - before));
        if (got != section.size() - before) return broken(CarRule::truncated, start);
    }
    offset_ = start + count + section.size();
    return section;
}

Result<std::optional<CarBlock>> CarReader::read_block() {
    const auto start = offset_;
    CIM_TRY_ASSIGN(auto section, read_section(start));
    if (!section) return std::nullopt;
    const auto parts = read_cid_prefix(*section, CidProfile::any);
    if (!parts) return broken(CarRule::invalid_cid, start, to_string(parts.error().rule));
    auto cid = CidAccess::make(ByteView(*section).first(parts->size));
    section->erase(section->begin(), section->begin() + parts->size);
    if (options_.verify) {
        if (!cid.can_verify()) return broken(CarRule::unverifiable_hash, start, cid.to_string());
        if (!cid.matches(*section)) return fail(mismatch(cid, *section, start));
    }
    return CarBlock{std::move(cid), *std::move(section), start};
}

Result<std::optional<CarBlock>> CarReader::next() {
    if (failed_) return fail(Errc::closed, "the archive cannot be read on after an error");
    auto block = read_block();
    failed_ = !block.has_value();
    return block;
}

} // namespace cim::ipld
