// What commands read: files, or standard input under the name "-".
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>

#include <fstream>
#include <istream>
#include <memory>
#include <string>

namespace cim::cli {

/// A file that is open for reading. Errors: not_found, io_error, naming the path.
class InputFile {
  public:
    [[nodiscard]] static Result<InputFile> open(const std::string& path);
    [[nodiscard]] std::istream& stream() noexcept { return *stream_; }
    /// What to call it in messages: its path, or "standard input".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    InputFile() = default;
    std::string name_;
    std::unique_ptr<std::ifstream> file_;
    std::istream* stream_ = nullptr;
};

/// All of it. Errors: as InputFile::open; limit_exceeded past 1 GiB.
[[nodiscard]] Result<Bytes> read_input(const std::string& path);

} // namespace cim::cli
