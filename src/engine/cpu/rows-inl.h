// The body of the cpu engine's vector targets, included once per instruction set by avx2.cpp, avx512.cpp and
// neon.cpp, which set EVENSCORE_TARGET. Nothing here may be shared between them: everything is static or
// always inlined, in a namespace of the target's own.
#pragma once

#include "engine/cpu/finish-inl.h"
#include "engine/cpu/scores-inl.h"
#include "engine/cpu/stages-inl.h"
#include "engine/cpu/target.h"
#include "evenscore/arith/finish_row.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Copies the columns of a group next to each other, whichever way they lie apart.
template <class Storage>
static void pack(const RowsView& rows, Group& group, double* packed) {
  Storage* out = reinterpret_cast<Storage*>(packed);
  const auto copy = [&](int r, std::int64_t i) {
    std::memcpy(out + r * rows.columns + i, group.row[r] + i * rows.column_stride, sizeof(Storage));
  };
  if (rows.column_stride > rows.row_stride) {
    for (std::int64_t i = 0; i < rows.columns; ++i) {
      for (int r = 0; r < kWidth; ++r) copy(r, i);
    }
  } else {
    for (int r = 0; r < kWidth; ++r) {
      for (std::int64_t i = 0; i < rows.columns; ++i) copy(r, i);
    }
  }
  for (int r = 0; r < kWidth; ++r) group.row[r] = reinterpret_cast<const std::byte*>(out + r * rows.columns);
  group.readable = false;
}

/// Where a thread keeps what it works on.
struct Scratch {
  double* z;      ///< scores: group by group, score by score, row by row
  double* terms;  ///< n_classes x kWidth, up to a multiple of kWidth classes
  double* tile;   ///< columns of a group
  double* packed;

  Scratch(const PackedProgram& program, double* memory)
      : z(memory),
        terms(z + program.view().n_scores * rows_a_block(program.view())),
        tile(terms + (largest(program.view().n_classes, program.view().n_scores) + kWidth) * kWidth),
        packed(tile + largest(program.n_padded(), program.widest()) * kWidth) {}

