#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

#include "evenscore/diff.h"
#include "evenscore/error.h"
#include "verify/class_index.h"
#include "verify/comparison.h"
#include "verify/difference_patterns.h"
#include "verify/engine_side.h"
#include "verify/model_difference.h"
#include "verify/row_sample.h"
#include "verify/verdict_reason.h"

namespace evenscore {
namespace {

using verifier::EngineSide;
using verifier::Exchange;

constexpr std::size_t kReadBytes = std::size_t{8} << 20;
constexpr std::int64_t kEffectRows = 20'000;
constexpr std::int64_t kEffectBytes = std::int64_t{256} << 20;
const std::vector<verifier::EngineRequest> kRequest{{}};

/// Why the predictions of two Programs cannot be held against each other; empty where they can.
std::string obstacle(const Pipeline& a, const Pipeline& b, const Program& program_a,
                     const Program& program_b) {
  if (a.n_features() != b.n_features())
    return fmt::format("A has {} features, B has {}", a.n_features(), b.n_features());
  if (program_a.n_classes != program_b.n_classes || program_a.n_scores() != program_b.n_scores())
    return "A and B predict other classes";
  if (!(a.classes() == b.classes())) return "A and B predict other classes";
  return {};
}

/// The rows of a file, bound as the model wants them.
class BoundRows {
 public:
  BoundRows(const DiffJob& job, const Pipeline& pipeline)
      : source_(RowSource::open(job.rows_path, job.rows_options)) {
    source_.bind(pipeline.n_features(), pipeline.feature_names);
  }

  const RowSource& source() const { return source_; }
  std::int64_t row_bytes() const {
    return source_.columns() * static_cast<std::int64_t>(element_size(source_.type()));
  }
  std::int64_t batch_rows() const { return std::max<std::int64_t>(1, source_.batch_rows(kReadBytes)); }
  /// Dense, borrowed until the next call.
  RowsView read(const std::vector<std::pair<std::int64_t, std::int64_t>>& ranges) {
    std::int64_t count = 0;
    for (const auto& range : ranges) count += range.second;
    buffer_.resize(static_cast<std::size_t>(count * row_bytes()));
    std::byte* next = buffer_.data();
    for (const auto& [first, n] : ranges) {
      source_.read(first, n, next);
      next += n * row_bytes();
    }
    return {buffer_.data(),    source_.type(), count,
            source_.columns(), row_bytes(),    static_cast<std::int64_t>(element_size(source_.type())),
            MemorySpace::host};
  }

