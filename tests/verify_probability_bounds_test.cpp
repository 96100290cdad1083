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

/// scikit-learn's predict_proba from its scores.
template <class T>
std::vector<T> scikit_learn_proba(LinkKind link, const std::vector<T>& z) {
  switch (link) {
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

}  // namespace
}  // namespace evenscore
