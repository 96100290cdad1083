// Probabilities as numpy and scipy compute them from any score within its bound lie in the interval.
#include "verify/probability_bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "evenscore/arith/finish_row.h"

namespace evenscore {
namespace {

using verifier::Interval;
using verifier::kBinary32;
using verifier::kBinary64;
using verifier::PredictionRules;
using verifier::ProbabilityBounds;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

PredictionRules rules(LinkKind link, std::int32_t n_classes) {
  PredictionRules made;
  made.link = link;
  made.n_classes = n_classes;
  made.n_scores = n_classes == 2 ? 1 : n_classes;
  made.uniform_if_zero = link == LinkKind::modified_huber;
  return made;
}

bool holds(const Interval& interval, double x) {
  return std::isnan(x) ? interval.allows_nan : interval.low <= x && x <= interval.high;
}

template <class T>
T expit(T z) {
  return T{1} / (T{1} + std::exp(-z));
}

template <class T>
std::vector<T> numpy_softmax(std::vector<T> z) {
  const T m = *std::max_element(z.begin(), z.end());
  T sum = 0;
  for (T& x : z) sum += x = std::exp(x - m);
  for (T& x : z) x /= sum;
  return z;
}

template <class T>
std::vector<T> one_vs_rest(std::vector<T> z) {
  T sum = 0;
  for (T& x : z) sum += x = expit(x);
  for (T& x : z) x /= sum;
  return z;
}

/// SGDClassifier: equal probabilities where all are 0.
template <class T>
std::vector<T> modified_huber(const std::vector<T>& z) {
  std::vector<T> p;
  for (const T x : z) p.push_back((std::clamp(x, T{-1}, T{1}) + T{1}) / T{2});
  if (p.size() == 1) return {T{1} - p[0], p[0]};
  T sum = 0;
  for (const T x : p) sum += x;
  if (sum == 0) {
    std::fill(p.begin(), p.end(), T{1});
    sum = static_cast<T>(p.size());
  }
  for (T& x : p) x /= sum;
  return p;
}

/// scikit-learn's predict_proba from its scores.
template <class T>
std::vector<T> scikit_learn_proba(LinkKind link, const std::vector<T>& z) {
  switch (link) {
    case LinkKind::modified_huber:
      return modified_huber(z);
    case LinkKind::sigmoid:
      return {T{1} - expit(z[0]), expit(z[0])};
    case LinkKind::sigmoid_doubled:
      return numpy_softmax<T>({-z[0], z[0]});
    case LinkKind::softmax:
      return numpy_softmax(z);
    default:
      return one_vs_rest(z);
  }
}

template <class T>
void check_link(LinkKind link, std::int32_t n_classes, const verifier::FloatFormat& format, double reach,
                double bound_scale) {
  std::mt19937_64 random(static_cast<std::uint64_t>(n_classes) + static_cast<std::uint64_t>(reach));
  std::uniform_real_distribution<double> score(-reach, reach);
  std::uniform_real_distribution<double> within(-1.0, 1.0);
  const auto n_scores = static_cast<std::size_t>(n_classes == 2 ? 1 : n_classes);
  ProbabilityBounds bounds(rules(link, n_classes), format);
  for (int row = 0; row < 3000; ++row) {
    std::vector<double> z(n_scores), bound(n_scores);
    std::vector<T> theirs(n_scores);
    for (std::size_t k = 0; k < n_scores; ++k) {
      z[k] = score(random);
      bound[k] = bound_scale * (std::fabs(z[k]) + 1.0) + (sizeof(T) == 4 ? 1e-7 * std::fabs(z[k]) : 0.0);
      theirs[k] = static_cast<T>(z[k] + 0.99 * (bound[k] - (sizeof(T) == 4 ? 6e-8 * std::fabs(z[k]) : 0.0)) *
                                            within(random));
      if (std::fabs(static_cast<double>(theirs[k]) - z[k]) > bound[k]) theirs[k] = static_cast<T>(z[k]);
    }
    bounds.set_row(z.data(), bound.data());
    const std::vector<T> p = scikit_learn_proba(link, theirs);
    // ours, from the unchanged scores
    std::vector<double> our_p(static_cast<std::size_t>(n_classes)),
        our_log(static_cast<std::size_t>(n_classes));
    ProgramView program;
    program.n_classes = n_classes;
    program.n_scores = static_cast<std::int32_t>(n_scores);
    program.link = link;
    program.uniform_if_zero = link == LinkKind::modified_huber;
    OutputsView outputs;
    outputs.proba = our_p.data();
    outputs.log_proba = our_log.data();
    arith::finish_row(program, z.data(), RowStatus::scored, outputs, 0);
    for (std::int32_t k = 0; k < n_classes; ++k) {
      const auto c = static_cast<std::size_t>(k);
      ASSERT_TRUE(holds(bounds.proba(k), p[c]))
          << "row " << row << " class " << k << ": " << p[c] << " not in [" << bounds.proba(k).low << ", "
          << bounds.proba(k).high << "]";
      ASSERT_TRUE(holds(bounds.log_proba(k), std::log(p[c])))
          << "row " << row << " class " << k << ": " << std::log(p[c]);
      ASSERT_TRUE(holds(bounds.proba(k), our_p[c])) << "row " << row << " class " << k << ": " << our_p[c];
      ASSERT_TRUE(holds(bounds.log_proba(k), our_log[c]))
          << "row " << row << " class " << k << ": " << our_log[c] << " not in [" << bounds.log_proba(k).low
          << ", " << bounds.log_proba(k).high << "]";
    }
  }
}

TEST(ProbabilityBounds, HoldScikitLearnsProbabilitiesInF64) {
  for (const double reach : {1.0, 40.0, 800.0}) {
    for (const double bound : {1e-16, 1e-9, 1e-3, 0.5}) {
      SCOPED_TRACE(testing::Message() << "scores to " << reach << ", bound " << bound);
      check_link<double>(LinkKind::sigmoid, 2, kBinary64, reach, bound);
      check_link<double>(LinkKind::sigmoid_doubled, 2, kBinary64, reach, bound);
      for (const std::int32_t k : {3, 7, 100}) {
        check_link<double>(LinkKind::softmax, k, kBinary64, reach, bound);
        check_link<double>(LinkKind::one_vs_rest, k, kBinary64, reach, bound);
      }
    }
  }
}

TEST(ProbabilityBounds, HoldScikitLearnsProbabilitiesInF32) {
  for (const double reach : {1.0, 40.0, 110.0}) {
    SCOPED_TRACE(testing::Message() << "scores to " << reach);
    check_link<float>(LinkKind::sigmoid, 2, kBinary32, reach, 1e-6);
    check_link<float>(LinkKind::sigmoid_doubled, 2, kBinary32, reach, 1e-6);
    check_link<float>(LinkKind::softmax, 7, kBinary32, reach, 1e-6);
    check_link<float>(LinkKind::one_vs_rest, 7, kBinary32, reach, 1e-6);
  }
}

TEST(ProbabilityBounds, AreNarrowWhereTheScoreIsWellKnown) {
  const double z[] = {1.5, -0.5, 0.25};
  const double bound[] = {1e-15, 1e-15, 1e-15};
  for (const LinkKind link :
       {LinkKind::sigmoid, LinkKind::sigmoid_doubled, LinkKind::softmax, LinkKind::one_vs_rest}) {
    const std::int32_t n = link == LinkKind::softmax || link == LinkKind::one_vs_rest ? 3 : 2;
    ProbabilityBounds bounds(rules(link, n), kBinary64);
    bounds.set_row(z, bound);
    for (std::int32_t k = 0; k < n; ++k) {
      EXPECT_LT(bounds.proba(k).high - bounds.proba(k).low, 3e-14);
      EXPECT_LT(bounds.log_proba(k).high - bounds.log_proba(k).low, 2e-13);
      EXPECT_FALSE(bounds.proba(k).allows_nan);
    }
    EXPECT_LT(bounds.decision(0).high - bounds.decision(0).low, 4e-15);
  }
}

TEST(ProbabilityBounds, InTheTailOneMinusPMayBeZeroAndItsLogMinusInfinity) {
  const double z = 50.0;
  const double bound = 1e-14;
  ProbabilityBounds bounds(rules(LinkKind::sigmoid, 2), kBinary64);
  bounds.set_row(&z, &bound);
  EXPECT_TRUE(holds(bounds.proba(0), 0.0));
  EXPECT_TRUE(holds(bounds.proba(0), std::exp(-50.0)));
  EXPECT_FALSE(holds(bounds.proba(0), 1e-15));
  EXPECT_TRUE(holds(bounds.log_proba(0), -kInfinity));
  EXPECT_TRUE(holds(bounds.log_proba(0), -50.0));
  EXPECT_FALSE(holds(bounds.log_proba(0), -30.0));
  EXPECT_FALSE(holds(bounds.proba(1), 1.0 - 1e-13));
}

TEST(ProbabilityBounds, ZeroOverZeroIsAllowedOnlyWhereEveryProbabilityCanVanish) {
  const double vanish[] = {-750.0, -800.0, -720.0};
  const double stay[] = {-750.0, -800.0, -20.0};
  const double bound[] = {1e-10, 1e-10, 1e-10};
  ProbabilityBounds bounds(rules(LinkKind::one_vs_rest, 3), kBinary64);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  bounds.set_row(vanish, bound);
  EXPECT_TRUE(holds(bounds.proba(1), nan));
  EXPECT_TRUE(holds(bounds.log_proba(1), nan));
  bounds.set_row(stay, bound);
  EXPECT_FALSE(holds(bounds.proba(1), nan));
}

TEST(ProbabilityBounds, ARowWithoutAFiniteScoreAllowsNothingAndAnUnboundedOneEverything) {
  const double z[] = {std::numeric_limits<double>::quiet_NaN()};
  const double one[] = {1.0};
  const double none[] = {kInfinity};
  ProbabilityBounds bounds(rules(LinkKind::sigmoid, 2), kBinary64);
  bounds.set_row(z, one);
  EXPECT_FALSE(holds(bounds.proba(1), 0.5));
  EXPECT_FALSE(holds(bounds.decision(0), 0.5));
  bounds.set_row(one, none);
  EXPECT_TRUE(holds(bounds.proba(1), 0.0));
  EXPECT_TRUE(holds(bounds.proba(1), 1.0));
  EXPECT_TRUE(holds(bounds.decision(0), -kInfinity));
}

TEST(ProbabilityBounds, HoldModifiedHuberProbabilities) {
  for (const double reach : {0.5, 1.5, 20.0}) {
    for (const std::int32_t n : {2, 3, 7}) {
      check_link<double>(LinkKind::modified_huber, n, kBinary64, reach, 1e-15);
      check_link<float>(LinkKind::modified_huber, n, kBinary32, reach, 1e-6);
    }
  }
  const double z[] = {0.3, -0.6, 2.0};
  const double bound[] = {1e-15, 1e-15, 1e-15};
  ProbabilityBounds bounds(rules(LinkKind::modified_huber, 3), kBinary64);
  bounds.set_row(z, bound);
  EXPECT_LT(bounds.proba(0).high - bounds.proba(0).low, 3e-14);
}

TEST(ProbabilityBounds, WhereAllProbabilitiesMayVanishEqualOnesAreAllowedIfTheRulesSaySo) {
  const double vanish[] = {-3.0, -2.0, -4.0};
  const double may[] = {-1.0, -2.0, -4.0};
  const double stay[] = {-0.5, -2.0, -4.0};
  const double bound[] = {1e-10, 1e-10, 1e-10};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ProbabilityBounds bounds(rules(LinkKind::modified_huber, 3), kBinary64);
  bounds.set_row(vanish, bound);
  EXPECT_TRUE(holds(bounds.proba(1), 1.0 / 3.0));
  EXPECT_FALSE(holds(bounds.proba(1), 0.0));
  EXPECT_FALSE(holds(bounds.proba(1), nan));
  bounds.set_row(may, bound);
  EXPECT_TRUE(holds(bounds.proba(1), 1.0 / 3.0));
  EXPECT_TRUE(holds(bounds.proba(1), 0.0));
  EXPECT_TRUE(holds(bounds.proba(0), 1.0));
  bounds.set_row(stay, bound);
  EXPECT_FALSE(holds(bounds.proba(1), 1.0 / 3.0));
  PredictionRules divides = rules(LinkKind::modified_huber, 3);
  divides.uniform_if_zero = false;
  ProbabilityBounds by_zero(divides, kBinary64);
  by_zero.set_row(vanish, bound);
  EXPECT_TRUE(holds(by_zero.proba(1), nan));
  EXPECT_FALSE(holds(by_zero.proba(1), 1.0 / 3.0));
}

TEST(ProbabilityBounds, TheLogOfAProbabilityThatMayBeZeroMayBeThatOfTheSmallestNormalNumber) {
  const double z = -800.0;
  const double bound = 1e-10;
  ProbabilityBounds bounds(rules(LinkKind::sigmoid, 2), kBinary64);
  bounds.set_row(&z, &bound);
  EXPECT_TRUE(holds(bounds.log_proba(1), -kInfinity));
  EXPECT_TRUE(holds(bounds.log_proba(1), std::log(std::numeric_limits<double>::min())));
  EXPECT_TRUE(holds(bounds.log_proba(1), -800.0));
  EXPECT_FALSE(holds(bounds.log_proba(1), -700.0));
}

TEST(ProbabilityBounds, ARegressorsPredictionIsItsScoreOrItsExponential) {
  const double bound[] = {1e-12};
  PredictionRules regressor;
  regressor.n_classes = 0;
  regressor.link = LinkKind::identity;
  ProbabilityBounds identity(regressor, kBinary64);
  regressor.link = LinkKind::exponential;
  ProbabilityBounds exponential(regressor, kBinary64);
  for (const double z : {0.0, 1.5, -20.0, 600.0}) {
    identity.set_row(&z, bound);
    EXPECT_TRUE(holds(identity.decision(0), z + 0.9e-12));
    EXPECT_FALSE(holds(identity.decision(0), z + 1.2e-12));
    exponential.set_row(&z, bound);
    EXPECT_TRUE(holds(exponential.decision(0), std::exp(z)));
    EXPECT_TRUE(holds(exponential.decision(0), std::exp(z) * (1.0 + 0.9e-12)));
    EXPECT_FALSE(holds(exponential.decision(0), std::exp(z) * (1.0 + 1.2e-12)));
    EXPECT_FALSE(exponential.is_certified());
  }
  const double overflows = 709.7827128933840;  // log of the largest number
  exponential.set_row(&overflows, bound);
  EXPECT_TRUE(holds(exponential.decision(0), kInfinity));
  EXPECT_TRUE(holds(exponential.decision(0), 1.7976931348622e308));
  const double vanishes = -720.0;
  exponential.set_row(&vanishes, bound);
  EXPECT_TRUE(holds(exponential.decision(0), 0.0));
  EXPECT_TRUE(holds(exponential.decision(0), std::exp(vanishes)));
  const double none[] = {kInfinity};
  exponential.set_row(&overflows, none);
  EXPECT_TRUE(holds(exponential.decision(0), 0.0));
}

TEST(ProbabilityBounds, AThresholdRuleIsCertifiedWhereTheIntervalIsOnOneSideOfTheThreshold) {
  const auto certified = [](PredictionRules made, double z, double bound,
                            const verifier::FloatFormat& format = kBinary64) {
    ProbabilityBounds bounds(made, format);
    bounds.set_row(&z, &bound);
    return bounds.is_certified();
  };
  PredictionRules decision = rules(LinkKind::none, 2);
  decision.label_rule = LabelRule::decision_threshold;
  decision.threshold = 0.5;
  EXPECT_TRUE(certified(decision, 0.6, 0.05));
  EXPECT_TRUE(certified(decision, 0.4, 0.05));
  EXPECT_TRUE(certified(decision, 0.0, 0.05)) << "0 is no threshold here";
  EXPECT_FALSE(certified(decision, 0.55, 0.05));
  EXPECT_FALSE(certified(decision, 0.5, 0.0));
  EXPECT_FALSE(certified(decision, 0.6, kInfinity));
  EXPECT_FALSE(certified(decision, std::numeric_limits<double>::quiet_NaN(), 0.0));
  decision.positive_first = true;  // -z is compared
  EXPECT_TRUE(certified(decision, 0.5, 0.1));
  EXPECT_FALSE(certified(decision, -0.5, 0.1));

  PredictionRules proba = rules(LinkKind::sigmoid, 2);
  proba.label_rule = LabelRule::proba_threshold;
  proba.threshold = 0.2;
  const double at_threshold = std::log(0.2 / 0.8);
  EXPECT_FALSE(certified(proba, at_threshold, 1e-15));
  EXPECT_TRUE(certified(proba, at_threshold + 1e-12, 1e-15));
  EXPECT_TRUE(certified(proba, at_threshold - 1e-12, 1e-15));
  EXPECT_FALSE(certified(proba, at_threshold + 1e-12, 1e-11));
  EXPECT_FALSE(certified(proba, at_threshold + 1e-12, 1e-15, kBinary32));
  proba.positive_first = true;  // the first class's probability is compared
  EXPECT_FALSE(certified(proba, -at_threshold, 1e-15));
  EXPECT_TRUE(certified(proba, at_threshold, 1e-15));
}

}  // namespace
}  // namespace evenscore
