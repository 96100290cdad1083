#include "pipeline/saved_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/sha256.h"
#include "evenscore/error.h"
#include "pickle/parse.h"
#include "pickle/stream.h"
#include "pickle/unsupported.h"
#include "pipeline/saved_values.h"
#include "steps/step_class.h"

namespace evenscore {
namespace {

using pickle::AllowedClass;
using pickle::Document;
using pickle::Kind;
using pickle::NodeId;
using pickle::Role;

constexpr std::string_view kPipelineModule = "sklearn.pipeline";
constexpr std::string_view kPipelineParams[] = {"memory", "verbose", "transform_input"};
/// Objects that appear in parameters and private attributes of supported classes, and that no prediction
/// reads.
constexpr AllowedClass kInert[] = {
    {"joblib.memory", "Memory", Role::inert_object},
    {"sklearn.utils._metadata_requests", "MetadataRequest", Role::inert_object},
    {"sklearn.utils._metadata_requests", "MethodMetadataRequest", Role::inert_object},
};

std::vector<AllowedClass> make_allowed_classes() {
  std::vector<AllowedClass> allowed(std::begin(kInert), std::end(kInert));
  allowed.push_back({kPipelineModule, "Pipeline", Role::object});
  for (const steps::StepClass* step_class : steps::step_classes()) {
    for (const std::string_view saved_as : step_class->saved_as) {
      const std::size_t dot = saved_as.rfind('.');
      allowed.push_back({saved_as.substr(0, dot), saved_as.substr(dot + 1), Role::object});
    }
  }
  return allowed;
}

/// A document refers to it as long as it lives.
const std::vector<AllowedClass>& allowed_classes() {
  static const std::vector<AllowedClass> kAllowed = make_allowed_classes();
  return kAllowed;
}

/// One refusal for everything that is not supported: each class once, with its first place and how often it
/// occurs.
void refuse_unsupported(const Document& document) {
  struct Entry {
    std::string name;
    pickle::UnsupportedValue first;
    int count;
  };
  std::vector<Entry> entries;
  for (const pickle::UnsupportedValue& value : pickle::find_unsupported(document)) {
    const std::string name = value.module + "." + value.name;
    const auto known =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == name; });
    if (known != entries.end()) {
      ++known->count;
    } else {
      entries.push_back({name, value, 1});
    }
  }
  if (entries.empty()) return;
  std::string list;
  bool foreign_call = false;
  for (const Entry& entry : entries) {
    list += fmt::format("\n  {} at {}", entry.name, entry.first.path);
    if (entry.count > 1) list += fmt::format(" and {} more", entry.count - 1);
    if (!entry.first.sklearn_version.empty()) {
      list += fmt::format(", saved by scikit-learn {}", entry.first.sklearn_version);
    }
    const bool foreign = entry.first.called && entry.first.module.rfind("sklearn.", 0) != 0;
    if (foreign) list += ": Python would have called this";
    foreign_call = foreign_call || foreign;
  }
  throw Error(
      ErrorCode::unsupported,
      fmt::format("holds what is not supported, and nothing in it was run ({}):{}",
                  foreign_call ? "do not load this file in Python unless you know where it comes from"
                               : "use a pipeline of the steps that `evenscore inspect --help` lists, or "
                                 "score this model with scikit-learn",
                  list));
}

std::string version_of(const Document& document, NodeId object, const std::string& enclosing) {
  const auto version = document.attribute(object, "_sklearn_version");
  if (version && document.kind(*version) == Kind::string) return std::string(document.string(*version));
  return enclosing;
}

Step read_step(const Document& document, NodeId object, const std::string& name, const std::string& place,
               const std::string& enclosing_version) {
  const steps::StepClass* step_class =
      steps::find_saved_class(document.module(object), document.name(object));
  if (step_class == nullptr) {
    throw Error(ErrorCode::unsupported,
                fmt::format("{}.{} inside a pipeline is not supported", document.module(object),
                            document.name(object)),
                place, "put its steps into the outer pipeline");
  }
  Step step;
  step.name = name;
  step.class_name = step_class->name;
  step.sklearn_version = version_of(document, object, enclosing_version);
  parse_sklearn_version(step.sklearn_version);
  for (const std::string_view param : step_class->params) {
    if (const auto value = document.attribute(object, param))
      step.params.emplace_back(param, to_param(document, *value));
  }
  for (const steps::FittedAttribute& attribute : step_class->fitted) {
    const auto value = document.attribute(object, std::string(attribute.name) + "_");
    if (!value) continue;
    try {
      step.fitted[std::string(attribute.name)] = to_array(document, *value);
    } catch (const Error& error) {
      throw Error(error.code(), error.cause(), fmt::format("{}.{}_", place, attribute.name), error.remedy());
    }
  }
  return step;
}

