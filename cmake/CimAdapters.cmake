# The adapters are headers; what they adapt to is found here, so that they can be tested, and is no dependency of the
# library. Debian has neither: give a folder (-DCIM_ENTT_DIR=..., -DCIM_FLECS_DIR=...) or a package that CMake finds.

set(CIM_ENTT_DIR "" CACHE PATH "A checkout of EnTT, or a folder with its include/")
set(CIM_FLECS_DIR "" CACHE PATH "A checkout of flecs, or a folder with flecs.h and flecs.c")

install(FILES "${PROJECT_SOURCE_DIR}/adapters/entt/cim/entt.hpp" "${PROJECT_SOURCE_DIR}/adapters/flecs/cim/flecs.hpp"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/cim")

# cim_adapter(<name> <header>): the interface library cim_<name> with the adapter and what it adapts to, if that is found.
function(cim_adapter name header)
    string(TOUPPER ${name} upper)
    find_path(
        CIM_${upper}_INCLUDE ${header}
        HINTS "${CIM_${upper}_DIR}"
        PATH_SUFFIXES src include single_include distr)
    if(NOT CIM_${upper}_INCLUDE)
        message(STATUS "Adapter ${name}: not tested, ${header} was not found (set CIM_${upper}_DIR)")
        return()
    endif()
    message(STATUS "Adapter ${name}: tested with ${CIM_${upper}_INCLUDE}/${header}")
    add_library(cim_${name} INTERFACE)
    target_include_directories(cim_${name} INTERFACE "${PROJECT_SOURCE_DIR}/adapters/${name}")
    target_include_directories(cim_${name} SYSTEM INTERFACE "${CIM_${upper}_INCLUDE}")
    target_link_libraries(cim_${name} INTERFACE cim)
endfunction()

cim_adapter(entt entt/entt.hpp)
cim_adapter(flecs flecs.h)
if(TARGET cim_flecs)
    find_file(CIM_FLECS_SOURCE flecs.c HINTS "${CIM_FLECS_INCLUDE}" NO_DEFAULT_PATH)
    if(CIM_FLECS_SOURCE)
        add_library(cim_flecs_library STATIC EXCLUDE_FROM_ALL "${CIM_FLECS_SOURCE}")
        set_target_properties(cim_flecs_library PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
        target_link_libraries(cim_flecs INTERFACE cim_flecs_library)
    else()
        target_link_libraries(cim_flecs INTERFACE flecs)
    endif()
endif()
