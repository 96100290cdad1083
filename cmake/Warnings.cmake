# Warnings are errors, for every target of ours and none of the libraries'.
add_library(evenscore_warnings INTERFACE)
target_compile_options(evenscore_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wconversion;-Wshadow;-Werror>
  $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings;-Xcompiler=-Wall,-Wextra>)
