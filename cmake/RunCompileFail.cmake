# Run by the tests of cim_compile_fail_test. Takes COMPILER, STANDARD, OPTIONS (separated by |), INCLUDE and SOURCE.

file(STRINGS "${SOURCE}" first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// expect: (.+)$")
    message(FATAL_ERROR "${SOURCE}: the first line must be `// expect: <regex of the compiler's message>`")
endif()
set(expected "${CMAKE_MATCH_1}")

string(REPLACE "|" ";" OPTIONS "${OPTIONS}")
set(command "${COMPILER}" ${STANDARD} ${OPTIONS} "-I${INCLUDE}" -fsyntax-only)

execute_process(COMMAND ${command} -DOK_VARIANT "${SOURCE}" RESULT_VARIABLE status ERROR_VARIABLE errors)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${SOURCE}: does not compile with OK_VARIANT, so its failure proves nothing:\n${errors}")
endif()

execute_process(COMMAND ${command} "${SOURCE}" RESULT_VARIABLE status ERROR_VARIABLE errors)
if(status EQUAL 0)
    message(FATAL_ERROR "${SOURCE}: compiles, and must not")
endif()
if(NOT errors MATCHES "${expected}")
    message(FATAL_ERROR "${SOURCE}: fails for another reason than `${expected}`:\n${errors}")
endif()
