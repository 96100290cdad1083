#pragma once

#include <cstdint>
#include <string>

#include "evenscore/engine.h"

namespace evenscore::engine {

/// What a pass over the built-in rows found.
struct RowsReport {
  std::int64_t checked = 0;  ///< rows, counted once a Program and output type
  std::int64_t wrong = 0;    ///< rows with at least one bit that `reference` does not give
  std::string first_wrong;   ///< Program, row and output of the first of them
};

/// Scores a few hundred made-up rows, some of which cannot be scored, by Programs of every kind of link and
/// both schedules, with an engine of this kind and with `reference`. Throws what make_engine and run throw.
RowsReport check_rows(EngineKind kind, const EngineOptions& options = {});

}  // namespace evenscore::engine
