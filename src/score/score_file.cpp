#include "evenscore/score_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/stopwatch.h"
#include "batch/block_digest.h"
#include "evenscore/error.h"
#include "h5/file_identity.h"
#include "score/chosen_outputs.h"
#include "score/scoring.h"

namespace evenscore {
namespace {

constexpr std::int64_t kBytesReread = std::int64_t{8} << 20;  // at a time

std::vector<std::string> paths_of(const ScoreJob& job) {
  std::vector<std::string> paths{job.rows_path};
  paths.insert(paths.end(), job.rows.more_files.begin(), job.rows.more_files.end());
  return paths;
}

PredictionLayout layout_of(const ModelFile& model, const ScoreJob& job, const WantedOutputs& wanted,
                           const Program& program, const RowSource& source, bool bound_by_name) {
  PredictionLayout layout;
  layout.rows = source.count();
  layout.type = job.output_type;
  layout.wanted = wanted;
  layout.classes = model.pipeline.classes();
  layout.decision_columns = program.n_scores() == 1 ? 0 : program.n_scores();
  layout.mark_bad_rows = job.bad_rows == BadRows::mark;
  layout.pipeline_digest = pipeline_digest(model.pipeline);
  layout.arithmetic = job.arithmetic == Arithmetic::exact ? "exact" : "sklearn";
  std::vector<std::string> names;
  for (const std::string& path : paths_of(job))
    names.push_back(std::filesystem::path(path).filename().string());
  layout.source_name = fmt::format("{}", fmt::join(names, ","));
  layout.source_dataset = source.dataset();
  layout.feature_order = bound_by_name ? "names" : "position";
  if (job.rows.first_row != 0 || job.rows.end_row >= 0)
    layout.row_range = fmt::format("{}:{}", job.rows.first_row, job.rows.first_row + source.count());
  layout.copies = source.copied();
  return layout;
}

constexpr std::int64_t kMostBlocksReread = 16;
constexpr std::int64_t kMostBytesReread = std::int64_t{256} << 20;

// Of every file of rows.
std::vector<std::optional<h5::FileIdentity>> identities_of(const ScoreJob& job) {
  std::vector<std::optional<h5::FileIdentity>> files;
  for (const std::string& path : paths_of(job)) files.push_back(h5::identity_of(path));
  return files;
}

std::string stamp_of(const std::vector<std::optional<h5::FileIdentity>>& files) {
  std::vector<std::string> stamps;
  for (const std::optional<h5::FileIdentity>& file : files)
    stamps.push_back(file ? fmt::format("{} bytes of time {} ns", file->size, file->modified_ns) : "no file");
  return fmt::format("{}", fmt::join(stamps, ", "));
}

void check_not_replaced(const ScoreJob& job, const std::vector<std::optional<h5::FileIdentity>>& files) {
  const std::vector<std::string> paths = paths_of(job);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (h5::identity_of(paths[i]) == files[i]) continue;
    throw Error(ErrorCode::corrupt_file, "was replaced or changed while it was read", {},
                "run again when nothing writes to it")
        .in_file(paths[i]);
  }
}

// All that the bits of the output depend on, and what the rows' file looks like from outside.
Fingerprint fingerprint_of(const PredictionLayout& layout, const std::string& rows_stamp,
                           const RowSource& source) {
  std::string columns;
  for (const std::string& name : source.feature_names()) columns += name + ",";
  std::vector<std::string> copies;
  for (const CopiedColumn& copy : layout.copies) copies.push_back(copy.name);
  return {{"pipeline digest", layout.pipeline_digest},
          {"arithmetic", layout.arithmetic},
          {"file of rows", layout.source_name},
          {"state of the file of rows", rows_stamp},
          {"dataset", layout.source_dataset},
          {"number of rows", std::to_string(layout.rows)},
          {"element type", std::string(element_name(source.type()))},
          {"order of columns", layout.feature_order},
          {"range of rows", layout.row_range.empty() ? std::string("all") : layout.row_range},
          {"copied columns", fmt::format("{}", fmt::join(copies, ","))},
          {"columns", columns.empty() ? std::to_string(source.columns()) : columns},
          {"list of outputs", names_of(layout.wanted)},
          {"type of outputs", layout.type == OutputType::f32 ? "f32" : "f64"},
          {"rule for bad rows", layout.mark_bad_rows ? "mark" : "stop"}};
}

Resumption resumption_of(const ScoreJob& job, const PredictionLayout& layout, const std::string& rows_stamp,
                         const RowSource& source) {
  Resumption resumption{fingerprint_of(layout, rows_stamp, source),
                        {},
                        job.resume,
                        job.checkpoint_seconds,
                        job.durable != nullptr ? &job.durable->rows_kept : nullptr};
  if (!layout.mark_bad_rows) return resumption;
  PredictionLayout stopped = layout;
  stopped.mark_bad_rows = false;
  resumption.stopped = fingerprint_of(stopped, rows_stamp, source);
  return resumption;
}

// Some of the blocks that an unfinished run has read, the first and the last among them, must be the same.
void check_rows_read_before(RowSource& source, const std::vector<BlockHash>& blocks, std::int64_t row_bytes) {
  if (blocks.empty()) return;
  const auto n = static_cast<std::int64_t>(blocks.size());
  const std::int64_t block_bytes = std::max<std::int64_t>(1, row_bytes * BlockDigest::kBlockRows);
  const std::int64_t most = std::clamp<std::int64_t>(kMostBytesReread / block_bytes, 2, kMostBlocksReread);
  const std::int64_t step = std::max<std::int64_t>(1, kBytesReread / row_bytes);
  std::vector<std::byte> rows(static_cast<std::size_t>(std::min(step, BlockDigest::kBlockRows) * row_bytes));
  for (std::int64_t i = 0; i < std::min(n, most); ++i) {
    const std::int64_t block = n <= most ? i : i * (n - 1) / (most - 1);
    const std::int64_t first = block * BlockDigest::kBlockRows;
    BlockDigest digest(static_cast<std::size_t>(row_bytes));
    std::vector<BlockHash> hash;
    for (std::int64_t done = 0; done < BlockDigest::kBlockRows; done += step) {
      const std::int64_t count = std::min(step, BlockDigest::kBlockRows - done);
      source.read(first + done, count, rows.data());
      hash = digest.update(rows.data(), count);
    }
    if (hash.size() == 1 && hash.front() == blocks[static_cast<std::size_t>(block)]) continue;
    throw Error(ErrorCode::bad_request,
                fmt::format("rows {} to {} are not those that the unfinished run has read", first,
                            first + BlockDigest::kBlockRows),
                source.dataset(), "give --overwrite without --resume to start over")
        .in_file(source.path());
  }
}

}  // namespace

