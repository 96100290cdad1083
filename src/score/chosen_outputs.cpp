#include "score/chosen_outputs.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "evenscore/error.h"

namespace evenscore {

WantedOutputs choose_outputs(const WantedOutputs& asked, const Program& program) {
  const auto refuse = [](const char* what, const char* remedy) {
    throw Error(ErrorCode::bad_request, fmt::format("this model has no {}", what), "--output", remedy);
  };
  WantedOutputs wanted = asked;
  if (program.is_regressor()) {
    if (asked == WantedOutputs{}) wanted.prediction = true;
    if (wanted.label || wanted.label_index || wanted.proba || wanted.log_proba || wanted.decision)
      refuse("classes: it is a regressor", "use --output prediction");
    return wanted;
  }
  if (asked == WantedOutputs{}) {
    wanted.label = true;
    (program.has_proba() ? wanted.proba : wanted.decision) = true;
  }
  if (wanted.prediction) refuse("prediction: it is a classifier", "use --output label,decision");
  if (!program.has_proba() && (wanted.proba || wanted.log_proba))
    refuse("probabilities: scikit-learn's class has no predict_proba", "use --output label,decision");
  return wanted;
}

std::string names_of(const WantedOutputs& wanted) {
  std::vector<std::string_view> names;
  if (wanted.label) names.emplace_back("label");
  if (wanted.label_index) names.emplace_back("label_index");
  if (wanted.proba) names.emplace_back("proba");
  if (wanted.log_proba) names.emplace_back("log_proba");
  if (wanted.decision) names.emplace_back("decision");
  if (wanted.prediction) names.emplace_back("prediction");
  return fmt::format("{}", fmt::join(names, ","));
}

}  // namespace evenscore
