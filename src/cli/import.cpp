#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "evenscore/error.h"
#include "evenscore/verify.h"

namespace evenscore::cli {
namespace {

constexpr std::int64_t kMostExpectedRows = 256;
constexpr std::int64_t kMostExpectedBytes = std::int64_t{1} << 20;

struct Arguments {
  OutputStyle style;
  ModelArguments model;
  std::string output, expect;
  bool overwrite = false;
};

Array to_array(const Labels& labels) {
  Array array;
  array.shape = {labels.size()};
  array.type = labels.element;
  if (labels.kind == LabelKind::string) {
    array.kind = Array::Kind::string;
    array.dtype = "object";
    array.strings = labels.strings;
    return array;
  }
  array.kind = labels.kind == LabelKind::boolean ? Array::Kind::boolean : Array::Kind::number;
  if (labels.kind == LabelKind::boolean) array.type = ElementType::u8;
  if (labels.kind == LabelKind::real) {
    array = make_array(labels.reals);
  } else if (labels.kind == LabelKind::integer) {
    array.type = ElementType::i64;
    array.data.resize(labels.integers.size() * 8);
    std::memcpy(array.data.data(), labels.integers.data(), array.data.size());
  } else {
    for (const std::int64_t value : labels.integers)
      array.data.push_back(value != 0 ? std::byte{1} : std::byte{0});
  }
  array.dtype = labels.kind == LabelKind::boolean ? "bool" : element_name(array.type);
  return array;
}

void append(Array& to, const Array& from) {
  if (to.shape.empty()) {
    to = from;
    return;
  }
  to.shape[0] += from.shape[0];
  to.data.insert(to.data.end(), from.data.begin(), from.data.end());
  to.strings.insert(to.strings.end(), from.strings.begin(), from.strings.end());
}

Array number_array(ElementType type, std::int64_t columns) {
  Array array;
  array.kind = Array::Kind::number;
  array.type = type;
  array.dtype = element_name(type);
  array.shape = {1, static_cast<std::uint64_t>(columns)};
  array.data.resize(static_cast<std::size_t>(columns) * element_size(type));
  return array;
}

/// Evenly spread rows of `path` and what it says was predicted for them.
std::map<std::string, Array> expected_sample(const Pipeline& pipeline, const std::string& path) {
  RowSource rows = RowSource::open(path);
  rows.bind(pipeline.n_features(), pipeline.feature_names);
  const PredictionSource predictions(parse_file_location(path));
  const std::int64_t row_bytes = rows.columns() * static_cast<std::int64_t>(element_size(rows.type()));
  const std::int64_t n =
      std::min({rows.count(), kMostExpectedRows, std::max<std::int64_t>(1, kMostExpectedBytes / row_bytes)});
  constexpr std::pair<NumberOutput, const char*> kOutputs[] = {{NumberOutput::decision, "decision"},
                                                               {NumberOutput::proba, "proba"},
                                                               {NumberOutput::log_proba, "log_proba"}};
  std::map<std::string, Array> expected;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t row = i * rows.count() / n;
    Array one = number_array(rows.type(), rows.columns());
    rows.read(row, 1, one.data.data());
    append(expected["rows"], one);
    if (predictions.labels() != nullptr)
      append(expected["label"], to_array(predictions.labels()->read(row, 1)));
    for (const auto& [output, name] : kOutputs) {
      if (!predictions.has(output)) continue;
      const ElementType type =
          predictions.type(output) == OutputType::f64 ? ElementType::f64 : ElementType::f32;
      Array values = number_array(type, predictions.columns(output));
      predictions.read(output, row, 1, values.data.data());
      append(expected[name], values);
    }
  }
  return expected;
}

int run(const Arguments& arguments) {
  ModelFile model = arguments.model.load();
  model.probes = make_probes(model.pipeline);
  if (!arguments.expect.empty()) {
    VerifyJob job{.model = model, .rows_path = arguments.expect, .engines = {EngineKind::cpu}};
    job.against = parse_file_location(arguments.expect);
    const VerifyReport report = verify(job);
    if (!report.accepted()) {
      if (arguments.style.json) fmt::print("{}\n", to_json(report));
      fmt::print(stderr, "{}", to_text(report));
      fmt::print(stderr, "evenscore: {}: the model does not predict what was recorded; nothing was written\n",
                 arguments.expect);
      return kRefuted;
    }
    model.expected = expected_sample(model.pipeline, arguments.expect);
  }
  save_model(arguments.output, model, arguments.overwrite);
  if (arguments.style.json) {
    const nlohmann::ordered_json object = {
        {"schema", "evenscore-import-1"},
        {"output", arguments.output},
        {"source_name", model.pipeline.source_name},
        {"source_sha256", model.pipeline.source_sha256},
        {"sklearn_version", model.pipeline.sklearn_version},
        {"pipeline_digest", pipeline_digest(model.pipeline)},
        {"probe_rows", model.probes.front().count},
        {"expected_rows", model.expected.empty() ? 0 : model.expected["rows"].shape[0]}};
    fmt::print("{}\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (!arguments.style.quiet) {
    fmt::print("{} imported from {} (scikit-learn {})\n", arguments.output, model.pipeline.source_name,
               model.pipeline.sklearn_version);
    fmt::print("digest     {}\n", pipeline_digest(model.pipeline));
    fmt::print("embedded   {} probe rows with the bits every device must give", model.probes.front().count);
    if (!model.expected.empty())
      fmt::print(", {} rows with recorded predictions", model.expected["rows"].shape[0]);
    fmt::print("\n");
  }
  return kDone;
}

}  // namespace

Command add_import(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("import", "Convert a saved scikit-learn file into a pipeline file");
  command->footer(
      "The pipeline file is HDF5: one group a step, complete enough to rebuild the scikit-learn object\n"
      "(scripts/rebuild_pipeline.py), with probe rows that every device must reproduce before it scores.\n"
      "--expect takes a file of scripts/record_predictions.py: all its rows are checked, a sample is "
      "embedded.\n\n"
      "Example:\n  evenscore import model.joblib -o model.h5 --expect recorded.h5");
  add_model(*command, arguments->model);
  command->add_option("-o,--out", arguments->output, "The pipeline file to write")
      ->required()
      ->type_name("PIPE.h5");
  command
      ->add_option("--expect", arguments->expect, "Rows /X and the predictions recorded for them when saving")
      ->type_name("PRED.h5");
  command->add_flag("--overwrite", arguments->overwrite, "Replace an existing file");
  add_output_style(*command, arguments->style);
  return [arguments] { return run(*arguments); };
}

}  // namespace evenscore::cli
