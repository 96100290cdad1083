#include <array>
#include <string>

#include "steps/step_class.h"

namespace evenscore::steps {

extern const StepClass kMinMaxScaler;
extern const StepClass kStandardScaler;
extern const StepClass kLogisticRegression;

namespace {
constexpr std::array<const StepClass*, 3> kStepClasses{&kStandardScaler, &kMinMaxScaler,
                                                       &kLogisticRegression};
}  // namespace

std::span<const StepClass* const> step_classes() {
  return kStepClasses;
}

const StepClass* find_step_class(std::string_view name) {
  for (const StepClass* step_class : kStepClasses) {
    if (step_class->name == name) return step_class;
  }
  return nullptr;
}

const StepClass* find_saved_class(std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  for (const StepClass* step_class : kStepClasses) {
    for (const std::string_view saved_as : step_class->saved_as) {
      if (saved_as == full) return step_class;
    }
  }
  return nullptr;
}

}  // namespace evenscore::steps
