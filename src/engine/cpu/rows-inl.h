// The body of the cpu engine's vector targets, included once per instruction set by avx2.cpp, avx512.cpp and
// neon.cpp, which set EVENSCORE_TARGET. Nothing here may be shared between them: everything is static or
// always inlined, in a namespace of the target's own.
#pragma once

#include "engine/cpu/finish-inl.h"
#include "engine/cpu/scores-inl.h"
#include "engine/cpu/target.h"
#include "evenscore/arith/finish_row.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Elements of an input row as f64, widened when read.
template <ElementType type>
struct InputRow {
  const std::byte* data;
  std::int64_t stride;
  EVENSCORE_HD double operator[](std::int64_t i) const {
    return arith::load_element<type>(data + i * stride);
  }
};

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

/// Bytes that are asked for ahead of where the rows are read: enough to hide the memory's latency.
constexpr std::int64_t kPrefetchAhead = 2048;

template <ElementType type, class Columns>
static void run_typed(const PackedProgram& packed, const RowsView& rows, const OutputsView& outputs,
                      std::int64_t first, std::int64_t last, double* scratch) {
  using Storage = typename arith::StorageOf<type>::Type;
  constexpr std::int64_t kSize = sizeof(Storage);
  const ProgramView& program = packed.view();
  double* z = scratch;
  double* terms = z + program.n_scores * kWidth;
  double* tile = terms + program.n_classes * kWidth;
  double* packed_rows = tile + (program.n_scores > 1 ? packed.n_padded() * kWidth : 0);

  const bool dense = rows.column_stride == kSize || rows.columns == 1;
  const std::byte* end = rows.data + rows.columns * kSize;
  if (rows.row_stride > 0) end += (rows.count - 1) * rows.row_stride;
  const std::int64_t last_block = (rows.columns - 1) / arith::kLanes * arith::kLanes * kSize;
  const std::int64_t group_bytes = kWidth * rows.row_stride;
  const std::int64_t ahead =
      group_bytes > 0 ? (kPrefetchAhead + group_bytes - 1) / group_bytes * group_bytes : 0;

  for (std::int64_t row = first; row < last; row += kWidth) {
    const std::int64_t n = last - row < kWidth ? last - row : kWidth;
    Group group;
    const std::byte* highest = rows.data + row * rows.row_stride;
    for (int r = 0; r < kWidth; ++r) {
      group.row[r] = rows.data + (row + (r < n ? r : n - 1)) * rows.row_stride;
      highest = group.row[r] > highest ? group.row[r] : highest;
    }
    group.prefetch = group.row[0] + ahead;
    group.readable = highest + last_block + arith::kLanes * kSize <= end;
    if (!dense) pack<Storage>(rows, group, packed_rows);

    const bool inputs_finite = score_group<type, Columns>(packed, group, tile, z);
    bool scored = inputs_finite;
    if (n == kWidth) scored = finish_group(program, z, terms, outputs, row) && scored;
    if (n == kWidth && scored) continue;
    for (std::int64_t r = 0; r < n; ++r) {
      for (int k = 0; k < program.n_scores; ++k) terms[k] = z[k * kWidth + r];
      const InputRow<type> x{rows.data + (row + r) * rows.row_stride, rows.column_stride};
      const RowStatus status = arith::status_of(program, terms, x);
      if (n < kWidth || status != RowStatus::scored)
        arith::finish_row(program, terms, status, outputs, row + r);
    }
  }
}

static void run_rows(const PackedProgram& program, const RowsView& rows, const OutputsView& outputs,
                     std::int64_t first, std::int64_t last, double* scratch) {
  const bool folded = program.stages().empty() && program.centre() != nullptr;
  switch (rows.type) {
#define EVENSCORE_RUN(type)                                                                             \
  case ElementType::type:                                                                               \
    return folded ? run_typed<ElementType::type, Centred>(program, rows, outputs, first, last, scratch) \
                  : run_typed<ElementType::type, Staged>(program, rows, outputs, first, last, scratch)
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
HWY_AFTER_NAMESPACE();
