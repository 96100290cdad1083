// No bound is ever exceeded: computed scores against the exact value by MPFR, for P64-v1 and for other ways
// to evaluate the same formula, on rows made to be hard.
#include "verify/score_bounds.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "evenscore/engine.h"
#include "evenscore/error.h"
#include "program/program_builder.h"

namespace evenscore {
namespace {

using verifier::OtherSoftware;
using verifier::ScoreBounds;

enum class Values { ordinary, mixed_scales, epoch_seconds, cancelling, subnormal, far_from_mean };

struct Formula {
  std::vector<double> mean, scale, weight;
  double intercept = 0.0;
  std::vector<double> rows;  ///< n x F
  std::size_t n = 0;
};

Formula make_formula(Values values, std::size_t f, std::size_t n, std::mt19937_64& random, bool f32_rows) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> exponent(-30.0, 30.0);
  Formula formula;
  formula.n = n;
  formula.intercept = normal(random);
  for (std::size_t i = 0; i < f; ++i) {
    double mean = normal(random);
    double scale = 0.1 + std::fabs(normal(random));
    double weight = normal(random);
    if (values == Values::epoch_seconds) mean = 1.7e9, scale = 1.1e7;
    if (values == Values::mixed_scales) scale = std::exp(exponent(random)), mean *= scale;
    if (values == Values::subnormal) mean = 0.0, scale = 1e-30, weight *= 1e-260;
    if (values == Values::far_from_mean) mean = 1e8 * normal(random);
    formula.mean.push_back(mean);
    formula.scale.push_back(scale);
    formula.weight.push_back(weight);
  }
  if (values == Values::subnormal) formula.intercept = 0.0;
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t i = 0; i < f; ++i) {
      double u = normal(random);
      if (values == Values::mixed_scales) u *= std::exp(exponent(random) / 3.0);
      if (values == Values::cancelling) {
        u = i % 2 == 0 ? 1e6 * u
                       : -formula.weight[i - 1] / formula.weight[i] *
                             (formula.rows[r * f + i - 1] - formula.mean[i - 1]) / formula.scale[i - 1];
      }
      double x = formula.mean[i] + formula.scale[i] * u;
      if (values == Values::subnormal) x = 1e-310 * u;
      if (values == Values::far_from_mean) x = u;
      formula.rows.push_back(f32_rows ? static_cast<double>(static_cast<float>(x)) : x);
    }
  }
  return formula;
}

class Real {
 public:
  Real() {
    mpfr_init2(value_, 640);
    mpfr_set_zero(value_, 1);
  }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  ~Real() { mpfr_clear(value_); }
  mpfr_t& get() { return value_; }

 private:
  mpfr_t value_;
};

/// Exact score minus nothing: |computed - exact|, rounded up.
class Exact {
 public:
  void set(const Formula& formula, const double* row) {
    mpfr_set_d(sum_.get(), formula.intercept, MPFR_RNDN);
    for (std::size_t i = 0; i < formula.weight.size(); ++i) {
      mpfr_set_d(term_.get(), row[i], MPFR_RNDN);
      mpfr_sub_d(term_.get(), term_.get(), formula.mean[i], MPFR_RNDN);
      mpfr_div_d(term_.get(), term_.get(), formula.scale[i], MPFR_RNDN);
      mpfr_mul_d(term_.get(), term_.get(), formula.weight[i], MPFR_RNDN);
      mpfr_add(sum_.get(), sum_.get(), term_.get(), MPFR_RNDN);
    }
  }
  double distance(double computed) {
    mpfr_sub_d(term_.get(), sum_.get(), computed, MPFR_RNDN);
    mpfr_abs(term_.get(), term_.get(), MPFR_RNDN);
    return mpfr_get_d(term_.get(), MPFR_RNDU);
  }

 private:
  Real sum_, term_;
};

double plain_f64(const Formula& formula, const double* row, const std::vector<std::size_t>& order,
                 bool fused) {
  double sum = 0.0;
  for (const std::size_t i : order) {
    const double u = (row[i] - formula.mean[i]) / formula.scale[i];
    sum = fused ? std::fma(u, formula.weight[i], sum) : sum + u * formula.weight[i];
  }
  return sum + formula.intercept;
}

