# The one place for the flags that keep floating-point bits equal across compilers and devices
# (docs/arithmetic.md, "Flags"). Linked by every target that includes evenscore/arith.
set(EVENSCORE_EXACT_CXX_FLAGS -ffp-contract=off -fno-math-errno -fno-trapping-math)
set(EVENSCORE_EXACT_CUDA_FLAGS -fmad=false -ftz=false -prec-div=true -prec-sqrt=true)
string(JOIN "," exact_host_flags ${EVENSCORE_EXACT_CXX_FLAGS})
add_library(evenscore_exact_arithmetic INTERFACE)
target_compile_options(evenscore_exact_arithmetic INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${EVENSCORE_EXACT_CXX_FLAGS}>"
  "$<$<COMPILE_LANGUAGE:CUDA>:${EVENSCORE_EXACT_CUDA_FLAGS};-Xcompiler=${exact_host_flags}>")