std::vector<std::pair<std::string, double>> BusySeconds::parts() const {
  return {{"reading", reading}, {"decoding", decoding}, {"copying", copying},
          {"hashing", hashing}, {"scoring", scoring},   {"writing", writing}};
}

std::string BusySeconds::bound_by() const {
  const double reader = reading + decoding + copying + hashing;
  if (writing >= scoring && writing >= reader) return "writing";
  if (scoring >= reader) return "scoring";
  if (decoding >= reading && decoding >= copying) return "decoding";
  return copying >= reading ? "copying" : "reading";
}

ScoreSummary score_file(const ModelFile& model, const ScoreJob& job) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::optional<h5::FileIdentity>> rows_files = identities_of(job);
  RowSource source = RowSource::open(job.rows_path, job.rows);
  const bool bound_by_name = source.bind(model.pipeline.n_features(), model.pipeline.feature_names);
  const Program program = compile(model.pipeline, {job.arithmetic, source.type()});
  const WantedOutputs wanted = choose_outputs(job.wanted, program);
  check_probes(model.pipeline, model.probes.empty() ? make_probes(model.pipeline) : model.probes, job.engine,
               job.engine_options, job.make);
  const std::unique_ptr<Engine> engine = job.make(job.engine, program, job.engine_options);

  std::vector<std::string> inputs = job.model_paths;
  const std::vector<std::string> rows_paths = paths_of(job);
  inputs.insert(inputs.end(), rows_paths.begin(), rows_paths.end());
  if (job.durable != nullptr) job.durable->rows = source.count();
  const PredictionLayout layout = layout_of(model, job, wanted, program, source, bound_by_name);
  PredictionWriter writer(job.output_path, layout, inputs, job.overwrite,
                          resumption_of(job, layout, stamp_of(rows_files), source));

  const std::int64_t row_bytes = source.columns() * static_cast<std::int64_t>(element_size(source.type()));
  BlockDigest rows_digest(static_cast<std::size_t>(row_bytes));
  ScoreSummary summary;
  summary.rows = source.count();
  summary.rows_before = writer.rows_written();
  summary.bad_rows = writer.bad_rows_before();
  check_rows_read_before(source, writer.row_blocks(), row_bytes);
  rows_digest.append(writer.row_blocks());
  Scoring scoring{job, program, source, *engine, writer, rows_digest, wanted, row_bytes, summary};
  scoring.run();
  if (summary.cancelled) summary.rows_kept = writer.suspend();
  summary.engine = engine->description();
  summary.rows_dataset = source.dataset();
  summary.way = source.way();
  summary.bound_by_name = bound_by_name;
  summary.outputs = names_of(wanted);
  if (summary.cancelled) return summary;
  check_not_replaced(job, rows_files);
  summary.rows_digest = rows_digest.hex();
  {
    const Stopwatch watch(summary.busy.writing);
    writer.finish(summary.rows_digest);
  }
  summary.outputs_digest = writer.outputs_digest();
  summary.pipeline_digest = layout.pipeline_digest;
  summary.bytes_read = source.count() * row_bytes;
  summary.bytes_written = static_cast<std::int64_t>(std::filesystem::file_size(job.output_path));
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace evenscore
