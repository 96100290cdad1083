# The cpu engine's NEON target: compiled by a cross compiler and run over the case table under emulation. The headers
# of fmt and Highway are the same for every machine; nothing else of the host's is used.
find_program(EVENSCORE_AARCH64_CXX NAMES aarch64-linux-gnu-g++)
find_program(EVENSCORE_QEMU_AARCH64 NAMES qemu-aarch64-static qemu-aarch64)
if(NOT EVENSCORE_AARCH64_CXX OR NOT EVENSCORE_QEMU_AARCH64 OR EVENSCORE_SANITIZE)
  message(STATUS "NEON: not tested (no aarch64-linux-gnu-g++ and qemu-aarch64, or a build with sanitizers)")
  return()
endif()
get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
set(neon_headers ${CMAKE_CURRENT_BINARY_DIR}/neon_headers)
file(MAKE_DIRECTORY ${neon_headers})
file(CREATE_LINK ${fmt_include}/fmt ${neon_headers}/fmt SYMBOLIC)
file(CREATE_LINK ${HIGHWAY_INCLUDE_DIR}/hwy ${neon_headers}/hwy SYMBOLIC)
set(neon_sources ${CMAKE_CURRENT_SOURCE_DIR}/instruction_set_main.cpp ${CMAKE_CURRENT_SOURCE_DIR}/cases.cpp)
foreach(source base/error program/program program/program_builder engine/canaries engine/engine_checks engine/reference
               engine/cpu/baseline engine/cpu/cpu_engine engine/cpu/neon engine/cpu/packed_program engine/cpu/target
               engine/cpu/worker_pool)
  list(APPEND neon_sources ${CMAKE_SOURCE_DIR}/src/${source}.cpp)
endforeach()
file(GLOB neon_depends CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/engine/cpu/*.h ${CMAKE_SOURCE_DIR}/include/evenscore/arith/*.h)
set(neon_program ${CMAKE_CURRENT_BINARY_DIR}/neon_agreement)
add_custom_command(OUTPUT ${neon_program}
  COMMAND ${EVENSCORE_AARCH64_CXX} -std=c++20 -O3 -march=armv8-a+crypto -static -Wall -Wextra -Wconversion -Wshadow -Werror
          ${EVENSCORE_EXACT_CXX_FLAGS} -DEVENSCORE_NEON_TARGET -DHWY_COMPILE_ONLY_STATIC -DFMT_HEADER_ONLY
          -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_CURRENT_SOURCE_DIR} -isystem ${neon_headers}
          ${neon_sources} -o ${neon_program}
  DEPENDS ${neon_sources} ${neon_depends} VERBATIM)
add_custom_target(neon ALL DEPENDS ${neon_program})
add_test(NAME engines.neon_on_emulated_arm COMMAND ${EVENSCORE_QEMU_AARCH64} ${neon_program} neon)