float to_f32(double x) {
  return static_cast<float>(x);
}

/// scikit-learn's scaling of f32 rows: up to 1.7, and from 1.8 on.
double f32_scaled(const Formula& formula, const double* row, const std::vector<std::size_t>& order,
                  bool narrow) {
  double sum = 0.0;
  for (const std::size_t i : order) {
    const double mu = narrow ? to_f32(formula.mean[i]) : formula.mean[i];
    const double s = narrow ? to_f32(formula.scale[i]) : formula.scale[i];
    const float t = to_f32(row[i] - mu);
    const float u = to_f32(static_cast<double>(t) / s);
    sum += static_cast<double>(u) * formula.weight[i];
  }
  return sum + formula.intercept;
}

/// The same with f32 coefficients: an f32 product.
double f32_product(const Formula& formula, const double* row, const std::vector<std::size_t>& order,
                   bool narrow) {
  float sum = 0.0F;
  for (const std::size_t i : order) {
    const double mu = narrow ? to_f32(formula.mean[i]) : formula.mean[i];
    const double s = narrow ? to_f32(formula.scale[i]) : formula.scale[i];
    const float u = to_f32(static_cast<double>(to_f32(row[i] - mu)) / s);
    sum += u * to_f32(formula.weight[i]);
  }
  return static_cast<double>(sum + to_f32(formula.intercept));
}

Program program_of(const Formula& formula, bool second_scaler = false) {
  ProgramBuilder builder(static_cast<std::int64_t>(formula.weight.size()), {});
  builder.centre_and_scale(formula.mean, formula.scale, Float32Scaling::round_each_step);
  if (second_scaler) {
    builder.centre_and_scale(std::vector<double>(formula.weight.size(), 0.0),
                             std::vector<double>(formula.weight.size(), 1.0),
                             Float32Scaling::round_each_step);
  }
  builder.linear(formula.weight, {formula.intercept});
  return builder.finish(LinkKind::sigmoid, 2);
}

std::vector<double> scores_of(const Program& program, const RowsView& rows) {
  std::vector<double> z(static_cast<std::size_t>(rows.count));
  OutputsView outputs;
  outputs.decision = z.data();
  make_engine(EngineKind::reference, program)->run(rows, outputs);
  return z;
}

RowsView view_of(const Formula& formula) {
  const auto f = static_cast<std::int64_t>(formula.weight.size());
  return {reinterpret_cast<const std::byte*>(formula.rows.data()),
          ElementType::f64,
          static_cast<std::int64_t>(formula.n),
          f,
          8 * f,
          8,
          MemorySpace::host};
}

constexpr Values kValues[] = {Values::ordinary,   Values::mixed_scales, Values::epoch_seconds,
                              Values::cancelling, Values::subnormal,    Values::far_from_mean};
constexpr std::size_t kFeatures[] = {1, 2, 7, 8, 15, 33, 100};

