#include "progress.hpp"

#include "output.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace cim::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto bar_interval = 100ms;
constexpr auto line_interval = 5s;

std::size_t terminal_width() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
    return 80;
}

std::string bar(double part) {
    constexpr int width = 24;
    const int filled = std::clamp(static_cast<int>(part * width), 0, width);
    return fmt::format("[{}{}]", std::string(static_cast<std::size_t>(filled), '#'),
                       std::string(static_cast<std::size_t>(width - filled), '-'));
}

} // namespace

Progress::Style Progress::style_for(bool quiet, bool json) {
    if (quiet || json) return Style::none;
    return ::isatty(STDERR_FILENO) == 1 ? Style::bar : Style::lines;
}

Progress::Progress(Style style, std::string label, std::string unit)
    : style_(style),
      label_(std::move(label)),
      unit_(std::move(unit)),
      next_(start_ + (style == Style::bar ? Clock::duration(bar_interval) : Clock::duration(line_interval))) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
    if (std::exchange(drawn_, false)) std::fputs("\r\033[K", stderr);
}

void Progress::update(std::uint64_t done, std::optional<std::uint64_t> total, std::string_view detail) {
    if (style_ == Style::none) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + (style_ == Style::bar ? Clock::duration(bar_interval) : Clock::duration(line_interval));
    draw(std::chrono::duration<double>(now - start_).count(), done, total, detail);
}

void Progress::draw(double seconds, std::uint64_t done, std::optional<std::uint64_t> total, std::string_view detail) {
    std::string text = label_;
    if (total && *total > 0) {
        const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
        if (style_ == Style::bar) text += ' ' + bar(part);
        text += fmt::format(" {:.0f} %, {} of {} {}", part * 100, grouped(done), grouped(*total), unit_);
        if (part > 0.01 && part < 1) text += fmt::format(", {} left", duration_text(seconds / part - seconds));
    } else {
        text += fmt::format(" {} {}, {}/s", grouped(done), unit_, rate_text(done, seconds));
    }
    if (!detail.empty()) text += fmt::format(", {}", detail);
    if (style_ == Style::lines) {
        fmt::print(stderr, "{}\n", text);
        return;
    }
    text.resize(std::min(text.size(), terminal_width() - 1));
    fmt::print(stderr, "\r\033[K{}", text);
    std::fflush(stderr);
    drawn_ = true;
}

} // namespace cim::cli
