// The body of the cpu engine, included once per instruction set by baseline.cpp, avx2.cpp and avx512.cpp,
// which set EVENSCORE_TARGET. Nothing here may be shared between them: everything is static or always
// inlined, and no class with a constructor is made.
#include "evenscore/arith/column.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"
#include "evenscore/arith/score.h"

#include "engine/cpu/target.h"

namespace evenscore::engine::cpu::EVENSCORE_TARGET {

using arith::kLanes;

/// Elements of an input row as f64, widened when read.
template <ElementType type>
struct InputRow {
  const std::byte* data;
  std::int64_t stride;
  EVENSCORE_HD double operator[](std::int64_t i) const {
    return arith::load_element<type>(data + i * stride);
  }
};

template <bool centered, class Row>
static inline double score_lanes(const Row& x, const double* mu, const double* w, double intercept,
                                 std::int64_t n) {
  arith::Lanes lanes;
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int l = 0; l < kLanes; ++l) {
      if constexpr (centered) {
        arith::accumulate_centered(lanes, l, x[i + l], mu[i + l], w[i + l]);
      } else {
        arith::accumulate(lanes, l, x[i + l], w[i + l]);
      }
    }
  }
  for (int l = 0; i < n; ++i, ++l) {
    if constexpr (centered) {
      arith::accumulate_centered(lanes, l, x[i], mu[i], w[i]);
    } else {
      arith::accumulate(lanes, l, x[i], w[i]);
    }
  }
  return arith::finish_score(lanes, intercept);
}

static void apply_column_stage(const Stage& stage, const double* parameter, double* v) {
  for (std::int64_t i = 0; i < stage.n_in; ++i) v[i] = arith::apply_column_stage(stage, parameter, i, v[i]);
}

template <class Row>
static void affine(const Stage& stage, const double* constants, const Row& x, double* z) {
  for (std::int64_t k = 0; k < stage.n_out; ++k) {
    z[k] = score_lanes<false>(x, nullptr, constants + stage.weight + k * stage.n_in,
                              constants[stage.intercept + k], stage.n_in);
  }
}

/// Rows whose scores are computed before their links: enough for vector registers, few enough for the first
/// cache.
constexpr std::int64_t kBlockRows = 128;

/// `even` and `odd` in turn: the two columns of a binary output.
template <class T>
static void interleave(const T* even, const T* odd, std::int64_t n, T* out) {
  for (std::int64_t i = 0; i < n; ++i) {
    out[2 * i] = even[i];
    out[2 * i + 1] = odd[i];
  }
}

/// Probabilities of n linked scores of two classes, both columns; what arith::finish_row stores, for many
/// rows.
static void proba_f64(const ProgramView& program, const double* z, std::int64_t n, double* out) {
  double p[kBlockRows];
  double q[kBlockRows];
  for (std::int64_t i = 0; i < n; ++i) {
    const arith::Pair<double> pair = arith::sigmoid64(z[i]);
    p[i] = pair.p;
    q[i] = pair.q;
  }
  if (program.complement_first) {
    for (std::int64_t i = 0; i < n; ++i) q[i] = arith::sub(1.0, p[i]);
  }
  interleave(q, p, n, out);
}

static void proba_f32(const ProgramView& program, const double* z, std::int64_t n, float* out) {
  float p[kBlockRows];
  float q[kBlockRows];
  for (std::int64_t i = 0; i < n; ++i) {
    const arith::Pair<float> pair = arith::sigmoid32(z[i]);
    p[i] = pair.p;
    q[i] = pair.q;
  }
  if (program.complement_first) {
    for (std::int64_t i = 0; i < n; ++i) q[i] = arith::narrow(arith::sub(1.0, arith::sigmoid64(z[i]).p));
  }
  interleave(q, p, n, out);
}

static void log_proba_f64(const double* z, std::int64_t n, double* out) {
  double p[kBlockRows];
  double q[kBlockRows];
  for (std::int64_t i = 0; i < n; ++i) {
    const arith::Pair<double> pair = arith::logsigmoid64(z[i]);
    p[i] = pair.p;
    q[i] = pair.q;
  }
  interleave(q, p, n, out);
}

static void narrow_all(const double* values, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = arith::narrow(values[i]);
}

