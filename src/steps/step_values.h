#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evenscore/pipeline.h"
#include "evenscore/sklearn_version.h"
#include "program/program_builder.h"

/// Reading of checked values out of a Step, with errors that name the step and the attribute.
namespace evenscore::steps {

/// A boolean constructor parameter; `absent` when the file has none (a release before the parameter existed).
bool boolean_param(const Step& step, std::string_view name, bool absent);
/// One that every release has: a file without it is damaged.
bool boolean_param(const Step& step, std::string_view name);

/// A string parameter; empty when absent or not a string.
std::string string_param(const Step& step, std::string_view name);

/// A required numeric array of the given shape with only finite values, as f64.
std::vector<double> finite_values(const Step& step, std::string_view name,
                                  const std::vector<std::uint64_t>& shape);

/// The same, or nothing where `name` is absent or None.
std::optional<std::vector<double>> optional_values(const Step& step, std::string_view name,
                                                   const std::vector<std::uint64_t>& shape);

/// A numeric array of any values, NaN among them.
std::vector<double> any_values(const Step& step, std::string_view name,
                               const std::vector<std::uint64_t>& shape);

/// Columns that the step was fitted on: n_features_in, or where the release does not keep it the last extent
/// of the first of `arrays` that is there; else kAnyColumns.
std::int64_t fitted_columns(const Step& step, std::initializer_list<std::string_view> arrays);

/// A number given as a parameter; `absent` when the file has none.
double number_param(const Step& step, std::string_view name, double absent);

/// NaN unless the parameter is a number.
double number(const Param& param);

/// A fitted scalar.
double number_attribute(const Step& step, std::string_view name);

SklearnVersion version_of(const Step& step);

/// Refuses f32 rows under `sklearn` arithmetic where scikit-learn's own result has no fixed bits, or its rule
/// is not known. `what` completes "--arithmetic sklearn is not defined for float32 rows and ...".
void refuse_float32(const Step& step, const ProgramBuilder& program, std::string_view what);

/// A required non-negative integer scalar.
std::int64_t integer_attribute(const Step& step, std::string_view name);

/// Throws Error (corrupt_file) about an attribute of a step.
[[noreturn]] void refuse(const Step& step, std::string_view attribute, const std::string& cause);

}  // namespace evenscore::steps
