// sklearn.preprocessing.Binarizer: 1 where x > threshold, else 0.
#include <fmt/format.h>

#include <array>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.preprocessing._data.Binarizer",
                                                   "sklearn.preprocessing.data.Binarizer"};
constexpr std::array<std::string_view, 2> kParams{"threshold", "copy"};
constexpr std::array<FittedAttribute, 1> kFitted{{{"n_features_in"}}};

std::int64_t check(const Step& step, std::int64_t n_in) {
  number_param(step, "threshold", 0.0);
  return n_in;
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {});
}

void lower(const Step& step, ProgramBuilder& program) {
  const double threshold = number_param(step, "threshold", 0.0);
  if (static_cast<double>(static_cast<float>(threshold)) != threshold) {
    refuse_float32(
        step, program,
        "a Binarizer whose threshold is no float32 number: it depends on NumPy how they are compared");
  }
  program.require(Validity::finite);
  program.reject(Validity::finite);
  program.binarize(threshold);
}

std::string rules(const Step& step) {
  return fmt::format("1 where x > {}, else 0", number_param(step, "threshold", 0.0));
}

}  // namespace

extern const StepClass kBinarizer;
const StepClass kBinarizer{"sklearn.preprocessing.Binarizer",
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
