// How far long work has come, on standard error: a bar on a terminal, now and then a line elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cim::cli {

class Progress {
  public:
    enum class Style { none, lines, bar };
    /// none when asked for quiet or JSON, bar on a terminal, lines otherwise.
    [[nodiscard]] static Style style_for(bool quiet, bool json);

    /// `unit` is what is counted, in the plural: "events".
    Progress(Style style, std::string label, std::string unit);
    ~Progress(); ///< Takes the bar off the terminal.
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Cheap: most calls only look at the clock.
    void update(std::uint64_t done, std::optional<std::uint64_t> total = std::nullopt, std::string_view detail = {});
    /// Removes the bar, so that something else can be written; the next update() draws it again.
    void clear();

  private:
    using Clock = std::chrono::steady_clock;
    void draw(double seconds, std::uint64_t done, std::optional<std::uint64_t> total, std::string_view detail);

    Style style_;
    std::string label_;
    std::string unit_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point next_;
    bool drawn_ = false;
};

} // namespace cim::cli
