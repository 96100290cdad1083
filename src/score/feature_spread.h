#pragma once

#include <vector>

#include "evenscore/pipeline.h"

namespace evenscore {

/// Where the values of each feature lie, as far as a scaler that was fitted on them tells.
struct FeatureSpread {
  std::vector<double> mean, unit;  ///< one a feature; empty where not told
};

/// The first step of a nested pipeline; any other step itself.
inline const Step& first_inside(const Step& step) {
  const Step* first = &step;
  while (!first->steps.empty()) first = &first->steps.front();
  return *first;
}

/// Of StandardScaler mean and scale. Of MinMaxScaler the middle of the fitted range and a quarter of it, so
/// that of normal values a few in a hundred lie beyond; 1 for a feature that was constant. `n` features.
inline FeatureSpread spread_of(const Step& step, std::uint64_t n) {
  const auto values = [&](const char* name) {
    const Array* array = step.attribute(name);
    const bool usable = array != nullptr && array->kind == Array::Kind::number && array->size() == n;
    return usable ? to_f64(*array) : std::vector<double>();
  };
  const std::vector<double> low = values("data_min");
  const std::vector<double> high = values("data_max");
  if (low.empty() || high.empty()) {
    std::vector<double> centre = values("mean");
    if (centre.empty()) centre = values("center");
    return {centre.empty() ? values("statistics") : centre, values("scale")};
  }
  FeatureSpread spread;
  for (std::size_t i = 0; i < low.size(); ++i) {
    const double quarter = 0.25 * high[i] - 0.25 * low[i];
    spread.mean.push_back(0.5 * low[i] + 0.5 * high[i]);
    spread.unit.push_back(quarter > 0.0 ? quarter : 1.0);
  }
  return spread;
}

}  // namespace evenscore
