#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/device_choice.h"
#include "cli/progress_line.h"
#include "evenscore/engine.h"
#include "evenscore/model_file.h"
#include "evenscore/rows_file.h"
#include "evenscore/score_file.h"

namespace evenscore::cli {

/// Options that every command has.
struct OutputStyle {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string progress = "auto";

  ShowProgress show_progress() const;
};
void add_output_style(CLI::App& command, OutputStyle& style);

/// MODEL and what follows it.
struct ModelArguments {
  std::string path;
  std::vector<std::string> then;

  ModelFile load() const { return load_model(path, then); }
  std::vector<std::string> paths() const;
};
void add_model(CLI::App& command, ModelArguments& model);

/// Which rows, and how they are scored.
struct RowsArguments {
  std::string path;
  std::vector<std::string> more_paths;  ///< files whose rows follow
  std::string dataset;
  std::string row_range;
  std::string copies;
  std::string columns;
  bool transpose = false;
  std::string device = "auto";
  std::string arithmetic = "exact";
  std::string bad_rows = "stop";
  int threads = 0;
  std::int64_t batch_rows = 0;

  RowsOptions rows_options() const;
  /// With --threads. Throws Error: see choose_device.
  DeviceChoice device_choice() const;
  Arithmetic arithmetic_rule() const;
  BadRows bad_rows_rule() const;
};
/// All of them, the positional ROWS included.
void add_rows(CLI::App& command, RowsArguments& rows);
/// The positional ROWS, one file or several.
void add_rows_paths(CLI::App& command, RowsArguments& rows);
/// Those that say which rows of the file.
void add_rows_selection(CLI::App& command, RowsArguments& rows);
/// --device and --threads.
void add_device(CLI::App& command, RowsArguments& rows);
void add_arithmetic(CLI::App& command, RowsArguments& rows);
/// Those that say how rows are scored, but for --bad-rows.
void add_engine(CLI::App& command, RowsArguments& rows);

/// "label,proba" -> what is wanted. Throws Error (bad_request) for a name that `score` does not have.
WantedOutputs wanted_outputs(const std::string& list);

/// "a,b,c" -> its parts; empty parts are refused.
std::vector<std::string> split_list(const std::string& text, const std::string& option);

/// The commands. Each adds itself to `app`; the returned function runs it and gives the exit status.
using Command = std::function<int()>;
Command add_import(CLI::App& app);
Command add_inspect(CLI::App& app);
Command add_score(CLI::App& app);
Command add_verify(CLI::App& app);
Command add_compare(CLI::App& app);
Command add_audit(CLI::App& app);
Command add_diff(CLI::App& app);
Command add_generate(CLI::App& app);
Command add_bench(CLI::App& app);
Command add_doctor(CLI::App& app);

}  // namespace evenscore::cli
