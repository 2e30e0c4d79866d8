// The input is taken as the bytes of a CID, as its text, and as the text of bytes in any base: whatever is accepted has
// that one spelling, and survives all others.
#include <cim/cid.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using cim::ByteView;
using cim::Cid;
using cim::CidProfile;
using cim::Multibase;

constexpr Multibase bases[] = {Multibase::base16,       Multibase::base16_upper, Multibase::base32,
                               Multibase::base32_upper, Multibase::base36,       Multibase::base36_upper,
                               Multibase::base58btc,    Multibase::base64,       Multibase::base64url};

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << std::endl;
    std::abort();
}

void check(const Cid& cid) {
    require(Cid::from_bytes(cid.bytes()) == cid, "its bytes are a CID");
    for (const auto base : bases) require(Cid::parse(cid.to_string(base)) == cid, "it survives every base");
    const auto digest = cid.digest();
    require(digest.data() + digest.size() == cid.bytes().data() + cid.bytes().size(), "the digest ends it");
    require(digest.size() <= Cid::max_digest_size && cid.bytes().size() <= Cid::max_size, "no bound is passed");
    require(cid.version() == 1 || cid.to_string().starts_with("Qm"), "version 0 has its own spelling");

    const auto in_dasl = Cid::parse(cid.to_string(), CidProfile::dasl);
    const bool expected = cid.version() == 1 && cid.hash_code() == cim::multicodec::sha2_256 &&
                          (cid.codec() == cim::multicodec::raw || cid.codec() == cim::multicodec::dag_cbor);
    require(in_dasl.has_value() == expected, "the profile takes what it names");
    Cid copy = cid;
    Cid moved = std::move(copy);
    copy = moved;
    require(copy == cid && moved == cid && !(copy < cid) && !(cid < copy), "copies are the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto text = cim::as_text(bytes);
    if (const auto cid = Cid::from_bytes(bytes)) {
        require(std::ranges::equal(cid->bytes(), bytes), "bytes are kept as they are");
        check(*cid);
    }
    if (const auto cid = Cid::parse(text)) {
        const auto base = cid->version() == 0 ? Multibase::base58btc : static_cast<Multibase>(text[0]);
        require(cid->to_string(base) == text, "a text is the only one in its base");
        check(*cid);
    }
    if (const auto decoded = cim::multibase_decode(text))
        require(cim::multibase_encode(static_cast<Multibase>(text[0]), *decoded) == text, "multibase is one to one");
    if (size < 512) {
        for (const auto base : bases) {
            const auto back = cim::multibase_decode(cim::multibase_encode(base, bytes));
            require(back && std::ranges::equal(*back, bytes), "multibase keeps all bytes");
        }
    }
    return 0;
}
