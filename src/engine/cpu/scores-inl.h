// The scores of a group of kWidth rows: one register holds the eight lanes of a row (or as many as fit), and
// eight registers are in flight. Included once per instruction set.
#pragma once

#include "engine/cpu/load-inl.h"
#include "engine/cpu/packed_program.h"
#include "engine/cpu/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Asks for rows before they are read. One stream in order is not enough: the hardware looks ahead within a
/// page of 4 KiB, so while one span of eight pages is read, the next one is asked for in all its pages by
/// turns.
class Prefetcher {
 public:
  /// Of rows that are read from `start` on. Without `worthwhile` it does nothing: rows lie far apart.
  HWY_INLINE Prefetcher(const std::byte* start, bool worthwhile)
      : next_(reinterpret_cast<std::uintptr_t>(start) + kPages * kPage),
        pending_(worthwhile ? 0 : INT64_MIN / 2) {}

  /// To be told how many bytes of rows were passed.
  HWY_INLINE void advance(std::int64_t bytes) {
    pending_ += bytes;
    while (pending_ >= kPages * kLine) {
      pending_ -= kPages * kLine;
      for (std::uintptr_t page = 0; page < kPages; ++page)
        __builtin_prefetch(reinterpret_cast<const void*>(next_ + page * kPage), 0, 2);
      next_ += kLine;
      if (++lines_ % (kPage / kLine) == 0) next_ += (kPages - 1) * kPage;
    }
  }

 private:
  static constexpr std::int64_t kPages = 8;
  static constexpr std::int64_t kPage = 4096;
  static constexpr std::int64_t kLine = 64;

  std::uintptr_t next_;
  std::int64_t pending_;
  std::int64_t lines_ = 0;
};

/// kWidth rows, their columns next to each other; or the rows next to each other in each column.
struct Group {
  const std::byte* row[kWidth];
  std::int64_t column_stride;  ///< bytes from column to column of rows that lie next to each other, else 0
  bool readable;               ///< the memory up to 8 elements behind the last whole 8 of each row
};

/// Eight columns of each row of a group.
struct Block {
  Doubles x[kWidth][kRegisters];
};

/// Loads and keeps the values of one instruction set's registers of a parameter.
static HWY_INLINE Doubles parameter(const double* p, std::int64_t column, int j) {
  return load(p + column + j * kWidth);
}

/// x - mu: the folded centre-and-scale step.
struct Centred {
  const double* mu;
  HWY_INLINE explicit Centred(const PackedProgram& program) : mu(program.centre()) {}
  HWY_INLINE void apply(Block& block, std::int64_t column) {
    for (int j = 0; j < kRegisters; ++j) {
      const Doubles m = parameter(mu, column, j);
      for (int r = 0; r < kWidth; ++r) block.x[r][j] = sub(block.x[r][j], m);
    }
  }
  HWY_INLINE bool inputs_finite() const { return true; }
};

/// x / s from y = 1 / s where s is eligible (PackedProgram), correctly rounded where x is (Markstein 1990).
/// The signs are such that zeros keep theirs.
static HWY_INLINE Doubles quotient(Doubles x, Doubles s, Doubles y) {
  const Doubles q = mul(x, y);
  const Doubles minus_r = fma(q, s, negate(x));
  return fma(negate(minus_r), y, q);
}

/// Column stages, one after the other, on values in registers.
struct Staged {
  const PackedProgram& program;
  Doubles input_check = 0.0;  ///< NaN once an input was not finite

  HWY_INLINE explicit Staged(const PackedProgram& packed) : program(packed) {}

  template <class Operation>
  static HWY_INLINE void each(Block& block, const double* p, std::int64_t column, Operation operation) {
    for (int j = 0; j < kRegisters; ++j) {
      const Doubles value = parameter(p, column, j);
      for (int r = 0; r < kWidth; ++r) block.x[r][j] = operation(block.x[r][j], value);
    }
  }

  /// Whether quotient() is exact for all values of a block: f32 numbers are, but for infinities; other
  /// numbers are where they are far from underflow and overflow, and zeros.
  static HWY_INLINE bool quotients_exact(const Block& block, bool float32_values) {
    if (float32_values) {
      Doubles check = 0.0;
      for (const auto& row : block.x) {
        for (const Doubles& x : row) check = fma(x, 0.0, check);
      }
      return all(check == 0.0);
    }
    // 2^-800 <= |x| < 2^800, by one comparison of bits without sign; zeros are looked at only if there are
    // any.
    constexpr std::uint64_t kLow = (1023ULL - 800ULL) << 52;
    constexpr std::uint64_t kHigh = (1023ULL + 800ULL) << 52;
    Mask outside = Doubles(0.0) > 0.0;
    for (const auto& row : block.x) {
      for (const Doubles& x : row)
        outside = either(outside, at_least(bits_of(magnitude(x)) - kLow, kHigh - kLow));
    }
    if (HWY_LIKELY(none(outside))) return true;
    outside = Doubles(0.0) > 0.0;
    for (const auto& row : block.x) {
      for (const Doubles& x : row) {
        const Mask extreme = at_least(bits_of(magnitude(x)) - kLow, kHigh - kLow);
        outside = either(outside, both(extreme, x != 0.0));
      }
    }
    return none(outside);
  }

