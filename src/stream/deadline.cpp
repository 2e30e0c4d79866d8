#include "stream/deadline.hpp"

#include <fmt/format.h>

#include <string>

namespace cim::stream {

Result<> Deadline::check(std::uint64_t events_read) const {
    if (clock_->elapsed() - start_ <= allowed_) return {};
    return fail(Errc::timeout,
                fmt::format("fetching took longer than the {} ms it was given; {} events were read until then",
                            allowed_.count(), events_read),
                "ask for fewer events at a time, or allow more time",
                {{"timeout_ms", std::to_string(allowed_.count())}, {"events", std::to_string(events_read)}});
}

} // namespace cim::stream
