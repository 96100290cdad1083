#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/engine.h"

namespace evenscore::test {

/// What precedes the linear step.
enum class Scaling : std::uint8_t {
  none,
  folded,
  unfoldable,
  two_scalers,
  clipped,
  imputed,       ///< missing values replaced, columns left out, columns that tell what was missing
  selected,      ///< scaled, then some of the columns
  binarized,     ///< scaled, then compared with a threshold
  products,      ///< a constant, the columns and products of neighbours
  normalized,    ///< by a norm, scaled after
  projected,     ///< centred, projected on components, whitened
  several_ways,  ///< imputed, scaled, multiplied, projected, clipped
};
/// How the scores end.
enum class Outcome : std::uint8_t {
  usual,        ///< sigmoid, softmax
  other_link,   ///< sigmoid_doubled, one_vs_rest
  no_proba,     ///< classes alone
  huber,        ///< modified_huber
  uniform,      ///< two classes: by a threshold on the score; else one_vs_rest with 1 / K for 0 / 0
  by_proba,     ///< two classes: by a threshold on the first class's probability; else softmax
  regressor,    ///< identity
  exponential,  ///< a regressor's e^z
};
/// What the rows hold.
enum class Values : std::uint8_t { normal, mixed_scale, hazards, subnormal, signed_zero, epoch_seconds };

/// One line of the table that every engine runs.
struct EngineCase {
  std::int64_t n_features;
  std::int32_t n_scores;  ///< 1 = two classes
  std::int64_t n_rows;
  ElementType type;
  Arithmetic arithmetic;
  Scaling scaling;
  Outcome outcome;
  Values values;
  int threads;
  std::int64_t split;       ///< rows a call, 0 = all at once
  std::int64_t misaligned;  ///< bytes that the data start is off its alignment
  bool strided;             ///< columns and rows lie apart

  std::string name() const;
};

/// Every pair of values of any two fields appears in at least one case. Fixed seed. With EVENSCORE_FULL_TABLE
/// set in the environment, every combination of features, scores, rows and type.
std::vector<EngineCase> engine_cases();

/// Rows and Program of a case; owns the memory of `view`.
struct CaseData {
  Program program;
  std::vector<std::byte> memory;
  RowsView view;
};
CaseData make_case(const EngineCase& c);

}  // namespace evenscore::test
