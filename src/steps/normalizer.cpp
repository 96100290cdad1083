// sklearn.preprocessing.Normalizer: a row over its l1, l2 or max norm; rows without one stay as they are.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.preprocessing._data.Normalizer",
                                                   "sklearn.preprocessing.data.Normalizer"};
constexpr std::array<std::string_view, 2> kParams{"norm", "copy"};
constexpr std::array<FittedAttribute, 1> kFitted{{{"n_features_in"}}};
constexpr SklearnVersion kSmallNormsAreZero{1, 0};
/// Before, the max norm was the largest value, not the largest magnitude.
constexpr SklearnVersion kMaxOfMagnitudes{0, 23};

StageKind kind_of(const Step& step) {
  const std::string norm = string_param(step, "norm");
  if (norm == "l1") return StageKind::normalize_l1;
  if (norm == "l2") return StageKind::normalize_l2;
  if (norm == "max")
    return version_of(step) >= kMaxOfMagnitudes ? StageKind::normalize_max : StageKind::normalize_signed_max;
  refuse(step, "norm", "is none of 'l1', 'l2', 'max'");
}

/// The smallest norm that a row is divided by.
double smallest_norm(const Step& step) {
  return version_of(step) >= kSmallNormsAreZero ? 10.0 * std::numeric_limits<double>::epsilon()
                                                : std::numeric_limits<double>::denorm_min();
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  kind_of(step);
  return n_in;
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {});
}

void lower(const Step& step, ProgramBuilder& program) {
  refuse_float32(step, program, "a Normalizer: its float32 sums have no fixed order");
  program.require(Validity::finite);
  program.reject(Validity::finite);
  program.normalize(kind_of(step), smallest_norm(step));
}

std::string rules(const Step& step) {
  return fmt::format(
      "{}rows whose norm is {} stay as they are",
      kind_of(step) == StageKind::normalize_signed_max ? "the norm is the largest value with its sign; " : "",
      version_of(step) >= kSmallNormsAreZero ? "below 10 eps = 2.2e-15" : "0");
}

}  // namespace

extern const StepClass kNormalizer;
const StepClass kNormalizer{"sklearn.preprocessing.Normalizer",
                            kSavedAs,
                            kParams,
                            kFitted,
                            StepRole::transformer,
                            {},
                            check,
                            n_features,
                            lower,
                            rules};

}  // namespace evenscore::steps
