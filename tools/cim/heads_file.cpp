#include "heads_file.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "input.hpp"
#include "output.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cim::cli {
namespace {

std::unexpected<Error> not_heads(const std::string& path, std::string_view why) {
    return fail(Errc::invalid_input, fmt::format("'{}' is no list of heads: {}", printable(path, 400), why),
                "write one by `cim heads --json`", {{"source", path}});
}

} // namespace

Result<HeadsFile> HeadsFile::read(const std::string& path) {
    CIM_TRY_ASSIGN(const auto text, read_input(path));
    const auto json = Json::parse(as_text(text), nullptr, false);
    if (!json.is_array()) return not_heads(path, json.is_discarded() ? "it is not JSON" : "it is not an array");
    HeadsFile file;
    for (const auto& item : json) {
        const bool good = item.is_object() && item.contains("aggregate") && item["aggregate"].is_string() &&
                          item.contains("sequence") && item["sequence"].is_number_unsigned() && item.contains("cid") &&
                          item["cid"].is_string();
        if (!good) return not_heads(path, "an item without aggregate, sequence and cid");
        auto cid = Cid::parse(item["cid"].get<std::string>());
        if (!cid) return not_heads(path, cid.error().message);
        const auto aggregate = item["aggregate"].get<std::string>();
        file.by_aggregate_[aggregate].push_back(file.heads_.size());
        file.heads_.push_back({aggregate, item["sequence"].get<std::uint64_t>(), *std::move(cid), std::nullopt});
    }
    return file;
}

void HeadsFile::see(std::span<const DomainEvent> events) {
    if (heads_.empty()) return;
    std::string_view last;
    const std::vector<std::size_t>* wanted = nullptr;
    for (const auto& event : events) {
        // Events of one aggregate mostly come in a row.
        if (wanted == nullptr || event.aggregate_id() != last) {
            static const std::vector<std::size_t> none;
            const auto found = by_aggregate_.find(std::string(event.aggregate_id()));
            wanted = found == by_aggregate_.end() ? &none : &found->second;
            last = event.aggregate_id();
        }
        for (const auto index : *wanted) {
            if (heads_[index].sequence == event.aggregate_sequence().value()) heads_[index].found = event.cid();
        }
    }
}

const HeadsFile::Head* HeadsFile::first_unmet() const noexcept {
    const auto unmet = std::ranges::find_if(heads_, [](const Head& head) { return head.found != head.cid; });
    return unmet == heads_.end() ? nullptr : &*unmet;
}

} // namespace cim::cli