TEST(ScoreBounds, HoldForP64AndForAnyF64EvaluationAndAreTight) {
  std::mt19937_64 random(1);
  double closest_p64 = 0.0;
  double closest_other = 0.0;
  std::int64_t rows_checked = 0;
  for (const Values values : kValues) {
    for (const std::size_t f : kFeatures) {
      for (const bool second_scaler : {false, true}) {
        const Formula formula = make_formula(values, f, f > 50 ? 300 : 1600, random, false);
        const Program program = program_of(formula, second_scaler);
        ASSERT_EQ(program.stages.size(), second_scaler ? 3U : 1U);
        OtherSoftware other;
        other.coefficients = formula.weight;
        std::vector<double> p64(formula.n), any(formula.n);
        ScoreBounds(program, other).evaluate(view_of(formula), p64.data(), any.data());
        const std::vector<double> z = scores_of(program, view_of(formula));
        std::vector<std::size_t> order(f);
        for (std::size_t i = 0; i < f; ++i) order[i] = i;
        Exact exact;
        for (std::size_t r = 0; r < formula.n; ++r, ++rows_checked) {
          const double* row = &formula.rows[r * f];
          exact.set(formula, row);
          std::shuffle(order.begin(), order.end(), random);
          ASSERT_LE(exact.distance(z[r]), p64[r])
              << "values " << static_cast<int>(values) << " F " << f << " row " << r;
          const double by_any = exact.distance(plain_f64(formula, row, order, r % 2 == 0));
          ASSERT_LE(by_any, any[r]) << "values " << static_cast<int>(values) << " F " << f << " row " << r;
          closest_p64 = std::max(closest_p64, exact.distance(z[r]) / p64[r]);
          closest_other = std::max(closest_other, by_any / any[r]);
        }
      }
    }
  }
  EXPECT_GE(rows_checked, 100'000);
  EXPECT_GT(closest_p64, 0.1) << "far looser than the errors that occur";
  EXPECT_GT(closest_other, 0.1) << "far looser than the errors that occur";
}

TEST(ScoreBounds, HoldForScikitLearnsF32ScalingAndF32Products) {
  std::mt19937_64 random(2);
  double closest = 0.0;
  for (const Values values : kValues) {
    if (values == Values::subnormal) continue;  // below f32
    for (const std::size_t f : kFeatures) {
      for (const bool second_scaler : {false, true}) {
        Formula formula = make_formula(values, f, 400, random, true);
        for (double& w : formula.weight) w = to_f32(w);
        formula.intercept = to_f32(formula.intercept);
        OtherSoftware scaling{verifier::kBinary32, verifier::kBinary64, formula.weight, {}};
        OtherSoftware product{verifier::kBinary32, verifier::kBinary32, formula.weight, {}};
        const Program program = program_of(formula, second_scaler);
        std::vector<double> p64(formula.n), by_scaling(formula.n), by_product(formula.n);
        ScoreBounds(program, scaling).evaluate(view_of(formula), p64.data(), by_scaling.data());
        ScoreBounds(program, product).evaluate(view_of(formula), p64.data(), by_product.data());
        std::vector<std::size_t> order(f);
        for (std::size_t i = 0; i < f; ++i) order[i] = i;
        Exact exact;
        for (std::size_t r = 0; r < formula.n; ++r) {
          const double* row = &formula.rows[r * f];
          exact.set(formula, row);
          std::shuffle(order.begin(), order.end(), random);
          for (const bool narrow : {false, true}) {
            const double scaled = exact.distance(f32_scaled(formula, row, order, narrow));
            ASSERT_LE(scaled, by_scaling[r])
                << "values " << static_cast<int>(values) << " F " << f << " row " << r;
            ASSERT_LE(exact.distance(f32_product(formula, row, order, narrow)), by_product[r])
                << "values " << static_cast<int>(values) << " F " << f << " row " << r;
            closest = std::max(closest, scaled / by_scaling[r]);
          }
        }
      }
    }
  }
  EXPECT_GT(closest, 0.1) << "far looser than the errors that occur";
}

TEST(ScoreBounds, HoldWhereF32ResultsUnderflowAndAreInfiniteWhereTheyOverflow) {
  Formula formula{{0.0}, {1.0}, {1.0}, 0.0, {1e-40, 1e-45, 3e38}, 3};
  const OtherSoftware f32{verifier::kBinary32, verifier::kBinary32, {1.0}, {}};
  std::vector<double> p64(3), other(3);
  ScoreBounds(program_of(formula), f32).evaluate(view_of(formula), p64.data(), other.data());
  Exact exact;
  for (std::size_t r = 0; r < 2; ++r) {
    exact.set(formula, &formula.rows[r]);
    EXPECT_LE(exact.distance(f32_product(formula, &formula.rows[r], {0}, true)), other[r]);
  }
  EXPECT_TRUE(std::isinf(other[2]));
  EXPECT_LT(p64[2], 1e25);

  formula = {{0.0}, {1e-20}, {1e-20}, 0.0, {1e30}, 1};
  ScoreBounds(program_of(formula), {verifier::kBinary32, verifier::kBinary64, {1e-20}, {}})
      .evaluate(view_of(formula), p64.data(), other.data());
  EXPECT_TRUE(std::isinf(other[0])) << "1e30 / 1e-20 overflows in f32 although the product is 1e30";
}

TEST(ScoreBounds, HoldWhereAScaledF64ValueUnderflowsAndALargeCoefficientShowsIt) {
  const Formula formula{{0.0}, {1e300}, {1e300}, 0.0, {1.2345e-18}, 1};
  OtherSoftware other;
  other.coefficients = formula.weight;
  double p64 = 0.0;
  double any = 0.0;
  ScoreBounds(program_of(formula), other).evaluate(view_of(formula), &p64, &any);
  Exact exact;
  exact.set(formula, formula.rows.data());
  const double distance = exact.distance(plain_f64(formula, formula.rows.data(), {0}, false));
  EXPECT_GT(distance, 1e-30) << "nothing underflowed";
  EXPECT_LE(distance, any);
}

TEST(ScoreBounds, RowsThatAreNotFiniteHaveAnInfiniteBound) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const Formula formula{{0.0}, {1.0}, {1.0}, 0.0, {nan, infinity, -infinity}, 3};
  std::vector<double> p64(3), other(3);
  ScoreBounds(program_of(formula), {}).evaluate(view_of(formula), p64.data(), other.data());
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_TRUE(std::isinf(p64[r])) << r;
    EXPECT_TRUE(std::isinf(other[r])) << r;
  }
}

