#include "pipeline/join.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evenscore/error.h"

namespace evenscore {
namespace {

/// The first place where the names differ; both are not empty.
std::string first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.size() != b.size()) return fmt::format("{} names against {}", a.size(), b.size());
  const auto differing = std::mismatch(a.begin(), a.end(), b.begin());
  return fmt::format("feature {} is '{}' in the one and '{}' in the other", differing.first - a.begin(),
                     *differing.first, *differing.second);
}

}  // namespace

void append(Pipeline& pipeline, Pipeline next) {
  const bool both_named = !pipeline.feature_names.empty() && !next.feature_names.empty();
  if (both_named && pipeline.feature_names != next.feature_names) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("{} and {} were fitted with different features: {}", pipeline.source_name,
                            next.source_name, first_difference(pipeline.feature_names, next.feature_names)),
                "--then", "join files whose features are the same, in the same order");
  }
  pipeline.bare_estimator = false;
  for (Step& step : next.steps) {
    std::string name = step.name;
    if (name.empty()) {
      name = step.class_name.substr(step.class_name.rfind('.') + 1);
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    std::string unique = name;
    for (int number = 2;; ++number) {
      bool taken = false;
      for (const Step& other : pipeline.steps) taken = taken || other.name == unique;
      if (!taken) break;
      unique = fmt::format("{}-{}", name, number);
    }
    step.name = unique;
    pipeline.steps.push_back(std::move(step));
  }
}

}  // namespace evenscore
