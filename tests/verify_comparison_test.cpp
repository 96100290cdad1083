#include "verify/comparison.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "verify/class_index.h"

namespace evenscore {
namespace {

using verifier::BatchBounds;
using verifier::Comparison;
using verifier::ComparisonOptions;
using verifier::NumbersView;
using verifier::SideView;
using verifier::verdict_of;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

ComparisonOptions options(VerifyMode mode, Tolerances tolerances = {}) {
  return {"a", "b", mode, tolerances, verifier::PredictionRules{}, {"no", "yes"}, verifier::kBinary64};
}

NumbersView f64(const std::vector<double>& values, std::int64_t columns = 1) {
  return {values.data(), OutputType::f64, columns, 0};
}
NumbersView f32(const std::vector<float>& values, std::int64_t columns = 1) {
  return {values.data(), OutputType::f32, columns, 0};
}

/// Compares one column of decisions, without bounds.
ComparisonResult compare_decisions(const std::vector<double>& a, const std::vector<double>& b,
                                   ComparisonOptions chosen) {
  Comparison comparison(std::move(chosen));
  SideView left, right;
  left.decision = f64(a);
  right.decision = f64(b);
  comparison.add(0, static_cast<std::int64_t>(a.size()), left, right, nullptr);
  return comparison.result();
}

double next(double x, int steps = 1) {
  for (int i = 0; i < steps; ++i) x = std::nextafter(x, kInfinity);
  return x;
}

TEST(Comparison, EqualBitsAreIdentical) {
  const std::vector<double> values = {0.1, -0.0, kNaN, kInfinity};
  const ComparisonResult found = compare_decisions(values, values, options(VerifyMode::bitwise));
  EXPECT_EQ(found.outputs.at(0).rows_equal_bits, 4);
  EXPECT_EQ(found.outputs[0].ulp_histogram.counts[0], 4U);
  EXPECT_EQ(verdict_of(found, VerifyMode::bitwise), Verdict::identical);
  EXPECT_TRUE(found.first_differences.empty());
}

TEST(Comparison, TheNumberOfThreadsChangesNothing) {
  std::vector<double> a, b;
  for (int i = 0; i < 20'000; ++i) {
    a.push_back(1.0 + i);
    b.push_back(i % 7 != 0 ? a.back() : i % 3 == 0 ? kNaN : next(a.back(), i % 50));
  }
  const auto with_threads = [&](int threads) {
    ComparisonOptions chosen = options(VerifyMode::tolerance, {20, {}, {}});
    chosen.threads = threads;
    return compare_decisions(a, b, chosen);
  };
  const ComparisonResult one = with_threads(1);
  ASSERT_GT(one.outputs.at(0).rejected, 0);
  for (const int threads : {2, 5, 0}) {
    const ComparisonResult many = with_threads(threads);
    const OutputComparison& x = one.outputs[0];
    const OutputComparison& y = many.outputs.at(0);
    EXPECT_EQ(x.rows_equal_bits, y.rows_equal_bits);
    EXPECT_EQ(x.nan_mismatches, y.nan_mismatches);
    EXPECT_EQ(x.rejected, y.rejected);
    EXPECT_EQ(x.max_ulp, y.max_ulp);
    EXPECT_EQ(x.max_abs, y.max_abs);
    EXPECT_EQ(x.max_rel, y.max_rel);
    EXPECT_EQ(x.ulp_histogram.counts, y.ulp_histogram.counts);
    ASSERT_EQ(one.first_rejected.size(), many.first_rejected.size());
    for (std::size_t i = 0; i < one.first_rejected.size(); ++i)
      EXPECT_EQ(one.first_rejected[i].row, many.first_rejected[i].row);
  }
}

TEST(Comparison, OneFlippedBitIsFoundAtItsRowAndColumn) {
  std::vector<double> a(2000, 0.25);
  std::vector<double> b = a;
  b[2 * 617 + 1] = std::bit_cast<double>(std::bit_cast<std::uint64_t>(b[2 * 617 + 1]) ^ 1U);
  Comparison comparison(options(VerifyMode::bitwise));
  for (std::int64_t first = 0; first < 1000; first += 100) {
    SideView left, right;
    left.proba = {a.data() + 2 * first, OutputType::f64, 2, 0};
    right.proba = {b.data() + 2 * first, OutputType::f64, 2, 0};
    comparison.add(first, 100, left, right, nullptr);
  }
  const ComparisonResult found = comparison.result();
  ASSERT_EQ(found.first_differences.size(), 1U);
  const Difference& difference = found.first_differences[0];
  EXPECT_EQ(difference.row, 617);
  EXPECT_EQ(difference.column, 1);
  EXPECT_EQ(difference.output, "proba");
  EXPECT_EQ(difference.a_bits, "0x3fd0000000000000");
  EXPECT_EQ(difference.b_bits, "0x3fd0000000000001");
  EXPECT_EQ(difference.b_value, "0.25000000000000006");
  EXPECT_EQ(difference.ulp, 1U);
  EXPECT_EQ(found.outputs[0].rows, 1000);
  EXPECT_EQ(found.outputs[0].values, 2000);
  EXPECT_EQ(found.outputs[0].rows_equal_bits, 999);
  EXPECT_EQ(found.outputs[0].rejected, 1);
  EXPECT_EQ(verdict_of(found, VerifyMode::bitwise), Verdict::different);
}

TEST(Comparison, DistancesGoIntoTheHistogramAndMaxima) {
  const std::vector<double> a = {1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 2.0};
  const std::vector<double> b = {1.0, next(1.0), next(1.0, 2), next(1.0, 3), next(1.0, 5), -0.0, 4.0};
  const ComparisonResult found = compare_decisions(a, b, options(VerifyMode::bitwise));
  const OutputComparison& o = found.outputs.at(0);
  const std::uint64_t expected[] = {2, 1, 1, 1, 1};
  for (std::size_t bucket = 0; bucket < 5; ++bucket)
    EXPECT_EQ(o.ulp_histogram.counts[bucket], expected[bucket]) << bucket;
  EXPECT_EQ(o.max_ulp, std::uint64_t{1} << 52);
  EXPECT_EQ(o.max_abs, 2.0);
  EXPECT_EQ(o.max_rel, 0.5);
  EXPECT_EQ(o.rows_equal_bits, 1) << "-0 and +0 are 0 ulp apart and have different bits";
}

TEST(Comparison, SignsOfZeroDifferInBitsAndPassEveryOtherMode) {
  EXPECT_EQ(verdict_of(compare_decisions({0.0}, {-0.0}, options(VerifyMode::bitwise)), VerifyMode::bitwise),
            Verdict::different);
  const Tolerances zero{0, {}, {}};
  EXPECT_EQ(verdict_of(compare_decisions({0.0}, {-0.0}, options(VerifyMode::tolerance, zero)),
                       VerifyMode::tolerance),
            Verdict::within_tolerance);
  EXPECT_EQ(verdict_of(compare_decisions({0.0}, {-0.0}, options(VerifyMode::bound)), VerifyMode::bound),
            Verdict::equal_within_rounding);
}

TEST(Comparison, NaNAgainstANumberIsNeverAccepted) {
  const Tolerances anything{std::numeric_limits<std::uint64_t>::max(), kInfinity, kInfinity};
  for (const bool swapped : {false, true}) {
    const std::vector<double> a = {swapped ? 1.0 : kNaN};
    const std::vector<double> b = {swapped ? kNaN : 1.0};
    const ComparisonResult found = compare_decisions(a, b, options(VerifyMode::tolerance, anything));
    EXPECT_EQ(found.outputs.at(0).nan_mismatches, 1);
    EXPECT_EQ(found.outputs[0].max_ulp, 0U);
    EXPECT_EQ(verdict_of(found, VerifyMode::tolerance), Verdict::different);
    EXPECT_FALSE(found.first_differences.at(0).ulp.has_value());
  }
}

TEST(Comparison, NaNsOfOtherBitsAreEqualValues) {
  const double other = std::bit_cast<double>(0xfff8000000000000ULL);
  const ComparisonResult found = compare_decisions({kNaN}, {other}, options(VerifyMode::bound));
  EXPECT_EQ(found.outputs.at(0).rows_equal_bits, 0);
  EXPECT_EQ(found.outputs[0].nan_mismatches, 0);
  EXPECT_EQ(verdict_of(found, VerifyMode::bound), Verdict::equal_within_rounding);
}

TEST(Comparison, AnInfinityAgainstAnythingElseIsAMismatchWithoutADistance) {
  const ComparisonResult found =
      compare_decisions({kInfinity, kInfinity, 1.0}, {-kInfinity, 1.0, -kInfinity},
                        options(VerifyMode::tolerance, {std::numeric_limits<std::uint64_t>::max(), {}, {}}));
  EXPECT_EQ(found.outputs.at(0).inf_mismatches, 3);
  EXPECT_EQ(found.outputs[0].max_abs, 0.0);
  EXPECT_EQ(found.outputs[0].rejected, 3);
}

TEST(Comparison, F32AgainstF64ComparesAfterOneRounding) {
  const std::vector<double> a = {0.1, 0.2};
  const std::vector<float> b = {0.1F, std::nextafter(0.2F, 1.0F)};
  Comparison comparison(options(VerifyMode::bound));
  SideView left, right;
  left.decision = f64(a);
  right.decision = f32(b);
  comparison.add(0, 2, left, right, nullptr);
  const OutputComparison o = comparison.result().outputs.at(0);
  EXPECT_TRUE(o.rounded);
  EXPECT_EQ(o.type, OutputType::f32);
  EXPECT_EQ(o.rows_equal_bits, 1);
  EXPECT_EQ(o.max_ulp, 1U);
  EXPECT_EQ(comparison.result().first_differences.at(0).a_bits, "0x3e4ccccd");
}

TEST(Comparison, EqualAfterRoundingIsNotIdentical) {
  const std::vector<double> a = {0.1};
  const std::vector<float> b = {0.1F};
  Comparison comparison(options(VerifyMode::bitwise));
  SideView left, right;
  left.decision = f64(a);
  right.decision = f32(b);
  comparison.add(0, 1, left, right, nullptr);
  EXPECT_EQ(verdict_of(comparison.result(), VerifyMode::bitwise), Verdict::equal_within_rounding);
}

TEST(Comparison, ToleranceIsUlpOrAbsolutePlusRelative) {
  const auto verdict = [](double a, double b, Tolerances t) {
    return verdict_of(compare_decisions({a}, {b}, options(VerifyMode::tolerance, t)), VerifyMode::tolerance);
  };
  const Verdict pass = Verdict::within_tolerance;
  EXPECT_EQ(verdict(1.0, next(1.0, 4), {4, {}, {}}), pass);
  EXPECT_EQ(verdict(1.0, next(1.0, 5), {4, {}, {}}), Verdict::different);
  EXPECT_EQ(verdict(99.0, 100.0, {{}, 0.01, {}}), pass);
  EXPECT_EQ(verdict(100.0, 99.0, {{}, 0.01, {}}), Verdict::different) << "relative to b";
  EXPECT_EQ(verdict(1.0, 1.5, {{}, {}, 0.5}), pass);
  EXPECT_EQ(verdict(1.0, 1.6, {{}, {}, 0.5}), Verdict::different);
  EXPECT_EQ(verdict(1.0, 1.6, {{}, 0.1, 0.5}), pass);
  EXPECT_EQ(verdict(1e-300, 2e-300, {4, {}, 1e-9}), pass) << "either is enough";
  EXPECT_EQ(verdict(1.0, next(1.0, 4), {4, 0.0, {}}), pass) << "either is enough";
}

/// Scores 2 with bound 1e-9 (certified) and 1e-12 with bound 1e-9 (not).
struct Labelled {
  std::vector<double> scores = {2.0, 1e-12};
  std::vector<double> bound = {1e-9, 1e-9};
  std::vector<std::int32_t> a = {1, 1};

