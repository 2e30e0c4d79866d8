// A new folder below the system's folder for temporary files.
#pragma once

#include <cim/error.hpp>

#include <string>

namespace cim::cli {

class TemporaryFolder {
  public:
    /// Errors: io_error.
    [[nodiscard]] static Result<TemporaryFolder> create(const std::string& name);
    TemporaryFolder(TemporaryFolder&& other) noexcept;
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder(); ///< Removes it with all that is in it, unless it is to be kept.

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    void keep() noexcept { keep_ = true; }

  private:
    explicit TemporaryFolder(std::string path) noexcept;
    std::string path_;
    bool keep_ = false;
};

} // namespace cim::cli
