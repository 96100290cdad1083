# The arithmetic vectors under every compiler and optimisation that must agree, and one build that must not.
set(VECTORS ${CMAKE_CURRENT_SOURCE_DIR}/data/arithmetic_vectors.txt)
set(VECTOR_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/arith_vectors_main.cpp
                   ${CMAKE_SOURCE_DIR}/src/engine/arithmetic_vectors.cpp)
set(VECTOR_PROGRAMS)

function(evenscore_vector_program name)
  add_executable(${name} ${VECTOR_SOURCES})
  target_link_libraries(${name} PRIVATE evenscore_headers evenscore_exact_arithmetic evenscore_warnings)
  target_compile_options(${name} PRIVATE ${ARGN})
  add_test(NAME arithmetic.${name} COMMAND ${name} ${VECTORS})
  set(VECTOR_PROGRAMS ${VECTOR_PROGRAMS} $<TARGET_FILE:${name}> PARENT_SCOPE)
endfunction()

evenscore_vector_program(vectors_O0 -O0)
evenscore_vector_program(vectors_O3 -O3)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  evenscore_vector_program(vectors_O3_fma -O3 -mavx2 -mfma)
endif()

# The other host compiler, whichever builds the rest.
find_program(EVENSCORE_OTHER_CXX NAMES clang++ clang++-14)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  find_program(EVENSCORE_GXX NAMES g++)
  set(OTHER_CXX ${EVENSCORE_GXX})
else()
  set(OTHER_CXX ${EVENSCORE_OTHER_CXX})
endif()
if(OTHER_CXX AND NOT EVENSCORE_SANITIZE)
  set(other ${CMAKE_CURRENT_BINARY_DIR}/vectors_other_compiler)
  add_custom_command(OUTPUT ${other}
    COMMAND ${OTHER_CXX} -std=c++20 -O2 -Wall -Wextra -Wconversion -Wshadow -Werror
            ${EVENSCORE_EXACT_CXX_FLAGS} -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_SOURCE_DIR}/src ${VECTOR_SOURCES} -o ${other}
    DEPENDS ${VECTOR_SOURCES} evenscore_headers VERBATIM)
  file(GLOB ARITH_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/evenscore/arith/*.h)
  add_custom_command(OUTPUT ${other} APPEND DEPENDS ${ARITH_HEADERS})
  add_custom_target(other_compiler ALL DEPENDS ${other})
  add_test(NAME arithmetic.vectors_other_compiler COMMAND ${other} ${VECTORS})
  list(APPEND VECTOR_PROGRAMS ${other})
endif()

if(EVENSCORE_HAS_CUDA)
  add_executable(vectors_nvcc arith_vectors_nvcc.cu)
  target_link_libraries(vectors_nvcc PRIVATE evenscore_headers evenscore_exact_arithmetic evenscore_warnings)
  add_test(NAME arithmetic.vectors_nvcc COMMAND vectors_nvcc ${VECTORS})
  list(APPEND VECTOR_PROGRAMS $<TARGET_FILE:vectors_nvcc>)
  add_test(NAME arithmetic.ptx_rounds_to_nearest
           COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/check_ptx.py ${EVENSCORE_PTX_FILES})
  add_test(NAME kernels.fused_ones_keep_all_in_registers
           COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/check_kernel_resources.py ${EVENSCORE_RESOURCE_FILES})
endif()

# All of them give one hash over 200,000 adversarial inputs a function.
add_test(NAME arithmetic.all_builds_give_one_hash
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/one_hash.py ${VECTORS} ${VECTOR_PROGRAMS})

# The negative control: value-changing flags must be noticed, at compile time and by the vectors.
add_executable(vectors_fast_math ${VECTOR_SOURCES})
target_link_libraries(vectors_fast_math PRIVATE evenscore_headers)
target_compile_options(vectors_fast_math PRIVATE -O2 -ffast-math)
target_compile_definitions(vectors_fast_math PRIVATE EVENSCORE_NEGATIVE_CONTROL)
add_test(NAME arithmetic.fast_math_is_caught COMMAND vectors_fast_math ${VECTORS})
set_tests_properties(arithmetic.fast_math_is_caught PROPERTIES PASS_REGULAR_EXPRESSION "vectors, [1-9][0-9]* wrong")
add_test(NAME arithmetic.fast_math_does_not_compile
         COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -ffast-math -fsyntax-only -I${CMAKE_SOURCE_DIR}/include
                 -x c++ ${CMAKE_SOURCE_DIR}/include/evenscore/arith/ops.h)
set_tests_properties(arithmetic.fast_math_does_not_compile PROPERTIES
                     PASS_REGULAR_EXPRESSION "must not be compiled with -ffast-math")

# For scripts/test --full: all 2^32 floats, too long for CTest.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT EVENSCORE_SANITIZE)
  foreach(set "avx2;-mavx2;-mfma" "avx512;-mavx512f;-mavx512dq;-mfma;-mprefer-vector-width=512")
    list(POP_FRONT set name)
    add_executable(arith_sweep_${name} arith_sweep.cpp)
    target_link_libraries(arith_sweep_${name} PRIVATE evenscore_headers evenscore_exact_arithmetic evenscore_warnings Threads::Threads)
    target_compile_options(arith_sweep_${name} PRIVATE -O3 ${set})
  endforeach()
endif()
