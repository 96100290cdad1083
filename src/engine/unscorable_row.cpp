#include "engine/unscorable_row.h"

#include <fmt/format.h>

#include "evenscore/arith/element.h"

namespace evenscore::engine {
namespace {

bool is_rejected(Validity validity, RowStatus status, double x) {
  if (status == RowStatus::nan_input) return validity == Validity::finite && arith::is_nan(x);
  return validity != Validity::any && arith::is_infinite(x);
}

}  // namespace

Error unscorable_row(const Program& program, const RowsView& rows, std::int64_t i, RowStatus status,
                     std::int64_t file_row, const std::string& dataset,
                     const std::vector<std::string>& names) {
  std::string cause = "the score is not finite";
  for (std::int64_t column = 0; column < rows.columns && status != RowStatus::score_not_finite; ++column) {
    const auto c = static_cast<std::size_t>(column);
    const double x =
        arith::load_element(rows.type, rows.data + i * rows.row_stride + column * rows.column_stride);
    if (!is_rejected(program.validity[c], status, x)) continue;
    const std::string name = names.empty() ? std::string() : fmt::format(" '{}'", names[c]);
    cause = fmt::format("column {}{} is {}, which scikit-learn rejects", column, name, x);
    break;
  }
  return Error(ErrorCode::unscorable_row, cause, fmt::format("{}, row {} (from 0)", dataset, file_row),
               "clean the rows, or go on with --bad-rows mark");
}

}  // namespace evenscore::engine