  ComparisonResult compare(const std::vector<std::int32_t>& b, VerifyMode mode) {
    Comparison comparison(options(mode, {0, {}, {}}));
    SideView left, right;
    left.label_index = a.data();
    left.decision = f64(scores);
    right.label_index = b.data();
    right.decision = f64(scores);
    const BatchBounds bounds{scores.data(), bound.data()};
    comparison.add(0, 2, left, right, &bounds);
    return comparison.result();
  }
};

TEST(Comparison, AFlipInACertifiedRowIsUnexplainedInEveryMode) {
  for (const VerifyMode mode : {VerifyMode::bitwise, VerifyMode::bound, VerifyMode::tolerance}) {
    const ComparisonResult found = Labelled().compare({0, 1}, mode);
    EXPECT_EQ(found.label_flips, 1);
    EXPECT_EQ(found.label_flips_explained, 0);
    EXPECT_EQ(found.labels_certified, 1);
    EXPECT_EQ(verdict_of(found, mode), Verdict::different);
    ASSERT_EQ(found.first_rejected.size(), 1U);
    EXPECT_EQ(found.first_rejected[0].row, 0);
    EXPECT_EQ(found.first_rejected[0].output, "label");
    EXPECT_EQ(found.first_rejected[0].a_value, "yes");
    EXPECT_EQ(found.first_rejected[0].b_value, "no");
  }
}

TEST(Comparison, AFlipThatRoundingLeavesOpenIsExplained) {
  const ComparisonResult found = Labelled().compare({1, 0}, VerifyMode::bound);
  EXPECT_EQ(found.label_flips, 1);
  EXPECT_EQ(found.label_flips_explained, 1);
  EXPECT_EQ(verdict_of(found, VerifyMode::bound), Verdict::equal_within_rounding);
  EXPECT_EQ(found.first_differences.at(0).row, 1);
  EXPECT_TRUE(found.first_differences[0].accepted);
  EXPECT_TRUE(found.first_rejected.empty());
  EXPECT_EQ(verdict_of(Labelled().compare({1, 0}, VerifyMode::bitwise), VerifyMode::bitwise),
            Verdict::different);
}

TEST(Comparison, ALabelThatIsNoClassIsNeverExplained) {
  for (const std::int32_t index : {verifier::kUnknownLabel, verifier::kNoLabel}) {
    const ComparisonResult found = Labelled().compare({1, index}, VerifyMode::bound);
    EXPECT_EQ(found.label_flips, 1);
    EXPECT_EQ(found.label_flips_explained, 0);
    EXPECT_EQ(verdict_of(found, VerifyMode::bound), Verdict::different);
  }
}

TEST(Comparison, ThirdClassWithALargerBoundPreventsACertificate) {
  const double z[] = {3.0, 2.0, 1.0};
  const double narrow[] = {0.1, 0.1, 0.1};
  const double third[] = {0.1, 0.1, 2.0};
  EXPECT_TRUE(verifier::is_certified(z, narrow, 3));
  EXPECT_FALSE(verifier::is_certified(z, third, 3));
  const double tied[] = {3.0, 3.0, 1.0};
  EXPECT_FALSE(verifier::is_certified(tied, narrow, 3));
  const double nan[] = {3.0, kNaN, 1.0};
  EXPECT_FALSE(verifier::is_certified(nan, narrow, 3));
  const double zero = 0.0;
  EXPECT_FALSE(verifier::is_certified(&zero, &zero, 1));
}

TEST(Comparison, ARegressorsNumbersAreCalledPredictionAndHaveNoLabels) {
  ComparisonOptions chosen = options(VerifyMode::bound);
  chosen.rules.n_classes = 0;
  chosen.rules.n_scores = 2;
  chosen.rules.link = LinkKind::identity;
  chosen.class_names.clear();
  const std::vector<double> scores = {1.0, 2.0, 3.0, 4.0};
  const std::vector<double> bound(4, 1e-12);
  std::vector<double> theirs = scores;
  theirs[3] += 1e-9;
  Comparison comparison(std::move(chosen));
  SideView left, right;
  left.decision = f64(scores, 2);
  right.decision = f64(theirs, 2);
  const BatchBounds bounds{scores.data(), bound.data()};
  comparison.add(0, 2, left, right, &bounds);
  const ComparisonResult found = comparison.result();
  EXPECT_EQ(found.outputs.at(0).name, "prediction");
  EXPECT_EQ(found.labels_compared + found.labels_certified, 0);
  EXPECT_EQ(found.first_rejected.at(0).output, "prediction");
  EXPECT_EQ(found.first_rejected[0].row, 1);
  EXPECT_EQ(found.first_rejected[0].column, 1);
}

TEST(Comparison, AFlipAtAThresholdIsExplainedOnlyNearIt) {
  ComparisonOptions chosen = options(VerifyMode::bound);
  chosen.rules.label_rule = LabelRule::decision_threshold;
  chosen.rules.threshold = 2.0;
  const std::vector<double> scores = {2.0, 0.0};
  const std::vector<double> bound(2, 1e-12);
  const std::vector<std::int32_t> ours = {1, 0};
  const std::vector<std::int32_t> theirs = {0, 1};
  Comparison comparison(std::move(chosen));
  SideView left, right;
  left.label_index = ours.data();
  right.label_index = theirs.data();
  const BatchBounds bounds{scores.data(), bound.data()};
  comparison.add(0, 2, left, right, &bounds);
  EXPECT_EQ(comparison.result().label_flips, 2);
  EXPECT_EQ(comparison.result().label_flips_explained, 1);
  EXPECT_EQ(comparison.result().first_rejected.at(0).row, 1);
}

TEST(Comparison, InModeBoundEachNumberStaysInItsInterval) {
  const std::vector<double> scores = {1.0, 1.0, 1.0};
  const std::vector<double> bound(3, 1e-12);
  const std::vector<double> theirs = {1.0 + 5e-13, 1.0 + 5e-12, kNaN};
  Comparison comparison(options(VerifyMode::bound));
  SideView left, right;
  left.decision = f64(scores);
  right.decision = f64(theirs);
  const BatchBounds bounds{scores.data(), bound.data()};
  comparison.add(0, 3, left, right, &bounds);
  const ComparisonResult found = comparison.result();
  EXPECT_EQ(found.outputs.at(0).out_of_bound, 2);
  EXPECT_EQ(found.first_rejected.at(0).row, 1);
  EXPECT_NEAR(found.first_rejected[0].high.value(), 1.0 + 1e-12, 1e-15);
  EXPECT_EQ(verdict_of(found, VerifyMode::bound), Verdict::different);
}

TEST(Comparison, ProbabilityGivenAsOneColumnIsTheSecondClasss) {
  const std::vector<double> both = {0.75, 0.25, 0.5, 0.5};
  const std::vector<double> second = {0.25, 0.625};
  Comparison comparison(options(VerifyMode::bitwise));
  SideView left, right;
  left.proba = f64(both, 2);
  right.proba = {second.data(), OutputType::f64, 1, 1};
  comparison.add(0, 2, left, right, nullptr);
  const ComparisonResult found = comparison.result();
  EXPECT_EQ(found.outputs.at(0).rows_equal_bits, 1);
  EXPECT_EQ(found.outputs[0].values, 2);
  EXPECT_EQ(found.first_differences.at(0).row, 1);
  EXPECT_EQ(found.first_differences[0].column, 1);
}

TEST(Comparison, FirstDifferencesAreTenInRowOrderOverAllOutputs) {
  std::vector<double> decision(100, 1.0), other_decision(100, 1.0), proba(100, 0.5), other_proba(100, 0.5);
  for (std::size_t row = 1; row < 100; row += 2) other_decision[row] = 2.0;
  for (std::size_t row = 2; row < 100; row += 2) other_proba[row] = 0.25;
  Comparison comparison(options(VerifyMode::bitwise));
  SideView left, right;
  left.decision = f64(decision);
  right.decision = f64(other_decision);
  left.proba = {proba.data(), OutputType::f64, 1, 1};
  right.proba = {other_proba.data(), OutputType::f64, 1, 1};
  comparison.add(0, 100, left, right, nullptr);
  const ComparisonResult found = comparison.result();
  ASSERT_EQ(found.first_differences.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(found.first_differences[i].row, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(found.first_differences[i].output, i % 2 == 0 ? "decision" : "proba");
  }
}

TEST(Comparison, ARejectedDifferenceIsListedHoweverManyAcceptedOnesComeBefore) {
  std::vector<double> a(1000, 1.0), b(1000, next(1.0));
  b[900] = 7.0;
  const ComparisonResult found = compare_decisions(a, b, options(VerifyMode::tolerance, {1, {}, {}}));
  EXPECT_EQ(found.first_differences.size(), 10U);
  ASSERT_EQ(found.first_rejected.size(), 1U);
  EXPECT_EQ(found.first_rejected[0].row, 900);
}

TEST(Comparison, OutputsThatOneSideLacksAreLeftOut) {
  const std::vector<double> values = {1.0};
  Comparison comparison(options(VerifyMode::bitwise));
  SideView left, right;
  left.decision = f64(values);
  right.log_proba = f64(values);
  comparison.add(0, 1, left, right, nullptr);
  EXPECT_TRUE(comparison.result().outputs.empty());
  EXPECT_EQ(comparison.result().labels_compared, 0);
}

}  // namespace
}  // namespace evenscore
