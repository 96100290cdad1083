#include "verify/referee.h"

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "evenscore/arith/element.h"

namespace evenscore::verifier {
namespace {

constexpr mpfr_prec_t kPrecisions[] = {320, 1280, 5120};

/// An MPFR number of a fixed precision, owned.
class Real {
 public:
  explicit Real(mpfr_prec_t precision) { mpfr_init2(value_, precision); }
  Real(mpfr_prec_t precision, double value) : Real(precision) { mpfr_set_d(value_, value, MPFR_RNDN); }
  Real(const Real& other) : Real(mpfr_get_prec(other.value_)) { mpfr_set(value_, other.value_, MPFR_RNDN); }
  Real& operator=(const Real& other) {
    mpfr_set(value_, other.value_, MPFR_RNDN);
    return *this;
  }
  ~Real() { mpfr_clear(value_); }

  mpfr_ptr get() { return value_; }
  mpfr_srcptr get() const { return value_; }

 private:
  mpfr_t value_;
};
using Reals = std::vector<Real>;

void column_stage(const Stage& stage, const double* p, Reals& v) {
  const auto n = static_cast<std::size_t>(stage.n_in);
  for (std::size_t i = 0; i < n; ++i) {
    mpfr_ptr x = v[i].get();
    switch (stage.kind) {
      case StageKind::subtract:
        mpfr_sub_d(x, x, p[i], MPFR_RNDN);
        break;
      case StageKind::divide:
        mpfr_div_d(x, x, p[i], MPFR_RNDN);
        break;
      case StageKind::multiply:
        mpfr_mul_d(x, x, p[i], MPFR_RNDN);
        break;
      case StageKind::add:
        mpfr_add_d(x, x, p[i], MPFR_RNDN);
        break;
      case StageKind::clip:
        if (mpfr_cmp_d(x, p[i]) < 0) mpfr_set_d(x, p[i], MPFR_RNDN);
        if (mpfr_cmp_d(x, p[n + i]) > 0) mpfr_set_d(x, p[n + i], MPFR_RNDN);
        break;
      case StageKind::binarize:
        mpfr_set_d(x, mpfr_cmp_d(x, p[i]) > 0 ? 1.0 : 0.0, MPFR_RNDN);
        break;
      case StageKind::replace_missing:
        if (!std::isnan(p[2 * n]) && mpfr_cmp_d(x, p[2 * n]) == 0) {
          mpfr_set_d(x, p[i], MPFR_RNDN);
        } else if (p[n + i] == 0.0) {
          mpfr_set_zero(x, 1);
        }
        break;
      default:  // reject_*: all is finite here
        break;
    }
  }
}

void normalize(const Stage& stage, double zero, mpfr_prec_t precision, Reals& v) {
  Real norm(precision, 0.0), term(precision);
  for (const Real& x : v) {
    if (stage.kind == StageKind::normalize_signed_max) {
      if (&x == v.data() || mpfr_cmp(x.get(), norm.get()) > 0) norm = x;
      continue;
    }
    if (stage.kind == StageKind::normalize_l2) {
      mpfr_sqr(term.get(), x.get(), MPFR_RNDN);
    } else {
      mpfr_abs(term.get(), x.get(), MPFR_RNDN);
    }
    if (stage.kind == StageKind::normalize_max) {
      mpfr_max(norm.get(), norm.get(), term.get(), MPFR_RNDN);
    } else {
      mpfr_add(norm.get(), norm.get(), term.get(), MPFR_RNDN);
    }
  }
  if (stage.kind == StageKind::normalize_l2) mpfr_sqrt(norm.get(), norm.get(), MPFR_RNDN);
  const bool is_zero = stage.kind == StageKind::normalize_signed_max ? mpfr_zero_p(norm.get()) != 0
                                                                     : mpfr_cmp_d(norm.get(), zero) < 0;
  if (is_zero) return;
  for (Real& x : v) mpfr_div(x.get(), x.get(), norm.get(), MPFR_RNDN);
}

Reals affine(const Stage& stage, const double* constants, mpfr_prec_t precision, Reals& v) {
  if (stage.kind == StageKind::affine_centered) {
    for (std::size_t i = 0; i < v.size(); ++i)
      mpfr_sub_d(v[i].get(), v[i].get(), constants[stage.parameter + static_cast<std::int64_t>(i)],
                 MPFR_RNDN);
  }
  Reals z;
  Real term(precision);
  for (std::int64_t k = 0; k < stage.n_out; ++k) {
    z.emplace_back(precision, constants[stage.intercept + k]);
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double w = constants[stage.weight + k * stage.n_in + static_cast<std::int64_t>(i)];
      mpfr_mul_d(term.get(), v[i].get(), w, MPFR_RNDN);
      mpfr_add(z.back().get(), z.back().get(), term.get(), MPFR_RNDN);
    }
  }
  return z;
}

/// 1 / (1 + e^-z).
Real logistic(const Real& z, mpfr_prec_t precision) {
  Real result(precision);
  mpfr_neg(result.get(), z.get(), MPFR_RNDN);
  mpfr_exp(result.get(), result.get(), MPFR_RNDN);
  mpfr_add_ui(result.get(), result.get(), 1, MPFR_RNDN);
  mpfr_ui_div(result.get(), 1, result.get(), MPFR_RNDN);
  return result;
}

}  // namespace

