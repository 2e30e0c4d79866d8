// Lines of a file or of standard input, with their numbers.
#pragma once

#include <cim/error.hpp>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

namespace cim::importer {

/// The stream must outlive it. Not for use by several threads at once.
class LineReader {
  public:
    /// Longest line, in bytes: one event does not need more, and a file without line feeds must not fill the memory.
    static constexpr std::size_t max_line = 64u << 20;

    /// `source` is what the input is called in errors.
    LineReader(std::istream& in, std::string source);

    /// Goes to the next line that is not blank; false at the end. Errors: limit_exceeded, io_error.
    [[nodiscard]] Result<bool> next();
    /// Without its line end; valid until the next call.
    [[nodiscard]] std::string_view line() const noexcept { return line_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; } ///< From 1.
    [[nodiscard]] const std::string& source() const noexcept { return source_; }

  private:
    Result<bool> read_line();

    std::istream* in_;
    std::string source_;
    std::string buffer_;
    std::size_t begin_ = 0;
    std::string_view line_;
    std::uint64_t number_ = 0;
};

} // namespace cim::importer
