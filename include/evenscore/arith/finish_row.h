#pragma once

#include "evenscore/arith/label.h"
#include "evenscore/arith/logistic.h"
#include "evenscore/arith/softmax.h"
#include "evenscore/stage.h"
#include "evenscore/views.h"

/// From the scores of one row to everything that is asked of it: one source for every engine.
namespace evenscore::arith {

/// Stores with the output's rounding: one conversion.
EVENSCORE_HD void store(void* buffer, OutputType type, std::int64_t i, double value) {
  if (type == OutputType::f64) {
    static_cast<double*>(buffer)[i] = canonical(value);
  } else {
    static_cast<float*>(buffer)[i] = canonical(narrow(value));
  }
}

EVENSCORE_HD void store_binary_proba(const ProgramView& program, double z, const OutputsView& out,
                                     std::int64_t row) {
  const Pair<double> p64 =
      out.type == OutputType::f64 || program.complement_first ? sigmoid64(z) : Pair<double>{};
  if (out.type == OutputType::f64) {
    store(out.proba, out.type, 2 * row, program.complement_first ? sub(1.0, p64.p) : p64.q);
    store(out.proba, out.type, 2 * row + 1, p64.p);
    return;
  }
  const Pair<float> p32 = sigmoid32(z);
  float* proba = static_cast<float*>(out.proba) + 2 * row;
  proba[0] = program.complement_first ? canonical(narrow(sub(1.0, p64.p))) : p32.q;
  proba[1] = p32.p;
}

EVENSCORE_HD void store_softmax(const ProgramView& program, const double* z, const OutputsView& out,
                                std::int64_t row) {
  const int n = program.n_classes;
  if (out.log_proba != nullptr || (out.proba != nullptr && out.type == OutputType::f64)) {
    const SoftmaxSum64 sum = softmax_sum64(z, n);
    const HighLow log_sum = log_parts(sum.high, sum.low);
    for (int k = 0; k < n; ++k) {
      if (out.log_proba != nullptr)
        store(out.log_proba, out.type, row * n + k, log_softmax64(z[k], sum, log_sum));
      if (out.proba != nullptr && out.type == OutputType::f64)
        store(out.proba, out.type, row * n + k, softmax64(z[k], sum));
    }
  }
  if (out.proba != nullptr && out.type == OutputType::f32) {
    const SoftmaxSum32 sum = softmax_sum32(z, n);
    for (int k = 0; k < n; ++k) static_cast<float*>(out.proba)[row * n + k] = softmax32(z[k], sum);
  }
}

/// (z clipped to [-1, 1], plus 1) / 2.
EVENSCORE_HD double modified_huber64(double z) {
  return mul(add(at_most(at_least(z, -1.0), 1.0), 1.0), 0.5);
}

EVENSCORE_HD double one_vs_rest_term(const ProgramView& program, double z) {
  return program.link == LinkKind::modified_huber ? modified_huber64(z) : sigmoid64(z).p;
}

EVENSCORE_HD void store_one_vs_rest(const ProgramView& program, const double* z, const OutputsView& out,
                                    std::int64_t row) {
  const int n = program.n_classes;
  double sum = one_vs_rest_term(program, z[0]);
  for (int k = 1; k < n; ++k) sum = add(sum, one_vs_rest_term(program, z[k]));
  const bool uniform = program.uniform_if_zero && sum == 0.0;
  for (int k = 0; k < n; ++k) {
    const double p = uniform ? div(1.0, static_cast<double>(n)) : div(one_vs_rest_term(program, z[k]), sum);
    if (out.proba != nullptr) store(out.proba, out.type, row * n + k, p);
    if (out.log_proba != nullptr) store(out.log_proba, out.type, row * n + k, log64(p));
  }
}

/// Probability of the second of two classes, and of the first.
EVENSCORE_HD Pair<double> binary_proba64(const ProgramView& program, double z) {
  Pair<double> proba = program.link == LinkKind::modified_huber
                           ? Pair<double>{modified_huber64(z), modified_huber64(negate(z))}
                           : sigmoid64(program.link == LinkKind::sigmoid_doubled ? mul(2.0, z) : z);
  if (program.complement_first) proba.q = sub(1.0, proba.p);
  return proba;
}

EVENSCORE_HD void store_binary_modified_huber(const ProgramView& program, double z, const OutputsView& out,
                                              std::int64_t row) {
  const Pair<double> proba = binary_proba64(program, z);
  if (out.proba != nullptr) {
    store(out.proba, out.type, 2 * row, proba.q);
    store(out.proba, out.type, 2 * row + 1, proba.p);
  }
  if (out.log_proba != nullptr) {
    store(out.log_proba, out.type, 2 * row, log64(proba.q));
    store(out.log_proba, out.type, 2 * row + 1, log64(proba.p));
  }
}

/// The class of a row that can be scored.
EVENSCORE_HD int label_of(const ProgramView& program, const double* z) {
  if (program.n_scores > 1) return label_of_scores(z, program.n_scores);
  if (program.label_rule == LabelRule::score) return label_of_score(z[0]);
  double value = program.positive_first ? negate(z[0]) : z[0];
  if (program.label_rule == LabelRule::proba_threshold) {
    const Pair<double> proba = binary_proba64(program, z[0]);
    value = program.positive_first ? proba.q : proba.p;
  }
  return (value >= program.threshold) == program.positive_first ? 0 : 1;
}

/// Writes every wanted output of `row`. `status` is `scored` exactly when all scores are finite.
EVENSCORE_HD void finish_row(const ProgramView& program, const double* z, RowStatus status,
                             const OutputsView& out, std::int64_t row) {
  const bool scored = status == RowStatus::scored;
  if (out.status != nullptr) out.status[row] = static_cast<std::uint8_t>(status);
  if (out.decision != nullptr) {
    for (int k = 0; k < program.n_scores; ++k) {
      const double value = program.link == LinkKind::exponential ? exp64(z[k]) : z[k];
      store(out.decision, out.type, row * program.n_scores + k, value);
    }
  }
  if (program.n_classes == 0) return;
  if (out.label_index != nullptr) out.label_index[row] = scored ? label_of(program, z) : -1;
  if (out.proba == nullptr && out.log_proba == nullptr) return;
  if (program.n_scores > 1) {
    program.link == LinkKind::softmax ? store_softmax(program, z, out, row)
                                      : store_one_vs_rest(program, z, out, row);
    return;
  }
  if (program.link == LinkKind::modified_huber) return store_binary_modified_huber(program, z[0], out, row);
  const double linked = program.link == LinkKind::sigmoid_doubled ? mul(2.0, z[0]) : z[0];
  if (out.proba != nullptr) store_binary_proba(program, linked, out, row);
  if (out.log_proba != nullptr) {
    const Pair<double> log_p = logsigmoid64(linked);
    store(out.log_proba, out.type, 2 * row, log_p.q);
    store(out.log_proba, out.type, 2 * row + 1, log_p.p);
  }
}

/// Whether scikit-learn rejects x in a column, and why.
EVENSCORE_HD RowStatus status_of_input(Validity validity, double x) {
  if (validity == Validity::finite && is_nan(x)) return RowStatus::nan_input;
  if (validity != Validity::any && is_infinite(x)) return RowStatus::infinite_input;
  return RowStatus::scored;
}

/// What becomes of a row: the first column, in column order, whose value scikit-learn rejects, or else
/// whether a score is not finite. `x` yields input element i as f64. Where all stages are affine and
/// unclipped, finite scores prove finite inputs and spare the look at them (docs/arithmetic.md, section 2).
template <class Row>
EVENSCORE_HD RowStatus status_of(const ProgramView& program, const double* z, const Row& x) {
  bool finite = true;
  for (int k = 0; k < program.n_scores; ++k) finite = finite && is_finite(z[k]);
  if (finite && !program.check_inputs) return RowStatus::scored;
  for (std::int64_t i = 0; i < program.n_features; ++i) {
    const RowStatus status = status_of_input(program.validity[i], x[i]);
    if (status != RowStatus::scored) return status;
  }
  return finite ? RowStatus::scored : RowStatus::score_not_finite;
}

}  // namespace evenscore::arith