TEST(ScoreBounds, F32RoundedColumnsAreWhatIsComputedAndNotAnError) {
  const Formula formula{{0.1}, {0.3}, {1.0}, 0.0, {static_cast<double>(0.7F)}, 1};
  ProgramBuilder builder(1, {Arithmetic::sklearn, ElementType::f32});
  builder.centre_and_scale(formula.mean, formula.scale, Float32Scaling::narrow_parameters);
  builder.linear(formula.weight, {0.0});
  const Program program = builder.finish(LinkKind::sigmoid, 2);
  double p64 = 0.0;
  double other = 0.0;
  ScoreBounds(program, {}).evaluate(view_of(formula), &p64, &other);
  EXPECT_LT(p64, 1e-14);
  EXPECT_LT(other, 1e-14);
}

/// x * factor + offset, clipped, then perhaps centred and scaled: MinMaxScaler, and StandardScaler after it.
struct RangeFormula {
  std::vector<double> factor, offset, mean, scale, weight;  ///< mean and scale empty: none
  double low = 0.0, high = 1.0, intercept = 0.0;
  bool clip = false;
  std::vector<double> rows;  ///< n x F
};

enum class Range { ordinary, epoch_seconds, far_from_0, mixed_scales };

/// Rows in the range, beyond it, far beyond it, and within the last bits of its ends.
RangeFormula make_range_formula(Range range, std::size_t f, std::size_t n, bool clip, bool scaler_after,
                                std::mt19937_64& random, bool f32_rows) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  RangeFormula formula;
  formula.clip = clip;
  if (range == Range::far_from_0) formula.low = 1000.1, formula.high = 1001.3;
  if (range == Range::mixed_scales) formula.low = -0.3, formula.high = 0.7;
  if (!scaler_after) formula.intercept = normal(random);
  std::vector<double> data_min, data_range;
  for (std::size_t i = 0; i < f; ++i) {
    double size = 0.1 + std::fabs(normal(random));
    if (range == Range::epoch_seconds) size = 1.1e5;
    if (range == Range::mixed_scales) size = std::exp(30.0 * uniform(random) - 15.0);
    data_range.push_back(size);
    data_min.push_back(range == Range::epoch_seconds ? 1.7e9 : size * normal(random));
    formula.factor.push_back((formula.high - formula.low) / size);
    formula.offset.push_back(formula.low - data_min[i] * formula.factor[i]);
    formula.weight.push_back(normal(random));
    if (!scaler_after) continue;
    formula.mean.push_back(formula.low + 0.4 * (formula.high - formula.low));
    formula.scale.push_back(0.1 + uniform(random));
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t i = 0; i < f; ++i) {
      double u = 2.0 * uniform(random) - 0.5;
      if (r % 4 == 1) u = uniform(random) < 0.5 ? 0.0 : 1.0;
      if (r % 4 == 2) u *= 1e6;
      double x = data_min[i] + data_range[i] * u;
      if (r % 4 == 1) x *= 1.0 + (f32_rows ? 1e-7 : 2e-16) * normal(random);
      formula.rows.push_back(f32_rows ? static_cast<double>(static_cast<float>(x)) : x);
    }
  }
  return formula;
}

