#include "sklearn_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "evenscore/arith/ops.h"
#include "evenscore/rows_file.h"
#include "verify/other_software.h"
#include "verify/probability_bounds.h"
#include "verify/score_bounds.h"

namespace evenscore::test {
namespace {

using namespace verifier;

std::vector<double> numbers(const PredictionSource& source, NumberOutput output) {
  Array array;
  array.kind = Array::Kind::number;
  array.type = source.type(output) == OutputType::f64 ? ElementType::f64 : ElementType::f32;
  array.data.resize(static_cast<std::size_t>(source.count() * source.columns(output)) *
                    element_size(array.type));
  source.read(output, 0, source.count(), array.data.data());
  return to_f64(array);
}

/// Labels as text, whatever their type.
std::vector<std::string> texts(const Labels& labels) {
  std::vector<std::string> result = labels.strings;
  for (const std::int64_t value : labels.integers) result.push_back(std::to_string(value));
  for (const double value : labels.reals) result.push_back(std::to_string(value));
  return result;
}

bool holds(const Interval& interval, double value) {
  if (std::isnan(value)) return interval.allows_nan;
  return interval.low <= value && value <= interval.high;
}

/// The other side's numbers of one output, or none.
std::vector<double> numbers_if_any(const PredictionSource& source, NumberOutput output) {
  return source.has(output) ? numbers(source, output) : std::vector<double>();
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

}  // namespace

std::string sklearn_data() {
  return std::string(EVENSCORE_TEST_DATA) + "/sklearn";
}

Outputs run(const Program& program, const RowsView& rows, EngineKind kind) {
  const auto n = static_cast<std::size_t>(rows.count);
  const auto k = static_cast<std::size_t>(program.n_proba());
  Outputs out{std::vector<std::int32_t>(program.is_regressor() ? 0 : n),
              std::vector<std::uint8_t>(n),
              std::vector<double>(n * static_cast<std::size_t>(program.n_scores())),
              std::vector<double>(n * k),
              std::vector<double>(n * k),
              std::vector<float>(n * k)};
  OutputsView f64;
  f64.label_index = program.is_regressor() ? nullptr : out.label_index.data();
  f64.status = out.status.data();
  f64.decision = out.decision.data();
  f64.proba = program.has_proba() ? out.proba.data() : nullptr;
  f64.log_proba = program.has_proba() ? out.log_proba.data() : nullptr;
  const std::unique_ptr<Engine> engine = make_engine(kind, program);
  engine->run(rows, f64);
  if (!program.has_proba()) return out;
  OutputsView f32;
  f32.type = OutputType::f32;
  f32.proba = out.proba32.data();
  engine->run(rows, f32);
  return out;
}

Expected read_expected(const std::string& folder, const std::string& group) {
  const std::string file = sklearn_data() + "/" + folder + "/expected.h5";
  RowsOptions options;
  options.dataset = group + "/X";
  RowSource source = RowSource::open(file, options);
  const auto size = static_cast<std::int64_t>(element_size(source.type()));
  std::vector<std::byte> rows(static_cast<std::size_t>(source.count() * source.columns() * size));
  source.read(0, source.count(), rows.data());
  const RowsView view{rows.data(),      source.type(),           source.count(),
                      source.columns(), size * source.columns(), size,
                      MemorySpace::host};
  return {view, std::move(rows), PredictionSource({file, group})};
}

void expect_as_scikit_learn(const ModelFile& model, const PredictionSource& expected, const RowsView& rows,
                            Arithmetic arithmetic, Worst& worst) {
  const Program program = compile(model.pipeline, {arithmetic, rows.type});
  const Outputs out = run(program, rows, EngineKind::cpu);
  const Outputs reference = run(program, rows, EngineKind::reference);
  ASSERT_TRUE(same_bits(out.decision, reference.decision));
  ASSERT_TRUE(same_bits(out.proba, reference.proba));

  const OtherSoftware other = scikit_learn(model.pipeline, rows.type, arithmetic);
  const auto n_scores = static_cast<std::size_t>(program.n_scores());
  const auto n_proba = static_cast<std::size_t>(program.n_proba());
  std::vector<double> p64(out.decision.size()), any(out.decision.size());
  ScoreBounds(program, other).evaluate(rows, p64.data(), any.data());

  const bool regressor = program.is_regressor();
  const std::vector<double> decision =
      numbers_if_any(expected, regressor ? NumberOutput::prediction : NumberOutput::decision);
  const std::vector<double> proba = numbers_if_any(expected, NumberOutput::proba);
  const std::vector<double> log_proba = numbers_if_any(expected, NumberOutput::log_proba);
  ASSERT_TRUE(decision.empty() || decision.size() == out.decision.size());
  ASSERT_TRUE(!regressor || !decision.empty());
  ASSERT_EQ(proba.size(), expected.has(NumberOutput::proba) ? out.proba.size() : 0);
  EXPECT_EQ(expected.has(NumberOutput::proba), program.has_proba());
  const std::vector<std::string> labels =
      regressor ? std::vector<std::string>() : texts(expected.labels()->read(0, expected.count()));
  const std::vector<std::string> classes = texts(model.pipeline.classes());
  ASSERT_EQ(labels.size(), out.label_index.size());
  ProbabilityBounds intervals(rules_of(program), other.products);
  // The f32 value of the positive class's probability is the same wherever scikit-learn computes in f64.
  const bool f64_everywhere = other.products.unit == kBinary64.unit && other.columns.unit == kBinary64.unit;
  const bool affine_columns = !program.check_inputs;

  for (std::size_t row = 0; row < out.status.size(); ++row) {
    SCOPED_TRACE("row " + std::to_string(row));
    ASSERT_EQ(out.status[row], 0);
    std::vector<double> z(n_scores), bound(n_scores);
    for (std::size_t k = 0; k < n_scores; ++k) {
      const std::size_t i = row * n_scores + k;
      z[k] = program.link == LinkKind::exponential ? std::log(out.decision[i]) : out.decision[i];
      bound[k] = p64[i] + any[i];
      if (!std::isfinite(bound[k])) ++worst.unbounded;
    }
    intervals.set_row(z.data(), bound.data());
    for (std::size_t k = 0; k < n_scores && !decision.empty(); ++k) {
      const double theirs = decision[row * n_scores + k];
      if (theirs == out.decision[row * n_scores + k])
        continue;  // of e^z that is 0 or infinite z is not known
      EXPECT_TRUE(holds(intervals.decision(static_cast<std::int32_t>(k)), theirs))
          << "score " << k << ": " << out.decision[row * n_scores + k] << " and scikit-learn " << theirs
          << ", bound " << bound[k];
      if (program.link == LinkKind::exponential || !std::isfinite(bound[k]) || bound[k] == 0.0) continue;
      const double error = std::fabs(z[k] - theirs);
      double& largest = f64_everywhere ? worst.f64_error : worst.f32_error;
      if (affine_columns) largest = std::max(largest, error);
      worst.decision_share = std::max(worst.decision_share, error / bound[k]);
    }
    worst.rows += 1;
    for (std::size_t k = 0; k < proba.size() / out.status.size(); ++k) {
      const std::size_t i = row * n_proba + k;
      EXPECT_TRUE(holds(intervals.proba(static_cast<std::int32_t>(k)), proba[i]))
          << "proba " << k << ": " << out.proba[i] << " and scikit-learn " << proba[i];
      EXPECT_TRUE(holds(intervals.log_proba(static_cast<std::int32_t>(k)), log_proba[i]))
          << "log_proba " << k << ": " << out.log_proba[i] << " and scikit-learn " << log_proba[i];
    }
    if (regressor) continue;
    const auto label = static_cast<std::size_t>(out.label_index[row]);
    const bool certified = intervals.is_certified();
    worst.labels_certified += certified ? 1 : 0;
    if (certified) {
      EXPECT_EQ(classes[label], labels[row]);
    }
    worst.labels_different += classes[label] == labels[row] ? 0 : 1;
    if (n_proba != 2) continue;
    if (f64_everywhere && affine_columns && program.link != LinkKind::modified_huber) {
      EXPECT_EQ(arith::bits_of(out.proba32[2 * row + 1]),
                arith::bits_of(static_cast<float>(proba[2 * row + 1])));
      ++worst.positive_checked;
    }
    if (arithmetic == Arithmetic::sklearn && program.link == LinkKind::sigmoid) {
      EXPECT_EQ(arith::bits_of(out.proba[2 * row]), arith::bits_of(1.0 - out.proba[2 * row + 1]));
    }
  }
}

}  // namespace evenscore::test
