#include "evenscore/bench.h"

#include <fmt/format.h>

#include "cli/bench_report.h"
#include "cli/exit_status.h"
#include "cli/interrupt.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "evenscore/error.h"

namespace evenscore::cli {
namespace {

struct Arguments {
  OutputStyle style;
  ModelArguments model;
  RowsArguments rows;
  std::int64_t row_count = 0;
  std::string dtype = "f32";
  std::string outputs;
  std::string output_dtype = "f32";
  std::string ways;
  bool sweep = false;
  double seconds = 5.0;
};

std::vector<BenchWay> ways_of(const std::string& list) {
  std::vector<BenchWay> ways;
  for (const std::string& name : split_list(list, "--way")) {
    const std::size_t before = ways.size();
    for (const BenchWay way : {BenchWay::resident, BenchWay::host_to_host, BenchWay::file_to_file}) {
      if (name == name_of(way)) ways.push_back(way);
    }
    if (ways.size() == before) {
      throw Error(ErrorCode::bad_request, fmt::format("'{}' is no way for rows to go", name), "--way",
                  "choose from resident, host_to_host, file_to_file");
    }
  }
  return ways;
}

WantedOutputs engine_outputs(const std::string& list) {
  const WantedOutputs wanted = wanted_outputs(list);
  if (wanted.label) {
    throw Error(ErrorCode::bad_request, "engines give no label, only its index", "--output",
                "choose from label_index, proba, log_proba, decision");
  }
  return wanted;
}

int run(const Arguments& arguments) {
  BenchJob job;
  job.rows_path = arguments.rows.path;
  job.rows = arguments.rows.rows_options();
  job.row_count = arguments.row_count;
  job.made_up_type = arguments.dtype == "f64" ? ElementType::f64 : ElementType::f32;
  job.arithmetic = arguments.rows.arithmetic_rule();
  job.wanted = engine_outputs(arguments.outputs);
  job.output_type = arguments.output_dtype == "f64" ? OutputType::f64 : OutputType::f32;
  const DeviceChoice choice = arguments.rows.device_choice();
  if (arguments.rows.device != "auto") job.engines = {choice.engine};
  job.engine_options = choice.options;
  job.batch_rows = arguments.rows.batch_rows;
  if (!arguments.ways.empty()) job.ways = ways_of(arguments.ways);
  job.sweep = arguments.sweep;
  job.seconds = arguments.seconds;
  job.cancelled = &interrupted();
  const ModelFile model = arguments.model.load();
  catch_signals();
  const BenchReport report = bench(model, job);
  if (report.cancelled) return report_interrupted({}, arguments.style.json);
  const BenchContext context{arguments.model.path, job.output_type, arguments.rows.arithmetic};
  if (arguments.style.json) {
    print_bench_json(context, report);
  } else if (!arguments.style.quiet) {
    print_bench_text(context, report);
  }
  return report.wrong() ? kRefuted : kDone;
}

}  // namespace

Command add_bench(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("bench", "Time every engine beside the machine's own limits");
  command->footer(
      "Bytes of rows read and results written a second, beside what the machine can do at most, measured in "
      "the same\n"
      "round: from host memory, in a GPU's memory, from file to file. Every engine's bits are compared with "
      "reference\n"
      "first; a wrong result has no time, and the exit status is 1. Let nothing else run on the machine.\n"
      "--device auto is every engine that is available; --threads 0 is 1 thread, and all.\n\n"
      "Example:\n  evenscore bench model.joblib\n  evenscore bench model.joblib rows.h5 --device cpu "
      "--seconds 20");
  add_model(*command, arguments->model);
  CLI::Option* path =
      command->add_option("ROWS", arguments->rows.path,
                          "The HDF5 file with the rows; without it, rows are made up like the model");
  path->type_name("ROWS.h5");
  add_rows_selection(*command, arguments->rows);
  for (const char* name : {"--dataset", "--columns", "--transpose"}) command->get_option(name)->needs(path);
  add_engine(*command, arguments->rows);
  command
      ->add_option("--rows", arguments->row_count,
                   "How many rows; 0 = 256 MiB of made-up ones, or a file's first 1 GiB")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
      ->capture_default_str();
  command->add_option("--dtype", arguments->dtype, "Type of made-up rows")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->capture_default_str()
      ->excludes(path);
  command
      ->add_option("--output", arguments->outputs,
                   "What engines give: label_index, proba, log_proba, decision")
      ->type_name("LIST")
      ->capture_default_str();
  command->add_option("--output-dtype", arguments->output_dtype, "Type of proba, log_proba and decision")
      ->check(CLI::IsMember({"f64", "f32"}))
      ->capture_default_str();
  command->add_option("--way", arguments->ways, "Of resident, host_to_host, file_to_file, with commas; all")
      ->type_name("LIST");
  command->add_flag("--sweep", arguments->sweep,
                    "Also calls of 1, 64, 4096 and 262144 rows, and 1, 2, 4 ... threads");
  command->add_option("--seconds", arguments->seconds, "Time for the rounds; at least three are made")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
