// Errors in units in the last place against MPFR. The bounds are those of docs/arithmetic.md, section 3.
#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "evenscore/arith/finish_row.h"

namespace evenscore::arith {
namespace {

class Real {
 public:
  Real() { mpfr_init2(value_, 2200); }
  explicit Real(double x) : Real() { mpfr_set_d(value_, x, MPFR_RNDN); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  ~Real() { mpfr_clear(value_); }
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

/// |actual - exact| in ulps of the result's binade, subnormal spacing included.
double ulps(double actual, Real& exact, int digits = 53, int min_exponent = -1074) {
  if (mpfr_zero_p(exact.get())) return actual == 0.0 ? 0.0 : std::numeric_limits<double>::infinity();
  Real difference;
  mpfr_sub_d(difference.get(), exact.get(), actual, MPFR_RNDN);
  const long exponent =
      std::max(static_cast<long>(mpfr_get_exp(exact.get())) - digits, static_cast<long>(min_exponent));
  mpfr_mul_2si(difference.get(), difference.get(), -exponent, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference.get(), MPFR_RNDN));
}

using Exact = std::function<void(Real& result, double x)>;

void exact_exp(Real& r, double x) {
  mpfr_set_d(r.get(), x, MPFR_RNDN);
  mpfr_exp(r.get(), r.get(), MPFR_RNDN);
}
void exact_sigmoid(Real& r, double x) {
  exact_exp(r, -x);
  mpfr_add_ui(r.get(), r.get(), 1, MPFR_RNDN);
  mpfr_ui_div(r.get(), 1, r.get(), MPFR_RNDN);
}
void exact_logsigmoid(Real& r, double x) {
  exact_exp(r, -x);
  mpfr_log1p(r.get(), r.get(), MPFR_RNDN);
  mpfr_neg(r.get(), r.get(), MPFR_RNDN);
}
void exact_log(Real& r, double x) {
  mpfr_set_d(r.get(), x, MPFR_RNDN);
  mpfr_log(r.get(), r.get(), MPFR_RNDN);
}

struct Function {
  const char* name;
  double low, high;
  double normal_bound, subnormal_bound;  ///< ulp
  double (*ours)(double);
  Exact exact;
};

const Function kFunctions[] = {
    {"exp64", -745.2, 709.78, 0.595, 0.735, [](double x) { return exp64(x); }, exact_exp},
    {"sigmoid64 p", -745.2, 745.0, 0.595, 0.735, [](double x) { return sigmoid64(x).p; }, exact_sigmoid},
    {"sigmoid64 q", -745.0, 745.2, 0.595, 0.735, [](double x) { return sigmoid64(x).q; },
     [](Real& r, double x) { exact_sigmoid(r, -x); }},
    {"logsigmoid64 p", -1000, 745.2, 0.595, 0.735, [](double x) { return logsigmoid64(x).p; },
     exact_logsigmoid},
    {"logsigmoid64 q", -745.2, 1000, 0.595, 0.735, [](double x) { return logsigmoid64(x).q; },
     [](Real& r, double x) { exact_logsigmoid(r, -x); }},
    {"log64", 1e-320, 1e300, 1.0, 1.0, [](double x) { return log64(x); }, exact_log},
};

class Accuracy : public ::testing::TestWithParam<Function> {};

TEST_P(Accuracy, StaysWithinTheStatedUlps) {
  const Function& f = GetParam();
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> wide(f.low, f.high), unit(-1, 1), exponent(-30, 6);
  double worst_normal = 0, worst_subnormal = 0;
  Real exact;
  const bool positive_only = std::string(f.name) == "log64";
  for (int i = 0; i < 6000; ++i) {
    double x = i % 3 == 0   ? wide(random)
               : i % 3 == 1 ? unit(random) * std::exp2(exponent(random))
                            : std::round(wide(random)) / 16;
    if (positive_only)
      x = i % 2 == 0 ? 1.0 + unit(random) * std::exp2(exponent(random) - 6) : std::exp2(unit(random) * 1070);
    if (!(x >= f.low && x <= f.high)) continue;
    f.exact(exact, x);
    const double error = ulps(f.ours(x), exact);
    const bool subnormal = mpfr_get_exp(exact.get()) < -1021;
    double& worst = subnormal ? worst_subnormal : worst_normal;
    worst = std::max(worst, error);
    ASSERT_LE(error, subnormal ? f.subnormal_bound : f.normal_bound)
        << f.name << "(" << std::hexfloat << x << ")";
  }
  RecordProperty("worst_ulp", std::to_string(worst_normal));
  std::printf("%s: worst %.4f ulp, subnormal %.4f\n", f.name, worst_normal, worst_subnormal);
}
INSTANTIATE_TEST_SUITE_P(P64, Accuracy, ::testing::ValuesIn(kFunctions));

TEST(Accuracy, SoftmaxStaysWithinTheStatedUlps) {
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> scale(-3, 7), unit(-1, 1);
  double worst = 0, worst_log = 0;
  for (int i = 0; i < 300; ++i) {
    const int n = 2 + i % 9;
    std::vector<double> z(static_cast<std::size_t>(n));
    const double spread = std::exp2(scale(random));
    for (double& v : z) v = unit(random) * spread;
    const SoftmaxSum64 sum = softmax_sum64(z.data(), n);
    const HighLow log_sum = log_parts(sum.high, sum.low);
    Real total, term;
    mpfr_set_zero(total.get(), 1);
    for (const double v : z) {
      exact_exp(term, v);
      mpfr_add(total.get(), total.get(), term.get(), MPFR_RNDN);
    }
    for (const double v : z) {
      exact_exp(term, v);
      mpfr_div(term.get(), term.get(), total.get(), MPFR_RNDN);
      if (mpfr_get_exp(term.get()) < -1021) continue;
      worst = std::max(worst, ulps(softmax64(v, sum), term));
      mpfr_log(term.get(), term.get(), MPFR_RNDN);
      worst_log = std::max(worst_log, ulps(log_softmax64(v, sum, log_sum), term));
    }
  }
  std::printf("softmax64: worst %.4f ulp, log %.4f\n", worst, worst_log);
  EXPECT_LE(worst, 0.74);
  EXPECT_LE(worst_log, 1.40);
}

TEST(Accuracy, Exp32IsCorrectlyRounded) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<float> wide(-104.0F, 89.0F);
  Real exact;
  for (int i = 0; i < 20000; ++i) {
    const float x = wide(random);
    exact_exp(exact, static_cast<double>(x));
    // MPFR rounds to double first, directed to odd, so that the conversion to float rounds once.
    const double odd = mpfr_get_d(exact.get(), MPFR_RNDZ);
    std::uint64_t bits = bits_of(odd);
    if (mpfr_cmp_d(exact.get(), odd) != 0) bits |= 1;
    ASSERT_EQ(bits_of(exp32(x)), bits_of(static_cast<float>(double_of(bits)))) << x;
  }
}

TEST(SpecialValues, FollowTheSpecification) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = double_of(0xfff8000000001234ULL);
  const std::uint64_t canonical_nan = 0x7ff8000000000000ULL;
  EXPECT_EQ(exp64(-inf), 0.0);
  EXPECT_EQ(exp64(inf), inf);
  EXPECT_EQ(bits_of(exp64(nan)), canonical_nan);
  EXPECT_EQ(sigmoid64(inf).p, 1.0);
  EXPECT_EQ(sigmoid64(inf).q, 0.0);
  EXPECT_EQ(sigmoid64(-inf).p, 0.0);
  EXPECT_EQ(bits_of(sigmoid64(nan).p), canonical_nan);
  EXPECT_EQ(bits_of(sigmoid32(nan).p), 0x7fc00000U);
  EXPECT_EQ(log64(0.0), -inf);
  EXPECT_EQ(log64(inf), inf);
  EXPECT_EQ(bits_of(log64(-1.0)), canonical_nan);
  EXPECT_EQ(label_of_score(0.0), 0);
  EXPECT_EQ(label_of_score(0x1p-1074), 1);
  const double tie[] = {1.0, 3.0, 3.0};
  EXPECT_EQ(label_of_scores(tie, 3), 1);
}

TEST(WidenHalf, IsExactForEveryPattern) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const double x = widen_half(static_cast<std::uint16_t>(h));
    const int exponent = static_cast<int>(h >> 10 & 31);
    const int fraction = static_cast<int>(h & 1023);
    double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) expected = fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
    if ((h & 0x8000U) != 0) expected = -expected;
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(x));
    } else {
      ASSERT_EQ(bits_of(x), bits_of(expected)) << h;
    }
  }
}

}  // namespace
}  // namespace evenscore::arith
