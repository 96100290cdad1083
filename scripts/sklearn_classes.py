"""The scikit-learn classes and functions that a pipeline file names, in the running release."""

import importlib
import inspect

from sklearn.linear_model import LinearRegression

from pipeline_file import BadFile

PIPELINE = "sklearn.pipeline.Pipeline"
CLASSES = {
    "sklearn.decomposition": ("PCA", "TruncatedSVD"),
    "sklearn.discriminant_analysis": ("LinearDiscriminantAnalysis",),
    "sklearn.feature_selection": (
        "RFE", "RFECV", "SelectFromModel", "SelectKBest", "SelectPercentile", "VarianceThreshold"),
    "sklearn.impute": ("SimpleImputer",),
    "sklearn.linear_model": (
        "BayesianRidge", "ElasticNet", "ElasticNetCV", "GammaRegressor", "HuberRegressor", "Lasso", "LassoCV",
        "LinearRegression", "LogisticRegression", "LogisticRegressionCV", "MultiTaskElasticNet", "MultiTaskLasso",
        "PassiveAggressiveClassifier", "PassiveAggressiveRegressor", "Perceptron", "PoissonRegressor", "Ridge",
        "RidgeCV", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "SGDRegressor", "TweedieRegressor"),
    "sklearn.model_selection": ("FixedThresholdClassifier", "TunedThresholdClassifierCV"),
    "sklearn.preprocessing": (
        "Binarizer", "MaxAbsScaler", "MinMaxScaler", "Normalizer", "PolynomialFeatures", "RobustScaler",
        "StandardScaler"),
    "sklearn.svm": ("LinearSVC", "LinearSVR"),
}
FUNCTIONS = {
    "sklearn.feature_selection": (
        "chi2", "f_classif", "f_oneway", "f_regression", "mutual_info_classif", "mutual_info_regression",
        "r_regression"),
    "sklearn.metrics": (
        "accuracy_score", "average_precision_score", "balanced_accuracy_score", "brier_score_loss",
        "cohen_kappa_score", "explained_variance_score", "f1_score", "fbeta_score", "jaccard_score", "log_loss",
        "matthews_corrcoef", "max_error", "mean_absolute_error", "mean_gamma_deviance", "mean_poisson_deviance",
        "mean_squared_error", "mean_tweedie_deviance", "median_absolute_error", "precision_score", "r2_score",
        "recall_score", "roc_auc_score", "root_mean_squared_error"),
}
REQUIRED = inspect.Parameter.empty


def find_class(name, place):
    """The class that the file calls `name`. Raises BadFile."""
    module, _, short = name.rpartition(".")
    if short not in CLASSES.get(module, ()):
        raise BadFile(f"{place}: {name} is not supported by this script")
    try:
        return getattr(importlib.import_module(module), short)
    except (ImportError, AttributeError):
        raise BadFile(f"{place}: the running scikit-learn has no {name}; "
                      "run this script with the release that saved it") from None


def find_function(saved_as):
    """The function that a saved file names by the module of its release; None for any but the known ones."""
    short = saved_as.rpartition(".")[2]
    for module, names in FUNCTIONS.items():
        if saved_as.startswith(module + ".") and short in names:
            return getattr(importlib.import_module(module), short, None)
    return None


def stand_in(saved_as):
    """An unfitted estimator of the class that a saved file names: RFE asks one what rows it accepts."""
    short = saved_as.rpartition(".")[2]
    for module, names in CLASSES.items():
        if short not in names:
            continue
        cls = getattr(importlib.import_module(module), short, None)
        if cls is not None and REQUIRED not in constructor(cls).values():
            return cls()
    return LinearRegression()


def constructor(cls):
    """Names of the constructor's parameters with their defaults, REQUIRED where there is none."""
    init = getattr(cls.__init__, "deprecated_original", cls.__init__)
    return {name: parameter.default for name, parameter in inspect.signature(init).parameters.items() if name != "self"}
