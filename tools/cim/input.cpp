#include "input.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace cim::cli {
namespace {

constexpr std::size_t max_input = 1u << 30;

} // namespace

Result<InputFile> InputFile::open(const std::string& path) {
    InputFile input;
    if (path == "-") {
        input.name_ = "standard input";
        input.stream_ = &std::cin;
        return input;
    }
    input.name_ = path;
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(path, ignored);
    if (!folder) input.file_ = std::make_unique<std::ifstream>(path, std::ios::binary);
    if (folder || !*input.file_) {
        const int number = folder ? EISDIR : errno;
        return fail(number == ENOENT ? Errc::not_found : Errc::io_error,
                    fmt::format("cannot read '{}': {}", printable(path, 400), std::strerror(number)),
                    "name a file that is there, or - for standard input",
                    {{"path", path}, {"errno", std::to_string(number)}});
    }
    input.stream_ = input.file_.get();
    return input;
}

Result<Bytes> read_input(const std::string& path) {
    CIM_TRY_ASSIGN(auto input, InputFile::open(path));
    Bytes all;
    std::array<char, 65536> buffer{};
    while (input.stream().read(buffer.data(), buffer.size()) || input.stream().gcount() > 0) {
        const auto part = as_bytes({buffer.data(), static_cast<std::size_t>(input.stream().gcount())});
        all.insert(all.end(), part.begin(), part.end());
        if (all.size() > max_input) {
            return fail(Errc::limit_exceeded, fmt::format("{} is longer than {} bytes", input.name(), max_input), {},
                        {{"limit", std::to_string(max_input)}});
        }
    }
    if (input.stream().bad()) return fail(Errc::io_error, fmt::format("cannot read {}", input.name()));
    return all;
}

} // namespace cim::cli
