#include "evenscore/compare.h"

#include <fmt/format.h>

#include "cli/comparison_options.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/report_files.h"
#include "evenscore/error.h"

namespace evenscore::cli {
namespace {

struct Arguments {
  OutputStyle style;
  std::string a, b;
  ComparisonArguments comparison;
  ReportFileArguments files;
};

int run(const Arguments& arguments) {
  CompareJob job{.a = parse_file_location(arguments.a), .b = parse_file_location(arguments.b)};
  job.labels = arguments.comparison.labels_location();
  job.mode = arguments.comparison.verify_mode().value_or(VerifyMode::bitwise);
  job.ranking_memory = arguments.comparison.ranking_memory();
  job.tolerances = arguments.comparison.tolerances;
  std::vector<std::string> inputs{job.a.file, job.b.file};
  if (job.labels) inputs.push_back(job.labels->file);
  ReportFiles files(arguments.files, inputs);
  VerifyReport report;
  {
    ProgressLine line(arguments.style.show_progress());
    job.progress = [&line](std::int64_t done, std::int64_t total) { line.update({done, total, 0}); };
    report = compare(job);
  }
  files.write(report);
  return print_report(report, arguments.style);
}

}  // namespace

Command add_compare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("compare", "Compare two files of predictions, whoever wrote them");
  command->footer(
      "A is before, B is after: labels, label indices, decisions, probabilities of one or all classes, or a\n"
      "regressor's predictions, as far as both have them. Without the model no difference can be explained "
      "by\n"
      "rounding: `evenscore verify MODEL ROWS.h5 --against FILE` can.\n\n"
      "Verdicts: identical, equal_within_rounding (one side was rounded to float32), within_tolerance (exit\n"
      "status 0); different (1).\n\n"
      "Example:\n  evenscore compare before.h5 after.h5 --labels rows.h5:/y");
  command->add_option("A", arguments->a, "Predictions before")->required()->type_name("FILE[:/group]");
  command->add_option("B", arguments->b, "Predictions after")->required()->type_name("FILE[:/group]");
  add_comparison(*command, arguments->comparison);
  add_report_files(*command, arguments->files);
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
