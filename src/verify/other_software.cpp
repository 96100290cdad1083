#include "verify/other_software.h"

#include <string_view>

namespace evenscore::verifier {
namespace {

constexpr std::string_view kPipeline = "sklearn.pipeline.Pipeline";

/// The steps that compute, in order: nested pipelines opened, and what wraps the estimator that predicts. An
/// estimator in a selector only chose columns.
void collect(const std::vector<Step>& steps, bool last, std::vector<const Step*>& found) {
  for (const Step& step : steps) {
    const bool predicts = last && &step == &steps.back();
    if (!step.steps.empty() && (predicts || step.class_name == kPipeline)) {
      collect(step.steps, predicts, found);
    } else {
      found.push_back(&step);
    }
  }
}

std::vector<const Step*> computing_steps(const Pipeline& pipeline) {
  std::vector<const Step*> found;
  collect(pipeline.steps, true, found);
  return found;
}

/// What a linear step multiplies by; null for the others.
const Array* coefficients_of(const Step& step) {
  if (const Array* components = step.attribute("components")) return components;
  return step.attribute("coef");
}

/// NumPy promotes these and f32 to f32.
bool multiplies_in_f32(ElementType rows) {
  return rows != ElementType::f64 && (is_floating(rows) || element_size(rows) <= 2);
}

}  // namespace

OtherSoftware any_f64(const Pipeline& pipeline) {
  OtherSoftware other;
  const std::vector<const Step*> steps = computing_steps(pipeline);
  for (const Step* step : steps) {
    const Array* coefficients = coefficients_of(*step);
    if (coefficients == nullptr) continue;
    if (step == steps.back()) {
      other.coefficients = to_f64(*coefficients);
    } else {
      other.projections.push_back({kBinary64, to_f64(*coefficients), step->attribute("mean") != nullptr});
    }
  }
  return other;
}

OtherSoftware scikit_learn(const Pipeline& pipeline, ElementType rows, Arithmetic arithmetic) {
  OtherSoftware other = any_f64(pipeline);
  if (arithmetic == Arithmetic::exact && rows == ElementType::f32) other.columns = kBinary32;
  if (rows == ElementType::f16) other.columns = kBinary16;
  bool narrow = multiplies_in_f32(rows);
  std::size_t projection = 0;
  const std::vector<const Step*> steps = computing_steps(pipeline);
  for (const Step* step : steps) {
    const Array* coefficients = coefficients_of(*step);
    if (coefficients == nullptr) continue;
    narrow = narrow && coefficients->type == ElementType::f32;
    const FloatFormat products = narrow ? kBinary32 : kBinary64;
    if (step == steps.back()) {
      other.products = products;
    } else {
      // Fitted on f32 rows, a PCA of 1.5 and later multiplies mean and components in f32 whatever the rows are.
      const Array* mean = step->attribute("mean");
      const bool narrow_centre =
          mean != nullptr && mean->type == ElementType::f32 && coefficients->type == ElementType::f32;
      other.projections[projection++].products = narrow_centre ? kBinary32 : products;
    }
  }
  return other;
}

}  // namespace evenscore::verifier
