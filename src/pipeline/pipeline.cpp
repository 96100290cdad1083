#include "evenscore/pipeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sha256.h"
#include "evenscore/error.h"
#include "pipeline/byte_serialization.h"
#include "steps/step_sequence.h"

namespace evenscore {
namespace {

void serialize(const Array& array, ByteSerialization& out) {
  out.tag(static_cast<std::uint8_t>(array.kind));
  out.text(array.dtype);
  out.text(array.kind == Array::Kind::number ? element_name(array.type) : std::string_view());
  out.count(array.shape.size());
  for (const std::uint64_t extent : array.shape) out.count(extent);
  out.raw(array.data);
  out.count(array.strings.size());
  for (const std::string& text : array.strings) out.text(text);
}

/// Depth is bounded by steps::kMostNested.
void serialize(const Step& step, ByteSerialization& out) {
  out.text(step.name);
  out.text(step.class_name);
  out.text(step.sklearn_version);
  out.text(to_tagged_json(step.params));
  out.count(step.fitted.size());
  for (const auto& [name, array] : step.fitted) {
    out.text(name);
    serialize(array, out);
  }
  out.count(step.wrappers.size());
  for (const std::string& wrapper : step.wrappers) out.text(wrapper);
  out.count(step.steps.size());
  for (const Step& nested : step.steps) serialize(nested, out);
}

}  // namespace

const Param* Step::param(std::string_view key) const {
  for (const auto& [param_name, value] : params) {
    if (param_name == key) return &value;
  }
  return nullptr;
}

const Array* Step::attribute(std::string_view key) const {
  const auto found = fitted.find(std::string(key));
  return found == fitted.end() ? nullptr : &found->second;
}

std::int64_t Pipeline::n_features() const {
  return std::max<std::int64_t>(steps::columns_of(steps), 0);
}

Labels Pipeline::classes() const {
  const Array* classes = steps::predictor(steps).attribute("classes");
  if (classes == nullptr) return {};
  const Array& array = *classes;
  Labels labels;
  if (array.kind == Array::Kind::string) {
    labels.kind = LabelKind::string;
    labels.strings = array.strings;
    return labels;
  }
  labels.element = array.type;
  if (array.kind == Array::Kind::number && is_floating(array.type)) {
    labels.kind = LabelKind::real;
    labels.reals = to_f64(array);
    return labels;
  }
  labels.kind = array.kind == Array::Kind::boolean ? LabelKind::boolean : LabelKind::integer;
  labels.integers = to_i64(array);
  return labels;
}

void check(const Pipeline& pipeline) {
  if (pipeline.steps.empty()) {
    throw Error(ErrorCode::not_a_model, "the pipeline has no steps", "steps",
                "give a fitted pipeline that ends in a classifier or regressor");
  }
  if (pipeline.steps.size() > steps::kMostSteps) {
    throw Error(
        ErrorCode::limit_exceeded,
        fmt::format("{} steps, where at most {} are supported", pipeline.steps.size(), steps::kMostSteps),
        "steps");
  }
  steps::check_steps(pipeline.steps, pipeline.n_features(), {}, 0);
  if (!steps::predicts(pipeline.steps)) {
    throw Error(ErrorCode::unsupported,
                fmt::format("the last step, {}, makes no predictions", pipeline.steps.back().class_name), {},
                "append the file with the classifier or regressor by --then FILE");
  }
  if (!pipeline.feature_names.empty() &&
      static_cast<std::int64_t>(pipeline.feature_names.size()) != pipeline.n_features()) {
    throw Error(
        ErrorCode::corrupt_file,
        fmt::format("{} feature names for {} features", pipeline.feature_names.size(), pipeline.n_features()),
        "feature_names_in_");
  }
}

std::string pipeline_digest(const Pipeline& pipeline) {
  ByteSerialization out;
  out.text("evenscore-pipeline 1");
  out.tag(pipeline.bare_estimator ? 1 : 0);
  out.text(pipeline.sklearn_version);
  out.text(to_tagged_json(pipeline.params));
  out.count(pipeline.feature_names.size());
  for (const std::string& name : pipeline.feature_names) out.text(name);
  out.count(pipeline.wrappers.size());
  for (const std::string& wrapper : pipeline.wrappers) out.text(wrapper);
  out.count(pipeline.steps.size());
  for (const Step& step : pipeline.steps) serialize(step, out);
  return sha256_hex(out.bytes());
}

}  // namespace evenscore
