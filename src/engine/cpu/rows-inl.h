// The body of the cpu engine, included once per instruction set by baseline.cpp, avx2.cpp and avx512.cpp,
// which set EVENSCORE_TARGET. Nothing here may be shared between them: everything is static or always
// inlined, and no class with a constructor is made.
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
  if (stage.kind == StageKind::subtract) {
    for (std::int64_t i = 0; i < stage.n_in; ++i) v[i] = arith::sub(v[i], parameter[i]);
  } else {
    for (std::int64_t i = 0; i < stage.n_in; ++i) v[i] = arith::div(v[i], parameter[i]);
  }
  if (stage.rounding == StageRounding::f32) {
    for (std::int64_t i = 0; i < stage.n_in; ++i) v[i] = arith::widen(arith::narrow(v[i]));
  }
}

template <class Row>
static void affine(const Stage& stage, const double* constants, const Row& x, double* z) {
  for (std::int64_t k = 0; k < stage.n_out; ++k) {
    z[k] = score_lanes<false>(x, nullptr, constants + stage.weight + k * stage.n_in,
                              constants[stage.intercept + k], stage.n_in);
  }
}

/// Every row: widen, column stages in place, scores, outputs. One centred score is computed straight from the
/// input.
template <ElementType type>
static void run_typed(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                      std::int64_t first, std::int64_t last, double* scratch) {
  double* z = scratch;
  double* v = scratch + program.n_scores;
  const double* constants = program.constants;
  const Stage& last_stage = program.stages[program.n_stages - 1];
  const bool direct =
      program.n_stages == 1 && last_stage.kind == StageKind::affine_centered && last_stage.n_out == 1;
  for (std::int64_t row = first; row < last; ++row) {
    const InputRow<type> x{rows.data + row * rows.row_stride, rows.column_stride};
    if (direct) {
      const double* w = constants + last_stage.weight;
      const double* mu = constants + last_stage.parameter;
      const double b = constants[last_stage.intercept];
      if (rows.column_stride == static_cast<std::int64_t>(element_size(type))) {
        const InputRow<type> dense{x.data, static_cast<std::int64_t>(element_size(type))};
        z[0] = score_lanes<true>(dense, mu, w, b, last_stage.n_in);
      } else {
        z[0] = score_lanes<true>(x, mu, w, b, last_stage.n_in);
      }
    } else {
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
    arith::finish_row(program, z, arith::status_of(program, z, x), outputs, row);
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