Program program_of(const RangeFormula& formula) {
  ProgramBuilder builder(static_cast<std::int64_t>(formula.weight.size()), {});
  builder.multiply(formula.factor, Float32Scaling::round_each_step);
  builder.add(formula.offset, Float32Scaling::round_each_step);
  if (formula.clip) builder.clip(formula.low, formula.high);
  if (!formula.mean.empty())
    builder.centre_and_scale(formula.mean, formula.scale, Float32Scaling::round_each_step);
  builder.linear(formula.weight, {formula.intercept});
  return builder.finish(LinkKind::sigmoid, 2);
}

RowsView view_of(const RangeFormula& formula) {
  const auto f = static_cast<std::int64_t>(formula.weight.size());
  const auto n = static_cast<std::int64_t>(formula.rows.size()) / f;
  return {reinterpret_cast<const std::byte*>(formula.rows.data()),
          ElementType::f64,
          n,
          f,
          8 * f,
          8,
          MemorySpace::host};
}

/// |computed - exact| of a RangeFormula, rounded up.
class ExactRange {
 public:
  void set(const RangeFormula& formula, const double* row) {
    mpfr_set_d(sum_.get(), formula.intercept, MPFR_RNDN);
    for (std::size_t i = 0; i < formula.weight.size(); ++i) {
      mpfr_set_d(term_.get(), row[i], MPFR_RNDN);
      mpfr_mul_d(term_.get(), term_.get(), formula.factor[i], MPFR_RNDN);
      mpfr_add_d(term_.get(), term_.get(), formula.offset[i], MPFR_RNDN);
      if (formula.clip && mpfr_cmp_d(term_.get(), formula.low) < 0)
        mpfr_set_d(term_.get(), formula.low, MPFR_RNDN);
      if (formula.clip && mpfr_cmp_d(term_.get(), formula.high) > 0)
        mpfr_set_d(term_.get(), formula.high, MPFR_RNDN);
      if (!formula.mean.empty()) {
        mpfr_sub_d(term_.get(), term_.get(), formula.mean[i], MPFR_RNDN);
        mpfr_div_d(term_.get(), term_.get(), formula.scale[i], MPFR_RNDN);
      }
      mpfr_mul_d(term_.get(), term_.get(), formula.weight[i], MPFR_RNDN);
      mpfr_add(sum_.get(), sum_.get(), term_.get(), MPFR_RNDN);
    }
  }
  double distance(double computed) {
    mpfr_sub_d(term_.get(), sum_.get(), computed, MPFR_RNDN);
    mpfr_abs(term_.get(), term_.get(), MPFR_RNDN);
    return mpfr_get_d(term_.get(), MPFR_RNDU);
  }

 private:
  Real sum_, term_;
};

double plain_f64(const RangeFormula& formula, const double* row, const std::vector<std::size_t>& order,
                 bool fused) {
  double sum = 0.0;
  for (const std::size_t i : order) {
    double t = fused ? std::fma(row[i], formula.factor[i], formula.offset[i])
                     : row[i] * formula.factor[i] + formula.offset[i];
    if (formula.clip) t = std::clamp(t, formula.low, formula.high);
    if (!formula.mean.empty()) t = (t - formula.mean[i]) / formula.scale[i];
    sum = fused ? std::fma(t, formula.weight[i], sum) : sum + t * formula.weight[i];
  }
  return sum + formula.intercept;
}

