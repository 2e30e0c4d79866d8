#include "event/block_reader.hpp"

#include "event/block_layout.hpp"
#include "ipld/cid_format.hpp"
#include "ipld/quick_check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace cim::detail {

namespace {

constexpr std::byte eight_byte_integer{0x1b};

// Takes a block apart from front to back. As keys have one order and heads one form, a field that is not exactly where
// and how it should be means that this is no event block; explain_event_block() then looks for the reason at leisure.
class FieldReader {
  public:
    explicit FieldReader(ByteView block) noexcept : at_(block.data()), end_(at_ + block.size()) {}

    // Goes past these very bytes.
    template <std::size_t N> bool pass(const std::array<std::byte, N>& bytes) noexcept {
        if (left() < N || std::memcmp(at_, bytes.data(), N) != 0) return false;
        at_ += N;
        return true;
    }

    bool payload(ipld::View& out) noexcept {
        const auto* past = ipld::end_of_valid_item({at_, end_}, payload_options.max_depth);
        if (past == nullptr) return false;
        out = ipld::View::trusted({at_, past});
        at_ = past;
        return true;
    }

    bool timestamp(Timestamp& out) noexcept {
        if (at_ == end_) return false;
        if (*at_ == eight_byte_integer && left() > 8) { // As it is in every year but 1970.
            std::uint64_t micros = 0;
            for (std::size_t i = 1; i <= 8; ++i) micros = micros << 8 | std::to_integer<std::uint64_t>(at_[i]);
            if (micros >> 32 == 0 || micros >> 63 != 0) return false;
            out = from_micros(static_cast<std::int64_t>(micros));
            at_ += 9;
            return true;
        }
        const auto* past = ipld::end_of_valid_item({at_, end_}, 0);
        if (past == nullptr) return false;
        const auto value = ipld::View::trusted({at_, past}).as_int64();
        if (!value) return false;
        out = from_micros(*value);
        at_ = past;
        return true;
    }

    // A token, whose length stands in one byte or two.
    bool token(std::string_view& out) noexcept {
        if (left() < 2) return false;
        auto size = std::to_integer<std::size_t>(*at_) - 0x60;
        ++at_;
        if (size == 24) {
            size = std::to_integer<std::size_t>(*at_);
            ++at_;
            if (size < 24) return false;
        } else if (size > 24) {
            return false;
        }
        if (size > left()) return false;
        out = as_text({at_, size});
        at_ += size;
        return is_token(out);
    }

    bool cid_at_end(std::optional<Cid>& out) {
        if (!is_event_cid({at_, end_})) return false;
        out.emplace(ipld::CidAccess::make({at_, end_}));
        return true;
    }

    [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }

  private:
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    const std::byte* at_;
    const std::byte* end_;
};

} // namespace

// Hot, as otherwise the compiler takes what follows so many conditions for rare and makes it small instead of fast.
[[gnu::hot]] bool read_event_block(ByteView block, EventBlock& out) {
    if (block.size() > EventBlock::max_size) return false;
    FieldReader reader(block);
    if (!reader.pass(to_payload) || !reader.payload(out.payload) || !reader.pass(to_timestamp) ||
        !reader.timestamp(out.timestamp) || !reader.pass(to_event_type) || !reader.token(out.event_type) ||
        !reader.pass(to_aggregate_id) || !reader.token(out.aggregate_id) || !reader.pass(to_previous_cid))
        return false;
    if (reader.pass(link_head)) return reader.cid_at_end(out.previous_cid);
    return reader.pass(null_item) && reader.at_end();
}

} // namespace cim::detail
