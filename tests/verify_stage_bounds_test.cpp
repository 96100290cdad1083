// Random sequences of every kind of stage: what the reference engine computes, and what other software may
// compute in another order, with or without FMA, in f64 or with f32 columns and products, is never further
// from the exact value, by MPFR, than ScoreBounds says.
#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "evenscore/engine.h"
#include "program/program_builder.h"
#include "verify/score_bounds.h"

namespace evenscore {
namespace {

using verifier::kBinary32;
using verifier::kBinary64;
using verifier::OtherSoftware;
using verifier::ScoreBounds;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A number without rounding errors that matter.
class Exact {
 public:
  Exact(double x = 0.0) {
    mpfr_init2(value_, 600);
    mpfr_set_d(value_, x, MPFR_RNDN);
  }
  Exact(const Exact& other) : Exact() { mpfr_set(value_, other.value_, MPFR_RNDN); }
  Exact& operator=(const Exact& other) {
    mpfr_set(value_, other.value_, MPFR_RNDN);
    return *this;
  }
  ~Exact() { mpfr_clear(value_); }

  friend Exact operator+(Exact a, const Exact& b) {
    return mpfr_add(a.value_, a.value_, b.value_, MPFR_RNDN), a;
  }
  friend Exact operator-(Exact a, const Exact& b) {
    return mpfr_sub(a.value_, a.value_, b.value_, MPFR_RNDN), a;
  }
  friend Exact operator*(Exact a, const Exact& b) {
    return mpfr_mul(a.value_, a.value_, b.value_, MPFR_RNDN), a;
  }
  friend Exact operator/(Exact a, const Exact& b) {
    return mpfr_div(a.value_, a.value_, b.value_, MPFR_RNDN), a;
  }
  friend bool operator<(const Exact& a, const Exact& b) { return mpfr_less_p(a.value_, b.value_) != 0; }
  friend bool operator==(const Exact& a, const Exact& b) { return mpfr_equal_p(a.value_, b.value_) != 0; }
  friend Exact square_root(Exact a) { return mpfr_sqrt(a.value_, a.value_, MPFR_RNDN), a; }
  friend Exact magnitude(Exact a) { return mpfr_abs(a.value_, a.value_, MPFR_RNDN), a; }
  friend bool is_nan(const Exact& a) { return mpfr_nan_p(a.value_) != 0; }

  double distance(double computed) const {
    const Exact difference = magnitude(*this - Exact(computed));
    return mpfr_get_d(difference.value_, MPFR_RNDU);
  }

 private:
  mpfr_t value_;
};

enum class Kind { scale, shift, clip, binarize, impute, gather, products, normalize, project };
constexpr Kind kKinds[] = {Kind::scale,  Kind::shift,    Kind::clip,      Kind::binarize, Kind::impute,
                           Kind::gather, Kind::products, Kind::normalize, Kind::project};

/// One step: what its name says, on `a` and `b` with their meaning in ProgramBuilder.
struct Op {
  Kind kind = Kind::scale;
  std::vector<double> a, b;
  std::vector<std::int64_t> columns;
  std::vector<bool> keep;
  std::vector<std::pair<std::int64_t, std::int64_t>> factors;
  StageKind norm = StageKind::normalize_l2;
  double number = 0.0;  ///< threshold, missing value, smallest norm
  std::size_t n_out = 0;
};

struct Formula {
  std::size_t n_in = 0;
  std::vector<Op> ops;
  std::vector<double> weights, intercept;
  std::string text;
};

/// How somebody computes: Number is Exact, or a double that is rounded to f32 where `narrow` says so.
struct Way {
  bool narrow = false;           ///< columns in f32
  bool narrow_products = false;  ///< dot products too
  bool fused = false;
  bool centre_after = false;  ///< x . c - mean . c
  std::mt19937_64* order = nullptr;
};

template <class Number>
struct Computation {
  const Way& way;
  bool narrow;

