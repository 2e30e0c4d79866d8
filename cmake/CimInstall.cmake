# The installed package: headers, library, and what find_package(cim CONFIG) needs. The command installs itself.

include(CMakePackageConfigHelpers)

set(CIM_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/cim")
configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/cimConfig.cmake.in" "${PROJECT_BINARY_DIR}/cimConfig.cmake"
    INSTALL_DESTINATION "${CIM_PACKAGE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cimConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

install(TARGETS cim EXPORT cimTargets)
install(
    EXPORT cimTargets
    NAMESPACE cim::
    DESTINATION "${CIM_PACKAGE_DIR}")
install(FILES "${PROJECT_BINARY_DIR}/cimConfig.cmake" "${PROJECT_BINARY_DIR}/cimConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindIPSecMB.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindCNats.cmake"
        DESTINATION "${CIM_PACKAGE_DIR}")
install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/include/cim"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING
    PATTERN "*.hpp"
    PATTERN "*.h")
