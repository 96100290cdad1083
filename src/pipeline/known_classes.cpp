#include "pipeline/known_classes.h"

#include <algorithm>

namespace evenscore {
namespace {

/// Beside the estimators: made without arguments and given attributes. scipy.stats distributions are absent
/// on purpose, for their state holds source text that they execute; so is everything that keeps a function
/// and calls it while it is loaded.
constexpr ModuleClasses kClasses[] = {
    {"builtins", "object DeprecationWarning FutureWarning"},
    {"exceptions", "DeprecationWarning FutureWarning"},  // Python 2's module of the same
    {"joblib.memory", "Memory"},
    {"pandas.core.indexes.base", "Index"},
    {"pandas.core.indexes.range", "RangeIndex"},
    {"scipy.sparse.csr", "csr_matrix"},
    {"scipy.sparse.csc", "csc_matrix"},
    {"scipy.sparse.coo", "coo_matrix"},
    {"scipy.sparse.dia", "dia_matrix"},
    {"scipy.sparse._csr", "csr_matrix csr_array"},
    {"scipy.sparse._csc", "csc_matrix csc_array"},
    {"scipy.sparse._coo", "coo_matrix coo_array"},
    {"scipy.sparse._dia", "dia_matrix dia_array"},
    {"sklearn._loss.glm_distribution",
     "GammaDistribution InverseGaussianDistribution NormalDistribution "
     "PoissonDistribution TweedieDistribution"},
    {"sklearn._loss.link", "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit"},
    {"sklearn._loss.loss",
     "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss "
     "HalfPoissonLoss HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity "
     "HuberLoss PinballLoss"},
    {"sklearn.calibration", "_CalibratedClassifier"},
    {"sklearn.compose._column_transformer", "_RemainderColsList make_column_selector"},
    {"sklearn.ensemble._gb_losses",
     "BinomialDeviance ExponentialLoss HuberLossFunction LeastAbsoluteError "
     "LeastSquaresError MultinomialDeviance QuantileLossFunction"},
    {"sklearn.ensemble._hist_gradient_boosting.loss",
     "BinaryCrossEntropy CategoricalCrossEntropy LeastAbsoluteDeviation LeastSquares Poisson"},
    {"sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"},
    {"sklearn.ensemble.gradient_boosting",
     "BinomialDeviance ExponentialLoss HuberLossFunction LeastAbsoluteError LeastSquaresError "
     "LogOddsEstimator MeanEstimator MultinomialDeviance PriorProbabilityEstimator QuantileEstimator "
     "QuantileLossFunction ScaledLogOddsEstimator ZeroEstimator"},
    {"sklearn.gaussian_process.kernels",
     "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern PairwiseKernel Product "
     "RBF RationalQuadratic Sum WhiteKernel"},
    {"sklearn.linear_model._glm.link", "IdentityLink LogLink LogitLink"},
    {"sklearn.metrics._scorer",
     "_MultimetricScorer _PassthroughScorer _PredictScorer _ProbaScorer _Scorer "
     "_ThresholdScorer _CurveScorer"},
    {"sklearn.metrics.scorer", "_PredictScorer _ProbaScorer _ThresholdScorer"},
    {"sklearn.model_selection._split",
     "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut LeavePOut "
     "PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold "
     "StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit _CVIterableWrapper"},
    {"sklearn.model_selection._classification_threshold", "_CurveScorer"},
    {"sklearn.neural_network._stochastic_optimizers", "AdamOptimizer SGDOptimizer"},
    {"sklearn.utils", "Bunch"},
    {"sklearn.utils._bunch", "Bunch"},
    {"sklearn.utils.deprecation", "DeprecationDict"},
    {"sklearn.utils._metadata_requests",
     "MetadataRequest MetadataRouter MethodMapping "
     "MethodMetadataRequest MethodPair RouterMappingPair"},
};

constexpr std::string_view kSgdLosses =
    "EpsilonInsensitive Hinge Huber Log ModifiedHuber SquaredEpsilonInsensitive SquaredHinge SquaredLoss";
constexpr std::string_view kCyLosses =
    "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss "
    "CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss "
    "CyPinballLoss __pyx_unpickle_CyAbsoluteError __pyx_unpickle_CyExponentialLoss "
    "__pyx_unpickle_CyHalfBinomialLoss __pyx_unpickle_CyHalfGammaLoss "
    "__pyx_unpickle_CyHalfMultinomialLoss __pyx_unpickle_CyHalfPoissonLoss "
    "__pyx_unpickle_CyHalfSquaredError __pyx_unpickle_CyHalfTweedieLoss "
    "__pyx_unpickle_CyHalfTweedieLossIdentity __pyx_unpickle_CyHuberLoss __pyx_unpickle_CyPinballLoss";

/// May be called with arguments: they store them.
constexpr ModuleClasses kConstructors[] = {
    {"_loss", kCyLosses},
    {"collections", "Counter deque"},
    {"datetime", "date datetime time timedelta timezone"},
    {"decimal", "Decimal"},
    {"fractions", "Fraction"},
    {"sklearn._loss._loss", kCyLosses},
    {"sklearn._loss.glm_distribution", "DistributionBoundary"},
    {"sklearn.gaussian_process.kernels", "Hyperparameter"},
    {"sklearn.impute._iterative", "_ImputerTriplet"},
    {"sklearn.linear_model._sgd_fast", kSgdLosses},
    {"sklearn.linear_model.sgd_fast", kSgdLosses},
    {"sklearn.tree._tree", "Tree"},
};

/// What functions of models are named from, beside the modules of the estimators.
constexpr std::string_view kModules[] = {
    "numpy",
    "numpy.core._multiarray_umath",
    "numpy._core._multiarray_umath",
    "sklearn.feature_selection._mutual_info",
    "sklearn.feature_selection.mutual_info_",
    "sklearn.metrics._classification",
    "sklearn.metrics._ranking",
    "sklearn.metrics._regression",
    "sklearn.metrics._scorer",
    "sklearn.metrics.cluster._supervised",
    "sklearn.metrics.pairwise",
    "sklearn.metrics.scorer",
};

void add(pickle::KnownGlobals::Names& to, std::span<const ModuleClasses> classes) {
  for (const ModuleClasses& one : classes) {
    std::string_view rest = one.names;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      to.emplace(one.module, rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

pickle::KnownGlobals make_known_globals() {
  pickle::KnownGlobals known;
  add(known.classes, sklearn_estimators());
  add(known.classes, kClasses);
  add(known.constructors, kConstructors);
  for (const ModuleClasses& one : sklearn_estimators()) known.modules.insert(one.module);
  known.modules.insert(std::begin(kModules), std::end(kModules));
  return known;
}

}  // namespace

const pickle::KnownGlobals& known_globals() {
  static const pickle::KnownGlobals kKnown = make_known_globals();
  return kKnown;
}

}  // namespace evenscore
