#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evenscore/array.h"
#include "evenscore/labels.h"
#include "evenscore/param.h"

namespace evenscore {

/// One fitted step, as saved: nothing recomputed, scikit-learn's names without the trailing underscore.
struct Step {
  std::string name;  ///< in the pipeline, exact
  std::string
      class_name;  ///< "sklearn.preprocessing.StandardScaler"; "passthrough" for 'passthrough' and None
  std::string sklearn_version;  ///< of the release that saved it
  std::vector<std::pair<std::string, Param>> params;
  std::map<std::string, Array> fitted;
  std::vector<Step> steps = {};  ///< of a nested Pipeline; or the one estimator that this one wraps
  std::vector<std::string> wrappers =
      {};  ///< classes around it that predict as it does, outermost first: GridSearchCV

  /// Null when absent.
  const Param* param(std::string_view key) const;
  const Array* attribute(std::string_view key) const;
};

/// A saved pipeline or bare estimator, checked: every step is of a supported class and fitted, shapes agree.
/// Plain data; safe to read from several threads.
struct Pipeline {
  std::vector<Step> steps;
  std::vector<std::string> wrappers;                  ///< around the Pipeline object itself, as Step's
  bool bare_estimator = false;                        ///< a single estimator, not a sklearn.pipeline.Pipeline
  std::string sklearn_version;                        ///< of the outermost object
  std::vector<std::pair<std::string, Param>> params;  ///< of the Pipeline object itself: memory, verbose ...
  std::vector<std::string> feature_names;             ///< if fitted with names, else empty
  std::string source_name;                            ///< file name without folders, as imported
  std::string source_sha256;                          ///< of the imported file's bytes, hexadecimal

  std::int64_t n_features() const;
  /// The classes of the last step; none for a regressor.
  Labels classes() const;
};

/// Checks every step by its class's rules and that each fits the one before. Throws Error: unsupported,
/// not_fitted, corrupt_file, with the step as the place.
void check(const Pipeline& pipeline);

/// SHA-256 in hexadecimal over the byte serialisation of docs/pipeline_format.md: classes, names, parameters,
/// fitted arrays, feature names and version. Equal for a .joblib and the .h5 made from it.
std::string pipeline_digest(const Pipeline& pipeline);

}  // namespace evenscore
