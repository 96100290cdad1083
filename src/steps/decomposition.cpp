// sklearn.decomposition.PCA and TruncatedSVD: projections on components_.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kPcaSavedAs{"sklearn.decomposition._pca.PCA",
                                                      "sklearn.decomposition.pca.PCA"};
constexpr std::array<std::string_view, 2> kSvdSavedAs{"sklearn.decomposition._truncated_svd.TruncatedSVD",
                                                      "sklearn.decomposition.truncated_svd.TruncatedSVD"};
constexpr std::array<std::string_view, 9> kPcaParams{
    "n_components", "copy",           "whiten",        "svd_solver",
    "tol",          "iterated_power", "n_oversamples", "power_iteration_normalizer",
    "random_state"};
constexpr std::array<std::string_view, 7> kSvdParams{
    "n_components", "algorithm", "n_iter", "n_oversamples", "power_iteration_normalizer",
    "random_state", "tol"};
constexpr std::array<FittedAttribute, 9> kPcaFitted{{{"n_features_in"},
                                                     {"components", true},
                                                     {"explained_variance", true},
                                                     {"explained_variance_ratio"},
                                                     {"singular_values"},
                                                     {"mean", true},
                                                     {"n_components"},
                                                     {"n_samples"},
                                                     {"noise_variance"}}};
constexpr std::array<FittedAttribute, 5> kSvdFitted{{{"n_features_in"},
                                                     {"components", true},
                                                     {"explained_variance"},
                                                     {"explained_variance_ratio"},
                                                     {"singular_values"}}};
/// From here on a deviation below eps counts as eps.
constexpr SklearnVersion kLeastDeviation{1, 5};

std::uint64_t n_components(const Step& step) {
  const Array* components = step.attribute("components");
  if (components == nullptr || components->shape.size() != 2 || components->shape[0] == 0)
    refuse(step, "components", "not a two-dimensional array");
  return components->shape[0];
}

std::vector<double> components_of(const Step& step, std::int64_t n_columns) {
  return finite_values(step, "components", {n_components(step), static_cast<std::uint64_t>(n_columns)});
}

std::vector<double> mean_of(const Step& step, std::int64_t n_columns) {
  const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(n_columns)};
  return optional_values(step, "mean", shape)
      .value_or(std::vector<double>(static_cast<std::size_t>(n_columns), 0.0));
}

/// The deviations that whitening divides by.
std::vector<double> deviations_of(const Step& step) {
  std::vector<double> deviations = finite_values(step, "explained_variance", {n_components(step)});
  // Fitted on f32 rows, the variances are f32, and so are their roots.
  const bool narrow = step.attribute("explained_variance")->type == ElementType::f32;
  const double epsilon =
      narrow ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  for (double& value : deviations) {
    value = narrow ? static_cast<double>(std::sqrt(static_cast<float>(value))) : std::sqrt(value);
    if (version_of(step) >= kLeastDeviation && value < epsilon) value = epsilon;
    if (!(value > 0.0)) refuse(step, "explained_variance", "holds a value that cannot be divided by");
  }
  return deviations;
}

std::int64_t check_pca(const Step& step, std::int64_t n_in) {
  components_of(step, n_in);
  mean_of(step, n_in);
  if (boolean_param(step, "whiten")) deviations_of(step);
  return static_cast<std::int64_t>(n_components(step));
}

std::int64_t check_svd(const Step& step, std::int64_t n_in) {
  components_of(step, n_in);
  return static_cast<std::int64_t>(n_components(step));
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"components"});
}

constexpr const char* kNoFixedBits = "a projection: scikit-learn's is then a float32 BLAS product";

void lower_pca(const Step& step, ProgramBuilder& program) {
  refuse_float32(step, program, kNoFixedBits);
  const std::int64_t n_in = program.n_columns();
  program.require(Validity::finite);
  program.centre_and_scale(mean_of(step, n_in), std::nullopt, Float32Scaling::round_each_step);
  program.linear(components_of(step, n_in), std::vector<double>(n_components(step), 0.0));
  if (boolean_param(step, "whiten"))
    program.centre_and_scale(std::nullopt, deviations_of(step), Float32Scaling::round_each_step);
}

void lower_svd(const Step& step, ProgramBuilder& program) {
  refuse_float32(step, program, kNoFixedBits);
  program.require(Validity::finite);
  program.linear(components_of(step, program.n_columns()), std::vector<double>(n_components(step), 0.0));
}

std::string pca_rules(const Step& step) {
  const char* whitened = !boolean_param(step, "whiten")        ? ""
                         : version_of(step) >= kLeastDeviation ? ", over the deviation, at least eps"
                                                               : ", over the deviation";
  return fmt::format("(x - mean) projected on {} components{}", n_components(step), whitened);
}

std::string svd_rules(const Step& step) {
  return fmt::format("x projected on {} components", n_components(step));
}

}  // namespace

extern const StepClass kPca;
const StepClass kPca{"sklearn.decomposition.PCA",
                     kPcaSavedAs,
                     kPcaParams,
                     kPcaFitted,
                     StepRole::transformer,
                     {},
                     check_pca,
                     n_features,
                     lower_pca,
                     pca_rules};

extern const StepClass kTruncatedSvd;
const StepClass kTruncatedSvd{"sklearn.decomposition.TruncatedSVD",
                              kSvdSavedAs,
                              kSvdParams,
                              kSvdFitted,
                              StepRole::transformer,
                              {},
                              check_svd,
                              n_features,
                              lower_svd,
                              svd_rules};

}  // namespace evenscore::steps
