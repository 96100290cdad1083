// For machines without a fused multiply-add: row by row, value by value, on all cores. libm's fma is exact
// there.
#include "engine/cpu/target.h"
#include "engine/run_stages.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"

namespace evenscore::engine::cpu {
namespace {

/// Elements of an input row as f64, widened when read.
struct InputRow {
  const RowsView& rows;
  std::int64_t row;
  double operator[](std::int64_t i) const {
    return arith::load_element(rows.type, rows.data + row * rows.row_stride + i * rows.column_stride);
  }
};

void run_rows(const PackedProgram& packed, const RowsView& rows, const OutputsView& outputs,
              std::int64_t first, std::int64_t last, double* scratch) {
  const ProgramView& program = packed.view();
  for (std::int64_t r = first; r < last; ++r) {
    const InputRow x{rows, r};
    for (std::int64_t i = 0; i < program.n_features; ++i) scratch[i] = x[i];
    const double* z = run_stages(program, scratch, scratch + packed.widest());
    arith::finish_row(program, z, arith::status_of(program, z, x), outputs, r);
  }
}

bool supported() {
  return true;
}

}  // namespace

extern const Target kBaseline;
const Target kBaseline{"baseline", supported, run_rows};

}  // namespace evenscore::engine::cpu