  static HWY_INLINE void divide(Block& block, const PackedStage& stage, std::int64_t column) {
    if (stage.reciprocal != nullptr && HWY_LIKELY(quotients_exact(block, stage.float32_values))) {
      for (int j = 0; j < kRegisters; ++j) {
        const Doubles s = parameter(stage.p, column, j);
        const Doubles y = parameter(stage.reciprocal, column, j);
        for (int r = 0; r < kWidth; ++r) block.x[r][j] = quotient(block.x[r][j], s, y);
      }
      return;
    }
    each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return div(x, p); });
  }

  static HWY_INLINE void apply_stage(Block& block, const PackedStage& stage, std::int64_t column) {
    switch (stage.kind) {
      case StageKind::subtract:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return sub(x, p); });
        break;
      case StageKind::divide:
        divide(block, stage, column);
        break;
      case StageKind::multiply:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return mul(x, p); });
        break;
      case StageKind::add:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return add(x, p); });
        break;
      case StageKind::reject_infinity:
        for (auto& row : block.x) {
          for (Doubles& x : row) x = fma(x, 0.0, x);
        }
        return;
      default:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return arith::at_least(x, p); });
        each(block, stage.high, column, [](Doubles x, Doubles p) HWY_ATTR { return arith::at_most(x, p); });
    }
    if (stage.rounding == StageRounding::f32) {
      for (auto& row : block.x) {
        for (Doubles& x : row) x = widen(narrow(x));
      }
    }
  }

  HWY_INLINE void apply(Block& block, std::int64_t column) {
    if (program.view().check_inputs) {
      for (const auto& row : block.x) {
        for (const Doubles& x : row) input_check = fma(x, 0.0, input_check);
      }
    }
    for (const PackedStage& stage : program.stages()) apply_stage(block, stage, column);
    if (program.centre() != nullptr) {
      each(block, program.centre(), column, [](Doubles x, Doubles p) HWY_ATTR { return sub(x, p); });
    }
  }

  HWY_INLINE bool inputs_finite() const { return all(input_check == 0.0); }
};

/// Blocks of two sums, each half a sum over lanes l and l + 2.
static HWY_INLINE Doubles add_two_apart(Doubles a, Doubles b) {
  const auto crossed = hn::OddEvenBlocks(a.v, b.v);
  return add(Doubles(hn::OddEvenBlocks(b.v, a.v)), Doubles(hn::SwapAdjacentBlocks(crossed)));
}
static HWY_INLINE Doubles add_neighbours(Doubles a, Doubles b) {
  return add(Doubles(hn::InterleaveLower(kDoubles, a.v, b.v)),
             Doubles(hn::InterleaveUpper(kDoubles, a.v, b.v)));
}

/// The eight lanes of each row added in the order 4, 2, 1 (arith/score.h): element r is the sum of row r.
static HWY_INLINE Doubles add_lanes(const Doubles (&a)[kWidth][kRegisters]) {
  if constexpr (kWidth == 8) {
    const auto add_four_apart = [](Doubles x, Doubles y) HWY_ATTR {
      return add(Doubles(hn::ConcatLowerLower(kDoubles, y.v, x.v)),
                 Doubles(hn::ConcatUpperUpper(kDoubles, y.v, x.v)));
    };
    const Doubles even = add_two_apart(add_four_apart(a[0][0], a[4][0]), add_four_apart(a[2][0], a[6][0]));
    const Doubles odd = add_two_apart(add_four_apart(a[1][0], a[5][0]), add_four_apart(a[3][0], a[7][0]));
    return add_neighbours(even, odd);
  } else if constexpr (kWidth == 4) {
    Doubles sum[4];
    for (int r = 0; r < 4; ++r) sum[r] = add(a[r][0], a[r][1]);
    return add_neighbours(add_two_apart(sum[0], sum[2]), add_two_apart(sum[1], sum[3]));
  } else {
    Doubles sum[2];
    for (int r = 0; r < 2; ++r) sum[r] = add(add(a[r][0], a[r][2]), add(a[r][1], a[r][3]));
    return add_neighbours(sum[0], sum[1]);
  }
}

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
