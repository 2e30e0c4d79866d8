#include "ipld/support.hpp"

#include <cstdlib>
#include <iostream>

namespace cim::test {

std::optional<std::filesystem::path> codec_fixtures() {
    const char* chosen = std::getenv("CIM_FIXTURES");
    const auto folder = std::filesystem::path(chosen != nullptr ? chosen : CIM_TEST_SHARED_DIR) / "ipld-codec-fixtures";
    if (std::filesystem::is_directory(folder)) return folder;
    std::cout << "SKIPPED: no codec fixtures at " << folder.string()
              << "; clone https://github.com/ipld/codec-fixtures, put its folder `fixtures` there under that name, or "
                 "set CIM_FIXTURES. The golden values in this repository were tested.\n";
    return std::nullopt;
}

} // namespace cim::test
