// Aim: RFC 3339 is read strictly and written so that it reads back; clocks do what their interface says.
// Method: tables, the refused texts first; random round trips; no test depends on what time it is.
#include <cim/time.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace cim {
namespace {

using namespace std::chrono_literals;

struct Refused {
    std::string_view text;
    std::string_view reason;
};

constexpr std::string_view bad_date = "the date is not YYYY-MM-DD";
constexpr std::string_view bad_day = "there is no such day in the calendar";
constexpr std::string_view bad_time = "the time is not hh:mm:ss";
constexpr std::string_view bad_end = "it does not end in 'Z' or an offset like +02:00";
constexpr std::string_view bad_year = "in UTC its year is not 0001 ... 9999";

constexpr Refused refused[] = {
    {"", bad_date},
    {"now", bad_date},
    {"2025-11-1T12:00:00Z", bad_date},
    {"25-11-01T12:00:00Z", bad_date},
    {"12025-11-01T12:00:00Z", bad_date},
    {"+2025-11-01T12:00:00Z", bad_date},
    {"20251101T120000Z", bad_date},
    {"2025/11/01T12:00:00Z", bad_date},
    {" 2025-11-01T12:00:00Z", bad_date},
    {"0000-11-01T12:00:00Z", "the year is not 0001 ... 9999"},
    {"2025-00-01T12:00:00Z", bad_day},
    {"2025-13-01T12:00:00Z", bad_day},
    {"2025-11-00T12:00:00Z", bad_day},
    {"2025-11-31T12:00:00Z", bad_day},
    {"2025-02-29T12:00:00Z", bad_day},
    {"1900-02-29T12:00:00Z", bad_day},
    {"2025-11-01", "no 'T' follows the date"},
    {"2025-11-01 12:00:00Z", "no 'T' follows the date"},
    {"2025-11-01T12:00Z", bad_time},
    {"2025-11-01T12:0:00Z", bad_time},
    {"2025-11-01T", bad_time},
    {"2025-11-01T-1:00:00Z", bad_time},
    {"2025-11-01T24:00:00Z", "the hour is not 00 ... 23"},
    {"2025-11-01T12:60:00Z", "the minute is not 00 ... 59"},
    {"2025-11-01T12:00:61Z", "the second is not 00 ... 59"},
    {"2016-12-31T23:59:60Z", "a leap second has no place in a count of microseconds"},
    {"2025-11-01T12:00:00.Z", "no digits follow the decimal point"},
    {"2025-11-01T12:00:00,5Z", bad_end},
    {"2025-11-01T12:00:00.1234567Z", "it has digits past the microsecond"},
    {"2025-11-01T12:00:00.0000000Z", "it has digits past the microsecond"},
    {"2025-11-01T12:00:00", bad_end},
    {"2025-11-01T12:00:00+0200", bad_end},
    {"2025-11-01T12:00:00+02", bad_end},
    {"2025-11-01T12:00:00+2:00", bad_end},
    {"2025-11-01T12:00:00 Z", bad_end},
    {"2025-11-01T12:00:00+24:00", "the offset is more than 23:59"},
    {"2025-11-01T12:00:00+02:60", "the offset is more than 23:59"},
    {"2025-11-01T12:00:00ZZ", "something follows the time"},
    {"2025-11-01T12:00:00+02:00Z", "something follows the time"},
    {"2025-11-01T12:00:00Z\n", "something follows the time"},
    {"0001-01-01T00:00:00+00:01", bad_year},
    {"9999-12-31T23:59:59.999999-00:01", bad_year},
};

TEST(ParseRfc3339, RefusesWithTheReason) {
    for (const auto& [text, reason] : refused) {
        const auto time = parse_rfc3339(text);
        ASSERT_FALSE(time) << text;
        EXPECT_EQ(time.error().code, Errc::invalid_argument);
        EXPECT_EQ(time.error().field("reason"), reason) << text;
        EXPECT_EQ(time.error().field("name"), "time");
        EXPECT_FALSE(time.error().advice.empty());
    }
}

TEST(ParseRfc3339, AnErrorIsOneLineWithTheText) {
    const auto time = parse_rfc3339("12\n\x01");
    ASSERT_FALSE(time);
    EXPECT_EQ(time.error().field("value"), "12\\n\\x01");
    EXPECT_EQ(time.error().message, "'12\\n\\x01' is not a time: the date is not YYYY-MM-DD");
}

struct Accepted {
    std::string_view text;
    std::int64_t micros;
    std::string_view canonical;
};

constexpr Accepted accepted[] = {
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
    {"1970-01-01t00:00:00z", 0, "1970-01-01T00:00:00Z"},
    {"1970-01-01T00:00:00-00:00", 0, "1970-01-01T00:00:00Z"},
    {"1970-01-01T00:00:00.000001Z", 1, "1970-01-01T00:00:00.000001Z"},
    {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
    {"1970-01-01T00:00:00.5Z", 500'000, "1970-01-01T00:00:00.500Z"},
    {"1970-01-01T00:00:00.500000Z", 500'000, "1970-01-01T00:00:00.500Z"},
    {"1970-01-01T00:00:00.120Z", 120'000, "1970-01-01T00:00:00.120Z"},
    {"1970-01-01T02:00:00+02:00", 0, "1970-01-01T00:00:00Z"},
    {"1969-12-31T18:30:00-05:30", 0, "1970-01-01T00:00:00Z"},
    {"1970-01-01T23:59:00+23:59", 0, "1970-01-01T00:00:00Z"},
    {"2023-11-14T22:13:20.123456Z", 1'700'000'000'123'456, "2023-11-14T22:13:20.123456Z"},
    {"2000-02-29T12:00:00Z", 951'825'600'000'000, "2000-02-29T12:00:00Z"},
    {"0001-01-01T00:00:00Z", -62'135'596'800'000'000, "0001-01-01T00:00:00Z"},
    {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
};

TEST(ParseRfc3339, AcceptsWhatTheStandardAllows) {
    for (const auto& [text, micros, canonical] : accepted) {
        const auto time = parse_rfc3339(text);
        ASSERT_TRUE(time) << time.error().text();
        EXPECT_EQ(to_micros(*time), micros) << text;
        EXPECT_EQ(to_rfc3339(*time), canonical);
    }
}

TEST(ToRfc3339, GivesACountOutsideOfItsYears) {
    EXPECT_EQ(to_rfc3339(from_micros(253'402'300'800'000'000)), "@253402300800000000us");
    EXPECT_EQ(to_rfc3339(from_micros(-62'135'596'800'000'001)), "@-62135596800000001us");
    EXPECT_EQ(to_rfc3339(from_micros(std::numeric_limits<std::int64_t>::min())), "@-9223372036854775808us");
    EXPECT_FALSE(parse_rfc3339("@253402300800000000us"));
}

RC_GTEST_PROP(Rfc3339, ReadsBackWhatItWrote, ()) {
    const auto micros = *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'800'000'000);
    const auto time = parse_rfc3339(to_rfc3339(from_micros(micros)));
    RC_ASSERT(time.has_value());
    RC_ASSERT(to_micros(*time) == micros);
}

RC_GTEST_PROP(Rfc3339, NeverCrashes, (const std::string& text)) {
    const auto time = parse_rfc3339(text);
    RC_ASSERT(time.has_value() || !time.error().message.empty());
}

TEST(SystemClock, IsOneObjectThatMoves) {
    const auto& clock = system_clock();
    EXPECT_EQ(&clock, &system_clock());
    const auto before = clock.elapsed();
    EXPECT_LE(before, clock.elapsed());
    EXPECT_GT(clock.now(), *parse_rfc3339("2024-01-01T00:00:00Z"));
}

TEST(ManualClock, StandsStillUntilItIsMoved) {
    ManualClock clock(from_micros(1000));
    EXPECT_EQ(clock.now(), from_micros(1000));
    EXPECT_EQ(clock.elapsed(), 0us);
    clock.advance(5us);
    EXPECT_EQ(clock.now(), from_micros(1005));
    EXPECT_EQ(clock.elapsed(), 5us);
}

} // namespace
} // namespace cim
