#pragma once

#include "evenscore/bench.h"

namespace evenscore::cli {

/// What the two forms of the report say beside the figures.
struct BenchContext {
  std::string model;  ///< path
  OutputType output_type;
  std::string arithmetic;
};

void print_bench_json(const BenchContext& context, const BenchReport& report);
void print_bench_text(const BenchContext& context, const BenchReport& report);

}  // namespace evenscore::cli
