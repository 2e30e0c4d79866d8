#include <cim/time.hpp>

#include "base/printable.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace cim {

namespace {

using namespace std::chrono_literals;

constexpr Timestamp earliest = std::chrono::sys_days(std::chrono::year{1} / 1 / 1);
constexpr Timestamp end_of_years = std::chrono::sys_days(std::chrono::year{10'000} / 1 / 1);

// Reads a text from the front. Every call either takes what it names or leaves the text as it is.
class Scanner {
  public:
    explicit Scanner(std::string_view text) noexcept : rest_(text) {}

    // Exactly so many digits.
    std::optional<int> number(std::size_t digits) noexcept {
        if (count_digits() < digits) return std::nullopt;
        int value = 0;
        for (const char digit : rest_.substr(0, digits)) value = 10 * value + (digit - '0');
        rest_.remove_prefix(digits);
        return value;
    }

    // One of these characters.
    std::optional<char> any_of(std::string_view characters) noexcept {
        if (rest_.empty() || !characters.contains(rest_.front())) return std::nullopt;
        const char found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }

    std::size_t count_digits() const noexcept {
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
        return count;
    }

    bool at_end() const noexcept { return rest_.empty(); }

  private:
    std::string_view rest_;
};

// A part of the text, or the reason why it is not there.
template <class T> using Part = std::expected<T, std::string_view>;

Part<std::chrono::sys_days> read_date(Scanner& scan) noexcept {
    constexpr auto malformed = std::unexpected<std::string_view>("the date is not YYYY-MM-DD");
    const auto year = scan.number(4);
    if (!year || !scan.any_of("-")) return malformed;
    const auto month = scan.number(2);
    if (!month || !scan.any_of("-")) return malformed;
    const auto day = scan.number(2);
    if (!day) return malformed;
    if (*year == 0) return std::unexpected("the year is not 0001 ... 9999");
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::unexpected("there is no such day in the calendar");
    return std::chrono::sys_days(date);
}

Part<Duration> read_fraction(Scanner& scan) noexcept {
    if (!scan.any_of(".")) return Duration(0);
    const auto digits = scan.count_digits();
    if (digits == 0) return std::unexpected("no digits follow the decimal point");
    if (digits > 6) return std::unexpected("it has digits past the microsecond");
    int micros = *scan.number(digits);
    for (auto i = digits; i < 6; ++i) micros *= 10;
    return Duration(micros);
}

Part<Duration> read_time_of_day(Scanner& scan) noexcept {
    constexpr auto malformed = std::unexpected<std::string_view>("the time is not hh:mm:ss");
    const auto hours = scan.number(2);
    if (!hours || !scan.any_of(":")) return malformed;
    const auto minutes = scan.number(2);
    if (!minutes || !scan.any_of(":")) return malformed;
    const auto seconds = scan.number(2);
    if (!seconds) return malformed;
    if (*hours > 23) return std::unexpected("the hour is not 00 ... 23");
    if (*minutes > 59) return std::unexpected("the minute is not 00 ... 59");
    if (*seconds == 60) return std::unexpected("a leap second has no place in a count of microseconds");
    if (*seconds > 59) return std::unexpected("the second is not 00 ... 59");
    const auto fraction = read_fraction(scan);
    if (!fraction) return fraction;
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) + *fraction;
}

Part<Duration> read_offset(Scanner& scan) noexcept {
    constexpr auto malformed = std::unexpected<std::string_view>("it does not end in 'Z' or an offset like +02:00");
    const auto sign = scan.any_of("Zz+-");
    if (!sign) return malformed;
    if (*sign == 'Z' || *sign == 'z') return Duration(0);
    const auto hours = scan.number(2);
    if (!hours || !scan.any_of(":")) return malformed;
    const auto minutes = scan.number(2);
    if (!minutes) return malformed;
    if (*hours > 23 || *minutes > 59) return std::unexpected("the offset is more than 23:59");
    const Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return *sign == '-' ? -offset : offset;
}

Part<Timestamp> read(std::string_view text) noexcept {
    Scanner scan(text);
    const auto date = read_date(scan);
    if (!date) return std::unexpected(date.error());
    if (!scan.any_of("Tt")) return std::unexpected("no 'T' follows the date");
    const auto time = read_time_of_day(scan);
    if (!time) return std::unexpected(time.error());
    const auto offset = read_offset(scan);
    if (!offset) return std::unexpected(offset.error());
    if (!scan.at_end()) return std::unexpected("something follows the time");
    const Timestamp moment = *date + *time - *offset;
    if (moment < earliest || moment >= end_of_years) return std::unexpected("in UTC its year is not 0001 ... 9999");
    return moment;
}

class SystemClock final : public Clock {
  public:
    [[nodiscard]] Timestamp now() const override {
        return std::chrono::floor<Duration>(std::chrono::system_clock::now());
    }
    [[nodiscard]] Duration elapsed() const override {
        return std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch());
    }
};

} // namespace

Result<Timestamp> parse_rfc3339(std::string_view text) {
    const auto moment = read(text);
    if (moment) return *moment;
    auto shown = printable(text);
    auto message = fmt::format("'{}' is not a time: {}", shown, moment.error());
    return fail(Errc::invalid_argument, std::move(message),
                "write it as RFC 3339 does, for example 2025-11-01T12:00:00Z or 2025-11-01T14:00:00.25+02:00",
                {{"name", "time"}, {"value", std::move(shown)}, {"reason", std::string(moment.error())}});
}

std::string to_rfc3339(Timestamp time) {
    if (time < earliest || time >= end_of_years) return fmt::format("@{}us", to_micros(time));
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                            clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto micros = clock.subseconds().count(); micros != 0)
        text += micros % 1000 == 0 ? fmt::format(".{:03}", micros / 1000) : fmt::format(".{:06}", micros);
    return text + 'Z';
}

const Clock& system_clock() noexcept {
    static const SystemClock clock;
    return clock;
}

} // namespace cim
