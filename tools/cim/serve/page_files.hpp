// The page: files made from web/ by `./dev build`, in the program so that it works wherever the program is.
#pragma once

#include <optional>
#include <string_view>

namespace cim::serve {

struct PageFile {
    std::string_view type; ///< For Content-Type.
    std::string_view content;
};

/// The file at that path, such as "/index.html"; nullopt if there is none. Nothing but these files is ever served.
[[nodiscard]] std::optional<PageFile> page_file(std::string_view path) noexcept;
/// False for a program that was built without it.
[[nodiscard]] bool has_page() noexcept;

} // namespace cim::serve