/// Columns in f32, their parameters rounded to f32 or not; f32 bounds of the clip; the product in f64 or f32.
double f32_columns(const RangeFormula& formula, const double* row, const std::vector<std::size_t>& order,
                   bool narrow, bool f32_products) {
  const auto parameter = [narrow](double p) { return narrow ? static_cast<double>(to_f32(p)) : p; };
  double sum = 0.0;
  for (const std::size_t i : order) {
    float t = to_f32(row[i] * parameter(formula.factor[i]));
    t = to_f32(static_cast<double>(t) + parameter(formula.offset[i]));
    if (formula.clip) t = std::clamp(t, to_f32(formula.low), to_f32(formula.high));
    if (!formula.mean.empty()) {
      t = to_f32(static_cast<double>(t) - parameter(formula.mean[i]));
      t = to_f32(static_cast<double>(t) / parameter(formula.scale[i]));
    }
    sum += f32_products ? to_f32(static_cast<double>(t) * formula.weight[i])
                        : static_cast<double>(t) * formula.weight[i];
    if (f32_products) sum = to_f32(sum);
  }
  return f32_products ? to_f32(sum + formula.intercept) : sum + formula.intercept;
}

constexpr Range kRanges[] = {Range::ordinary, Range::epoch_seconds, Range::far_from_0, Range::mixed_scales};
constexpr std::size_t kRangeFeatures[] = {1, 2, 8, 33};

std::string case_of(Range range, const RangeFormula& formula, std::size_t row) {
  return "range " + std::to_string(static_cast<int>(range)) + (formula.clip ? " clip" : "") +
         (formula.mean.empty() ? "" : " scaler after") + " F " + std::to_string(formula.weight.size()) +
         " row " + std::to_string(row);
}

TEST(ScoreBounds, HoldForMinMaxScalingInF64AndAreTight) {
  std::mt19937_64 random(3);
  double closest_p64 = 0.0;
  double closest_other = 0.0;
  for (const Range range : kRanges) {
    for (const std::size_t f : kRangeFeatures) {
      for (const bool clip : {false, true}) {
        for (const bool scaler_after : {false, true}) {
          const std::size_t n = 800;
          const RangeFormula formula = make_range_formula(range, f, n, clip, scaler_after, random, false);
          const Program program = program_of(formula);
          ASSERT_EQ(program.stages.size(), clip ? 4U : 3U);
          OtherSoftware other;
          other.coefficients = formula.weight;
          std::vector<double> p64(n), any(n);
          ScoreBounds(program, other).evaluate(view_of(formula), p64.data(), any.data());
          const std::vector<double> z = scores_of(program, view_of(formula));
          std::vector<std::size_t> order(f);
          for (std::size_t i = 0; i < f; ++i) order[i] = i;
          ExactRange exact;
          for (std::size_t r = 0; r < n; ++r) {
            const double* row = &formula.rows[r * f];
            exact.set(formula, row);
            std::shuffle(order.begin(), order.end(), random);
            ASSERT_LE(exact.distance(z[r]), p64[r]) << case_of(range, formula, r);
            const double by_any = exact.distance(plain_f64(formula, row, order, r % 2 == 0));
            ASSERT_LE(by_any, any[r]) << case_of(range, formula, r);
            closest_p64 = std::max(closest_p64, exact.distance(z[r]) / p64[r]);
            closest_other = std::max(closest_other, by_any / any[r]);
          }
        }
      }
    }
  }
  EXPECT_GT(closest_p64, 0.5) << "far looser than the errors that occur";
  EXPECT_GT(closest_other, 0.5) << "far looser than the errors that occur";
}