/// feature_names_in_ of the object, if it has one.
std::vector<std::string> feature_names(const Document& document, NodeId object) {
  const auto value = document.attribute(object, "feature_names_in_");
  if (!value || document.kind(*value) == Kind::none) return {};
  const Array array = to_array(document, *value);
  if (array.kind != Array::Kind::string || array.shape.size() != 1) {
    throw Error(ErrorCode::corrupt_file, "is not a one-dimensional array of texts", "feature_names_in_");
  }
  return array.strings;
}

std::vector<Step> read_pipeline_steps(const Document& document, NodeId pipeline, const std::string& version,
                                      std::vector<std::string>& names) {
  const auto steps_list = document.attribute(pipeline, "steps");
  if (!steps_list || document.kind(*steps_list) != Kind::list) {
    throw Error(ErrorCode::corrupt_file, "a Pipeline without a list of steps", "steps");
  }
  std::vector<Step> result;
  for (const NodeId entry : document.items(*steps_list)) {
    const std::string place = fmt::format("steps[{}]", result.size());
    const bool is_sequence = document.kind(entry) == Kind::tuple || document.kind(entry) == Kind::list;
    if (!is_sequence || document.items(entry).size() != 2 ||
        document.kind(document.items(entry)[0]) != Kind::string) {
      throw Error(ErrorCode::corrupt_file, "not a pair of name and estimator", place);
    }
    const std::string name(document.string(document.items(entry)[0]));
    const NodeId object = document.items(entry)[1];
    const bool skipped =
        document.kind(object) == Kind::none ||
        (document.kind(object) == Kind::string && document.string(object) == steps::kPassthrough);
    if (skipped) {
      Step step;
      step.name = name;
      step.class_name = steps::kPassthrough;
      step.sklearn_version = version;
      result.push_back(std::move(step));
      continue;
    }
    if (document.kind(object) != Kind::object) {
      throw Error(ErrorCode::corrupt_file,
                  fmt::format("{} where an estimator is expected", pickle::describe(document.kind(object))),
                  place);
    }
    const bool first_fitted = std::all_of(result.begin(), result.end(),
                                          [](const Step& s) { return s.class_name == steps::kPassthrough; });
    result.push_back(read_step(document, object, name, place, version));
    if (first_fitted) names = feature_names(document, object);
  }
  return result;
}

Pipeline to_pipeline(const Document& document) {
  const NodeId root = document.root();
  if (document.kind(root) != Kind::object) {
    throw Error(ErrorCode::not_a_model,
                fmt::format("the file holds {}, not a fitted scikit-learn pipeline or estimator",
                            pickle::describe(document.kind(root))),
                {}, "save the pipeline itself: joblib.dump(pipeline, FILE)");
  }
  Pipeline pipeline;
  pipeline.sklearn_version = version_of(document, root, {});
  if (document.module(root) != kPipelineModule) {
    pipeline.bare_estimator = true;
    pipeline.steps.push_back(
        read_step(document, root, {}, std::string(document.name(root)), pipeline.sklearn_version));
    pipeline.feature_names = feature_names(document, root);
    return pipeline;
  }
  parse_sklearn_version(pipeline.sklearn_version);
  for (const std::string_view param : kPipelineParams) {
    if (const auto value = document.attribute(root, param))
      pipeline.params.emplace_back(param, to_param(document, *value));
  }
  pipeline.steps = read_pipeline_steps(document, root, pipeline.sklearn_version, pipeline.feature_names);
  return pipeline;
}

}  // namespace

Pipeline read_saved_bytes(std::span<const std::byte> file) {
  const pickle::Limits limits;
  const Document document = pickle::parse(pickle::open_stream(file, limits), allowed_classes(), limits);
  refuse_unsupported(document);
  Pipeline pipeline = to_pipeline(document);
  pipeline.source_sha256 = sha256_hex(file);
  return pipeline;
}

Pipeline read_saved_file(const std::string& path) {
  try {
    Pipeline pipeline = read_saved_bytes(pickle::read_file(path, {}));
    pipeline.source_name = std::filesystem::path(path).filename().string();
    return pipeline;
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore
