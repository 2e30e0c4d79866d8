// What the importers of files have in common: records come one by one, bad ones end the import or are left out.
#pragma once

#include "file_import.hpp"
#include "record_appender.hpp"

#include <cstdint>
#include <string_view>

namespace cim::importer {

/// A record's error with its place in front: "events.jsonl:12: ...".
[[nodiscard]] Error at_place(Error error, std::string_view source, std::uint64_t line);

class RecordLoop {
  public:
    RecordLoop(EventStore& store, const FileImportOptions& options, const ImportControl& control);

    /// Takes the next record or why it is none. False: the import is over, because stop was asked. Errors: the
    /// record's, with its place, unless such are skipped; the store's.
    [[nodiscard]] Result<bool> take(Result<ImportRecord> record, std::uint64_t line, std::size_t size);
    /// Ends the import. `read` is how reading ended: an error of it is reported with what was imported before it.
    [[nodiscard]] Result<ImportReport> finish(Result<> read);

  private:
    const FileImportOptions& options_;
    const ImportControl& control_;
    RecordAppender out_;
    bool stopped_ = false;
};

} // namespace cim::importer
