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

EVENSCORE_HD void store_one_vs_rest(const ProgramView& program, const double* z, const OutputsView& out,
                                    std::int64_t row) {
  const int n = program.n_classes;
  double sum = sigmoid64(z[0]).p;
  for (int k = 1; k < n; ++k) sum = add(sum, sigmoid64(z[k]).p);
  for (int k = 0; k < n; ++k) {
    const double p = div(sigmoid64(z[k]).p, sum);
    if (out.proba != nullptr) store(out.proba, out.type, row * n + k, p);
    if (out.log_proba != nullptr) store(out.log_proba, out.type, row * n + k, log64(p));
  }
}

/// Writes every wanted output of `row`. `status` is `scored` exactly when all scores are finite.
EVENSCORE_HD void finish_row(const ProgramView& program, const double* z, RowStatus status,
                             const OutputsView& out, std::int64_t row) {
  const bool scored = status == RowStatus::scored;
  const bool binary = program.n_scores == 1;
  if (out.label_index != nullptr) {
    const int label = binary ? label_of_score(z[0]) : label_of_scores(z, program.n_scores);
    out.label_index[row] = scored ? label : -1;
  }
  if (out.status != nullptr) out.status[row] = static_cast<std::uint8_t>(status);
  if (out.decision != nullptr) {
    for (int k = 0; k < program.n_scores; ++k)
      store(out.decision, out.type, row * program.n_scores + k, z[k]);
  }
  if (out.proba == nullptr && out.log_proba == nullptr) return;
  if (!binary) {
    program.link == LinkKind::softmax ? store_softmax(program, z, out, row)
                                      : store_one_vs_rest(program, z, out, row);
    return;
  }
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
