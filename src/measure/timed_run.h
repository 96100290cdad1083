#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evenscore/bench.h"

namespace evenscore::measure {

/// What something can do at most, and what it did in each round.
struct Limit {
  std::string name, unit;
  std::function<double()> per_second;  ///< measures once
  std::vector<double> rounds;
};

/// One engine, one way, and what it took in each round.
struct TimedRun {
  EngineTiming timing;
  std::function<double()> seconds;          ///< measures once
  std::function<std::string()> difference;  ///< runs once; empty, or where results differ from reference
  /// What a run needs of each limit of its group, in the limit's unit.
  std::function<std::vector<double>()> needs;
  std::function<Latency(std::int64_t batch)> latency;  ///< empty where there is none to measure
  double bytes = 0.0;  ///< read and written; known once the results were compared
  std::vector<double> rounds;
};

struct TimedGroup {
  BenchWay way;
  std::string where;
  std::vector<Limit> limits;
  std::vector<TimedRun> runs;
};

Spread spread_of(std::vector<double> values);

/// Measures the limits of a group, then every run that was right so far.
void measure_round(TimedGroup& group);

/// What the rounds gave.
BenchGroup summary(TimedGroup& group);

}  // namespace evenscore::measure
