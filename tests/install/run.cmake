# Takes BUILD, WORK, PROGRAM, GENERATOR, COMPILER, BUILD_TYPE, VERSION and BINDIR from the test that runs it.

file(REMOVE_RECURSE "${WORK}")

function(run what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${what} failed:\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

run("Installing" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
run("Configuring a program with find_package(cim ${VERSION})" "${CMAKE_COMMAND}" -S "${PROGRAM}" -B "${WORK}/build" -G
    "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
    "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DCIM_WANTED_VERSION=${VERSION}")
run("Building a program with cim::cim" "${CMAKE_COMMAND}" --build "${WORK}/build")
run("Running a program with cim::cim" "${WORK}/build/outside")
message(STATUS "${output}")

# The command goes with the package unless its build was switched off.
if(EXISTS "${WORK}/prefix/${BINDIR}/cim")
    run("Running the installed command" "${WORK}/prefix/${BINDIR}/cim" --version)
    message(STATUS "${output}")
endif()
