// The scores of a group of kWidth rows: one register holds the eight lanes of a row (or as many as fit), and
// eight registers are in flight. Included once per instruction set.
#pragma once

#include "engine/cpu/columns-inl.h"
#include "engine/cpu/lanes-inl.h"
#include "engine/cpu/load-inl.h"
#include "engine/cpu/packed_program.h"
#include "engine/cpu/prefetcher-inl.h"
#include "engine/cpu/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// kWidth rows, their columns next to each other; or the rows next to each other in each column.
struct Group {
  const std::byte* row[kWidth];
  std::int64_t column_stride;  ///< bytes from column to column of rows that lie next to each other, else 0
  bool readable;               ///< the memory up to 8 elements behind the last whole 8 of each row
};

/// Eight columns of rows that lie next to each other in each column. Columns from n_features on are +0.
template <ElementType type>
static HWY_INLINE void load_columns(const Group& group, std::int64_t column, std::int64_t n_features,
                                    Block& block) {
  for (int j = 0; j < kRegisters; ++j) {
    Doubles columns[kWidth];
    for (int c = 0; c < kWidth; ++c) {
      const std::int64_t i = column + j * kWidth + c;
      if (i < n_features) columns[c] = load_elements<type>(group.row[0] + i * group.column_stride);
    }
    Doubles rows[kWidth];
    transpose(columns, rows);
    for (int r = 0; r < kWidth; ++r) block.x[r][j] = rows[r];
  }
}

/// Calls body(column, block) for each eight columns, in ascending order, after the column stages.
template <ElementType type, class Columns, class Body>
static HWY_INLINE void for_each_block(const Group& group, Prefetcher& prefetcher, std::int64_t n_features,
                                      Columns& columns, Body body) {
  constexpr std::int64_t kSize = sizeof(typename arith::StorageOf<type>::Type);
  const std::int64_t whole = n_features / kLanes * kLanes;
  Block block;
  if (HWY_UNLIKELY(group.column_stride != 0)) {
    for (std::int64_t column = 0; column < n_features; column += kLanes) {
      load_columns<type>(group, column, n_features, block);
      columns.apply(block, column);
      body(column, block);
    }
    return;
  }
  for (std::int64_t column = 0; column < whole; column += kLanes) {
    for (int r = 0; r < kWidth; ++r) {
      const std::byte* address = group.row[r] + column * kSize;
      for (int j = 0; j < kRegisters; ++j) block.x[r][j] = load_elements<type>(address + j * kWidth * kSize);
    }
    prefetcher.advance(kWidth * kLanes * kSize);
    columns.apply(block, column);
    body(column, block);
  }
  if (whole == n_features) return;
  const Tail tail(n_features - whole);
  for (int r = 0; r < kWidth; ++r) {
    for (int j = 0; j < kRegisters; ++j)
      block.x[r][j] = tail.template load<type>(group.row[r] + whole * kSize, j, group.readable);
  }
  prefetcher.advance(kWidth * (n_features - whole) * kSize);
  columns.apply(block, whole);
  body(whole, block);
}

/// Keeps a block of columns with the rows of each next to each other.
static HWY_INLINE void store_columns(const Block& block, double* tile) {
  for (int j = 0; j < kRegisters; ++j) {
    Doubles rows[kWidth];
    Doubles columns[kWidth];
    for (int r = 0; r < kWidth; ++r) rows[r] = block.x[r][j];
    transpose(rows, columns);
    for (int c = 0; c < kWidth; ++c) store(columns[c], tile + (j * kWidth + c) * kWidth);
  }
}

/// n scores of the group from its columns in `tile`, n_padded x kWidth: each lane of a score is a register of
/// rows, so that their sum needs no shuffle.
template <int n>
static HWY_INLINE void scores_of_columns(const PackedProgram& program, const double* tile, std::int64_t k,
                                         double* z) {
  const std::int64_t n_padded = program.n_padded();
  const double* w = program.weights() + k * n_padded;
  Doubles a[n][kLanes];
  for (std::int64_t column = 0; column < n_padded; column += kLanes) {
    for (int l = 0; l < kLanes; ++l) {
      const Doubles x = in_register(load(tile + (column + l) * kWidth));
      for (int i = 0; i < n; ++i) a[i][l] = fma(x, w[i * n_padded + column + l], a[i][l]);
    }
  }
  for (int i = 0; i < n; ++i) {
    const Doubles even = add(add(a[i][0], a[i][4]), add(a[i][2], a[i][6]));
    const Doubles odd = add(add(a[i][1], a[i][5]), add(a[i][3], a[i][7]));
    store(canonical(add(add(even, odd), program.intercept()[k + i])), z + (k + i) * kWidth);
  }
}

/// z[k * kWidth + r] for every score k and row r of the group; `tile` has room for n_padded x kWidth where
/// there is more than one score. False if an input that must be looked at is not finite.
template <ElementType type, class Columns>
static HWY_INLINE bool score_group(const PackedProgram& program, const Group& group, Prefetcher& prefetcher,
                                   double* tile, double* z) {
  const ProgramView& view = program.view();
  Columns columns(program);
  if (view.n_scores == 1) {
    Doubles sum[kWidth][kRegisters];
    const double* w = program.weights();
    for_each_block<type>(group, prefetcher, view.n_features, columns,
                         [&](std::int64_t column, const Block& block) HWY_ATTR {
                           for (int j = 0; j < kRegisters; ++j) {
                             const Doubles weight = parameter(w, column, j);
                             for (int r = 0; r < kWidth; ++r)
                               sum[r][j] = fma(block.x[r][j], weight, sum[r][j]);
                           }
                         });
    store(canonical(add(add_lanes(sum), program.intercept()[0])), z);
    return columns.inputs_finite();
  }
  for_each_block<type>(group, prefetcher, view.n_features, columns,
                       [&](std::int64_t column, const Block& block)
                           HWY_ATTR { store_columns(block, tile + column * kWidth); });
  // As many scores at a time as there are registers for.
  constexpr int kAtATime = HWY_TARGET == HWY_AVX2 ? 1 : 3;
  std::int64_t k = 0;
  for (; k + kAtATime <= view.n_scores; k += kAtATime) scores_of_columns<kAtATime>(program, tile, k, z);
  for (; k < view.n_scores; ++k) scores_of_columns<1>(program, tile, k, z);
  return columns.inputs_finite();
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