  explicit Computation(const Way& chosen) : way(chosen), narrow(chosen.narrow) {}

  Number round(Number x) const {
    if constexpr (std::is_same_v<Number, double>)
      return narrow ? static_cast<double>(static_cast<float>(x)) : x;
    return x;
  }
  Number parameter(double p) const { return round(Number(p)); }

  Number sum(std::vector<Number> terms) const {
    if (way.order != nullptr) std::shuffle(terms.begin(), terms.end(), *way.order);
    if (way.order != nullptr && terms.size() > 3 && (*way.order)() % 2 == 0) {
      const auto half = terms.begin() + static_cast<std::ptrdiff_t>(terms.size() / 2);
      return round(sum({terms.begin(), half}) + sum({half, terms.end()}));
    }
    Number total(0.0);
    for (const Number& term : terms) total = round(total + term);
    return total;
  }

  Number dot(const std::vector<Number>& v, const double* w, double start) const {
    std::vector<std::size_t> order(v.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if constexpr (std::is_same_v<Number, double>) {
      if (way.fused && !narrow) {
        if (way.order != nullptr) std::shuffle(order.begin(), order.end(), *way.order);
        double total = 0.0;
        for (const std::size_t i : order) total = std::fma(v[i], w[i], total);
        return total + start;
      }
    }
    std::vector<Number> terms;
    for (const std::size_t i : order) terms.push_back(round(v[i] * parameter(w[i])));
    return round(sum(terms) + parameter(start));
  }

  Number norm_of(StageKind kind, const std::vector<Number>& v) const {
    std::vector<Number> terms;
    Number largest(0.0);
    for (const Number& x : v) {
      const Number size = x < Number(0.0) ? Number(0.0) - x : x;
      if (largest < size) largest = size;
      terms.push_back(kind == StageKind::normalize_l1 ? size : round(x * x));
    }
    if (kind == StageKind::normalize_max) return largest;
    if (kind == StageKind::normalize_l1) return sum(terms);
    if constexpr (std::is_same_v<Number, double>) {
      return round(std::sqrt(sum(terms)));
    } else {
      return square_root(sum(terms));
    }
  }

  Number product(const Op& op, const std::vector<Number>& v, std::size_t j) const {
    std::vector<Number> factors;
    for (auto at = static_cast<std::int64_t>(j); at >= 0;) {
      const auto& [left, right] = op.factors[static_cast<std::size_t>(at)];
      if (left >= 0) factors.push_back(v[static_cast<std::size_t>(left)]);
      at = right;
    }
    if (way.order != nullptr) std::shuffle(factors.begin(), factors.end(), *way.order);
    Number result(1.0);
    for (const Number& factor : factors) result = round(result * factor);
    return result;
  }

  bool missing(const Op& op, const Number& x) const {
    if (std::isnan(op.number)) {
      if constexpr (std::is_same_v<Number, double>)
        return std::isnan(x);
      else
        return is_nan(x);
    }
    return x == parameter(op.number);
  }

  std::vector<Number> apply(const Op& op, const std::vector<Number>& v) {
    std::vector<Number> out;
    switch (op.kind) {
      case Kind::scale:
        for (std::size_t i = 0; i < v.size(); ++i)
          out.push_back(round(round(v[i] - parameter(op.a[i])) / parameter(op.b[i])));
        return out;
      case Kind::shift:
        for (std::size_t i = 0; i < v.size(); ++i)
          out.push_back(round(round(v[i] * parameter(op.a[i])) + parameter(op.b[i])));
        return out;
      case Kind::clip:
        for (const Number& x : v) {
          const Number low = parameter(op.a[0]);
          const Number high = parameter(op.b[0]);
          out.push_back(x < low ? low : high < x ? high : x);
        }
        return out;
      case Kind::binarize:
        for (const Number& x : v) out.push_back(Number(parameter(op.number) < x ? 1.0 : 0.0));
        return out;
      case Kind::impute:
        for (std::size_t i = 0; i < v.size(); ++i) {
          const Number present = op.keep[i] ? v[i] : Number(0.0);
          out.push_back(missing(op, v[i]) ? parameter(op.a[i]) : present);
        }
        return out;
      case Kind::gather:
        for (const std::int64_t i : op.columns) out.push_back(v[static_cast<std::size_t>(i)]);
        return out;
      case Kind::products:
        for (std::size_t j = 0; j < op.factors.size(); ++j) out.push_back(product(op, v, j));
        return out;
      case Kind::normalize: {
        Number norm = norm_of(op.norm, v);
        const double eps =
            narrow ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
        if (norm < Number(op.number > 0x1p-1000 ? 10.0 * eps : op.number)) norm = Number(1.0);
        for (const Number& x : v) out.push_back(round(x / norm));
        return out;
      }
      default:
        break;
    }
    narrow = narrow && way.narrow_products;
    const bool centred = !op.b.empty();
    std::vector<Number> centre;
    std::vector<Number> x = v;
    for (std::size_t i = 0; centred && i < v.size(); ++i) {
      centre.push_back(parameter(op.b[i]));
      if (!way.centre_after) x[i] = round(v[i] - centre[i]);
    }
    for (std::size_t k = 0; k < op.n_out; ++k) {
      const double* w = &op.a[k * v.size()];
      const Number z = dot(x, w, 0.0);
      out.push_back(centred && way.centre_after ? round(z - dot(centre, w, 0.0)) : z);
    }
    return out;
  }

  std::vector<Number> scores(const Formula& formula, const double* row) {
    std::vector<Number> v(row, row + formula.n_in);
    for (const Op& op : formula.ops) v = apply(op, v);
    narrow = narrow && way.narrow_products;
    std::vector<Number> z;
    for (std::size_t k = 0; k < formula.intercept.size(); ++k)
      z.push_back(dot(v, &formula.weights[k * v.size()], formula.intercept[k]));
    return z;
  }
};

/// Values that f32 holds too, so that one formula serves rows and parameters of both formats.
class Source {
 public:
  explicit Source(std::uint64_t seed) : random_(seed) {}
  double normal() { return static_cast<double>(static_cast<float>(normal_(random_))); }
  std::size_t below(std::size_t n) { return random_() % n; }
  std::vector<double> normals(std::size_t n) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(normal());
    return values;
  }
  std::mt19937_64& random() { return random_; }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

/// Products of degree 0 to 3, in the order of PolynomialFeatures.
std::vector<std::pair<std::int64_t, std::int64_t>> expansion(std::int64_t n) {
  std::vector<std::pair<std::int64_t, std::int64_t>> factors{{-1, -1}};
  std::vector<std::pair<std::int64_t, std::int64_t>> before{
      {n, 0}};  // smallest column of a product, its place
  for (int degree = 1; degree <= 3; ++degree) {
    std::vector<std::pair<std::int64_t, std::int64_t>> made;
    for (std::int64_t i = 0; i < n; ++i) {
      for (const auto& [smallest, place] : before) {
        if (smallest < i) continue;
        made.emplace_back(i, static_cast<std::int64_t>(factors.size()));
        factors.emplace_back(i, degree == 1 ? -1 : place);
      }
    }
    before = made;
  }
  return factors;
}

Op make_op(Kind kind, std::size_t n, Source& source) {
  Op op;
  op.kind = kind;
  op.n_out = n;
  switch (kind) {
    case Kind::scale:
      op.a = source.normals(n);
      if (source.below(4) == 0) op.a[0] = 1.7e9;
      for (std::size_t i = 0; i < n; ++i) op.b.push_back(0.25 + std::fabs(source.normal()));
      break;
    case Kind::shift:
      op.a = source.normals(n);
      op.b = source.normals(n);
      break;
    case Kind::clip:
      op.a = {-0.1};
      op.b = {0.7};
      break;
    case Kind::binarize:
      op.number = source.below(2) == 0 ? 0.0 : 0.1;
      break;
    case Kind::impute:
      op.number = source.below(2) == 0 ? kNaN : -1.0;
      op.a = source.normals(n);
      for (std::size_t i = 0; i < n; ++i) op.keep.push_back(source.below(4) != 0);
      break;
    case Kind::gather:
      op.n_out = 1 + source.below(n + 1);
      for (std::size_t j = 0; j < op.n_out; ++j)
        op.columns.push_back(static_cast<std::int64_t>(source.below(n)));
      break;
    case Kind::products:
      op.factors = expansion(static_cast<std::int64_t>(n));
      op.n_out = op.factors.size();
      break;
    case Kind::normalize: {
      constexpr StageKind kNorms[] = {StageKind::normalize_l1, StageKind::normalize_l2,
                                      StageKind::normalize_max};
      op.norm = kNorms[source.below(3)];
      op.number = source.below(3) == 0 ? std::numeric_limits<double>::denorm_min()
                                       : 10.0 * std::numeric_limits<double>::epsilon();
      break;
    }
    case Kind::project:
      op.n_out = 1 + source.below(n + 2);
      op.a = source.normals(n * op.n_out);
      if (source.below(2) == 0) op.b = source.normals(n);
      break;
  }
  return op;
}

Formula make_formula(const std::vector<Kind>& kinds, std::size_t n_in, Source& source) {
  Formula formula;
  formula.n_in = n_in;
  std::size_t n = n_in;
  for (const Kind kind : kinds) {
    if (kind == Kind::products && n > 5) continue;
    formula.ops.push_back(make_op(kind, n, source));
    formula.text += ' ';
    formula.text += std::to_string(static_cast<int>(kind));
    n = formula.ops.back().n_out;
  }
  formula.intercept = source.normals(1 + source.below(3));
  formula.weights = source.normals(formula.intercept.size() * n);
  return formula;
}

void lower(const Op& op, ProgramBuilder& builder) {
  switch (op.kind) {
    case Kind::scale:
      return builder.centre_and_scale(op.a, op.b, Float32Scaling::round_each_step);
    case Kind::shift:
      builder.multiply(op.a, Float32Scaling::round_each_step);
      return builder.add(op.b, Float32Scaling::round_each_step);
    case Kind::clip:
      return builder.clip(op.a[0], op.b[0]);
    case Kind::binarize:
      return builder.binarize(op.number);
    case Kind::impute:
      return builder.replace_missing(op.number, op.a, op.keep);
    case Kind::gather:
      return builder.gather(op.columns);
    case Kind::products:
      return builder.products(op.factors);
    case Kind::normalize:
      return builder.normalize(op.norm, op.number);
    case Kind::project:
      if (!op.b.empty()) builder.centre_and_scale(op.b, std::nullopt, Float32Scaling::round_each_step);
      return builder.linear(op.a, std::vector<double>(op.n_out, 0.0));
  }
}

Program program_of(const Formula& formula) {
  ProgramBuilder builder(static_cast<std::int64_t>(formula.n_in), {});
  for (const Op& op : formula.ops) lower(op, builder);
  builder.linear(formula.weights, formula.intercept);
  builder.regress(LinkKind::identity);
  return builder.finish();
}

OtherSoftware other_of(const Formula& formula, bool narrow, bool narrow_products) {
  OtherSoftware other;
  other.columns = narrow ? kBinary32 : kBinary64;
  other.products = narrow_products ? kBinary32 : kBinary64;
  other.coefficients = formula.weights;
  for (const Op& op : formula.ops) {
    if (op.kind == Kind::project)
      other.projections.push_back({other.products, op.a, !op.b.empty(), other.products});
  }
  return other;
}

RowsView view_of(const std::vector<double>& rows, std::size_t columns) {
  const auto f = static_cast<std::int64_t>(columns);
  return {reinterpret_cast<const std::byte*>(rows.data()),
          ElementType::f64,
          static_cast<std::int64_t>(rows.size() / columns),
          f,
          8 * f,
          8,
          MemorySpace::host};
}

/// Ordinary rows, rows of zeros and of the values that stages decide by, small and large ones, cancelling
/// ones.
std::vector<double> make_rows(const Formula& formula, std::size_t n, Source& source) {
  const bool imputes = !formula.ops.empty() && formula.ops[0].kind == Kind::impute;
  std::vector<double> rows;
  for (std::size_t r = 0; r < n; ++r) {
    constexpr double kUnits[] = {1.0, 1.0, 1.0, 0x1p-40, 0x1p20, 0.0};
    const double unit = kUnits[r % 6];
    for (std::size_t i = 0; i < formula.n_in; ++i) {
      double x = unit * source.normal();
      if (source.below(8) == 0) x = source.below(2) == 0 ? 0.0 : static_cast<double>(0.1F);
      if (imputes && source.below(4) == 0) x = formula.ops[0].number;
      rows.push_back(x);
    }
  }
  return rows;
}

/// The largest share of a bound that an error used up, and how many bounds there were.
struct Used {
  double p64 = 0.0, other = 0.0, narrow = 0.0;
  std::int64_t bounded = 0, unbounded = 0;
};

void expect_within(const Exact& exact, double computed, double bound, const std::string& what, double& used) {
  if (!std::isfinite(computed)) {
    ASSERT_TRUE(std::isinf(bound)) << what;
    return;
  }
  if (!(bound < std::numeric_limits<double>::infinity())) return;
  const double error = exact.distance(computed);
  ASSERT_LE(error, bound) << what;
  if (bound > 0.0) used = std::max(used, error / bound);
}

void check(const Formula& formula, const std::vector<double>& rows, Source& source, Used& used) {
  const Program program = program_of(formula);
  const RowsView view = view_of(rows, formula.n_in);
  const std::size_t n_scores = formula.intercept.size();
  const std::size_t n = rows.size() / formula.n_in;
  std::vector<double> z(n * n_scores), p64(z.size()), f64(z.size()), f32(z.size()), f32_products(z.size());
  OutputsView outputs;
  outputs.decision = z.data();
  make_engine(EngineKind::reference, program)->run(view, outputs);
  ScoreBounds(program, other_of(formula, false, false)).evaluate(view, p64.data(), f64.data());
  ScoreBounds(program, other_of(formula, true, false)).evaluate(view, p64.data(), f32.data());
  ScoreBounds(program, other_of(formula, true, true)).evaluate(view, p64.data(), f32_products.data());
  for (std::size_t r = 0; r < n; ++r) {
    const double* row = &rows[r * formula.n_in];
    const std::vector<Exact> exact = Computation<Exact>(Way{}).scores(formula, row);
    for (std::size_t k = 0; k < n_scores; ++k) {
      const std::size_t i = r * n_scores + k;
      const std::string what =
          "kinds" + formula.text + " row " + std::to_string(r) + " score " + std::to_string(k);
      ASSERT_NO_FATAL_FAILURE(expect_within(exact[k], z[i], p64[i], "P64 " + what, used.p64));
      ++(std::isinf(f64[i]) || std::isinf(f32[i]) ? used.unbounded : used.bounded);
    }
    for (int variant = 0; variant < 8; ++variant) {
      const bool fused = variant % 2 == 0;
      const bool after = variant / 2 % 2 == 0;
      const auto check_way = [&](const Way& way, const std::vector<double>& bound, double& share) {
        const std::vector<double> computed = Computation<double>(way).scores(formula, row);
        for (std::size_t k = 0; k < n_scores; ++k) {
          const std::string what = "kinds" + formula.text + " row " + std::to_string(r) + " variant " +
                                   std::to_string(variant) + (way.narrow ? " f32" : "");
          ASSERT_NO_FATAL_FAILURE(expect_within(exact[k], computed[k], bound[r * n_scores + k], what, share));
        }
      };
      std::mt19937_64* const order = variant < 4 ? &source.random() : nullptr;
      ASSERT_NO_FATAL_FAILURE(check_way({false, false, fused, after, order}, f64, used.other));
      ASSERT_NO_FATAL_FAILURE(check_way({true, false, fused, after, order}, f32, used.narrow));
      ASSERT_NO_FATAL_FAILURE(check_way({true, true, fused, after, order}, f32_products, used.narrow));
    }
  }
}

TEST(StageBounds, HoldForEveryKindByItselfAndAreNotLoose) {
  for (const Kind kind : kKinds) {
    Used used;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      Source source(seed * 100 + static_cast<std::uint64_t>(kind));
      const Formula formula = make_formula({kind}, 1 + source.below(5), source);
      ASSERT_NO_FATAL_FAILURE(check(formula, make_rows(formula, 60, source), source, used))
          << "seed " << seed;
    }
    SCOPED_TRACE("kind " + std::to_string(static_cast<int>(kind)));
    if (kind != Kind::binarize) {  // whose sums of ones times f32 weights are exact in f64
      EXPECT_GT(used.p64, 0.1) << "far looser than the errors that occur";
      EXPECT_GT(used.other, 0.1) << "far looser than the errors that occur";
    }
    EXPECT_GT(used.narrow, 0.1) << "far looser than the errors that occur";
    EXPECT_LT(used.unbounded, used.bounded / 20);
  }
}

TEST(StageBounds, HoldForSequencesOfStages) {
  Used used;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    Source source(seed);
    std::vector<Kind> kinds;
    const std::size_t length = 2 + source.below(3);
    for (std::size_t i = 0; i < length; ++i) kinds.push_back(kKinds[source.below(std::size(kKinds))]);
    const Formula formula = make_formula(kinds, 1 + source.below(6), source);
    ASSERT_NO_FATAL_FAILURE(check(formula, make_rows(formula, 24, source), source, used)) << "seed " << seed;
  }
  EXPECT_LT(used.unbounded, used.bounded / 20) << used.unbounded;
  EXPECT_GT(used.p64, 0.1);
  EXPECT_GT(used.other, 0.1);
  EXPECT_GT(used.narrow, 0.1);
}

struct Bounds {
  double p64 = 0.0, other = 0.0;
};

Bounds bounds_of(ProgramBuilder& builder, std::size_t n_columns, const std::vector<double>& row,
                 const OtherSoftware& other = {}) {
  builder.linear(std::vector<double>(n_columns, 1.0), {0.0});
  builder.regress(LinkKind::identity);
  Bounds bounds;
  ScoreBounds(builder.finish(), other).evaluate(view_of(row, row.size()), &bounds.p64, &bounds.other);
  return bounds;
}

Bounds bounds_of_binarized(double x) {
  ProgramBuilder builder(1, {});
  builder.multiply({0.1}, Float32Scaling::round_each_step);
  builder.binarize(0.3);
  return bounds_of(builder, 1, {x});
}

TEST(StageBounds, AValueThatRoundingMayMoveOverAThresholdIsUncertainByOne) {
  EXPECT_LT(bounds_of_binarized(2.9).other, 1e-14);
  EXPECT_LT(bounds_of_binarized(3.1).other, 1e-14);
  const Bounds at_threshold = bounds_of_binarized(3.0);
  EXPECT_GT(at_threshold.p64, 0.99);
  EXPECT_GT(at_threshold.other, 0.99);
}

TEST(StageBounds, ARawInputIsComparedWithAThresholdExactlyInF64ButItsThresholdIsRoundedInF32) {
  OtherSoftware f32;
  f32.columns = kBinary32;
  const double x = static_cast<double>(0.1F);
  ProgramBuilder in_f64(1, {});
  in_f64.binarize(0.1);
  EXPECT_LT(bounds_of(in_f64, 1, {x}).other, 1e-14);
  ProgramBuilder in_f32(1, {});
  in_f32.binarize(0.1);
  EXPECT_GT(bounds_of(in_f32, 1, {x}, f32).other, 0.99) << "0.1F > 0.1, but not 0.1F > 0.1F";
  ProgramBuilder exact(1, {});
  exact.binarize(0.5);
  EXPECT_LT(bounds_of(exact, 1, {0.5}, f32).other, 1e-7);
}

TEST(StageBounds, ANormAtItsSmallestMayOrMayNotDivide) {
  const double smallest = 10.0 * std::numeric_limits<double>::epsilon();
  const auto normalized = [&](double x) {
    ProgramBuilder builder(2, {});
    builder.normalize(StageKind::normalize_l2, smallest);
    return bounds_of(builder, 2, {x, x});
  };
  EXPECT_LT(normalized(smallest).other, 1e-14);
  EXPECT_LT(normalized(smallest / 2.0).other, 1e-28);
  EXPECT_GT(normalized(smallest / std::sqrt(2.0)).other, 0.5);
  EXPECT_LT(normalized(0.0).other, 1e-300);
}

TEST(StageBounds, AnOverflowOrARejectedValueHasNoBoundEvenInAColumnThatIsDropped) {
  const auto scaled_then_dropped = [](double x, bool reject) {
    ProgramBuilder builder(2, {});
    builder.multiply({1e10, 1.0}, Float32Scaling::round_each_step);
    if (reject) builder.reject(Validity::finite);
    builder.gather({1});
    return bounds_of(builder, 1, {x, 1.0});
  };
  EXPECT_TRUE(std::isinf(scaled_then_dropped(1e300, false).p64));
  EXPECT_TRUE(std::isinf(scaled_then_dropped(kNaN, true).p64));
  EXPECT_LT(scaled_then_dropped(kNaN, false).p64, 1e-14) << "nobody looks at it";
  EXPECT_LT(scaled_then_dropped(1.0, true).p64, 1e-14);
}

TEST(StageBounds, AnInputThatScikitLearnRejectsHasNoBound) {
  ProgramBuilder builder(2, {});
  builder.require(Validity::finite);
  builder.binarize(0.0);
  EXPECT_TRUE(std::isinf(bounds_of(builder, 2, {1.0, std::numeric_limits<double>::infinity()}).p64));
}

TEST(StageBounds, ProductsThatOverflowOrVanishInAnotherOrderAreAllowedFor) {
  const auto cubic = [](const std::vector<double>& row) {
    ProgramBuilder builder(3, {});
    builder.products({{2, -1}, {1, 0}, {0, 1}});
    builder.gather({2});
    return bounds_of(builder, 1, row);
  };
  EXPECT_TRUE(std::isinf(cubic({1e200, 1e200, 1e-300}).other)) << "1e200 * 1e200 overflows";
  const Bounds vanishing = cubic({1e-200, 1e-200, 1e300});
  EXPECT_GE(vanishing.other, 1e-100) << "1e-200 * 1e-200 is 0";
  EXPECT_LT(vanishing.p64, 1e-114);
}

TEST(StageBounds, ACentreThatIsMultipliedInF32CountsInF32) {
  const auto projected = [](const verifier::FloatFormat& centre) {
    OtherSoftware other;
    other.projections = {{kBinary64, {}, true, centre}};
    ProgramBuilder builder(2, {});
    builder.centre_and_scale({{0.1, 0.2}}, std::nullopt, Float32Scaling::round_each_step);
    builder.linear({0.3, 0.7}, {0.0});
    return bounds_of(builder, 1, {1.0, 2.0}, other).other;
  };
  EXPECT_LT(projected(kBinary64), 1e-14);
  const double in_f32 = std::fabs(static_cast<double>(0.1F * 0.3F + 0.2F * 0.7F) - (0.1 * 0.3 + 0.2 * 0.7));
  EXPECT_GE(projected(kBinary32), in_f32);
  EXPECT_LT(projected(kBinary32), 1e-6);
}

}  // namespace
}  // namespace evenscore
