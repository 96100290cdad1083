#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/grouped_digits.h"
#include "cli/certificate.h"
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
  std::string output;
  std::string outputs;
  std::string output_dtype = "f64";
  bool overwrite = false;
  bool certificate = false;
  bool resume = false;
  double checkpoint = 5.0;
};

void print_json(const Arguments& arguments, const DeviceChoice& choice, const ScoreSummary& summary) {
  nlohmann::ordered_json object = {{"schema", "evenscore-score-1"},
                                   {"output", arguments.output},
                                   {"outputs", summary.outputs},
                                   {"rows", summary.rows},
                                   {"bad_rows", summary.bad_rows},
                                   {"rows_resumed", summary.rows_before},
                                   {"engine", summary.engine},
                                   {"device_choice", choice.why.empty() ? "as asked" : choice.why},
                                   {"arithmetic", arguments.rows.arithmetic},
                                   {"dataset", summary.rows_dataset},
                                   {"columns_bound_by", summary.bound_by_name ? "names" : "position"},
                                   {"seconds", summary.seconds},
                                   {"rows_per_second", static_cast<double>(summary.rows) / summary.seconds},
                                   {"busy_seconds", nlohmann::ordered_json::object()},
                                   {"bound_by", summary.busy.bound_by()},
                                   {"way", summary.way},
                                   {"bytes_read", summary.bytes_read},
                                   {"bytes_written", summary.bytes_written},
                                   {"pipeline_digest", summary.pipeline_digest},
                                   {"rows_digest", summary.rows_digest},
                                   {"outputs_digest", summary.outputs_digest}};
  for (const auto& [part, seconds] : summary.busy.parts()) object["busy_seconds"][part] = seconds;
  fmt::print("{}\n", object.dump(2));
}

// "reading 12 %, writing 80 %": how long each part was busy, of the whole time.
std::string shares_text(const ScoreSummary& summary) {
  std::string text = "busy:";
  for (const auto& [part, seconds] : summary.busy.parts())
    if (seconds > 0.0)
      text += fmt::format("{} {} {:.0f} %", text.back() == ':' ? "" : ",", part,
                          100.0 * seconds / summary.seconds);
  return text;
}

void print_text(const Arguments& arguments, const DeviceChoice& choice, const ScoreSummary& summary) {
  const double bytes = static_cast<double>(summary.bytes_read + summary.bytes_written);
  fmt::print("{} rows scored in {}: {}, {}/s read and written\n", grouped(summary.rows),
             seconds_text(summary.seconds), rate_text(static_cast<double>(summary.rows) / summary.seconds),
             bytes_text(bytes / summary.seconds));
  if (summary.rows_before > 0)
    fmt::print("resumed    after {} rows of an unfinished run\n", grouped(summary.rows_before));
  if (summary.bad_rows > 0)
    fmt::print("{} rows could not be scored; /status says why\n", grouped(summary.bad_rows));
  fmt::print("engine     {}{}\n", summary.engine, choice.why.empty() ? "" : " (auto: " + choice.why + ")");
  fmt::print("columns    bound by {}\n", summary.bound_by_name ? "name" : "position");
  fmt::print("written    {} ({})\n", arguments.output, summary.outputs);
  fmt::print("bound by   {}; {}\n", summary.busy.bound_by(), shares_text(summary));
  if (!arguments.style.verbose) return;
  fmt::print("way        {}\n", summary.way);
  fmt::print("pipeline   {}\nrows       {}\noutputs    {}\n", summary.pipeline_digest, summary.rows_digest,
             summary.outputs_digest);
}

// After a signal, with threads that still read, score or write: what they do now is lost, what the journal
// tells of is not.
int end_without_waiting(const Arguments& arguments, const DurableProgress& durable) {
  const std::int64_t rows_kept = durable.rows_kept;
  if (rows_kept == 0) unlink((arguments.output + ".part").c_str());
  if (arguments.certificate) unlink((arguments.output + ".run.json.part").c_str());
  return report_interrupted(arguments.output, arguments.style.json, rows_kept, durable.rows);
}

