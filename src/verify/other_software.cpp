#include "verify/other_software.h"

#include <string_view>

#include "evenscore/sklearn_version.h"

namespace evenscore::verifier {
namespace {

/// From here on PolynomialFeatures surely multiplies in the Program's order.
constexpr SklearnVersion kKnownProductOrder{0, 23};
/// From here on PCA computes x . components - mean . components, the second product in the format of its own
/// values.
constexpr SklearnVersion kCentreMultiplied{1, 5};
constexpr std::string_view kPolynomialFeatures = "sklearn.preprocessing.PolynomialFeatures";
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

/// What a linear step multiplies by; null for the others. In the middle of a pipeline that is a projection's
/// components, or of LinearDiscriminantAnalysis its scalings.
const Array* coefficients_of(const Step& step, bool last) {
  if (last) return step.attribute("coef");
  if (const Array* components = step.attribute("components")) return components;
  return step.attribute("scalings");
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
    const Array* coefficients = coefficients_of(*step, step == steps.back());
    if (coefficients == nullptr) continue;
    if (step == steps.back()) {
      other.coefficients = to_f64(*coefficients);
    } else {
      const bool folds_scaler =
          step->attribute("components") != nullptr && step->attribute("mean") == nullptr;
      other.projections.push_back({kBinary64, folds_scaler ? to_f64(*coefficients) : std::vector<double>(),
                                   !folds_scaler, kBinary64});
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
    if (step->class_name == kPolynomialFeatures &&
        parse_sklearn_version(step->sklearn_version) < kKnownProductOrder) {
      other.any_product_order = true;
    }
    const Array* coefficients = coefficients_of(*step, step == steps.back());
    if (coefficients == nullptr) continue;
    narrow = narrow && coefficients->type == ElementType::f32;
    const FloatFormat products = narrow ? kBinary32 : kBinary64;
    if (step == steps.back()) {
      other.products = products;
    } else {
      Projection& made = other.projections[projection++];
      made.products = products;
      const bool multiplies_centre =
          made.own_centre && parse_sklearn_version(step->sklearn_version) >= kCentreMultiplied;
      if (multiplies_centre && coefficients->type == ElementType::f32) made.centre = kBinary32;
    }
  }
  return other;
}

}  // namespace evenscore::verifier
