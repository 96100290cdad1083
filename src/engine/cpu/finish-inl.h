// From the scores of a group of kWidth rows to everything that is asked of them: arith/finish_row.h, a vector
// of rows at a time. Included once per instruction set.
#pragma once

#include <cstring>

#include "engine/cpu/transpose-inl.h"
#include "evenscore/arith/logistic.h"
#include "evenscore/arith/softmax.h"
#include "evenscore/stage.h"
#include "evenscore/views.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Scores of a group, class by class.
struct GroupScores {
  const double* z;
  HWY_INLINE Doubles operator[](int k) const { return load(z + k * kWidth); }
};

/// Numbers of a row to their buffer, rounded to its type.
static HWY_INLINE void store_rounded(Doubles x, double* out) {
  store(canonical(x), out);
}
static HWY_INLINE void store_rounded(Doubles x, float* out) {
  hn::StoreU(canonical(narrow(x)).v, kFloats, out);
}

/// Classes [k, k + kWidth) of a group that is kept class by class, to its rows, which hold n_classes each.
/// Fewer classes may be left: what is stored behind them is the next row's, which is stored later.
template <class T>
static HWY_INLINE void store_classes(const double* columns, int k, int n_classes, T* out) {
  Doubles column[kWidth];
  Doubles row[kWidth];
  for (int i = 0; i < kWidth; ++i) column[i] = load(columns + (k + i) * kWidth);
  transpose(column, row);
  const int end = kWidth * n_classes;
  for (int r = 0; r < kWidth; ++r) {
    const int first = r * n_classes + k;
    if (HWY_LIKELY(first + kWidth <= end)) {
      store_rounded(row[r], out + first);
    } else {
      T last[kWidth];
      store_rounded(row[r], last);
      std::memcpy(out + first, last, static_cast<std::size_t>(end - first) * sizeof(T));
    }
  }
}

/// A group's numbers, kept class by class, to its rows. Reads up to kWidth classes at a time.
template <class T>
static HWY_INLINE void store_rows(const double* columns, int n_classes, T* out) {
  const int whole = n_classes / kWidth * kWidth;
  if (whole < n_classes) store_classes(columns, whole, n_classes, out);
  for (int k = 0; k < whole; k += kWidth) store_classes(columns, k, n_classes, out);
}

/// Buffers of rows `row` and on, as their type.
template <class T>
static HWY_INLINE T* at(void* buffer, std::int64_t row, std::int64_t values_a_row) {
  return static_cast<T*>(buffer) + row * values_a_row;
}

/// Labels, small whole numbers: of 2^52 + label the low half is the label.
static HWY_INLINE void store_labels(Doubles label, std::int32_t* out) {
  const hn::Rebind<std::uint32_t, DoubleTag> narrow_bits;
  const hn::Rebind<std::int32_t, DoubleTag> labels;
  const auto low = hn::TruncateTo(narrow_bits, bits_of(add(label, 0x1p52)).v);
  hn::StoreU(hn::BitCast(labels, low), labels, out);
}

/// Both columns of two classes, NaN canonical.
static HWY_INLINE void store_pairs(Doubles first, Doubles second, double* out) {
  hn::StoreInterleaved2(first.v, second.v, kDoubles, out);
}
static HWY_INLINE void store_pairs(Floats first, Floats second, float* out) {
  hn::StoreInterleaved2(first.v, second.v, kFloats, out);
}

/// Rows [row, row + n_groups * kWidth) of two classes from their scores; one output after the other, so that
/// each is a short loop whose groups overlap.
static HWY_INLINE void finish_binary(const ProgramView& program, const double* z, int n_groups,
                                     const OutputsView& out, std::int64_t row) {
  const bool f64 = out.type == OutputType::f64;
  const auto each = [&](auto store_group) HWY_ATTR {
    for (int g = 0; g < n_groups; ++g) store_group(load(z + g * kWidth), row + g * kWidth);
  };
  const auto linked = [&program](Doubles score) HWY_ATTR {
    return program.link == LinkKind::sigmoid_doubled ? mul(2.0, score) : score;
  };
  if (out.label_index != nullptr) {
    each([&](Doubles score, std::int64_t first)
             HWY_ATTR { store_labels(select(score > 0.0, 1.0, 0.0), out.label_index + first); });
  }
  if (out.decision != nullptr) {
    each([&](Doubles score, std::int64_t first) HWY_ATTR {
      f64 ? store(score, at<double>(out.decision, first, 1))
          : hn::StoreU(canonical(narrow(score)).v, kFloats, at<float>(out.decision, first, 1));
    });
  }
  if (out.proba != nullptr && f64) {
    each([&](Doubles score, std::int64_t first) HWY_ATTR {
      const arith::Pair<Doubles> p = arith::sigmoid64(linked(score));
      store_pairs(program.complement_first ? canonical(sub(1.0, p.p)) : p.q, p.p,
                  at<double>(out.proba, first, 2));
    });
  } else if (out.proba != nullptr && program.complement_first) {
    each([&](Doubles score, std::int64_t first) HWY_ATTR {
      const Floats other = canonical(narrow(sub(1.0, arith::sigmoid64(linked(score)).p)));
      store_pairs(other, arith::sigmoid32(linked(score)).p, at<float>(out.proba, first, 2));
    });
  } else if (out.proba != nullptr) {
    each([&](Doubles score, std::int64_t first) HWY_ATTR {
      const arith::Pair<Floats> p = arith::sigmoid32(linked(score));
      store_pairs(p.q, p.p, at<float>(out.proba, first, 2));
    });
  }
  if (out.log_proba != nullptr) {
    each([&](Doubles score, std::int64_t first) HWY_ATTR {
      const arith::Pair<Doubles> p = arith::logsigmoid64(linked(score));
      f64 ? store_pairs(p.q, p.p, at<double>(out.log_proba, first, 2))
          : store_pairs(canonical(narrow(p.q)), canonical(narrow(p.p)), at<float>(out.log_proba, first, 2));
    });
  }
}

