#include "evenscore/generate.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/grouped_digits.h"
#include "cli/exit_status.h"
#include "cli/interrupt.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "evenscore/error.h"

namespace evenscore::cli {
namespace {

struct Arguments {
  OutputStyle style;
  GenerateJob job;
  std::string like;
  std::string dtype = "f32";
  std::string compress;
};

int gzip_level(const std::string& text) {
  if (text.empty()) return 0;
  if (text.size() == 6 && text.starts_with("gzip:") && text[5] >= '1' && text[5] <= '9') return text[5] - '0';
  throw Error(ErrorCode::bad_request, fmt::format("'{}' is no compression", text), "--compress",
              "use gzip:1 to gzip:9");
}

int run(Arguments& arguments) {
  GenerateJob& job = arguments.job;
  if (arguments.like.empty() == (job.features == 0)) {
    throw Error(ErrorCode::bad_request, "give either --features N or --like MODEL", "generate");
  }
  if (!arguments.like.empty()) imitate(job, load_model(arguments.like).pipeline);
  job.type = arguments.dtype == "f64" ? ElementType::f64 : ElementType::f32;
  job.gzip_level = gzip_level(arguments.compress);
  if (job.gzip_level > 0 && job.chunk_rows == 0) job.chunk_rows = 16384;
  job.cancelled = &interrupted();
  catch_signals();
  const auto start = std::chrono::steady_clock::now();
  bool complete = false;
  {
    ProgressLine line(arguments.style.show_progress());
    job.progress = [&line](const Progress& progress) { line.update(progress); };
    complete = generate(job);
  }
  if (!complete) {
    return report_interrupted(job.output_path, arguments.style.json);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto bytes =
      static_cast<double>(job.rows * job.features) * static_cast<double>(element_size(job.type));
  if (arguments.style.json) {
    const nlohmann::ordered_json object = {{"schema", "evenscore-generate-1"},
                                           {"output", job.output_path},
                                           {"rows", job.rows},
                                           {"features", job.features},
                                           {"dtype", std::string(element_name(job.type))},
                                           {"seconds", seconds}};
    fmt::print("{}\n", object.dump(2));
  } else if (!arguments.style.quiet) {
    fmt::print("{} rows of {} {} features ({}) in {}, written to {}\n", grouped(job.rows), job.features,
               element_name(job.type), bytes_text(bytes), seconds_text(seconds), job.output_path);
  }
  return kDone;
}

}  // namespace

Command add_generate(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("generate", "Write a file of made-up rows, for tests and benchmarks");
  command->footer(
      "Values are near mean + scale * normal; equal options give equal values on every machine.\n\n"
      "Example:\n  evenscore generate -o rows.h5 --rows 20000000 --like model.joblib");
  command->add_option("-o,--out", arguments->job.output_path, "The file to write")
      ->required()
      ->type_name("ROWS.h5");
  command->add_option("--rows", arguments->job.rows, "How many rows")
      ->required()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--features", arguments->job.features, "How many features")->check(CLI::PositiveNumber);
  command->add_option("--like", arguments->like, "Take feature names, count and scale from a model")
      ->type_name("MODEL");
  command->add_option("--dtype", arguments->dtype, "Type of the values")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->capture_default_str();
  command->add_option("--chunk-rows", arguments->job.chunk_rows, "Rows a chunk, 0 = contiguous")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--compress", arguments->compress, "gzip:1 to gzip:9, with shuffle")
      ->type_name("gzip:N");
  command->add_option("--seed", arguments->job.seed, "Another seed, other values")->capture_default_str();
  command->add_flag("--overwrite", arguments->job.overwrite, "Replace an existing file");
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
