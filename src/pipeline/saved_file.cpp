#include "pipeline/saved_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>

#include "base/printable.h"
#include "base/sha256.h"
#include "evenscore/error.h"
#include "pickle/parse.h"
#include "pickle/stream.h"
#include "pickle/unsupported.h"
#include "pipeline/saved_values.h"
#include "pipeline/unread_classes.h"
#include "steps/step_sequence.h"

namespace evenscore {
namespace {

using pickle::AllowedClass;
using pickle::Document;
using pickle::Kind;
using pickle::NodeId;
using pickle::Role;

constexpr std::string_view kPipelineModule = "sklearn.pipeline";

/// A class whose predictions are those of an estimator it holds.
struct Wrapper {
  std::string_view name;  ///< as users import it
  std::string_view module;
  std::string_view saved_as;
  std::string_view attribute;  ///< that holds the estimator
};
constexpr Wrapper kWrappers[] = {
    {"sklearn.model_selection.GridSearchCV", "sklearn.model_selection._search", "GridSearchCV",
     "best_estimator_"},
    {"sklearn.model_selection.RandomizedSearchCV", "sklearn.model_selection._search", "RandomizedSearchCV",
     "best_estimator_"},
    {"sklearn.model_selection.HalvingGridSearchCV", "sklearn.model_selection._search_successive_halving",
     "HalvingGridSearchCV", "best_estimator_"},
    {"sklearn.model_selection.HalvingRandomSearchCV", "sklearn.model_selection._search_successive_halving",
     "HalvingRandomSearchCV", "best_estimator_"},
    {"sklearn.frozen.FrozenEstimator", "sklearn.frozen._frozen", "FrozenEstimator", "estimator"},
};

std::vector<AllowedClass> make_allowed_classes() {
  std::vector<AllowedClass> allowed = unread_classes();
  for (const Wrapper& wrapper : kWrappers)
    allowed.push_back({wrapper.module, wrapper.saved_as, Role::object});
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
    list += fmt::format("\n  {} at {}", printable(entry.name), printable(entry.first.path));
    if (entry.count > 1) list += fmt::format(" and {} more", entry.count - 1);
    if (!entry.first.sklearn_version.empty()) {
      list += fmt::format(", saved by scikit-learn {}", printable(entry.first.sklearn_version));
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

/// What an attribute holds, or an attribute of it: "_label_binarizer.classes_".
std::optional<NodeId> find_path(const Document& document, NodeId object, std::string_view path) {
  std::optional<NodeId> value = object;
  while (value && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (document.kind(*value) != Kind::object) return std::nullopt;
    value = document.attribute(*value, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value;
}

/// Opens what only wraps the estimator that predicts, and notes it.
NodeId unwrap(const Document& document, NodeId object, const std::string& place,
              std::vector<std::string>& wrappers) {
  while (document.kind(object) == Kind::object) {
    const auto wrapper =
        std::find_if(std::begin(kWrappers), std::end(kWrappers), [&](const Wrapper& candidate) {
          return document.module(object) == candidate.module && document.name(object) == candidate.saved_as;
        });
    if (wrapper == std::end(kWrappers)) return object;
    const auto inside = document.attribute(object, wrapper->attribute);
    if (!inside) {
      throw Error(ErrorCode::not_fitted,
                  fmt::format("{} has no '{}': it was saved before fit(), or with refit=False", wrapper->name,
                              wrapper->attribute),
                  place, "call fit() with refit=True and save it again");
    }
    wrappers.emplace_back(wrapper->name);
    if (wrappers.size() > static_cast<std::size_t>(steps::kMostNested)) {
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("more than {} estimators inside each other", steps::kMostNested), place);
    }
    object = *inside;
  }
  return object;
}

/// Reads the objects of a pipeline into steps; the names of features are those of the first that was fitted.
class StepReader {
 public:
  explicit StepReader(const Document& document) : document_(document) {}

  Step read(NodeId object, const std::string& name, const std::string& place,
            const std::string& enclosing_version) {
    if (++depth_ > steps::kMostNested) {
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("more than {} estimators inside each other", steps::kMostNested), place);
    }
    Step step;
    step.name = name;
    object = unwrap(document_, object, place, step.wrappers);
    if (document_.kind(object) != Kind::object) {
      throw Error(ErrorCode::corrupt_file,
                  fmt::format("{} where an estimator is expected", pickle::describe(document_.kind(object))),
                  place);
    }
    const steps::StepClass* step_class =
        steps::find_saved_class(document_.module(object), document_.name(object));
    if (step_class == nullptr) {
      throw Error(
          ErrorCode::unsupported,
          fmt::format("{}.{} is no step of a pipeline", document_.module(object), document_.name(object)),
          place);
    }
    step.class_name = step_class->name;
    step.sklearn_version = version_of(document_, object, enclosing_version);
    parse_sklearn_version(step.sklearn_version);
    if (!names_read_) names_ = feature_names(document_, object);
    names_read_ = names_read_ || step_class->role != steps::StepRole::sequence;
    read_values(object, *step_class, place, step);
    if (step_class->role == steps::StepRole::sequence)
      step.steps = read_sequence(object, place + ".", step.sklearn_version);
    for (const std::string_view attribute : step_class->wrapped) {
      const auto inside = document_.attribute(object, attribute);
      if (!inside || !step.steps.empty()) continue;
      step.steps.push_back(
          read(*inside, "estimator", fmt::format("{}.{}", place, attribute), step.sklearn_version));
    }
    --depth_;
    return step;
  }

  std::vector<Step> read_sequence(NodeId pipeline, const std::string& place, const std::string& version) {
    const auto steps_list = document_.attribute(pipeline, "steps");
    if (!steps_list || document_.kind(*steps_list) != Kind::list)
      throw Error(ErrorCode::corrupt_file, "a Pipeline without a list of steps", place + "steps");
    std::vector<Step> result;
    for (const NodeId entry : document_.items(*steps_list)) {
      const std::string here = fmt::format("{}steps[{}]", place, result.size());
      if (++n_steps_ > steps::kMostSteps)
        throw Error(ErrorCode::limit_exceeded, fmt::format("more than {} steps", steps::kMostSteps), here);
      const bool is_sequence = document_.kind(entry) == Kind::tuple || document_.kind(entry) == Kind::list;
      if (!is_sequence || document_.items(entry).size() != 2 ||
          document_.kind(document_.items(entry)[0]) != Kind::string) {
        throw Error(ErrorCode::corrupt_file, "not a pair of name and estimator", here);
      }
      const std::string name(document_.string(document_.items(entry)[0]));
      const NodeId object = document_.items(entry)[1];
      const bool skipped =
          document_.kind(object) == Kind::none ||
          (document_.kind(object) == Kind::string && document_.string(object) == steps::kPassthrough);
      if (!skipped) {
        result.push_back(read(object, name, here, version));
        continue;
      }
      Step step;
      step.name = name;
      step.class_name = steps::kPassthrough;
      step.sklearn_version = version;
      result.push_back(std::move(step));
    }
    return result;
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  void read_values(NodeId object, const steps::StepClass& step_class, const std::string& place, Step& step) {
    for (const std::string_view param : step_class.params) {
      if (const auto value = find_path(document_, object, param))
        step.params.emplace_back(param, to_param(document_, *value));
    }
    for (const steps::FittedAttribute& attribute : step_class.fitted) {
      const std::string usual = std::string(attribute.name) + "_";
      std::optional<NodeId> value = document_.attribute(object, usual);
      if (!value && !attribute.saved_as.empty()) value = find_path(document_, object, attribute.saved_as);
      if (!value) continue;
      try {
        step.fitted[std::string(attribute.name)] = to_array(document_, *value);
      } catch (const Error& error) {
        throw Error(error.code(), error.cause(), fmt::format("{}.{}", place, usual), error.remedy());
      }
    }
  }

  const Document& document_;
  std::vector<std::string> names_;
  bool names_read_ = false;
  int depth_ = 0;
  std::size_t n_steps_ = 0;
};

Pipeline to_pipeline(const Document& document) {
  if (document.kind(document.root()) != Kind::object) {
    throw Error(ErrorCode::not_a_model,
                fmt::format("the file holds {}, not a fitted scikit-learn pipeline or estimator",
                            pickle::describe(document.kind(document.root()))),
                {}, "save the pipeline itself: joblib.dump(pipeline, FILE)");
  }
  Pipeline pipeline;
  const std::string outer_version = version_of(document, document.root(), {});
  std::vector<std::string> wrappers;
  const NodeId root = unwrap(document, document.root(), {}, wrappers);
  StepReader reader(document);
  pipeline.sklearn_version = version_of(document, root, outer_version);
  parse_sklearn_version(pipeline.sklearn_version);
  if (document.kind(root) == Kind::object && document.module(root) == kPipelineModule) {
    const steps::StepClass& pipeline_class = *steps::find_saved_class(kPipelineModule, "Pipeline");
    for (const std::string_view param : pipeline_class.params) {
      if (const auto value = document.attribute(root, param))
        pipeline.params.emplace_back(param, to_param(document, *value));
    }
    pipeline.wrappers = std::move(wrappers);
    pipeline.steps = reader.read_sequence(root, {}, pipeline.sklearn_version);
  } else {
    pipeline.bare_estimator = true;
    pipeline.steps.push_back(reader.read(document.root(), {}, std::string(document.name(document.root())),
                                         pipeline.sklearn_version));
  }
  pipeline.feature_names = reader.names();
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