 private:
  static std::int64_t largest(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
};

/// The rows of a group from `first` on; where there are fewer than kWidth, the last one fills it.
static HWY_INLINE void locate(const RowsView& rows, std::int64_t first, std::int64_t n, Group& group) {
  const std::byte* row = rows.data + first * rows.row_stride;
  if (HWY_LIKELY(n >= kWidth)) {
    for (int r = 0; r < kWidth; ++r) group.row[r] = row + r * rows.row_stride;
    return;
  }
  for (int r = 0; r < kWidth; ++r) {
    group.row[r] = row;
    if (r + 1 < n) row += rows.row_stride;
  }
}

/// Scores of rows [first, first + n), at most a block. False if an input that must be looked at is not
/// finite.
template <ElementType type, class Columns>
static bool score_block(const PackedProgram& program, const RowsView& rows, std::int64_t first,
                        std::int64_t n, Prefetcher& shared_prefetcher, const Scratch& scratch) {
  using Storage = typename arith::StorageOf<type>::Type;
  constexpr std::int64_t kSize = sizeof(Storage);
  const bool dense = rows.column_stride == kSize || rows.columns == 1;
  const std::byte* end = rows.data + rows.columns * kSize;
  if (rows.row_stride > 0) end += (rows.count - 1) * rows.row_stride;
  const std::byte* last_readable = end - ((rows.columns - 1) / arith::kLanes + 1) * arith::kLanes * kSize;
  const std::int64_t gap = rows.row_stride - rows.columns * kSize;
  Prefetcher prefetcher = shared_prefetcher;  // in registers, where no store can alter it
  bool inputs_finite = true;
  for (std::int64_t row = 0; row < n; row += kWidth) {
    Group group;
    locate(rows, first + row, n - row, group);
    group.readable = group.row[0] <= last_readable && group.row[kWidth - 1] <= last_readable;
    const bool columns_apart = !dense && rows.row_stride == kSize && n - row >= kWidth;
    group.column_stride = columns_apart ? rows.column_stride : 0;
    if (!dense && !columns_apart) pack<Storage>(rows, group, scratch.packed);
    prefetcher.advance(kWidth * gap);
    double* z = scratch.z + row * program.view().n_scores;
    inputs_finite = score_group<type, Columns>(program, group, prefetcher, scratch.tile, z) && inputs_finite;
  }
  shared_prefetcher = prefetcher;
  return inputs_finite;
}
using ScoreBlock = bool (*)(const PackedProgram& program, const RowsView& rows, std::int64_t first,
                            std::int64_t n, Prefetcher& prefetcher, const Scratch& scratch);

/// The same for Programs that are not fused: every stage on the rows of a group.
static bool score_block_by_stages(const PackedProgram& program, const RowsView& rows, std::int64_t first,
                                  std::int64_t n, Prefetcher&, const Scratch& scratch) {
  bool inputs_finite = true;
  for (std::int64_t row = 0; row < n; row += kWidth) {
    Group group;
    locate(rows, first + row, n - row, group);
    double* z = scratch.z + row * program.view().n_scores;
    inputs_finite =
        score_group_by_stages(program, rows, group, scratch.tile, scratch.packed, z) && inputs_finite;
  }
  return inputs_finite;
}

static ScoreBlock score_block_of(const PackedProgram& program, ElementType type) {
  if (!program.fused()) return score_block_by_stages;
  const bool folded = program.stages().empty() && program.centre() != nullptr;
  switch (type) {
#define EVENSCORE_SCORE_BLOCK(type) \
  case ElementType::type:           \
    return folded ? score_block<ElementType::type, Centred> : score_block<ElementType::type, Staged>
    EVENSCORE_SCORE_BLOCK(f16);
    EVENSCORE_SCORE_BLOCK(f32);
    EVENSCORE_SCORE_BLOCK(f64);
    EVENSCORE_SCORE_BLOCK(i8);
    EVENSCORE_SCORE_BLOCK(i16);
    EVENSCORE_SCORE_BLOCK(i32);
    EVENSCORE_SCORE_BLOCK(i64);
    EVENSCORE_SCORE_BLOCK(u8);
    EVENSCORE_SCORE_BLOCK(u16);
    EVENSCORE_SCORE_BLOCK(u32);
    EVENSCORE_SCORE_BLOCK(u64);
#undef EVENSCORE_SCORE_BLOCK
  }
  return nullptr;
}

/// Elements of an input row as f64, widened when read.
struct InputRow {
  ElementType type;
  const std::byte* data;
  std::int64_t stride;
  EVENSCORE_HD double operator[](std::int64_t i) const {
    return arith::load_element(type, data + i * stride);
  }
};

/// Rows [from, n) of a block one by one: those that cannot be scored, and those from n_grouped on, which do
/// not fill a group.
static HWY_NOINLINE void finish_singly(const ProgramView& program, const RowsView& rows,
                                       const OutputsView& outputs, std::int64_t first, std::int64_t from,
                                       std::int64_t n, std::int64_t n_grouped, const Scratch& scratch) {
  for (std::int64_t row = from; row < n; ++row) {
    const double* scores = scratch.z + row / kWidth * kWidth * program.n_scores + row % kWidth;
    for (std::int64_t k = 0; k < program.n_scores; ++k) scratch.terms[k] = scores[k * kWidth];
    const InputRow x{rows.type, rows.data + (first + row) * rows.row_stride, rows.column_stride};
    const RowStatus status = arith::status_of(program, scratch.terms, x);
    if (row >= n_grouped || status != RowStatus::scored)
      arith::finish_row(program, scratch.terms, status, outputs, first + row);
  }
}

static void run_rows(const PackedProgram& program, const RowsView& rows, const OutputsView& outputs,
                     std::int64_t first, std::int64_t last, double* memory) {
  const Scratch scratch(program, memory);
  const ScoreBlock score = score_block_of(program, rows.type);
  const ProgramView& view = program.view();
  const std::int64_t row_bytes = rows.columns * static_cast<std::int64_t>(element_size(rows.type));
  const bool close = rows.row_stride >= row_bytes && rows.row_stride <= 2 * row_bytes;
  Prefetcher prefetcher(rows.data + first * rows.row_stride, close);
  const std::int64_t block_rows = rows_a_block(view);
  for (std::int64_t block = first; block < last; block += block_rows) {
    const std::int64_t n = last - block < block_rows ? last - block : block_rows;
    const bool inputs_finite = score(program, rows, block, n, prefetcher, scratch);
    const int n_groups = finishes_groups(view) ? static_cast<int>(n / kWidth) : 0;
    const std::int64_t n_grouped = n_groups * kWidth;
    const bool scores_finite = finish_groups(view, scratch.z, n_groups, scratch.terms, outputs, block);
    const std::int64_t from = inputs_finite && scores_finite ? n_grouped : 0;
    if (from < n) finish_singly(view, rows, outputs, block, from, n, n_grouped, scratch);
  }
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
