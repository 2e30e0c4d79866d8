# Functions that turn a folder of tests into ctest entries. Labels: `unit.<name>` for tests of the library, and `install`,
# `compile_fail`, `fuzz`, `bench`, `check` for the others. ctest -L takes a regular expression: -L unit runs all the first.

include(GoogleTest)

# Fixture files that are too big for the repository lie beside it. A test that wants them reads the environment variable
# CIM_FIXTURES first and this path second, and skips, saying so, where neither exists.
set(CIM_FIXTURES "${PROJECT_SOURCE_DIR}/../shared/fixtures" CACHE PATH "Folder of optional fixture files")

# What ./dev test builds, each thing once: tests that link the library's inside run under the sanitizers, tests that use
# what is shipped run on the release build.
add_custom_target(cim_unit_tests)
add_custom_target(cim_release_tests)

# The server that tests of NATS start. ./dev setup puts one into build/tools where there is none on PATH.
find_program(
    CIM_NATS_SERVER nats-server
    HINTS "${PROJECT_SOURCE_DIR}/build/tools"
    DOC "nats-server 2.12 or newer, for tests")

# cim_test(<name> [RELEASE] [NATS] [LIBS <targets...>])
#
# Makes the GoogleTest program cim_<name>_tests of the *.cpp files in the calling folder. It sees the library's private
# headers, GoogleTest and RapidCheck (<rapidcheck/gtest.h>). RELEASE: ./dev test runs it on the release build; its label is
# then the bare name. NATS: it may start servers ("nats/nats_server.hpp").
function(cim_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "RELEASE;NATS" "" "LIBS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "cim_test(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    if(NOT sources)
        message(WARNING "cim_test(${name}): no *.cpp in ${CMAKE_CURRENT_SOURCE_DIR}")
        return()
    endif()

    set(target cim_${name}_tests)
    add_executable(${target} ${sources})
    cim_target_defaults(${target})
    if(arg_RELEASE)
        set(label "${name}")
        add_dependencies(cim_release_tests ${target})
    else()
        set(label "unit.${name}")
        add_dependencies(cim_unit_tests ${target})
    endif()
    # Test code gains nothing from being optimised, and with sanitizers takes twice as long to compile then.
    target_compile_options(${target} PRIVATE "$<IF:$<CONFIG:Release>,-O1,-O0>")
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    target_compile_definitions(${target} PRIVATE CIM_TEST_SHARED_DIR="${CIM_FIXTURES}"
                                                 CIM_TEST_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE cim_internal ${arg_LIBS} GTest::gtest GTest::gtest_main rapidcheck
                                            rapidcheck_gtest)
    set(environment "")
    if(arg_NATS)
        target_link_libraries(${target} PRIVATE cim_test_nats)
        set(environment ENVIRONMENT "CIM_NATS_SERVER=${CIM_NATS_SERVER}")
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/tests")
    # Asking the program for its tests when they run, and not when it is linked, keeps a broken test program from
    # breaking the build of everything else.
    gtest_discover_tests(
        ${target}
        TEST_PREFIX "${name}."
        DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS "${label}" TIMEOUT 300 ${environment})
endfunction()

# cim_compile_fail_test()
#
# For each *.cpp in the calling folder: it must not compile, its error must match the regular expression in its first line,
# `// expect: <regex>`, and with OK_VARIANT defined it must compile, so that it fails for the reason it shows.
function(cim_compile_fail_test)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM name)
        add_test(
            NAME compile_fail.${name}
            COMMAND
                "${CMAKE_COMMAND}" "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DSTANDARD=${CMAKE_CXX23_STANDARD_COMPILE_OPTION}"
                "-DOPTIONS=$<JOIN:$<TARGET_PROPERTY:cim,INTERFACE_COMPILE_OPTIONS>,|>"
                "-DINCLUDE=${PROJECT_SOURCE_DIR}/include" "-DSOURCE=${source}" -P
                "${PROJECT_SOURCE_DIR}/cmake/RunCompileFail.cmake")
        set_tests_properties(compile_fail.${name} PROPERTIES LABELS "compile_fail" TIMEOUT 120)
    endforeach()
endfunction()
