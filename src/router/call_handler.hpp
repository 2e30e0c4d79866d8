// Calling a function of the user's: whatever it throws becomes an error, so that nothing of ours is left half done.
#pragma once

#include <cim/error.hpp>

#include <exception>
#include <string>

namespace cim::detail {

template <class Handler, class Argument>
Result<> call_handler(const Handler& handler, const Argument& argument) noexcept {
    try {
        return handler(argument);
    } catch (const std::exception& thrown) {
        return fail(Errc::handler_failed, std::string("the handler threw: ") + thrown.what());
    } catch (...) {
        return fail(Errc::handler_failed, "the handler threw what is no std::exception");
    }
}

} // namespace cim::detail
