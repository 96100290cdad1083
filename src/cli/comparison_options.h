#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/options.h"
#include "evenscore/verify.h"

namespace evenscore::cli {

/// What `verify` and `compare` hold two sides to.
struct ComparisonArguments {
  std::string labels, mode;
  Tolerances tolerances;
  std::int64_t memory_mib = static_cast<std::int64_t>(kRankingMemory >> 20U);
  bool no_ranking = false;

  std::optional<FileLocation> labels_location() const;
  /// Tolerance where only tolerances are given.
  std::optional<VerifyMode> verify_mode() const;
  std::size_t ranking_memory() const;
};
void add_comparison(CLI::App& command, ComparisonArguments& comparison);

/// Prints the report as the style wants it; the exit status for its verdict.
int print_report(const VerifyReport& report, const OutputStyle& style);

}  // namespace evenscore::cli
