# The one place for the flags that keep floating-point bits equal across compilers and devices
# (docs/arithmetic.md, "Flags"). Linked by every target that includes evenscore/arith.
add_library(evenscore_exact_arithmetic INTERFACE)
target_compile_options(evenscore_exact_arithmetic INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off;-fno-math-errno;-fno-trapping-math>
  $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false;-ftz=false;-prec-div=true;-prec-sqrt=true;-Xcompiler=-ffp-contract=off,-fno-math-errno,-fno-trapping-math>)
