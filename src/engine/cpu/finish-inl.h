// From the scores of a group of kWidth rows to everything that is asked of them: arith/finish_row.h, a vector
// of rows at a time. Included once per instruction set.
#pragma once

#include "engine/cpu/vector-inl.h"
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

/// Row by row what is kept class by class.
template <class T>
static HWY_INLINE void transpose(const T* values, int n_classes, T* out) {
  for (int r = 0; r < kWidth; ++r) {
    for (int k = 0; k < n_classes; ++k) out[r * n_classes + k] = values[k * kWidth + r];
  }
}

/// One number a row and class, class by class, before it is stored row by row.
template <class T>
struct ClassColumns {
  T* values;  ///< n_classes x kWidth
  HWY_INLINE void set(int k, Doubles x) const { store(canonical(x), values + k * kWidth); }
  HWY_INLINE void set(int k, Floats x) const { hn::StoreU(x.v, kFloats, values + k * kWidth); }
  HWY_INLINE void store_rows(int n_classes, T* out) const { transpose(values, n_classes, out); }
};

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

static HWY_INLINE void store_softmax_f64(const GroupScores& z, int n, double* scratch, double* proba,
                                         double* log_proba) {
  const auto sum = arith::softmax_sum64(z, n);
  const auto log_sum = arith::log_parts<Doubles>(sum.high, sum.low);
  const ClassColumns<double> columns{scratch};
  if (proba != nullptr) {
    for (int k = 0; k < n; ++k) columns.set(k, arith::softmax64(z[k], sum));
    columns.store_rows(n, proba);
  }
  if (log_proba != nullptr) {
    for (int k = 0; k < n; ++k) columns.set(k, arith::log_softmax64(z[k], sum, log_sum));
    columns.store_rows(n, log_proba);
  }
}

static HWY_INLINE void store_log_softmax_f32(const GroupScores& z, int n, double* scratch, float* log_proba) {
  const auto sum = arith::softmax_sum64(z, n);
  const auto log_sum = arith::log_parts<Doubles>(sum.high, sum.low);
  const ClassColumns<float> columns{reinterpret_cast<float*>(scratch)};
  for (int k = 0; k < n; ++k) columns.set(k, canonical(narrow(arith::log_softmax64(z[k], sum, log_sum))));
  columns.store_rows(n, log_proba);
}

static HWY_INLINE void store_softmax_f32(const GroupScores& z, int n, double* scratch, float* proba) {
  const Doubles m = arith::softmax_max(z, n);
  Doubles sum = 0.0;
  for (int k = 0; k < n; ++k) {
    const Doubles term = arith::softmax32_term(z[k], m);
    store(term, scratch + k * kWidth);
    sum = add(sum, term);
  }
  const Doubles reciprocal = div(1.0, sum);
  // The probabilities take the place of the terms, half as wide.
  const ClassColumns<float> columns{reinterpret_cast<float*>(scratch)};
  for (int k = 0; k < n; ++k)
    columns.set(k, arith::softmax32_of_term(load(scratch + k * kWidth), reciprocal));
  columns.store_rows(n, proba);
}

template <class T>
static HWY_INLINE void store_one_vs_rest(const GroupScores& z, int n, double* scratch, T* proba,
                                         T* log_proba) {
  const auto rounded = [](Doubles x) HWY_ATTR {
    if constexpr (sizeof(T) == sizeof(double)) {
      return x;
    } else {
      return canonical(narrow(x));
    }
  };
  Doubles sum = arith::sigmoid64(z[0]).p;
  for (int k = 1; k < n; ++k) sum = add(sum, arith::sigmoid64(z[k]).p);
  const ClassColumns<T> columns{reinterpret_cast<T*>(scratch)};
  if (proba != nullptr) {
    for (int k = 0; k < n; ++k) columns.set(k, rounded(div(arith::sigmoid64(z[k]).p, sum)));
    columns.store_rows(n, proba);
  }
  if (log_proba != nullptr) {
    for (int k = 0; k < n; ++k) columns.set(k, rounded(arith::log64(div(arith::sigmoid64(z[k]).p, sum))));
    columns.store_rows(n, log_proba);
  }
}

static HWY_INLINE void finish_multiclass(const ProgramView& program, const GroupScores& z, double* scratch,
                                         const OutputsView& out, std::int64_t row) {
  const int n = program.n_classes;
  const bool f64 = out.type == OutputType::f64;
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
  if (out.decision != nullptr && f64) {
    transpose(z.z, n, at<double>(out.decision, row, n));
  }
  if (out.decision != nullptr && !f64) {
    const ClassColumns<float> columns{reinterpret_cast<float*>(scratch)};
    for (int k = 0; k < n; ++k) columns.set(k, canonical(narrow(z[k])));
    columns.store_rows(n, at<float>(out.decision, row, n));
  }
  if (out.proba == nullptr && out.log_proba == nullptr) return;
  const auto proba = [&](auto* null) HWY_ATTR {
    return out.proba == nullptr ? null : at<std::remove_pointer_t<decltype(null)>>(out.proba, row, n);
  };
  const auto log_proba = [&](auto* null) HWY_ATTR {
    return out.log_proba == nullptr ? null : at<std::remove_pointer_t<decltype(null)>>(out.log_proba, row, n);
  };
  constexpr double* kNoDoubles = nullptr;
  constexpr float* kNoFloats = nullptr;
  if (program.link == LinkKind::one_vs_rest) {
    f64 ? store_one_vs_rest(z, n, scratch, proba(kNoDoubles), log_proba(kNoDoubles))
        : store_one_vs_rest(z, n, scratch, proba(kNoFloats), log_proba(kNoFloats));
  } else if (f64) {
    store_softmax_f64(z, n, scratch, proba(kNoDoubles), log_proba(kNoDoubles));
  } else {
    if (out.proba != nullptr) store_softmax_f32(z, n, scratch, proba(kNoFloats));
    if (out.log_proba != nullptr) store_log_softmax_f32(z, n, scratch, log_proba(kNoFloats));
  }
}

/// Whether all scores of n_groups groups are finite.
static HWY_INLINE bool all_finite(const ProgramView& program, const double* z, int n_groups) {
  Doubles check = 0.0;
  for (int i = 0; i < n_groups * program.n_scores; ++i) check = fma(load(z + i * kWidth), 0.0, check);
  return all(check == 0.0);
}

/// Writes every wanted output of rows [row, row + n_groups * kWidth) as if all could be scored; `scratch` has
/// room for n_classes x kWidth. Whether all scores are finite.
static HWY_NOINLINE bool finish_groups(const ProgramView& program, const double* z, int n_groups,
                                       double* scratch, const OutputsView& out, std::int64_t row) {
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
    finish_multiclass(program, scores, scratch, out, row + g * kWidth);
  }
  return all_finite(program, z, n_groups);
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