 private:
  RowSource source_;
  std::vector<std::byte> buffer_;
};

VerifyReport compare_predictions(const DiffJob& job, BoundRows& rows_a, BoundRows& rows_b,
                                 const Program& program_a, const Program& program_b) {
  VerifyReport report;
  const verifier::ClassIndex classes(job.a.pipeline.classes());
  report.rows = rows_a.source().count();
  report.has_model = false;
  report.sources = {job.a_name, job.b_name};
  report.class_names = classes.names();
  EngineSide a(job.engine, program_a, job.engine_options, kRequest);
  EngineSide b(job.engine, program_b, job.engine_options, kRequest);
  verifier::Comparison comparison(
      {job.a_name, job.b_name, VerifyMode::bitwise, {}, verifier::rules_of(program_a), classes.names()});
  verifier::DifferencePatterns patterns(job.a_name, job.b_name, classes.names());
  const std::int64_t step = rows_a.batch_rows();
  for (std::int64_t first = 0; first < report.rows; first += step) {
    const std::int64_t n = std::min(step, report.rows - first);
    a.run(rows_a.read({{first, n}}));
    b.run(rows_b.read({{first, n}}));
    comparison.add(first, n, a.view(0), b.view(0), nullptr);
    patterns.add(n, a.view(0), b.view(0));
    if (job.progress) job.progress(first + n, report.rows);
  }
  report.comparison = comparison.result();
  report.verdict = verifier::verdict_of(report.comparison, VerifyMode::bitwise);
  report.reason = verifier::verdict_reason(report.comparison, report.verdict, VerifyMode::bitwise,
                                           program_a.is_regressor());
  if (!report.accepted()) report.likely_causes = patterns.causes();
  return report;
}

/// Of the sample, what model A predicts.
struct Predicted {
  std::vector<double> decision;
  std::vector<std::int32_t> labels;
};

Predicted predict(const DiffJob& job, const Program& program, const RowsView& rows) {
  EngineSide side(job.engine, program, job.engine_options, kRequest);
  side.run(rows);
  const auto* scores = static_cast<const double*>(side.view(0).decision.data);
  Predicted predicted{{scores, scores + rows.count * program.n_scores()}, {}};
  if (side.label_index() != nullptr)
    predicted.labels.assign(side.label_index(), side.label_index() + rows.count);
  return predicted;
}

DifferenceEffect effect_of(const DiffJob& job, const Exchange& exchange, const RowsView& rows,
                           const Program& before, const Predicted& predicted) {
  DifferenceEffect effect{exchange.difference.path, {}, 0, 0, 0.0};
  try {
    Pipeline exchanged = job.a.pipeline;
    exchange.apply(exchanged);
    check(exchanged);
    const Program program = compile(exchanged, {job.arithmetic, rows.type});
    effect.why_not = obstacle(job.a.pipeline, exchanged, before, program);
    if (!effect.why_not.empty()) return effect;
    const Predicted now = predict(job, program, rows);
    const std::int64_t columns = before.n_scores();
    for (std::int64_t i = 0; i < rows.count; ++i) {
      const auto first = static_cast<std::size_t>(i * columns);
      const auto bytes = static_cast<std::size_t>(columns) * sizeof(double);
      if (!now.labels.empty() &&
          now.labels[static_cast<std::size_t>(i)] != predicted.labels[static_cast<std::size_t>(i)])
        ++effect.labels_changed;
      if (std::memcmp(&now.decision[first], &predicted.decision[first], bytes) == 0) continue;
      ++effect.rows_changed;
      for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
        const double change = std::fabs(now.decision[first + c] - predicted.decision[first + c]);
        if (change > effect.max_abs) effect.max_abs = change;
      }
    }
  } catch (const Error& error) {
    effect.why_not = error.what();
  }
  return effect;
}

void find_effects(const DiffJob& job, const std::vector<Exchange>& exchanges, BoundRows& rows,
                  const Program& program, DiffReport& report) {
  const std::int64_t affordable = std::max<std::int64_t>(1, kEffectBytes / rows.row_bytes());
  const RowsView sample =
      rows.read(verifier::row_sample(rows.source().count(), std::min(kEffectRows, affordable), 0));
  report.effect_rows = sample.count;
  const Predicted predicted = predict(job, program, sample);
  for (const Exchange& exchange : exchanges) {
    if (!exchange.difference.predicts || !exchange.apply) continue;
    report.effects.push_back(effect_of(job, exchange, sample, program, predicted));
  }
  std::stable_sort(report.effects.begin(), report.effects.end(),
                   [](const DifferenceEffect& x, const DifferenceEffect& y) {
                     return std::tie(x.labels_changed, x.rows_changed, x.max_abs) >
                            std::tie(y.labels_changed, y.rows_changed, y.max_abs);
                   });
}

}  // namespace

DiffReport diff(const DiffJob& job) {
  DiffReport report;
  report.a_name = job.a_name;
  report.b_name = job.b_name;
  report.a_digest = pipeline_digest(job.a.pipeline);
  report.b_digest = pipeline_digest(job.b.pipeline);
  const std::vector<Exchange> exchanges = verifier::model_differences(job.a.pipeline, job.b.pipeline);
  for (const Exchange& exchange : exchanges) report.differences.push_back(exchange.difference);
  if (job.rows_path.empty()) return report;
  if (job.a.pipeline.n_features() != job.b.pipeline.n_features()) {
    report.not_compared =
        fmt::format("A has {} features, B has {}", job.a.pipeline.n_features(), job.b.pipeline.n_features());
    return report;
  }
  BoundRows rows_a(job, job.a.pipeline), rows_b(job, job.b.pipeline);
  const CompileOptions options{job.arithmetic, rows_a.source().type()};
  const Program program_a = compile(job.a.pipeline, options);
  const Program program_b = compile(job.b.pipeline, options);
  report.not_compared = obstacle(job.a.pipeline, job.b.pipeline, program_a, program_b);
  if (!report.not_compared.empty()) return report;
  report.predictions = compare_predictions(job, rows_a, rows_b, program_a, program_b);
  if (!report.predictions->accepted() && rows_a.source().count() > 0)
    find_effects(job, exchanges, rows_a, program_a, report);
  return report;
}

}  // namespace evenscore
