#include "evenscore/pipeline.h"

#include <fmt/format.h>

#include "base/sha256.h"
#include "evenscore/error.h"
#include "pipeline/byte_serialization.h"
#include "steps/step_class.h"

namespace evenscore {
namespace {

/// The pipeline file numbers steps by three digits.
constexpr std::size_t kMostSteps = 1000;

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
}

std::string place_of(const Pipeline& pipeline, std::size_t i) {
  return pipeline.bare_estimator ? pipeline.steps[i].class_name
                                 : fmt::format("steps[{}] '{}'", i, pipeline.steps[i].name);
}

void check_fitted(const Pipeline& pipeline) {
  for (std::size_t i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    const steps::StepClass* step_class = steps::find_step_class(step.class_name);
    if (step_class == nullptr) continue;
    for (const steps::FittedAttribute& attribute : step_class->fitted) {
      if (!attribute.required || step.attribute(attribute.name) != nullptr) continue;
      throw Error(ErrorCode::not_fitted,
                  fmt::format("{} has no '{}_': it was saved before fit()", step.class_name, attribute.name),
                  place_of(pipeline, i), "call fit() on the pipeline and save it again");
    }
  }
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
  for (const Step& step : steps) {
    if (const steps::StepClass* step_class = steps::find_step_class(step.class_name))
      return step_class->n_features(step);
  }
  return 0;
}

Labels Pipeline::classes() const {
  const Array& array = *steps.back().attribute("classes");
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
                "give a fitted pipeline that ends in a classifier");
  }
  if (pipeline.steps.size() > kMostSteps) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("{} steps, where at most {} are supported", pipeline.steps.size(), kMostSteps),
                "steps");
  }
  check_fitted(pipeline);
  std::int64_t n_columns = pipeline.n_features();
  for (std::size_t i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    const bool last = i + 1 == pipeline.steps.size();
    const steps::StepClass* step_class = steps::find_step_class(step.class_name);
    if (step_class == nullptr) {
      if (step.class_name != steps::kPassthrough) {
        throw Error(ErrorCode::unsupported, fmt::format("{} is not supported", step.class_name),
                    place_of(pipeline, i));
      }
    } else {
      step_class->check(step, n_columns);
    }
    const bool predictor = step_class != nullptr && step_class->predictor;
    if (last && !predictor) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("the last step, {}, makes no predictions", step.class_name),
                  place_of(pipeline, i), "append the file with the classifier by --then FILE");
    }
    if (!last && predictor) {
      throw Error(ErrorCode::corrupt_file, fmt::format("{} is not the last step", step.class_name),
                  place_of(pipeline, i));
    }
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
  out.count(pipeline.steps.size());
  for (const Step& step : pipeline.steps) serialize(step, out);
  return sha256_hex(out.bytes());
}

}  // namespace evenscore
