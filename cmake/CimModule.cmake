# cim_module(<name> [DEPENDS <modules...>] [HEADERS <public headers...>] [LIBS <targets...>] [HEADER_LIBS <targets...>])
#
# Makes the object library cim_<name> of the *.cpp files in the calling folder and adds it to the library cim.
#   DEPENDS      modules it may include from, and through them theirs; each must have been declared before it
#   HEADERS      the headers in include/cim that belong to it
#   LIBS         libraries that cim then links, too
#   HEADER_LIBS  libraries used only while compiling: they do not become a requirement of the installed package
# DEPENDS and HEADERS put nothing on a compiler's command line: tools/check/check.py holds every #include to them.
function(cim_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;HEADERS;LIBS;HEADER_LIBS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "cim_module(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
    endif()

    get_property(declared GLOBAL PROPERTY CIM_MODULES)
    foreach(module IN LISTS arg_DEPENDS)
        if(NOT module IN_LIST declared)
            message(FATAL_ERROR "cim_module(${name}): depends on ${module}, which is not declared above it")
        endif()
    endforeach()
    set_property(GLOBAL APPEND PROPERTY CIM_MODULES ${name})

    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    if(NOT sources)
        return() # A module of headers only has nothing to compile.
    endif()
    add_library(cim_${name} OBJECT ${sources})
    cim_target_defaults(cim_${name})
    target_compile_options(cim_${name} PRIVATE ${CIM_CLANG_EXPECTED_OPTIONS})
    target_include_directories(cim_${name} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(cim_${name} PRIVATE ${arg_LIBS} ${arg_HEADER_LIBS})
    target_sources(cim PRIVATE $<TARGET_OBJECTS:cim_${name}>)
    target_link_libraries(cim PRIVATE ${arg_LIBS})
endfunction()
