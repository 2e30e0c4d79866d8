// What commands do with a viewer: say where it is, and wait.
#pragma once

#include "command.hpp"

#include <string>

namespace cim::serve {
class Viewer;
}

namespace cim::cli {

/// Prints the address, opens the page in a browser if that is wanted, and returns when Ctrl-C came. Errors: of output.
[[nodiscard]] Result<> show_viewer(Context& context, const serve::Viewer& viewer, bool open);

} // namespace cim::cli