TEST(ScoreBounds, HoldForMinMaxScalingInF32) {
  std::mt19937_64 random(4);
  double closest = 0.0;
  for (const Range range : kRanges) {
    for (const std::size_t f : kRangeFeatures) {
      for (const bool clip : {false, true}) {
        for (const bool scaler_after : {false, true}) {
          const std::size_t n = 400;
          RangeFormula formula = make_range_formula(range, f, n, clip, scaler_after, random, true);
          for (double& w : formula.weight) w = to_f32(w);
          formula.intercept = to_f32(formula.intercept);
          const Program program = program_of(formula);
          std::vector<double> p64(n), by_columns(n), by_product(n);
          ScoreBounds(program, {verifier::kBinary32, verifier::kBinary64, formula.weight, {}})
              .evaluate(view_of(formula), p64.data(), by_columns.data());
          ScoreBounds(program, {verifier::kBinary32, verifier::kBinary32, formula.weight, {}})
              .evaluate(view_of(formula), p64.data(), by_product.data());
          std::vector<std::size_t> order(f);
          for (std::size_t i = 0; i < f; ++i) order[i] = i;
          ExactRange exact;
          for (std::size_t r = 0; r < n; ++r) {
            const double* row = &formula.rows[r * f];
            exact.set(formula, row);
            std::shuffle(order.begin(), order.end(), random);
            for (const bool narrow : {false, true}) {
              const double scaled = exact.distance(f32_columns(formula, row, order, narrow, false));
              ASSERT_LE(scaled, by_columns[r]) << case_of(range, formula, r);
              ASSERT_LE(exact.distance(f32_columns(formula, row, order, narrow, true)), by_product[r])
                  << case_of(range, formula, r);
              closest = std::max(closest, scaled / by_columns[r]);
            }
          }
        }
      }
    }
  }
  EXPECT_GT(closest, 0.5) << "far looser than the errors that occur";
}

TEST(ScoreBounds, HoldWhereParametersAreAsFarFromF32AsTheyCanBe) {
  const double factor = 1.0 + 0x1p-23 + 0.99 * 0x1p-24;
  const double x = 1.5 - 0x1p-23;  // its product with f32(factor) is rounded the same way, as far as may be
  const RowsView view{
      reinterpret_cast<const std::byte*>(&x), ElementType::f64, 1, 1, 8, 8, MemorySpace::host};
  const OtherSoftware f32{verifier::kBinary32, verifier::kBinary64, {1.0}, {}};
  double p64 = 0.0;
  double other = 0.0;
  ProgramBuilder multiplied(1, {});
  multiplied.multiply({factor}, Float32Scaling::round_each_step);
  multiplied.linear({1.0}, {0.0});
  ScoreBounds(multiplied.finish(LinkKind::sigmoid, 2), f32).evaluate(view, &p64, &other);
  const double product = std::fabs(static_cast<double>(to_f32(x * to_f32(factor))) - x * factor);
  EXPECT_LE(product, other);
  EXPECT_GT(product, 0.8 * other);

  ProgramBuilder clipped(1, {});
  clipped.clip(0.0, factor);
  clipped.linear({1.0}, {0.0});
  ScoreBounds(clipped.finish(LinkKind::sigmoid, 2), f32).evaluate(view, &p64, &other);
  const double bound = std::fabs(static_cast<double>(to_f32(factor)) - factor);
  EXPECT_LE(bound, other);
  EXPECT_GT(bound, 0.8 * other);
}

TEST(ScoreBounds, AClippedValueHasNoErrorOfWhatWasBeforeTheClip) {
  RangeFormula formula;
  formula.factor = {0.1};
  formula.offset = {0.3};
  formula.weight = {1.0};
  formula.clip = true;
  formula.rows = {1e15, -1e15, 3.0};
  std::vector<double> p64(3), other(3);
  ScoreBounds(program_of(formula), {verifier::kBinary32, verifier::kBinary64, {1.0}, {}})
      .evaluate(view_of(formula), p64.data(), other.data());
  EXPECT_LT(p64[0], 1e-14);
  EXPECT_LT(p64[1], 1e-14);
  EXPECT_LT(other[0], 1e-7);  // a bound rounded to f32
  EXPECT_LT(other[1], 1e-7);
  EXPECT_GT(other[2], 1e-8);
}

