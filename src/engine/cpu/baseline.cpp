// For machines without a fused multiply-add: row by row, value by value, on all cores. libm's fma is exact
// there.
#include "engine/cpu/target.h"
#include "evenscore/arith/column.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"
#include "evenscore/arith/score.h"

namespace evenscore::engine::cpu {
namespace {

/// Element i of a row, after the column stages.
struct StagedRow {
  const ProgramView& program;
  const RowsView& rows;
  std::int64_t row;

  double input(std::int64_t i) const {
    return arith::load_element(rows.type, rows.data + row * rows.row_stride + i * rows.column_stride);
  }
  double staged(std::int64_t i) const {
    double v = input(i);
    for (std::int32_t s = 0; s + 1 < program.n_stages; ++s) {
      const Stage& stage = program.stages[s];
      v = arith::apply_column_stage(stage, program.constants + stage.parameter, i, v);
    }
    return v;
  }
};

struct Inputs {
  const StagedRow& row;
  double operator[](std::int64_t i) const { return row.input(i); }
};

void run_rows(const PackedProgram& packed, const RowsView& rows, const OutputsView& outputs,
              std::int64_t first, std::int64_t last, double* scratch) {
  const ProgramView& program = packed.view();
  const Stage& linear = program.stages[program.n_stages - 1];
  double* z = scratch;
  double* v = scratch + program.n_scores;
  for (std::int64_t r = first; r < last; ++r) {
    const StagedRow row{program, rows, r};
    for (std::int64_t i = 0; i < program.n_features; ++i) v[i] = row.staged(i);
    for (std::int32_t k = 0; k < program.n_scores; ++k) {
      const double* w = program.constants + linear.weight + k * linear.n_in;
      const double b = program.constants[linear.intercept + k];
      z[k] = linear.kind == StageKind::affine
                 ? arith::score(v, w, b, linear.n_in)
                 : arith::score_centered(v, program.constants + linear.parameter, w, b, linear.n_in);
    }
    arith::finish_row(program, z, arith::status_of(program, z, Inputs{row}), outputs, r);
  }
}

bool supported() {
  return true;
}

}  // namespace

extern const Target kBaseline;
const Target kBaseline{"baseline", supported, run_rows};

}  // namespace evenscore::engine::cpu
