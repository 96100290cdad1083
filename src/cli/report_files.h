#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evenscore/verify.h"
#include "h5/part_file.h"

namespace evenscore::cli {

/// --report and --junit of `verify` and `compare`.
struct ReportFileArguments {
  std::string html, junit;
};
void add_report_files(CLI::App& command, ReportFileArguments& files);

/// Reports that are written beside what is printed, each complete or not at all; an earlier one is replaced.
class ReportFiles {
 public:
  /// Before the long run, so that a path that cannot be written shows at once. Throws Error: as PartFile.
  ReportFiles(const ReportFileArguments& files, const std::vector<std::string>& inputs);

  /// Throws Error (storage_failure).
  void write(const VerifyReport& report);

 private:
  std::optional<h5::PartFile> html_, junit_;
};

}  // namespace evenscore::cli
