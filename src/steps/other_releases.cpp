#include "steps/other_releases.h"

#include <array>

#include "evenscore/error.h"
#include "steps/step_class.h"

namespace evenscore::steps {
namespace {

constexpr std::array<const char*, 15> kReleases{"0.20", "0.21", "0.22", "0.23", "0.24", "1.0", "1.1", "1.2",
                                                "1.3",  "1.4",  "1.5",  "1.6",  "1.7",  "1.8", "1.9"};

std::string rules_in(const StepClass& step_class, Step step, const char* release) {
  step.sklearn_version = release;
  try {
    return step_class.rules(step);
  } catch (const Error& error) {
    return "cannot predict with it: " + error.cause();
  }
}

}  // namespace

std::vector<OtherRule> other_rules(const Step& step) {
  const StepClass* step_class = find_step_class(step.class_name);
  if (step_class == nullptr) return {};
  const std::string own = step_class->rules(step);
  std::vector<OtherRule> others;
  bool extends = false;
  for (const char* release : kReleases) {
    std::string rules = rules_in(*step_class, step, release);
    const bool differs = rules != own;
    if (differs && extends && others.back().rules == rules) {
      others.back().last = release;
    } else if (differs) {
      others.push_back({release, release, std::move(rules)});
    }
    extends = differs;
  }
  return others;
}

}  // namespace evenscore::steps