struct Referee::Impl {
  Program program;
  std::vector<double> decision, proba;
  std::vector<float> decision32, proba32;

  Reals run(const RowsView& rows, std::int64_t row, mpfr_prec_t precision) const {
    Reals v;
    const std::byte* begin = rows.data + row * rows.row_stride;
    for (std::int64_t i = 0; i < rows.columns; ++i)
      v.emplace_back(precision, arith::load_element(rows.type, begin + i * rows.column_stride));
    for (const Stage& stage : program.stages) {
      const double* p = program.constants.data() + stage.parameter;
      switch (stage.kind) {
        case StageKind::gather: {
          Reals gathered;
          for (std::int64_t j = 0; j < stage.n_out; ++j)
            gathered.push_back(v[static_cast<std::size_t>(p[j])]);
          v = std::move(gathered);
          break;
        }
        case StageKind::products: {
          Reals products;
          for (std::int64_t j = 0; j < stage.n_out; ++j) {
            Real product = p[2 * j] < 0 ? Real(precision, 1.0) : v[static_cast<std::size_t>(p[2 * j])];
            if (p[2 * j + 1] >= 0) {
              mpfr_mul(product.get(), product.get(), products[static_cast<std::size_t>(p[2 * j + 1])].get(),
                       MPFR_RNDN);
            }
            products.push_back(product);
          }
          v = std::move(products);
          break;
        }
        case StageKind::normalize_l1:
        case StageKind::normalize_l2:
        case StageKind::normalize_max:
        case StageKind::normalize_signed_max:
          normalize(stage, p[0], precision, v);
          break;
        case StageKind::affine:
        case StageKind::affine_centered:
          v = affine(stage, program.constants.data(), precision, v);
          break;
        default:
          column_stage(stage, p, v);
      }
    }
    return v;
  }

  Reals probabilities(const Reals& z, mpfr_prec_t precision) const {
    Reals p;
    if (program.n_proba() == 0 || program.link == LinkKind::modified_huber) return p;
    if (program.n_classes == 2) {
      Real score = z[0];
      if (program.link == LinkKind::sigmoid_doubled) mpfr_mul_ui(score.get(), score.get(), 2, MPFR_RNDN);
      Real negated = score;
      mpfr_neg(negated.get(), negated.get(), MPFR_RNDN);
      p.push_back(logistic(negated, precision));
      p.push_back(logistic(score, precision));
      return p;
    }
    Real sum(precision, 0.0), largest = z[0];
    for (const Real& score : z) mpfr_max(largest.get(), largest.get(), score.get(), MPFR_RNDN);
    for (const Real& score : z) {
      if (program.link == LinkKind::one_vs_rest) {
        p.push_back(logistic(score, precision));
      } else {
        p.push_back(score);
        mpfr_sub(p.back().get(), p.back().get(), largest.get(), MPFR_RNDN);
        mpfr_exp(p.back().get(), p.back().get(), MPFR_RNDN);
      }
      mpfr_add(sum.get(), sum.get(), p.back().get(), MPFR_RNDN);
    }
    for (Real& probability : p) mpfr_div(probability.get(), probability.get(), sum.get(), MPFR_RNDN);
    return p;
  }

  void round(Reals z, mpfr_prec_t precision) {
    const Reals p = probabilities(z, precision);
    if (program.link == LinkKind::exponential) {
      for (Real& score : z) mpfr_exp(score.get(), score.get(), MPFR_RNDN);
    }
    decision.clear();
    decision32.clear();
    proba.clear();
    proba32.clear();
    for (const Real& score : z) {
      decision.push_back(mpfr_get_d(score.get(), MPFR_RNDN));
      decision32.push_back(mpfr_get_flt(score.get(), MPFR_RNDN));
    }
    for (const Real& probability : p) {
      proba.push_back(mpfr_get_d(probability.get(), MPFR_RNDN));
      proba32.push_back(mpfr_get_flt(probability.get(), MPFR_RNDN));
    }
  }
};

Referee::Referee(const Pipeline& pipeline, ElementType rows_type) : impl_(std::make_unique<Impl>()) {
  CompileOptions options;
  options.rows = rows_type;
  options.fold = false;
  impl_->program = compile(pipeline, options);
}
Referee::~Referee() {
  mpfr_free_cache();
}

bool Referee::judges_proba() const {
  return impl_->program.n_proba() > 0 && impl_->program.link != LinkKind::modified_huber;
}

bool Referee::judge(const RowsView& rows, std::int64_t i) {
  const std::byte* begin = rows.data + i * rows.row_stride;
  for (std::int64_t c = 0; c < rows.columns; ++c) {
    if (!std::isfinite(arith::load_element(rows.type, begin + c * rows.column_stride))) return false;
  }
  std::vector<double> decision, proba;
  for (const mpfr_prec_t precision : kPrecisions) {
    impl_->round(impl_->run(rows, i, precision), precision);
    if (!decision.empty() && decision == impl_->decision && proba == impl_->proba) return true;
    decision = impl_->decision;
    proba = impl_->proba;
  }
  return false;
}

const std::vector<double>& Referee::decision() const {
  return impl_->decision;
}
const std::vector<double>& Referee::proba() const {
  return impl_->proba;
}
const std::vector<float>& Referee::decision32() const {
  return impl_->decision32;
}
const std::vector<float>& Referee::proba32() const {
  return impl_->proba32;
}

}  // namespace evenscore::verifier
