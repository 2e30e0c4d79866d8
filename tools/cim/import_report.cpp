#include "import_report.hpp"

#include "base/try.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace cim::cli {

ImportRun::ImportRun(Context& context, std::string unit)
    : context_(context), progress_(context.progress_style(), "importing", std::move(unit)) {}

importer::ImportControl ImportRun::control() {
    importer::ImportControl control;
    control.progress = [this](const importer::ImportProgress& done) {
        progress_.update(done.transactions, done.total_transactions, counted(done.events, "event"));
    };
    control.stop = [] { return interrupted(); };
    control.wants_total = context_.progress_style() == Progress::Style::bar;
    return control;
}

void ImportRun::note(const std::string& text) {
    progress_.clear();
    context_.note(text);
}

double ImportRun::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Result<int> ImportRun::end(Result<importer::ImportReport> report) {
    progress_.clear();
    if (!report) {
        auto error = std::move(report).error();
        const auto events = error.field("imported_events").value_or("0");
        if (events != "0") {
            error.message += fmt::format("; the {} transactions ({} events) before it were imported and stay",
                                         error.field("imported_transactions").value_or("?"), events);
        }
        return fail(std::move(error));
    }
    CIM_TRY(print(*report, seconds()));
    if (report->stopped) context_.note("stopped before the end of the input");
    for (const auto& remark : report->notes) context_.note(remark);
    return report->stopped ? interrupted_status() : exit_ok;
}

Result<> ImportRun::print(const importer::ImportReport& report, double seconds) {
    const bool one = report.aggregate_count == 1;
    if (context_.json) {
        return context_.out.json({{"events", report.events},
                                  {"transactions", report.transactions},
                                  {"aggregate", one ? Json(report.aggregates.front().str()) : Json(nullptr)},
                                  {"aggregates", report.aggregate_count},
                                  {"head", report.head ? Json(report.head->to_string()) : Json(nullptr)},
                                  {"seconds", seconds},
                                  {"skipped", report.skipped},
                                  {"stopped", report.stopped}});
    }
    if (context_.quiet || report.aggregate_count == 0) return {};
    const auto where =
        one ? fmt::format("'{}'", report.aggregates.front().str()) : counted(report.aggregate_count, "aggregate");
    const auto skipped = report.skipped > 0 ? fmt::format(", {} skipped", grouped(report.skipped)) : std::string();
    if (report.events == 0) {
        CIM_TRY(context_.out.line(fmt::format("nothing new for {}{}", where, skipped)));
    } else {
        CIM_TRY(context_.out.line(fmt::format("{} in {} into {}{} ({}, {} events/s)", counted(report.events, "event"),
                                              counted(report.transactions, "transaction"), where, skipped,
                                              duration_text(seconds), rate_text(report.events, seconds))));
    }
    return report.head ? context_.out.line(fmt::format("head {}", report.head->to_string())) : Result<>();
}

} // namespace cim::cli
