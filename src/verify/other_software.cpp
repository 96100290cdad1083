#include "verify/other_software.h"

namespace evenscore::verifier {
namespace {

const Array* coefficients_of(const Pipeline& pipeline) {
  return pipeline.steps.empty() ? nullptr : pipeline.steps.back().attribute("coef");
}

/// NumPy promotes these and f32 to f32.
bool multiplies_in_f32(ElementType rows) {
  return rows != ElementType::f64 && (is_floating(rows) || element_size(rows) <= 2);
}

}  // namespace

OtherSoftware any_f64(const Pipeline& pipeline) {
  OtherSoftware other;
  if (const Array* coef = coefficients_of(pipeline)) other.coefficients = to_f64(*coef);
  return other;
}

OtherSoftware scikit_learn(const Pipeline& pipeline, ElementType rows, Arithmetic arithmetic) {
  OtherSoftware other = any_f64(pipeline);
  if (arithmetic == Arithmetic::exact && rows == ElementType::f32) other.columns = kBinary32;
  if (rows == ElementType::f16) other.columns = kBinary16;
  const Array* coef = coefficients_of(pipeline);
  if (coef != nullptr && coef->type == ElementType::f32 && multiplies_in_f32(rows))
    other.products = kBinary32;
  return other;
}

}  // namespace evenscore::verifier
