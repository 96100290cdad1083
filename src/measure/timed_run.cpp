#include "measure/timed_run.h"

#include <algorithm>

namespace evenscore::measure {
namespace {

/// A limit that would take less than this part of the time does not bound a run.
constexpr double kBinding = 0.7;

EngineTiming summary(TimedRun& run, const std::vector<Limit>& limits) {
  EngineTiming timing = std::move(run.timing);
  if (!timing.first_difference.empty() || run.rounds.empty()) {
    timing.latency.clear();
    return timing;
  }
  const auto rates = [&](double amount) {
    std::vector<double> values(run.rounds);
    for (double& value : values) value = amount / value;
    return spread_of(values);
  };
  timing.rows_per_second = rates(static_cast<double>(timing.rows));
  timing.bytes_per_second = rates(run.bytes);
  const std::vector<double> needs = run.needs();
  for (std::size_t i = 0; i < limits.size(); ++i) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < run.rounds.size(); ++round)
      ratios.push_back(needs[i] / limits[i].rounds[round] / run.rounds[round]);
    timing.ratios.push_back(spread_of(ratios));
    const double nearest =
        timing.bound_by < 0 ? kBinding : timing.ratios[static_cast<std::size_t>(timing.bound_by)].median;
    if (timing.ratios.back().median > nearest) timing.bound_by = static_cast<int>(i);
  }
  return timing;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
  return {median, values.front(), values.back()};
}

void measure_round(TimedGroup& group) {
  for (Limit& limit : group.limits) limit.rounds.push_back(limit.per_second());
  for (TimedRun& run : group.runs) {
    if (run.timing.first_difference.empty()) run.rounds.push_back(run.seconds());
  }
}

BenchGroup summary(TimedGroup& group) {
  BenchGroup result{group.way, group.where, {}, {}};
  for (const Limit& limit : group.limits)
    result.limits.push_back({limit.name, limit.unit, spread_of(limit.rounds)});
  for (TimedRun& run : group.runs) result.engines.push_back(summary(run, group.limits));
  return result;
}

}  // namespace evenscore::measure
