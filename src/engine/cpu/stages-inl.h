// Any sequence of stages on a group of kWidth rows, a vector of rows a column. Included once per instruction
// set.
#pragma once

#include "engine/cpu/packed_program.h"
#include "engine/cpu/scores-inl.h"
#include "evenscore/arith/apply_stage.h"
#include "evenscore/arith/element.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// A column of a group's rows in memory.
struct GroupColumn {
  double* p;
  HWY_INLINE explicit GroupColumn(double* rows) : p(rows) {}
  GroupColumn(const GroupColumn&) = default;
  GroupColumn& operator=(const GroupColumn&) = delete;
  HWY_INLINE operator Doubles() const { return load(p); }
  HWY_INLINE void operator=(Doubles x) const { store(x, p); }
};

struct GroupColumns {
  double* p;
  HWY_INLINE GroupColumn operator[](std::int64_t i) const { return GroupColumn(p + i * kWidth); }
};

/// z[k * kWidth + r] for every score k and row r of the group. `a` and `b` hold widest() x kWidth numbers,
/// column by column. False if an input that must be looked at is not finite.
static bool score_group_by_stages(const PackedProgram& program, const RowsView& rows, const Group& group,
                                  double* a, double* b, double* z) {
  const ProgramView& view = program.view();
  Doubles check = 0.0;
  for (std::int64_t i = 0; i < view.n_features; ++i) {
    for (int r = 0; r < kWidth; ++r)
      a[i * kWidth + r] = arith::load_element(rows.type, group.row[r] + i * rows.column_stride);
    check = fma(load(a + i * kWidth), 0.0, check);
  }
  Doubles rejected = 0.0;
  for (std::int32_t s = 0; s < view.n_stages; ++s) {
    arith::apply_stage(view.stages[s], view.constants, GroupColumns{a}, GroupColumns{b}, rejected);
    double* const out = b;
    b = a;
    a = out;
  }
  for (std::int32_t k = 0; k < view.n_scores; ++k)
    store(arith::score_unless_rejected(load(a + k * kWidth), rejected), z + k * kWidth);
  return all(check == 0.0) || !view.check_inputs;
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
