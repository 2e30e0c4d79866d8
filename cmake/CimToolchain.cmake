# What every target of ours is compiled with, and what a user's target inherits.

if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16))
    message(FATAL_ERROR "cim needs GCC 12 or Clang 16 or newer, and this is ${CMAKE_CXX_COMPILER_ID} "
                        "${CMAKE_CXX_COMPILER_VERSION}: choose another with -DCMAKE_CXX_COMPILER=...")
endif()

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
    endif()
    # Paths relative to the checkout, so that a second checkout finds in the cache what the first one compiled, and no
    # binary tells where it was built.
    add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
    find_program(CIM_CCACHE ccache)
    if(CIM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
                                        CCACHE_NOHASHDIR=1 "${CIM_CCACHE}")
    endif()
    if(CIM_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
        set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
    endif()
endif()

# libstdc++ offers std::expected only to compilers that report the C++23 value of __cpp_concepts, and Clang before 19
# reports the C++20 value although it implements what <expected> needs.
set(CIM_CLANG_EXPECTED_OPTIONS
    "$<$<AND:$<CXX_COMPILER_ID:Clang>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,19>>:-U__cpp_concepts;-D__cpp_concepts=202002L>"
)

# -Wsign-conversion stays off: it asks for a cast at every iterator offset and hides the casts that matter. Clang counts
# it into -Wconversion and GCC does not, so it is named. -Wmissing-field-initializers stays off because a designated
# initializer leaves out fields on purpose, and GCC does not tell that from an oversight.
set(CIM_WARNINGS
    -Wall
    -Wextra
    -Wconversion
    -Wno-sign-conversion
    -Wno-missing-field-initializers
    -Wshadow
    -Wnon-virtual-dtor
    -Woverloaded-virtual
    -Wextra-semi)
# GCC 12 reports overlapping copies inside std::string's operator+ that cannot happen (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    list(APPEND CIM_WARNINGS -Wno-restrict)
endif()

# Sanitizers are set for the whole build, not for a target: code with and without them does not mix.
if(CIM_SANITIZE)
    add_compile_options(-fsanitize=${CIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${CIM_SANITIZE})
endif()

# libFuzzer is led by what the code under test ran through, so that must be compiled to tell it.
if(CIM_BUILD_FUZZERS)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# cim_target_defaults(<target>): C++23 without extensions, and, where cim is not a part of somebody else's build, warnings
# that are errors. A sanitizer makes GCC see uninitialised values that are not there, so there they stay warnings.
function(cim_target_defaults target)
    set_target_properties(
        ${target}
        PROPERTIES CXX_STANDARD 23
                   CXX_STANDARD_REQUIRED ON
                   CXX_EXTENSIONS OFF
                   POSITION_INDEPENDENT_CODE ON)
    if(PROJECT_IS_TOP_LEVEL)
        target_compile_options(${target} PRIVATE ${CIM_WARNINGS})
        if(NOT CIM_SANITIZE)
            set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON)
        endif()
    endif()
endfunction()
