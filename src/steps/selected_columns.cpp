#include "steps/selected_columns.h"

#include <algorithm>

#include "steps/step_values.h"

namespace evenscore::steps {

std::int64_t count_selected(const Step& step, const std::vector<bool>& support) {
  const auto n = std::count(support.begin(), support.end(), true);
  if (n == 0) refuse(step, "support", "no column is selected");
  return n;
}

void lower_selection(const std::vector<bool>& support, Validity validity, ProgramBuilder& program) {
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < support.size(); ++i) {
    if (support[i]) kept.push_back(static_cast<std::int64_t>(i));
  }
  program.require(validity);
  if (kept.size() == support.size()) return;
  program.reject(validity);
  program.gather(kept);
}

}  // namespace evenscore::steps