/// Probabilities or their logarithms through softmax_sum64.
template <class T>
static HWY_INLINE void store_softmax64(const GroupScores& z, int n, double* columns, T* proba, T* log_proba) {
  const auto sum = arith::softmax_sum64(z, n);
  if (proba != nullptr) {
    for (int k = 0; k < n; ++k) store(arith::softmax64(z[k], sum), columns + k * kWidth);
    store_rows(columns, n, proba);
  }
  if (log_proba != nullptr) {
    const auto log_sum = arith::log_parts<Doubles>(sum.high, sum.low);
    for (int k = 0; k < n; ++k) store(arith::log_softmax64(z[k], sum, log_sum), columns + k * kWidth);
    store_rows(columns, n, log_proba);
  }
}

static HWY_INLINE void store_softmax32(const GroupScores& z, int n, double* columns, float* proba) {
  const Doubles m = arith::softmax_max(z, n);
  Doubles sum = 0.0;
  for (int k = 0; k < n; ++k) {
    const Doubles term = arith::softmax32_term(z[k], m);
    store(term, columns + k * kWidth);
    sum = add(sum, term);
  }
  const Doubles reciprocal = div(1.0, sum);
  for (int k = 0; k < n; ++k) store(mul(load(columns + k * kWidth), reciprocal), columns + k * kWidth);
  store_rows(columns, n, proba);
}

template <class T>
static HWY_INLINE void store_one_vs_rest(const GroupScores& z, int n, double* columns, T* proba,
                                         T* log_proba) {
  Doubles sum = arith::sigmoid64(z[0]).p;
  for (int k = 1; k < n; ++k) sum = add(sum, arith::sigmoid64(z[k]).p);
  if (proba != nullptr) {
    for (int k = 0; k < n; ++k) store(div(arith::sigmoid64(z[k]).p, sum), columns + k * kWidth);
    store_rows(columns, n, proba);
  }
  if (log_proba != nullptr) {
    for (int k = 0; k < n; ++k) store(arith::log64(div(arith::sigmoid64(z[k]).p, sum)), columns + k * kWidth);
    store_rows(columns, n, log_proba);
  }
}

template <class T>
static HWY_INLINE void store_multiclass(const ProgramView& program, const GroupScores& z, double* columns,
                                        const OutputsView& out, std::int64_t row) {
  const int n = program.n_scores;
  if (out.decision != nullptr) store_rows(z.z, n, at<T>(out.decision, row, n));
  T* proba = out.proba == nullptr ? nullptr : at<T>(out.proba, row, n);
  T* log_proba = out.log_proba == nullptr ? nullptr : at<T>(out.log_proba, row, n);
  if (proba == nullptr && log_proba == nullptr) return;
  if (program.link == LinkKind::one_vs_rest) {
    store_one_vs_rest(z, n, columns, proba, log_proba);
    return;
  }
  if constexpr (sizeof(T) == sizeof(float)) {
    if (proba != nullptr) store_softmax32(z, n, columns, proba);
    proba = nullptr;
  }
  if (proba != nullptr || log_proba != nullptr) store_softmax64(z, n, columns, proba, log_proba);
}

static HWY_INLINE void finish_multiclass(const ProgramView& program, const GroupScores& z, double* columns,
                                         const OutputsView& out, std::int64_t row) {
  const int n = program.n_scores;
  if (out.label_index != nullptr) {
    Doubles largest = z[0];
    Doubles label = 0.0;
    for (int k = 1; k < n; ++k) {
      const Doubles zk = z[k];
      const Mask larger = zk > largest;
      largest = select(larger, zk, largest);
      label = select(larger, static_cast<double>(k), label);
    }
    store_labels(label, out.label_index + row);
  }
  out.type == OutputType::f64 ? store_multiclass<double>(program, z, columns, out, row)
                              : store_multiclass<float>(program, z, columns, out, row);
}

/// Whether finish_groups() knows what follows the scores; the rest goes row by row through arith::finish_row.
static HWY_INLINE bool finishes_groups(const ProgramView& program) {
  return program.link != LinkKind::exponential && program.link != LinkKind::modified_huber &&
         program.label_rule == LabelRule::score && !program.uniform_if_zero;
}

/// Whether all scores of n_groups groups are finite.
static HWY_INLINE bool all_finite(const ProgramView& program, const double* z, int n_groups) {
  Doubles check = 0.0;
  for (int i = 0; i < n_groups * program.n_scores; ++i) check = fma(load(z + i * kWidth), 0.0, check);
  return all(check == 0.0);
}

/// Writes every wanted output of rows [row, row + n_groups * kWidth) as if all could be scored; `columns` has
/// room for n_classes x kWidth, up to a multiple of kWidth classes. Whether all scores are finite.
static HWY_NOINLINE bool finish_groups(const ProgramView& program, const double* z, int n_groups,
                                       double* columns, const OutputsView& out, std::int64_t row) {
  if (out.status != nullptr) {
    for (int r = 0; r < n_groups * kWidth; ++r)
      out.status[row + r] = static_cast<std::uint8_t>(RowStatus::scored);
  }
  if (program.n_scores == 1) {
    finish_binary(program, z, n_groups, out, row);
    return all_finite(program, z, n_groups);
  }
  for (int g = 0; g < n_groups; ++g) {
    const GroupScores scores{z + g * program.n_scores * kWidth};
    finish_multiclass(program, scores, columns, out, row + g * kWidth);
  }
  return all_finite(program, z, n_groups);
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
