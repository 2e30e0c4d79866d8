// Running an import under the eyes of a user: progress, Ctrl-C, the report at the end.
#pragma once

#include "command.hpp"
#include "import/import_run.hpp"

#include <chrono>
#include <string>

namespace cim::cli {

class ImportRun {
  public:
    /// `unit` is what the progress counts.
    ImportRun(Context& context, std::string unit);

    [[nodiscard]] importer::ImportControl control();
    /// Says something in between without tearing the progress bar.
    void note(const std::string& text);
    [[nodiscard]] double seconds() const;
    /// Prints what was imported, also before an error. The answer is the exit status.
    [[nodiscard]] Result<int> end(Result<importer::ImportReport> report);

  private:
    Result<> print(const importer::ImportReport& report, double seconds);

    Context& context_;
    Progress progress_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace cim::cli
