// Where the command writes: standard output, or a file that appears only when it is complete.
#pragma once

#include <cim/error.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace cim::cli {

using Json = nlohmann::ordered_json;

/// Standard output, buffered. A reader that goes away (`cim log | head`) is no failure: writing then gives the error
/// `closed`, reader_gone() is true, and the command ends quietly.
class Output {
  public:
    Output();
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Errors: closed, io_error.
    [[nodiscard]] Result<> text(std::string_view text);
    [[nodiscard]] Result<> line(std::string_view text); ///< And a line feed.
    [[nodiscard]] Result<> json(const Json& document);  ///< On a line of its own.
    [[nodiscard]] Result<> flush();

    /// The same as a stream, for what wants one. After it fails, status() tells why.
    [[nodiscard]] std::ostream& stream() noexcept { return stream_; }
    [[nodiscard]] Result<> status() const;
    [[nodiscard]] bool reader_gone() const noexcept { return reader_gone_; }
    [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }

  private:
    class Buffer final : public std::streambuf {
      public:
        explicit Buffer(Output& output) : output_(output) {}

      protected:
        int_type overflow(int_type c) override;
        std::streamsize xsputn(const char* text, std::streamsize size) override;
        int sync() override;

      private:
        Output& output_;
    };

    std::string pending_;
    bool terminal_;
    bool reader_gone_ = false;
    std::optional<Error> failure_;
    Buffer buffer_{*this};
    std::ostream stream_{&buffer_};
};

/// A file that is written beside its place and put there by commit(), so that a failure leaves what was there before.
/// "-" is standard output.
class OutputFile {
  public:
    /// Errors: io_error naming the path.
    [[nodiscard]] static Result<OutputFile> create(const std::string& path, Output& standard_output);
    OutputFile(OutputFile&&) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();

    [[nodiscard]] std::ostream& stream() noexcept { return file_ ? *file_ : standard_output_->stream(); }
    [[nodiscard]] bool is_file() const noexcept { return file_ != nullptr; }
    /// The reason of a stream that went bad, if it is known here; otherwise `otherwise`.
    [[nodiscard]] Error why(Error otherwise) const;
    [[nodiscard]] Result<> commit();

  private:
    OutputFile() = default;
    Output* standard_output_ = nullptr;
    std::string path_;
    std::string partial_; // empty: written in place, because it is no ordinary file
    std::unique_ptr<std::ofstream> file_;
};

/// Appends the text as a JSON string.
void append_json_string(std::string& out, std::string_view text);

/// 1234567 -> "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "1 event", "2,000 events".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural = {});
/// "0.42 s", "3 min 20 s".
[[nodiscard]] std::string duration_text(double seconds);
/// Rounded for reading: 12345.6 -> "12,300".
[[nodiscard]] std::string rate_text(std::uint64_t count, double seconds);

} // namespace cim::cli
