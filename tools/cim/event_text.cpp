#include "event_text.hpp"

#include <cim/dag_json.hpp>

#include "base/try.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>

namespace cim::cli {
namespace {

/// A JSON object that is written member by member.
class ObjectLine {
  public:
    ObjectLine& text(std::string_view name, std::string_view value) {
        begin(name);
        append_json_string(line_, value);
        return *this;
    }
    ObjectLine& text_if(std::string_view name, std::string_view value) {
        return value.empty() ? *this : text(name, value);
    }
    ObjectLine& raw(std::string_view name, std::string_view json) {
        begin(name);
        line_ += json;
        return *this;
    }
    ObjectLine& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
    [[nodiscard]] std::string end() && { return std::move(line_ += '}'); }

  private:
    void begin(std::string_view name) {
        line_ += line_.empty() ? '{' : ',';
        append_json_string(line_, name);
        line_ += ':';
    }
    std::string line_;
};

/// Not in the middle of a character.
void cut(std::string& text, std::size_t width) {
    if (width < 4 || text.size() <= width) return;
    auto end = width - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    text += "...";
}

} // namespace

std::string event_line(const DomainEvent& event, std::size_t width) {
    const auto payload = ipld::encode_dag_json(event.payload());
    const auto cid = event.cid().to_string();
    // On a terminal the end of a CID tells events apart as well as all of it.
    const auto shown = width == 0 ? cid : ".." + cid.substr(cid.size() - 8);
    auto line = fmt::format("{}  {} {}  {}  {}  {}", to_rfc3339(event.timestamp()), event.aggregate_id(),
                            event.aggregate_sequence().value(), event.event_type(), shown,
                            payload ? *payload : fmt::format("({})", payload.error().message));
    cut(line, width);
    return line;
}

std::string event_json(const DomainEvent& event) {
    const auto payload = ipld::encode_dag_json(event.payload());
    ObjectLine line;
    line.number("sequence", event.sequence().value())
        .text("aggregate_id", event.aggregate_id())
        .number("aggregate_sequence", event.aggregate_sequence().value())
        .text("event_type", event.event_type())
        .text("timestamp", to_rfc3339(event.timestamp()))
        .text("cid", event.cid().to_string());
    if (event.previous_cid()) {
        line.text("previous_cid", event.previous_cid()->to_string());
    } else {
        line.raw("previous_cid", "null");
    }
    line.text("transaction_id", event.transaction_id())
        .number("transaction_index", event.transaction_index())
        .number("transaction_size", event.transaction_size())
        .text_if("correlation_id", event.correlation_id())
        .text_if("causation_id", event.causation_id())
        .text_if("traceparent", event.traceparent())
        .raw("payload", payload ? *payload : "null");
    if (!payload) line.text("payload_error", payload.error().message);
    return std::move(line).end();
}

Result<std::string> event_import_line(const DomainEvent& event) {
    CIM_TRY_ASSIGN(const auto payload, ipld::encode_dag_json(event.payload()));
    ObjectLine line;
    line.text("aggregate_id", event.aggregate_id())
        .text("event_type", event.event_type())
        .text("timestamp", to_rfc3339(event.timestamp()))
        .text("transaction_id", event.transaction_id())
        .text_if("correlation_id", event.correlation_id())
        .text_if("causation_id", event.causation_id())
        .text_if("traceparent", event.traceparent())
        .raw("payload", payload);
    return std::move(line).end();
}

std::size_t output_width(const Output& out) {
    winsize size{};
    if (!out.is_terminal() || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 0;
    return size.ws_col;
}

} // namespace cim::cli
