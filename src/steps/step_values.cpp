#include "steps/step_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "evenscore/error.h"
#include "steps/step_class.h"

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

bool boolean_param(const Step& step, std::string_view name) {
  if (step.param(name) == nullptr) refuse(step, name, "is missing");
  return boolean_param(step, name, false);
}

std::string string_param(const Step& step, std::string_view name) {
  const Param* param = step.param(name);
  return param != nullptr && param->kind == Param::Kind::string ? param->text : std::string();
}

std::vector<double> any_values(const Step& step, std::string_view name,
                               const std::vector<std::uint64_t>& shape) {
  const Array* array = step.attribute(name);
  if (array == nullptr || array->kind != Array::Kind::number) refuse(step, name, "not an array of numbers");
  if (array->shape != shape) {
    refuse(step, name,
           fmt::format("has shape {}, where {} is needed", shape_text(array->shape), shape_text(shape)));
  }
  return to_f64(*array);
}

std::vector<double> finite_values(const Step& step, std::string_view name,
                                  const std::vector<std::uint64_t>& shape) {
  std::vector<double> values = any_values(step, name, shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) refuse(step, fmt::format("{}[{}]", name, i), "is not finite");
  }
  return values;
}

std::optional<std::vector<double>> optional_values(const Step& step, std::string_view name,
                                                   const std::vector<std::uint64_t>& shape) {
  const Array* array = step.attribute(name);
  if (array == nullptr || array->kind == Array::Kind::none) return std::nullopt;
  return finite_values(step, name, shape);
}

std::int64_t fitted_columns(const Step& step, std::initializer_list<std::string_view> arrays) {
  if (step.attribute("n_features_in") != nullptr) return integer_attribute(step, "n_features_in");
  for (const std::string_view name : arrays) {
    const Array* array = step.attribute(name);
    if (array == nullptr || array->shape.empty()) continue;
    const std::uint64_t n = array->shape.back();
    if (n > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()))
      refuse(step, name, "is too large");
    return static_cast<std::int64_t>(n);
  }
  return kAnyColumns;
}

double number(const Param& param) {
  if (param.kind == Param::Kind::real) return param.real;
  double value = std::numeric_limits<double>::quiet_NaN();
  if (param.kind == Param::Kind::integer)
    std::from_chars(param.text.data(), param.text.data() + param.text.size(), value);
  return value;
}

double number_param(const Step& step, std::string_view name, double absent) {
  const Param* param = step.param(name);
  if (param == nullptr) return absent;
  const double value = number(*param);
  if (!std::isfinite(value)) refuse(step, name, "not a finite number: " + to_python(*param));
  return value;
}

double number_attribute(const Step& step, std::string_view name) {
  const Array* array = step.attribute(name);
  if (array == nullptr || array->kind != Array::Kind::number || array->size() != 1)
    refuse(step, name, "not a number");
  const double value = to_f64(*array)[0];
  if (!std::isfinite(value)) refuse(step, name, "is not finite");
  return value;
}

SklearnVersion version_of(const Step& step) {
  return parse_sklearn_version(step.sklearn_version);
}

void refuse_float32(const Step& step, const ProgramBuilder& program, std::string_view what) {
  if (!program.follows_float32()) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("--arithmetic sklearn is not defined for float32 rows and {}", what),
              step.name.empty() ? step.class_name : fmt::format("step '{}'", step.name),
              "use --arithmetic exact");
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
