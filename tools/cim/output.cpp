#include "output.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

namespace cim::cli {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;

} // namespace

Output::Output() : terminal_(::isatty(STDOUT_FILENO) == 1) {}
Output::~Output() = default;

Result<> Output::status() const {
    if (failure_) return fail(*failure_);
    return {};
}

Result<> Output::text(std::string_view text) {
    CIM_TRY(status());
    pending_ += text;
    return pending_.size() < buffer_size ? Result<>() : flush();
}

Result<> Output::line(std::string_view text) {
    CIM_TRY(this->text(text));
    return this->text("\n");
}

Result<> Output::json(const Json& document) {
    return line(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<> Output::flush() {
    CIM_TRY(status());
    std::string_view rest = pending_;
    while (!rest.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            reader_gone_ = errno == EPIPE;
            failure_.emplace(reader_gone_ ? Errc::closed : Errc::io_error,
                             fmt::format("cannot write to standard output: {}", std::strerror(errno)));
            break;
        }
    }
    pending_.clear();
    return status();
}

Output::Buffer::int_type Output::Buffer::overflow(int_type c) {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

std::streamsize Output::Buffer::xsputn(const char* text, std::streamsize size) {
    return output_.text({text, static_cast<std::size_t>(size)}) ? size : 0;
}

int Output::Buffer::sync() { return output_.flush() ? 0 : -1; }

Result<OutputFile> OutputFile::create(const std::string& path, Output& standard_output) {
    OutputFile file;
    file.standard_output_ = &standard_output;
    if (path == "-") return file;
    file.path_ = path;
    std::error_code ignored;
    const auto kind = std::filesystem::status(path, ignored).type();
    const bool ordinary = kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
    if (ordinary) file.partial_ = path + ".partial";
    const auto& name = ordinary ? file.partial_ : path;
    file.file_ = std::make_unique<std::ofstream>(name, std::ios::binary | std::ios::trunc);
    if (!*file.file_) {
        const int number = errno;
        file.partial_.clear(); // it is not ours to remove
        return fail(Errc::io_error, fmt::format("cannot write '{}': {}", printable(path, 400), std::strerror(number)),
                    "see that the folder is there and may be written to",
                    {{"path", path}, {"errno", std::to_string(number)}});
    }
    return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : standard_output_(other.standard_output_),
      path_(std::move(other.path_)),
      partial_(std::exchange(other.partial_, {})),
      file_(std::move(other.file_)) {}

OutputFile::~OutputFile() {
    std::error_code ignored;
    if (!partial_.empty()) std::filesystem::remove(partial_, ignored);
}

Error OutputFile::why(Error otherwise) const {
    if (!file_ && otherwise.code == Errc::io_error) {
        if (auto status = standard_output_->status(); !status) return std::move(status).error();
    }
    return otherwise;
}

Result<> OutputFile::commit() {
    if (!file_) return standard_output_->flush();
    file_->close();
    std::error_code problem;
    if (!*file_) problem = std::make_error_code(std::errc::io_error);
    if (!problem && !partial_.empty()) std::filesystem::rename(partial_, path_, problem);
    if (problem) {
        return fail(Errc::io_error, fmt::format("cannot write '{}': {}", printable(path_, 400), problem.message()),
                    "see that there is space left", {{"path", path_}});
    }
    partial_.clear();
    return {};
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

std::string grouped(std::uint64_t number) {
    auto digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return digits;
}

std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural) {
    if (number == 1) return fmt::format("1 {}", singular);
    return plural.empty() ? fmt::format("{} {}s", grouped(number), singular)
                          : fmt::format("{} {}", grouped(number), plural);
}

std::string duration_text(double seconds) {
    if (seconds < 10) return fmt::format("{:.2f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 100) return fmt::format("{} s", whole);
    if (whole < 6000) return fmt::format("{} min {} s", whole / 60, whole % 60);
    if (whole < 100 * 3600) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
    return counted(whole / 86400, "day");
}

std::string rate_text(std::uint64_t count, double seconds) {
    const double rate = static_cast<double>(count) / std::max(seconds, 1e-6);
    if (rate < 1000) return fmt::format("{:.3g}", rate);
    const double unit = std::pow(10, std::floor(std::log10(rate)) - 2);
    return grouped(static_cast<std::uint64_t>(std::llround(rate / unit) * std::llround(unit)));
}

} // namespace cim::cli
