# Takes BUILD, WORK, PROGRAM, README, GENERATOR, COMPILER, BUILD_TYPE, VERSION and BINDIR from the test that runs it.

file(REMOVE_RECURSE "${WORK}")

function(run what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${what} failed:\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

run("Installing" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
file(COPY "${PROGRAM}/" DESTINATION "${WORK}/program")
run("Reading the README" "${CMAKE_COMMAND}" "-DREADME=${README}" "-DPROGRAM=${WORK}/program/main.cpp" -P
    "${CMAKE_CURRENT_LIST_DIR}/readme_program.cmake")
run("Configuring a program with find_package(cim ${VERSION})" "${CMAKE_COMMAND}" -S "${WORK}/program" -B "${WORK}/build" -G
    "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
    "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DCIM_WANTED_VERSION=${VERSION}")
run("Building a program with cim::cim" "${CMAKE_COMMAND}" --build "${WORK}/build")
run("Running a program with cim::cim" "${CMAKE_COMMAND}" -E chdir "${WORK}" "${WORK}/build/outside")
if(NOT output MATCHES "^2 nodes, state bafyrei")
    message(FATAL_ERROR "The README's program says: ${output}")
endif()
message(STATUS "${output}")

# The command goes with the package unless its build was switched off.
if(EXISTS "${WORK}/prefix/${BINDIR}/cim")
    run("Running the installed command" "${WORK}/prefix/${BINDIR}/cim" --version)
    message(STATUS "${output}")
endif()
