#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "cases.h"

namespace evenscore::test {

/// All outputs of one run, and guard bytes behind each buffer.
struct Results {
  OutputType type;
  std::vector<std::int32_t> label_index;
  std::vector<std::uint8_t> status;
  std::vector<std::byte> proba, log_proba, decision;
  static constexpr std::size_t kGuard = 64;

  Results(const Program& program, std::int64_t rows, OutputType output_type) : type(output_type) {
    const std::size_t size = type == OutputType::f64 ? 8 : 4;
    const auto n = static_cast<std::size_t>(rows);
    label_index.assign(n + kGuard, 0x5a5a5a5a);
    status.assign(n + kGuard, 0x5a);
    proba.assign(n * static_cast<std::size_t>(program.n_proba()) * size + kGuard, std::byte{0x5a});
    log_proba = proba;
    decision.assign(n * static_cast<std::size_t>(program.n_scores()) * size + kGuard, std::byte{0x5a});
  }

  OutputsView from(const Program& program, std::int64_t row) {
    const std::size_t size = type == OutputType::f64 ? 8 : 4;
    const std::size_t k = static_cast<std::size_t>(row) * size;
    OutputsView view;
    view.type = type;
    if (!program.is_regressor()) view.label_index = label_index.data() + row;
    view.status = status.data() + row;
    if (program.has_proba()) {
      view.proba = proba.data() + k * static_cast<std::size_t>(program.n_proba());
      view.log_proba = log_proba.data() + k * static_cast<std::size_t>(program.n_proba());
    }
    view.decision = decision.data() + k * static_cast<std::size_t>(program.n_scores());
    return view;
  }

  bool operator==(const Results&) const = default;
};

/// Runs all rows, `split` at a time (0 = at once).
inline Results run(Engine& engine, const CaseData& data, OutputType type, std::int64_t split) {
  Results results(data.program, data.view.count, type);
  const std::int64_t step = split > 0 ? split : std::max<std::int64_t>(data.view.count, 1);
  std::int64_t row = 0;
  do {
    RowsView part = data.view;
    part.data += row * part.row_stride;
    part.count = std::min(step, data.view.count - row);
    engine.run(part, results.from(data.program, row));
    row += step;
  } while (row < data.view.count);
  return results;
}

}  // namespace evenscore::test
