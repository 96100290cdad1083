#include "evenscore/diff.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/exit_status.h"
#include "cli/options.h"

namespace evenscore::cli {
namespace {

struct Arguments {
  OutputStyle style;
  std::string a, b;
  RowsArguments rows;
};

int run(const Arguments& arguments) {
  const ModelFile a = load_model(arguments.a), b = load_model(arguments.b);
  DiffJob job{.a = a, .b = b};
  job.a_name = std::filesystem::path(arguments.a).filename().string();
  job.b_name = std::filesystem::path(arguments.b).filename().string();
  if (job.a_name == job.b_name) {
    job.a_name += " (A)";
    job.b_name += " (B)";
  }
  job.rows_path = arguments.rows.path;
  job.rows_options = arguments.rows.rows_options();
  const DeviceChoice choice = arguments.rows.device_choice();
  job.engine = choice.engine;
  job.engine_options = choice.options;
  job.arithmetic = arguments.rows.arithmetic_rule();
  DiffReport report;
  {
    ProgressLine line(arguments.style.show_progress());
    job.progress = [&line](std::int64_t done, std::int64_t total) { line.update({done, total, 0}); };
    report = diff(job);
  }
  if (arguments.style.json) {
    fmt::print("{}\n", to_json(report));
  } else if (!arguments.style.quiet) {
    fmt::print("{}", to_text(report));
  }
  return report.identical() ? kDone : kRefuted;
}

}  // namespace

Command add_diff(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("diff", "Compare two models: steps, parameters, fitted values, bit by bit");
  command->footer(
      "With rows, also what they predict, and which difference causes it: each is given to A by itself.\n\n"
      "Exit status: 0 identical, 1 different.\n\n"
      "Example:\n  evenscore diff old.joblib new.joblib rows.h5");
  command->add_option("A", arguments->a, "A model, before")->required()->type_name("MODEL");
  command->add_option("B", arguments->b, "A model, after")->required()->type_name("MODEL");
  CLI::Option* path = command->add_option("ROWS", arguments->rows.path, "The HDF5 file with the rows");
  path->type_name("ROWS.h5");
  add_rows_selection(*command, arguments->rows);
  for (const char* name : {"--dataset", "--columns", "--transpose"}) command->get_option(name)->needs(path);
  add_device(*command, arguments->rows);
  add_arithmetic(*command, arguments->rows);
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
