#include "engine/unscorable_row.h"

#include <fmt/format.h>

#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"

namespace evenscore::engine {

Error unscorable_row(const Program& program, const RowsView& rows, std::int64_t i, RowStatus status,
                     std::int64_t file_row, const std::string& dataset,
                     const std::vector<std::string>& names) {
  std::string cause = "the score is not finite";
  for (std::int64_t column = 0; column < rows.columns && status != RowStatus::score_not_finite; ++column) {
    const auto c = static_cast<std::size_t>(column);
    const double x =
        arith::load_element(rows.type, rows.data + i * rows.row_stride + column * rows.column_stride);
    if (arith::status_of_input(program.validity[c], x) != status) continue;
    const std::string name = names.empty() ? std::string() : fmt::format(" '{}'", names[c]);
    cause = fmt::format("column {}{} is {}, which scikit-learn rejects", column, name, x);
    break;
  }
  return Error(ErrorCode::unscorable_row, cause, fmt::format("{}, row {} (from 0)", dataset, file_row),
               "clean the rows, or go on with --bad-rows mark");
}

}  // namespace evenscore::engine
