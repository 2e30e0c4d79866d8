// Early return for Result: GCC 12 has no monadic calls on std::expected.
#pragma once

#include <cim/error.hpp>

#define CIM_CONCAT_INNER(a, b) a##b
#define CIM_CONCAT(a, b) CIM_CONCAT_INNER(a, b)

// CIM_TRY(expr): returns the error of a Result from the enclosing function, or goes on.
#define CIM_TRY(expr)                                                                                                  \
    do {                                                                                                               \
        if (auto cim_try_result = (expr); !cim_try_result)                                                             \
            return std::unexpected<::cim::Error>(std::move(cim_try_result).error());                                   \
    } while (false)

// CIM_TRY_ASSIGN(auto x, expr): the same, and binds the value.
#define CIM_TRY_ASSIGN(declaration, expr) CIM_TRY_ASSIGN_INNER(CIM_CONCAT(cim_try_, __LINE__), declaration, expr)
#define CIM_TRY_ASSIGN_INNER(name, declaration, expr)                                                                  \
    auto name = (expr);                                                                                                \
    if (!name) return std::unexpected<::cim::Error>(std::move(name).error());                                          \
    declaration = *std::move(name)
