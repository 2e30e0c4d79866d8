#include "temporary_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace cim::cli {

Result<TemporaryFolder> TemporaryFolder::create(const std::string& name) {
    std::error_code problem;
    auto base = std::filesystem::temp_directory_path(problem);
    if (problem) base = "/tmp";
    auto path = (base / (name + "-XXXXXX")).string();
    if (::mkdtemp(path.data()) == nullptr) {
        return fail(Errc::io_error,
                    fmt::format("cannot make a folder in '{}': {}", base.string(), std::strerror(errno)),
                    "set TMPDIR to a folder that may be written to", {{"path", base.string()}});
    }
    return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(std::string path) noexcept : path_(std::move(path)) {}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), keep_(other.keep_) {}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty() && !keep_) std::filesystem::remove_all(path_, ignored);
}

} // namespace cim::cli
