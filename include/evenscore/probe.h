#pragma once

#include <cstdint>
#include <vector>

#include "evenscore/engine.h"
#include "evenscore/pipeline.h"

namespace evenscore {

/// A few rows with the bits that every engine must give for them: each feature moved by itself, both tails
/// and the decision boundary. Stored in the pipeline file and run on a device before it scores anything.
struct ProbeSet {
  ElementType rows_type = ElementType::f64;  ///< f64 or f32
  Arithmetic arithmetic = Arithmetic::exact;
  std::int64_t count = 0;
  std::vector<std::byte> rows;  ///< count x n_features, dense
  std::vector<std::int32_t> label_index;
  std::vector<double> decision_f64, proba_f64;  ///< (count) or (count, K); (count, K)
  std::vector<float> decision_f32, proba_f32;

  bool operator==(const ProbeSet&) const = default;
};

/// Probe sets f64/exact, f32/exact and, where that arithmetic is defined, f32/sklearn, computed by
/// `reference`.
std::vector<ProbeSet> make_probes(const Pipeline& pipeline);

/// Runs every set on an engine of this kind, on each device that `options` name. Throws Error
/// (arithmetic_failure) naming the set, row and output of the first differing bit; shape_mismatch when a set
/// does not fit the pipeline.
void check_probes(const Pipeline& pipeline, const std::vector<ProbeSet>& probes, EngineKind kind,
                  const EngineOptions& options = {}, const EngineFactory& make = make_engine);

}  // namespace evenscore
