// Heads that were kept outside the store: only they can tell that the end of a chain was cut off.
#pragma once

#include <cim/cid.hpp>
#include <cim/event.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cim::cli {

/// The list that `cim heads --json` writes. Without a file it is empty.
class HeadsFile {
  public:
    struct Head {
        std::string aggregate;
        std::uint64_t sequence;
        Cid cid;
        std::optional<Cid> found; ///< What stands in the chain at that place.
    };

    HeadsFile() = default;
    /// "-" is standard input. Errors: io_error, invalid_input for what is no such list.
    [[nodiscard]] static Result<HeadsFile> read(const std::string& path);

    /// Notes what these events say of the heads.
    void see(std::span<const DomainEvent> events);
    /// The first head that is not in its chain; nullptr if all are. Valid until the next call of see().
    [[nodiscard]] const Head* first_unmet() const noexcept;

  private:
    std::vector<Head> heads_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_aggregate_;
};

} // namespace cim::cli
