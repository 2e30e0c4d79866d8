#include <cim/event_stream.hpp>

#include <fmt/format.h>

#include <variant>

namespace cim {

namespace {

struct Text {
    std::string operator()(ReplayPolicy::FromBeginning) const { return "from_beginning"; }
    std::string operator()(ReplayPolicy::AfterSequence p) const {
        return fmt::format("after_sequence({})", p.sequence.value());
    }
    std::string operator()(ReplayPolicy::LastN p) const { return fmt::format("last_n({})", p.count); }
    std::string operator()(ReplayPolicy::ByStartTime p) const {
        return fmt::format("by_start_time({})", to_rfc3339(p.time));
    }
    std::string operator()(ReplayPolicy::NewOnly) const { return "new_only"; }
};

} // namespace

std::string ReplayPolicy::to_string() const { return std::visit(Text{}, choice_); }

} // namespace cim
