// The host pass of nvcc: the same two files, through its front end.
#include "../src/engine/arithmetic_vectors.cpp"
#include "arith_vectors_main.cpp"
