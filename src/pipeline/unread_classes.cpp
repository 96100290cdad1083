#include "pipeline/unread_classes.h"

#include <span>
#include <string_view>

namespace evenscore {
namespace {

using pickle::AllowedClass;
using pickle::Role;

/// Names that occur in each of some modules: the old and the new place of the same thing.
struct Names {
  std::span<const std::string_view> modules;
  std::span<const std::string_view> names;
  Role role;
};

constexpr std::string_view kMetadataModules[] = {"sklearn.utils._metadata_requests"};
constexpr std::string_view kMetadataNames[] = {"MetadataRequest", "MethodMetadataRequest"};
constexpr std::string_view kMemoryModules[] = {"joblib.memory", "sklearn.externals.joblib.memory"};
constexpr std::string_view kMemoryNames[] = {"Memory", "NotMemorizedFunc", "MemorizedFunc"};
constexpr std::string_view kSgdLossModules[] = {"sklearn.linear_model.sgd_fast",
                                                "sklearn.linear_model._sgd_fast"};
constexpr std::string_view kSgdLossNames[] = {"Hinge",
                                              "SquaredHinge",
                                              "Log",
                                              "ModifiedHuber",
                                              "SquaredLoss",
                                              "Huber",
                                              "EpsilonInsensitive",
                                              "SquaredEpsilonInsensitive"};
/// Their Cython classes are pickled under a module name without its package by 1.5 to 1.8.
constexpr std::string_view kCythonLossModules[] = {"sklearn._loss._loss", "_loss"};
constexpr std::string_view kCythonLossNames[] = {"CyHalfSquaredError",
                                                 "CyHalfPoissonLoss",
                                                 "CyHalfGammaLoss",
                                                 "CyHalfTweedieLoss",
                                                 "CyHalfTweedieLossIdentity",
                                                 "CyHalfBinomialLoss",
                                                 "CyHalfMultinomialLoss",
                                                 "CyExponentialLoss",
                                                 "CyHuberLoss",
                                                 "__pyx_unpickle_CyHalfSquaredError",
                                                 "__pyx_unpickle_CyHalfPoissonLoss",
                                                 "__pyx_unpickle_CyHalfGammaLoss",
                                                 "__pyx_unpickle_CyHalfTweedieLoss",
                                                 "__pyx_unpickle_CyHalfTweedieLossIdentity",
                                                 "__pyx_unpickle_CyHalfBinomialLoss",
                                                 "__pyx_unpickle_CyHalfMultinomialLoss"};
constexpr std::string_view kLossModules[] = {"sklearn._loss.loss", "sklearn._loss.link",
                                             "sklearn._loss.glm_distribution",
                                             "sklearn.linear_model._glm.link"};
constexpr std::string_view kLossNames[] = {"HalfSquaredError",
                                           "HalfPoissonLoss",
                                           "HalfGammaLoss",
                                           "HalfTweedieLoss",
                                           "HalfTweedieLossIdentity",
                                           "HalfBinomialLoss",
                                           "HalfMultinomialLoss",
                                           "LogLink",
                                           "LogitLink",
                                           "HalfLogitLink",
                                           "IdentityLink",
                                           "MultinomialLogit",
                                           "Interval",
                                           "PoissonDistribution",
                                           "GammaDistribution",
                                           "NormalDistribution",
                                           "TweedieDistribution",
                                           "InverseGaussianDistribution",
                                           "DistributionBoundary"};
constexpr std::string_view kScorerModules[] = {"sklearn.metrics._scorer", "sklearn.metrics.scorer"};
constexpr std::string_view kScorerNames[] = {"_PredictScorer", "_ProbaScorer",       "_ThresholdScorer",
                                             "_Scorer",        "_PassthroughScorer", "_MultimetricScorer"};
constexpr std::string_view kScorerFunctions[] = {"_passthrough_scorer"};
constexpr std::string_view kMetricModules[] = {
    "sklearn.metrics._classification", "sklearn.metrics._regression", "sklearn.metrics._ranking",
    "sklearn.metrics.classification",  "sklearn.metrics.regression",  "sklearn.metrics.ranking"};
constexpr std::string_view kMetricNames[] = {"accuracy_score",
                                             "balanced_accuracy_score",
                                             "f1_score",
                                             "fbeta_score",
                                             "precision_score",
                                             "recall_score",
                                             "jaccard_score",
                                             "log_loss",
                                             "matthews_corrcoef",
                                             "brier_score_loss",
                                             "cohen_kappa_score",
                                             "roc_auc_score",
                                             "average_precision_score",
                                             "r2_score",
                                             "mean_squared_error",
                                             "root_mean_squared_error",
                                             "mean_absolute_error",
                                             "median_absolute_error",
                                             "max_error",
                                             "explained_variance_score",
                                             "mean_poisson_deviance",
                                             "mean_gamma_deviance",
                                             "mean_tweedie_deviance"};
constexpr std::string_view kSplitModules[] = {"sklearn.model_selection._split"};
constexpr std::string_view kSplitNames[] = {"KFold",
                                            "StratifiedKFold",
                                            "GroupKFold",
                                            "StratifiedGroupKFold",
                                            "RepeatedKFold",
                                            "RepeatedStratifiedKFold",
                                            "ShuffleSplit",
                                            "StratifiedShuffleSplit",
                                            "GroupShuffleSplit",
                                            "TimeSeriesSplit",
                                            "LeaveOneOut",
                                            "LeavePOut",
                                            "PredefinedSplit",
                                            "_CVIterableWrapper",
                                            "LeaveOneGroupOut"};
constexpr std::string_view kSelectionModules[] = {
    "sklearn.feature_selection._univariate_selection", "sklearn.feature_selection.univariate_selection",
    "sklearn.feature_selection._mutual_info", "sklearn.feature_selection.mutual_info_"};
constexpr std::string_view kSelectionNames[] = {
    "f_classif",           "f_regression",          "chi2", "r_regression", "f_oneway",
    "mutual_info_classif", "mutual_info_regression"};
constexpr std::string_view kDistributionModules[] = {
    "scipy.stats._distn_infrastructure", "scipy.stats._continuous_distns", "scipy.stats._discrete_distns"};
constexpr std::string_view kDistributionNames[] = {"rv_frozen",          "rv_continuous_frozen",
                                                   "rv_discrete_frozen", "uniform_gen",
                                                   "loguniform_gen",     "reciprocal_gen",
                                                   "norm_gen",           "expon_gen",
                                                   "randint_gen",        "gamma_gen"};
/// The scores of a search, in 0.20, which warned of keys to come.
constexpr std::string_view kDeprecationModules[] = {"sklearn.utils.deprecation"};
constexpr std::string_view kDeprecationNames[] = {"DeprecationDict"};
constexpr std::string_view kWarningModules[] = {"builtins", "exceptions"};
constexpr std::string_view kWarningNames[] = {"FutureWarning", "DeprecationWarning"};
constexpr std::string_view kParameterGridModules[] = {"sklearn.model_selection._search"};
constexpr std::string_view kParameterGridNames[] = {"ParameterGrid", "ParameterSampler"};

constexpr Names kUnread[] = {
    {kMetadataModules, kMetadataNames, Role::inert_object},
    {kMemoryModules, kMemoryNames, Role::inert_object},
    {kSgdLossModules, kSgdLossNames, Role::inert_object},
    {kCythonLossModules, kCythonLossNames, Role::inert_object},
    {kLossModules, kLossNames, Role::inert_object},
    {kScorerModules, kScorerNames, Role::inert_object},
    {kScorerModules, kScorerFunctions, Role::inert_name},
    {kMetricModules, kMetricNames, Role::inert_name},
    {kSplitModules, kSplitNames, Role::inert_object},
    {kSelectionModules, kSelectionNames, Role::inert_name},
    {kDistributionModules, kDistributionNames, Role::inert_object},
    {kParameterGridModules, kParameterGridNames, Role::inert_object},
    {kDeprecationModules, kDeprecationNames, Role::inert_object},
    {kWarningModules, kWarningNames, Role::inert_name},
};

/// Read by the path of an attribute inside them, and not steps.
constexpr AllowedClass kRead[] = {
    {"sklearn.preprocessing._label", "LabelBinarizer", Role::object},
    {"sklearn.preprocessing.label", "LabelBinarizer", Role::object},
    {"sklearn.impute._base", "MissingIndicator", Role::object},
    {"sklearn.impute", "MissingIndicator", Role::object},
    {"sklearn.metrics._scorer", "_CurveScorer", Role::object},
    {"sklearn.model_selection._classification_threshold", "_CurveScorer", Role::object},
};

}  // namespace

std::vector<AllowedClass> unread_classes() {
  std::vector<AllowedClass> classes(std::begin(kRead), std::end(kRead));
  for (const Names& group : kUnread) {
    for (const std::string_view module : group.modules) {
      for (const std::string_view name : group.names) classes.push_back({module, name, group.role});
    }
  }
  return classes;
}

}  // namespace evenscore
