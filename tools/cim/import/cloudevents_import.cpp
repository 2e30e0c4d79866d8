#include "base/try.hpp"
#include "cloudevents.hpp"
#include "file_import.hpp"
#include "json_value.hpp"
#include "line_reader.hpp"
#include "record_loop.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace cim::importer {
namespace {

using Json = nlohmann::ordered_json;

// One JSON text is read whole, so it must be bounded; one event a line is not.
constexpr std::size_t max_document = 256u << 20;

class CloudEventsImport {
  public:
    CloudEventsImport(LineReader& lines, AggregateBy by, RecordLoop& loop) : lines_(lines), by_(by), loop_(loop) {}

    /// The first line tells: if it is a JSON text of its own, so are the others; if not, it begins one of many lines.
    Result<> run() {
        CIM_TRY_ASSIGN(bool found, lines_.next());
        if (!found) return {};
        if (!parse_json(lines_.line())) return document();
        for (bool go_on = true; found && go_on;) {
            CIM_TRY_ASSIGN(go_on, line());
            CIM_TRY_ASSIGN(found, lines_.next());
        }
        return {};
    }

  private:
    Result<bool> line() {
        const auto size = lines_.line().size();
        auto json = parse_json(lines_.line());
        if (!json) return loop_.take(fail(std::move(json).error()), lines_.number(), size);
        if (!json->is_array()) return loop_.take(from_cloudevent(*json, by_), lines_.number(), size);
        return batch(*json, size);
    }

    Result<bool> batch(const Json& events, std::size_t size) {
        std::uint64_t number = 0;
        for (const auto& event : events) {
            CIM_TRY_ASSIGN(const bool go_on, loop_.take(from_cloudevent(event, by_), ++number, size / events.size()));
            if (!go_on) return false;
        }
        return true;
    }

    Result<> document() {
        const auto first = lines_.number();
        std::string text;
        for (bool found = true; found;) {
            text.append(lines_.line()) += '\n';
            if (text.size() > max_document) {
                return fail(Errc::limit_exceeded,
                            fmt::format("{} is one JSON text of more than {} bytes", lines_.source(), max_document),
                            "write one CloudEvent a line: such a file may have any size",
                            {{"source", lines_.source()}, {"limit", std::to_string(max_document)}});
            }
            CIM_TRY_ASSIGN(found, lines_.next());
        }
        auto json = parse_json(text);
        if (!json) {
            CIM_TRY(loop_.take(fail(std::move(json).error()), first, text.size()));
        } else if (json->is_array()) {
            CIM_TRY(batch(*json, text.size()));
        } else {
            CIM_TRY(loop_.take(from_cloudevent(*json, by_), first, text.size()));
        }
        return {};
    }

    LineReader& lines_;
    AggregateBy by_;
    RecordLoop& loop_;
};

} // namespace

Result<ImportReport> import_cloudevents(EventStore& store, std::istream& in, AggregateBy by,
                                        const FileImportOptions& options, const ImportControl& control) {
    RecordLoop loop(store, options, control);
    LineReader lines(in, options.source);
    return loop.finish(CloudEventsImport(lines, by, loop).run());
}

} // namespace cim::importer