int run(const Arguments& arguments) {
  ScoreJob job;
  job.rows_path = arguments.rows.path;
  job.rows = arguments.rows.rows_options();
  job.output_path = arguments.output;
  job.model_paths = arguments.model.paths();
  job.wanted = wanted_outputs(arguments.outputs);
  job.output_type = arguments.output_dtype == "f32" ? OutputType::f32 : OutputType::f64;
  const DeviceChoice choice = arguments.rows.device_choice();
  job.engine = choice.engine;
  job.engine_options = choice.options;
  job.arithmetic = arguments.rows.arithmetic_rule();
  job.batch_rows = arguments.rows.batch_rows;
  job.bad_rows = arguments.rows.bad_rows_rule();
  job.overwrite = arguments.overwrite;
  job.resume = arguments.resume;
  job.checkpoint_seconds = arguments.checkpoint;
  job.cancelled = &interrupted();
  const ModelFile model = arguments.model.load();

  catch_signals();
  std::optional<Certificate> certificate;
  if (arguments.certificate) {
    std::vector<std::string> inputs = job.model_paths;
    inputs.push_back(job.rows_path);
    inputs.insert(inputs.end(), job.rows.more_files.begin(), job.rows.more_files.end());
    certificate.emplace(job.output_path, job.overwrite, inputs);
  }
  DurableProgress durable;
  job.durable = &durable;
  ScoreSummary summary;
  {
    const InterruptDeadline deadline([&] { return end_without_waiting(arguments, durable); });
    ProgressLine line(arguments.style.show_progress());
    job.progress = [&line](const Progress& progress) { line.update(progress); };
    summary = score_file(model, job);
  }
  if (summary.cancelled) {
    return report_interrupted(arguments.output, arguments.style.json, summary.rows_kept, summary.rows);
  }
  if (certificate) certificate->write(job, summary);
  if (arguments.style.json) {
    print_json(arguments, choice, summary);
  } else if (!arguments.style.quiet) {
    print_text(arguments, choice, summary);
  }
  return kDone;
}

}  // namespace

Command add_score(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("score", "Score every row of a file");
  command->footer(
      "Row i of every output is row i of the input. OUT.h5 appears when it is complete; an existing file is "
      "an error\n"
      "unless --overwrite is given. The same bits come from any device, thread count and batch size.\n\n"
      "Examples:\n  evenscore score model.joblib rows.h5 -o out.h5 --output label,proba,decision\n"
      "  evenscore score model.joblib may.h5 june.h5 -o out.h5 --copy id,date");
  add_model(*command, arguments->model);
  add_rows(*command, arguments->rows);
  command
      ->add_option(
          "--copy", arguments->rows.copies,
          "Key columns to carry into the output: columns of the rows, one-dimensional datasets, or the "
          "index of a frame")
      ->type_name("A,B,...");
  command->add_option("-o,--out", arguments->output, "The file to write")->required()->type_name("OUT.h5");
  command
      ->add_option("--output", arguments->outputs,
                   "What to write: label, label_index, proba, log_proba, decision, prediction")
      ->type_name("LIST")
      ->capture_default_str();
  command->add_option("--output-dtype", arguments->output_dtype, "Type of proba, log_proba and decision")
      ->check(CLI::IsMember({"f64", "f32"}))
      ->capture_default_str();
  command->add_flag("--overwrite", arguments->overwrite, "Replace an existing OUT.h5");
  command->add_flag(
      "--resume", arguments->resume,
      "Go on with an unfinished run of the same job, if there is one; the file has the same bytes");
  command
      ->add_option("--checkpoint", arguments->checkpoint,
                   "Seconds between two moments at which progress is made durable for --resume")
      ->check(CLI::Range(0.0, 86'400.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_flag("--certificate", arguments->certificate,
                    "Also write OUT.h5.run.json: digests, engine, host, counts; see evenscore audit");
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