TEST(ScoreBounds, AreInfiniteForValuesThatAreNotFiniteThoughAClipHidesThem) {
  const double infinity = std::numeric_limits<double>::infinity();
  RangeFormula formula;
  formula.factor = {2.0};
  formula.offset = {0.0};
  formula.weight = {1.0};
  formula.clip = true;
  formula.rows = {infinity, -infinity, std::numeric_limits<double>::quiet_NaN(), 3e38};
  std::vector<double> p64(4), other(4);
  ScoreBounds(program_of(formula), {verifier::kBinary32, verifier::kBinary64, {1.0}, {}})
      .evaluate(view_of(formula), p64.data(), other.data());
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_TRUE(std::isinf(p64[r])) << r;
    EXPECT_TRUE(std::isinf(other[r])) << r;
  }
  EXPECT_TRUE(std::isinf(other[3])) << "overflows in f32";

  for (const double factor : {2.0, 1e39}) {
    ProgramBuilder builder(1, {});
    builder.multiply({factor}, Float32Scaling::round_each_step);
    builder.clip(0.0, 1.0);
    builder.linear({1.0}, {0.0});
    ScoreBounds(builder.finish(LinkKind::sigmoid, 2), {verifier::kBinary32, verifier::kBinary64, {1.0}, {}})
        .evaluate(view_of(formula), p64.data(), other.data());
    EXPECT_TRUE(std::isinf(other[3])) << factor << " overflows in f32";
  }
}

TEST(ScoreBounds, AreInfiniteWhereAStepBeforeAClippingOneOverflows) {
  const double row = 1e300;
  ProgramBuilder builder(1, {});
  builder.centre_and_scale({{0.0}}, {{1e-300}}, Float32Scaling::round_each_step);
  builder.reject(Validity::no_infinity);
  builder.multiply({1.0}, Float32Scaling::round_each_step);
  builder.clip(0.0, 1.0);
  builder.linear({1.0}, {0.0});
  const Program program = builder.finish(LinkKind::sigmoid, 2);
  const RowsView view{
      reinterpret_cast<const std::byte*>(&row), ElementType::f64, 1, 1, 8, 8, MemorySpace::host};
  EXPECT_TRUE(std::isnan(scores_of(program, view)[0]));
  double p64 = 0.0;
  double other = 0.0;
  ScoreBounds(program, {}).evaluate(view, &p64, &other);
  EXPECT_TRUE(std::isinf(p64));
  EXPECT_TRUE(std::isinf(other));
}

TEST(ScoreBounds, ClippedF32ColumnsAreWhatIsComputedAndNotAnError) {
  const float row = 0.7F;
  ProgramBuilder builder(1, {Arithmetic::sklearn, ElementType::f32});
  builder.multiply({0.3}, Float32Scaling::round_each_step);
  builder.add({0.1}, Float32Scaling::round_each_step);
  builder.clip(0.1, 0.2);
  builder.linear({1.0}, {0.0});
  const Program program = builder.finish(LinkKind::sigmoid, 2);
  const RowsView view{
      reinterpret_cast<const std::byte*>(&row), ElementType::f32, 1, 1, 4, 4, MemorySpace::host};
  EXPECT_EQ(scores_of(program, view)[0], static_cast<double>(0.2F)) << "the bound is rounded to f32";
  double p64 = 0.0;
  double other = 0.0;
  ScoreBounds(program, {}).evaluate(view, &p64, &other);
  EXPECT_LT(p64, 1e-14);
  EXPECT_LT(other, 1e-14);
}

TEST(ScoreBounds, EveryElementTypeAndStrideGivesTheBoundOfItsValues) {
  const std::vector<std::int16_t> stored = {1, 9, -2, 9, 3, 9, 4, 9};
  const Formula formula{{0.5, 1.5}, {2.0, 4.0}, {1.0, -1.0}, 0.25, {1, -2, 3, 4}, 2};
  std::vector<double> p64(2), other(2), p64_f64(2), other_f64(2);
  const ScoreBounds bounds(program_of(formula), {});
  bounds.evaluate(
      {reinterpret_cast<const std::byte*>(stored.data()), ElementType::i16, 2, 2, 8, 4, MemorySpace::host},
      p64.data(), other.data());
  bounds.evaluate(view_of(formula), p64_f64.data(), other_f64.data());
  EXPECT_EQ(p64, p64_f64);
  EXPECT_EQ(other, other_f64);
}

TEST(ScoreBounds, AProgramWithoutALinearStageAtItsEndIsRefused) {
  Program program = program_of({{0.0}, {1.0}, {1.0}, 0.0, {}, 0});
  program.stages.push_back(program.stages.front());
  program.stages.back().kind = StageKind::normalize_l2;
  EXPECT_THROW(ScoreBounds(program, {}), Error);
}

}  // namespace
}  // namespace evenscore
