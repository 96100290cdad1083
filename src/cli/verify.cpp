#include "evenscore/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/comparison_options.h"
#include "cli/options.h"
#include "cli/report_files.h"
#include "cli/row_list.h"
#include "evenscore/error.h"
#include "evenscore/probe.h"

namespace evenscore::cli {
namespace {

struct Arguments {
  OutputStyle style;
  ModelArguments model;
  RowsArguments rows;
  std::string against, engines, structure;
  bool same_structure = false;
  std::int64_t sample = 0;
  std::uint64_t seed = 0;
  std::string uncertified;
  ComparisonArguments comparison;
  ReportFileArguments files;
};

/// --engines, each at most once and the first held against the others. Without: --device names the engine
/// that is held against the stored predictions; without them, the one held against `reference`.
std::vector<EngineKind> engines_of(const Arguments& arguments, EngineKind engine) {
  if (arguments.engines.empty()) {
    if (!arguments.against.empty()) return {engine};
    return {EngineKind::reference, engine == EngineKind::reference ? EngineKind::cpu : engine};
  }
  std::vector<EngineKind> engines;
  for (const std::string& name : split_list(arguments.engines, "--engines")) {
    const std::size_t before = engines.size();
    for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu, EngineKind::cuda}) {
      if (name == name_of(kind) && std::count(engines.begin(), engines.end(), kind) == 0)
        engines.push_back(kind);
    }
    if (engines.size() == before) {
      throw Error(ErrorCode::bad_request, fmt::format("'{}' is no engine, or is named twice", name),
                  "--engines", "choose from reference, cpu, cuda");
    }
  }
  return engines;
}

int run(const Arguments& arguments) {
  const ModelFile model = arguments.model.load();
  VerifyJob job{.model = model, .rows_path = {}, .engines = {}};
  job.rows_path = arguments.rows.path;
  job.rows_options = arguments.rows.rows_options();
  const DeviceChoice choice = arguments.rows.device_choice();
  job.engines = engines_of(arguments, choice.engine);
  job.engine_options = choice.options;
  job.arithmetic = arguments.rows.arithmetic_rule();
  job.batch_rows = arguments.rows.batch_rows;
  if (!arguments.against.empty()) job.against = parse_file_location(arguments.against);
  std::optional<ModelFile> structure;
  if (arguments.same_structure && arguments.structure.empty()) {
    if (!job.against) {
      throw Error(ErrorCode::bad_request, "needs a model, or --against predictions that evenscore wrote",
                  "--structure", "give --structure MODEL");
    }
    job.same_pipeline = true;
  }
  if (!arguments.structure.empty()) {
    structure = load_model(arguments.structure);
    job.structure = &*structure;
    job.structure_name = std::filesystem::path(arguments.structure).filename().string();
  }
  job.labels = arguments.comparison.labels_location();
  job.mode = arguments.comparison.verify_mode();
  job.ranking_memory = arguments.comparison.ranking_memory();
  job.tolerances = arguments.comparison.tolerances;
  job.sample = arguments.sample;
  job.seed = arguments.seed;
  job.mark_bad_rows = arguments.rows.bad_rows_rule() == BadRows::mark;
  const std::vector<ProbeSet> probes = model.probes.empty() ? make_probes(model.pipeline) : model.probes;
  for (const EngineKind engine : job.engines)
    check_probes(model.pipeline, probes, engine, job.engine_options);
  std::vector<std::string> inputs = arguments.model.paths();
  inputs.push_back(job.rows_path);
  if (job.against) inputs.push_back(job.against->file);
  if (job.labels) inputs.push_back(job.labels->file);
  if (structure) inputs.push_back(arguments.structure);
  ReportFiles files(arguments.files, inputs);
  std::optional<RowList> uncertified;
  if (!arguments.uncertified.empty()) {
    uncertified.emplace(arguments.uncertified, inputs);
    job.uncertified = [&uncertified](std::int64_t row) { uncertified->add(row); };
  }
  VerifyReport report;
  {
    ProgressLine line(arguments.style.show_progress());
    job.progress = [&line](std::int64_t done, std::int64_t total) { line.update({done, total, 0}); };
    report = verify(job);
  }
  files.write(report);
  if (uncertified) uncertified->commit();
  return print_report(report, arguments.style);
}

}  // namespace

Command add_verify(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("verify", "Prove that predictions are what they were, or show where they are not");
  command->footer(
      "Without --against, the engine named by --device is compared with `reference`, bit for bit. With "
      "--against, it is\n"
      "compared with stored predictions of any origin: bit for bit where evenscore wrote them, else within "
      "the proven\n"
      "rounding bound of any float64 evaluation. With --labels, confusion matrix, accuracy, precision, "
      "recall and F1 are\n"
      "shown before (the stored predictions) and after.\n\n"
      "Verdicts: identical, equal_within_rounding, within_tolerance (exit status 0); different (1).\n\n"
      "Example:\n  evenscore verify model.joblib rows.h5 --against predictions.h5 --labels rows.h5:/y");
  add_model(*command, arguments->model);
  add_rows(*command, arguments->rows);
  command->add_option("--against", arguments->against, "Stored predictions to compare with")
      ->type_name("FILE[:/group]");
  CLI::Option* structure = command->add_option(
      "--structure", arguments->structure,
      "Steps, parameters and fitted values must be those of MODEL, bit for bit; without it, of the model "
      "that --against was made with");
  structure->type_name("[MODEL]")->expected(0, 1);
  add_comparison(*command, arguments->comparison);
  command
      ->add_option("--engines", arguments->engines,
                   "Two or more of reference, cpu, cuda: the first is compared with each of the others")
      ->type_name("LIST");
  command
      ->add_option("--uncertified", arguments->uncertified,
                   "Also list the rows whose label rounding could change, one number a line")
      ->type_name("FILE");
  command->add_option("--sample", arguments->sample, "Compare so many rows, chosen at random; 0 = all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 60))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Chooses the sample")->capture_default_str();
  add_report_files(*command, arguments->files);
  add_output_style(*command, arguments->style);
  return [arguments, structure] {
    arguments->same_structure = structure->count() > 0;
    return run(*arguments);
  };
}

}  // namespace evenscore::cli
