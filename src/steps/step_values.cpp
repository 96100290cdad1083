#include "steps/step_values.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "evenscore/error.h"

namespace evenscore::steps {
namespace {

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace

void refuse(const Step& step, std::string_view attribute, const std::string& cause) {
  const std::string owner = step.name.empty() ? step.class_name : fmt::format("step '{}'", step.name);
  throw Error(ErrorCode::corrupt_file, cause, fmt::format("{}, {}", owner, attribute),
              "save the model again with scikit-learn");
}

bool boolean_param(const Step& step, std::string_view name, bool absent) {
  const Param* param = step.param(name);
  if (param == nullptr) return absent;
  if (param->kind != Param::Kind::boolean) refuse(step, name, "not True or False: " + to_python(*param));
  return param->boolean;
}

std::string string_param(const Step& step, std::string_view name) {
  const Param* param = step.param(name);
  return param != nullptr && param->kind == Param::Kind::string ? param->text : std::string();
}

std::vector<double> finite_values(const Step& step, std::string_view name,
                                  const std::vector<std::uint64_t>& shape) {
  const Array* array = step.attribute(name);
  if (array == nullptr || array->kind != Array::Kind::number) refuse(step, name, "not an array of numbers");
  if (array->shape != shape) {
    refuse(step, name,
           fmt::format("has shape {}, where {} is needed", shape_text(array->shape), shape_text(shape)));
  }
  std::vector<double> values = to_f64(*array);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) refuse(step, fmt::format("{}[{}]", name, i), "is not finite");
  }
  return values;
}

std::int64_t integer_attribute(const Step& step, std::string_view name) {
  const Array* array = step.attribute(name);
  if (array == nullptr || array->kind != Array::Kind::number || array->size() != 1 ||
      is_floating(array->type)) {
    refuse(step, name, "not an integer");
  }
  const double value = to_f64(*array)[0];
  if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) refuse(step, name, "is out of range");
  return static_cast<std::int64_t>(value);
}

}  // namespace evenscore::steps
