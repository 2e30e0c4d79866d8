# Finds nats.c, the C client of NATS. Its own CMake package cannot be used: Debian's names a static library that Debian does
# not ship. Defines CNats_FOUND and the target CNats::CNats.

find_path(CNats_INCLUDE_DIR nats/nats.h)
find_library(CNats_LIBRARY nats)
mark_as_advanced(CNats_INCLUDE_DIR CNats_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    CNats REQUIRED_VARS CNats_LIBRARY CNats_INCLUDE_DIR REASON_FAILURE_MESSAGE "install libnats-dev, or nats.c 3.4 or newer")

if(CNats_FOUND AND NOT TARGET CNats::CNats)
    add_library(CNats::CNats UNKNOWN IMPORTED)
    set_target_properties(CNats::CNats PROPERTIES IMPORTED_LOCATION "${CNats_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                       "${CNats_INCLUDE_DIR}")
endif()
