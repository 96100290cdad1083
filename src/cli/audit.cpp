#include "evenscore/audit.h"

#include <fmt/format.h>

#include "cli/exit_status.h"
#include "cli/options.h"

namespace evenscore::cli {
namespace {

struct Arguments {
  OutputStyle style;
  std::string output;
  ModelArguments model;
  RowsArguments rows;
  std::int64_t sample = 10'000;
  std::uint64_t seed = 0;
};

int run(const Arguments& arguments) {
  const ModelFile model = arguments.model.load();
  const DeviceChoice choice = arguments.rows.device_choice();
  AuditJob job{.output_path = arguments.output, .model = model, .rows_path = arguments.rows.path};
  job.rows_options = arguments.rows.rows_options();
  job.engine = choice.engine;
  job.engine_options = choice.options;
  job.sample = arguments.sample;
  job.seed = arguments.seed;
  AuditReport report;
  {
    ProgressLine line(arguments.style.show_progress());
    job.progress = [&line](std::int64_t done, std::int64_t total) { line.update({done, total, 0}); };
    report = audit(job);
  }
  if (arguments.style.json) {
    fmt::print("{}\n", to_json(report));
  } else if (!arguments.style.quiet) {
    fmt::print("{}", to_text(report));
  }
  return report.accepted() ? kDone : kRefuted;
}

}  // namespace

Command add_audit(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("audit", "Check that a file of predictions is what a model computes from rows");
  command->footer(
      "Checks the digests of pipeline, rows and outputs, and OUT.h5.run.json where `score --certificate` "
      "wrote\n"
      "one; then computes random rows again, which must give the same bits. The arithmetic is the file's.\n\n"
      "Exit status: 0 accepted, 1 refuted.\n\n"
      "Example:\n  evenscore audit out.h5 model.joblib rows.h5 --sample 100000 --seed 7");
  command->add_option("OUT", arguments->output, "What evenscore score wrote")
      ->required()
      ->type_name("OUT.h5");
  add_model(*command, arguments->model);
  add_rows_paths(*command, arguments->rows);
  add_rows_selection(*command, arguments->rows);
  add_device(*command, arguments->rows);
  command->add_option("--sample", arguments->sample, "How many rows to compute again")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 60))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Chooses the rows")->capture_default_str();
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
