#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "evenscore/pipeline.h"

/// Reading of checked values out of a Step, with errors that name the step and the attribute.
namespace evenscore::steps {

/// A boolean constructor parameter; `absent` when the file has none (a release before the parameter existed).
bool boolean_param(const Step& step, std::string_view name, bool absent);

/// A string parameter; empty when absent or not a string.
std::string string_param(const Step& step, std::string_view name);

/// A required numeric array of the given shape with only finite values, as f64.
std::vector<double> finite_values(const Step& step, std::string_view name,
                                  const std::vector<std::uint64_t>& shape);

/// A required non-negative integer scalar.
std::int64_t integer_attribute(const Step& step, std::string_view name);

/// Throws Error (corrupt_file) about an attribute of a step.
[[noreturn]] void refuse(const Step& step, std::string_view attribute, const std::string& cause);

}  // namespace evenscore::steps