/// The outputs of rows [first, first + n) of two classes, all of whose scores z are finite:
/// arith::finish_row, one output after the other, so that each is a loop without branches.
static void finish_binary_block(const ProgramView& program, const double* z, const OutputsView& out,
                                std::int64_t first, std::int64_t n) {
  if (out.label_index != nullptr) {
    for (std::int64_t i = 0; i < n; ++i) out.label_index[first + i] = arith::label_of_score(z[i]);
  }
  if (out.status != nullptr) {
    for (std::int64_t i = 0; i < n; ++i) out.status[first + i] = static_cast<std::uint8_t>(RowStatus::scored);
  }
  const bool f64 = out.type == OutputType::f64;
  if (out.decision != nullptr) {
    if (f64) {
      double* decision = static_cast<double*>(out.decision) + first;
      for (std::int64_t i = 0; i < n; ++i) decision[i] = z[i];
    } else {
      narrow_all(z, n, static_cast<float*>(out.decision) + first);
    }
  }
  double linked[kBlockRows];
  const double factor = program.link == LinkKind::sigmoid_doubled ? 2.0 : 1.0;
  for (std::int64_t i = 0; i < n; ++i) linked[i] = arith::mul(factor, z[i]);
  if (out.proba != nullptr) {
    if (f64) {
      proba_f64(program, linked, n, static_cast<double*>(out.proba) + 2 * first);
    } else {
      proba_f32(program, linked, n, static_cast<float*>(out.proba) + 2 * first);
    }
  }
  if (out.log_proba != nullptr) {
    if (f64) {
      log_proba_f64(linked, n, static_cast<double*>(out.log_proba) + 2 * first);
    } else {
      double both[2 * kBlockRows];
      log_proba_f64(linked, n, both);
      narrow_all(both, 2 * n, static_cast<float*>(out.log_proba) + 2 * first);
    }
  }
}

/// The scores of one row: widen, column stages in place, then the linear stage. `v` is scratch.
template <class Row>
static void score_row(const ProgramView& program, const Row& x, double* v, double* z) {
  const double* constants = program.constants;
  for (std::int64_t i = 0; i < program.n_features; ++i) v[i] = x[i];
  for (std::int32_t s = 0; s < program.n_stages; ++s) {
    const Stage& stage = program.stages[s];
    if (stage.kind == StageKind::affine) {
      affine(stage, constants, v, z);
    } else if (stage.kind == StageKind::affine_centered) {
      const double* mu = constants + stage.parameter;
      for (std::int64_t i = 0; i < stage.n_in; ++i) v[i] = arith::sub(v[i], mu[i]);
      affine(stage, constants, v, z);
    } else {
      apply_column_stage(stage, constants + stage.parameter, v);
    }
  }
}

/// More than two classes: row by row.
template <ElementType type>
static void run_multiclass(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                           std::int64_t first, std::int64_t last, double* scratch) {
  double* z = scratch;
  double* v = scratch + program.n_scores;
  for (std::int64_t row = first; row < last; ++row) {
    const InputRow<type> x{rows.data + row * rows.row_stride, rows.column_stride};
    score_row(program, x, v, z);
    arith::finish_row(program, z, arith::status_of(program, z, x), outputs, row);
  }
}

/// One row's centred score straight from dense input, without a copy.
template <ElementType type>
static double direct_score(const ProgramView& program, const std::byte* row) {
  const Stage& stage = program.stages[0];
  const InputRow<type> dense{row, static_cast<std::int64_t>(element_size(type))};
  return score_lanes<true>(dense, program.constants + stage.parameter, program.constants + stage.weight,
                           program.constants[stage.intercept], stage.n_in);
}

/// Two classes: the scores of a block, then its outputs.
template <ElementType type>
static void run_binary(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                       std::int64_t first, std::int64_t last, double* scratch) {
  const bool direct = program.n_stages == 1 && program.stages[0].kind == StageKind::affine_centered &&
                      rows.column_stride == static_cast<std::int64_t>(element_size(type));
  double z[kBlockRows];
  for (std::int64_t block = first; block < last; block += kBlockRows) {
    const std::int64_t n = last - block < kBlockRows ? last - block : kBlockRows;
    bool finite = !program.check_inputs;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::byte* row = rows.data + (block + i) * rows.row_stride;
      if (direct) {
        z[i] = direct_score<type>(program, row);
      } else {
        score_row(program, InputRow<type>{row, rows.column_stride}, scratch, z + i);
      }
      finite = finite && arith::is_finite(z[i]);
    }
    if (finite) {
      finish_binary_block(program, z, outputs, block, n);
      continue;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const InputRow<type> x{rows.data + (block + i) * rows.row_stride, rows.column_stride};
      arith::finish_row(program, z + i, arith::status_of(program, z + i, x), outputs, block + i);
    }
  }
}

template <ElementType type>
static void run_typed(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                      std::int64_t first, std::int64_t last, double* scratch) {
  if (program.n_scores == 1) {
    run_binary<type>(program, rows, outputs, first, last, scratch);
  } else {
    run_multiclass<type>(program, rows, outputs, first, last, scratch);
  }
}

static void run_rows(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                     std::int64_t first, std::int64_t last, double* scratch) {
  switch (rows.type) {
#define EVENSCORE_RUN(type) \
  case ElementType::type:   \
    return run_typed<ElementType::type>(program, rows, outputs, first, last, scratch)
    EVENSCORE_RUN(f16);
    EVENSCORE_RUN(f32);
    EVENSCORE_RUN(f64);
    EVENSCORE_RUN(i8);
    EVENSCORE_RUN(i16);
    EVENSCORE_RUN(i32);
    EVENSCORE_RUN(i64);
    EVENSCORE_RUN(u8);
    EVENSCORE_RUN(u16);
    EVENSCORE_RUN(u32);
    EVENSCORE_RUN(u64);
#undef EVENSCORE_RUN
  }
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
