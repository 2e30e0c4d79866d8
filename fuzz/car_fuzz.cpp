// Any bytes as an archive: reading ends, and takes no more than the input holds; an archive that is read to its end is
// written again as the same bytes; what is accepted with verification is accepted without, too.
#include <cim/car.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace {

using namespace cim::ipld;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << std::endl;
    std::abort();
}

// Reads to the end and writes it again; nullopt if some of it is refused.
std::optional<std::string> copy(const std::string& archive, bool verify) {
    std::istringstream in(archive);
    auto reader = CarReader::open(in, {.max_section = 1 << 20, .verify = verify});
    if (!reader) return std::nullopt;
    std::ostringstream out;
    auto writer = CarWriter::create(out, reader->roots());
    require(writer.has_value(), "what was read can be written");
    for (;;) {
        const auto block = reader->next();
        if (!block) return std::nullopt;
        if (!*block) break;
        require((*block)->offset == writer->bytes(), "the offset is that of the section");
        require(!verify || (*block)->cid.matches((*block)->block), "a verified block hashes to its CID");
        require(writer->write((*block)->cid, (*block)->block).has_value(), "what was read can be written");
    }
    require(writer->bytes() == out.str().size(), "the writer counts what it writes");
    return out.str();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string archive(reinterpret_cast<const char*>(data), size);
    const auto plain = copy(archive, false);
    const auto verified = copy(archive, true);
    require(!plain || *plain == archive, "what was written is what was read");
    require(!verified || verified == plain, "verifying takes nothing that reading refuses");
    return 0;
}
