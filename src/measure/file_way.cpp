#include "measure/file_way.h"

#include <chrono>
#include <filesystem>

#include "evenscore/error.h"
#include "evenscore/generate.h"
#include "measure/plain_file.h"

namespace evenscore::measure {
namespace {

constexpr std::uintmax_t kMostFileBytes = std::uintmax_t{8} << 30;

/// Results of a prediction file in place of an engine's.
void read_results(const PredictionSource& source, std::int64_t first, std::int64_t count,
                  const OutputsView& destination) {
  const auto read = [&](NumberOutput output, void* to) {
    if (to != nullptr && source.has(output)) source.read(output, first, count, static_cast<std::byte*>(to));
  };
  read(NumberOutput::proba, destination.proba);
  read(NumberOutput::log_proba, destination.log_proba);
  read(NumberOutput::decision, destination.decision);
  read(NumberOutput::prediction, destination.decision);
  if (destination.label_index == nullptr) return;
  const std::vector<std::int32_t> labels = source.read_label_index(first, count);
  std::copy(labels.begin(), labels.end(), destination.label_index);
}

}  // namespace

FileWay::FileWay(const ModelFile& model, const BenchJob& job, const BenchRows& rows,
                 const WantedOutputs& wanted, ReferenceCheck& check)
    : model_(model),
      job_(job),
      rows_path_(job.rows_path),
      results_path_(folder_.file("results.h5")),
      wanted_(wanted),
      check_(check),
      rows_(rows.view.count) {
  if (rows.view.count < rows.available)
    throw Error(ErrorCode::limit_exceeded, "not all rows of the file are timed");
  if (rows_path_.empty()) {
    rows_path_ = folder_.file("rows.h5");
    GenerateJob generated;
    imitate(generated, model.pipeline);
    generated.output_path = rows_path_;
    generated.rows = rows_;
    generated.type = rows.view.type;
    generate(generated);
  }
  rows_bytes_ = std::filesystem::file_size(rows_path_);
  if (rows_bytes_ > kMostFileBytes)
    throw Error(ErrorCode::limit_exceeded, "the file of rows has more than 8 GiB");
}

std::vector<Limit> FileWay::limits() {
  return {{"file read",
           "bytes",
           [this] { return static_cast<double>(rows_bytes_) / read_plain_file(rows_path_); },
           {}},
          {"file write",
           "bytes",
           [this] {
             return static_cast<double>(results_bytes_) /
                    write_plain_file(folder_.file("plain"), results_bytes_);
           },
           {}}};
}

ScoreSummary FileWay::score(EngineKind kind, const EngineOptions& options) {
  ScoreJob job;
  job.rows_path = rows_path_;
  job.rows = job_.rows;
  job.output_path = results_path_;
  job.overwrite = true;
  job.wanted = wanted_;
  job.output_type = job_.output_type;
  job.engine = kind;
  job.engine_options = options;
  job.arithmetic = job_.arithmetic;
  job.batch_rows = job_.batch_rows;
  job.bad_rows = BadRows::mark;
  job.make = job_.make;
  job.cancelled = job_.cancelled;
  return score_file(model_, job);
}

std::string FileWay::difference() {
  const PredictionSource source({results_path_, "/"});
  return check_.first_difference([&](std::int64_t first, std::int64_t count, const OutputsView& destination) {
    read_results(source, first, count, destination);
  });
}

TimedRun FileWay::run(EngineKind kind, const EngineOptions& options) {
  TimedRun run;
  run.timing.kind = kind;
  run.timing.rows = rows_;
  run.timing.batch_rows = job_.batch_rows;
  const ScoreSummary summary = score(kind, options);
  run.timing.description = summary.engine;
  if (!summary.cancelled) results_bytes_ = std::filesystem::file_size(results_path_);
  run.bytes = static_cast<double>(rows_bytes_ + results_bytes_);
  run.seconds = [this, kind, options] {
    const auto start = std::chrono::steady_clock::now();
    score(kind, options);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  run.difference = [this, kind, options] {
    std::filesystem::remove(results_path_);
    return score(kind, options).cancelled ? std::string() : difference();
  };
  run.needs = [this] {
    return std::vector{static_cast<double>(rows_bytes_), static_cast<double>(results_bytes_)};
  };
  return run;
}

}  // namespace evenscore::measure
