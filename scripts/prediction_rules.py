"""Where releases of scikit-learn predict by different rules from the same parameters and fitted values.

rule() says in words how a release would go about it; the same words for two releases mean the same predictions. The
reasons are in docs/sklearn_versions.md and beside the class in src/steps/.
"""

import numpy


def logistic_rule(version, params, fitted, _inner):
    n_classes = fitted["classes"].size
    if version >= (1, 8):
        one_vs_rest = n_classes == 2
    else:
        multi_class, solver = params.get("multi_class"), params.get("solver")
        one_vs_rest = multi_class in ("ovr", "warn") or (
            (multi_class == "auto" or (multi_class == "deprecated" and version >= (1, 5)))
            and (n_classes == 2 or solver == "liblinear" or (solver == "newton-cholesky" and (1, 2) <= version < (1, 6))))
    if n_classes == 2:
        return f"2 classes by {'the logistic function of the score' if one_vs_rest else 'softmax of [-score, score]'}"
    return f"{n_classes} classes by {'one-vs-rest' if one_vs_rest else 'softmax'}"


def sgd_rule(version, params, fitted, _inner):
    if params.get("loss") not in ("log", "log_loss"):
        return f"loss {params.get('loss')}"
    if fitted["classes"].size > 2:
        return f"one-vs-rest with {'1 / K' if version >= (1, 9) else 'NaN'} where all probabilities are 0"
    return "the logistic function of the score"


def discriminant_rule(version, _params, fitted, _inner):
    return "softmax" if fitted["classes"].size > 2 and version >= (0, 21) else "the logistic function of each score"


def normalizer_rule(version, _params, _fitted, _inner):
    return f"rows divided by their norm unless it is {'below 10 epsilon' if version >= (1, 0) else '0'}"


def clip_rule(_version, params, _fitted, _inner):
    return "values clipped" if params.get("clip", False) else "values as they come"


def polynomial_rule(version, params, _fitted, _inner):
    several = isinstance(params.get("degree"), (tuple, list))
    return "no range of degrees" if several and version < (1, 0) else "products of the degrees asked for"


def imputer_rule(version, params, fitted, _inner):
    statistics = fitted["statistics"]
    is_empty = numpy.array([value != value for value in statistics.flat], dtype=bool)
    keeps = params.get("keep_empty_features", False) or (params.get("strategy") == "constant" and version < (1, 8))
    empty = f"columns without values {'kept' if keeps else 'left out'}" if is_empty.any() else "all columns"
    return f"{empty}, {'with' if params.get('add_indicator', False) else 'without'} indicator"


def pca_rule(version, params, fitted, _inner):
    variance = fitted["explained_variance"]
    if params.get("whiten") and (numpy.sqrt(variance) < numpy.finfo(variance.dtype).eps).any():
        return f"whitened by {'at least epsilon' if version >= (1, 5) else 'any deviation'}"
    return "projected"


def variance_rule(version, _params, _fitted, _inner):
    return "NaN accepted" if version >= (0, 22) else "NaN refused"


def selection_rule(version, params, _fitted, inner):
    """Where no threshold is given, releases differ in which estimators they take to make coefficients exactly 0."""
    while inner and inner[-1]["steps"]:
        inner = inner[-1]["steps"]
    if params.get("threshold") is not None or not inner or "ElasticNet" not in inner[-1]["class"]:
        return "the threshold asked for"
    best, given = inner[-1]["fitted"].get("l1_ratio"), inner[-1]["params"].get("l1_ratio", {})
    ratio = float(best[1]) if best is not None else float.fromhex(given["f64"][0]) if "f64" in given else given.get("int")
    return "an ElasticNet that is a Lasso" if numpy.isclose(float(ratio or 0), 1.0) and version >= (1, 1) else "the mean"


RULES = {
    "sklearn.decomposition.PCA": pca_rule,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": discriminant_rule,
    "sklearn.feature_selection.SelectFromModel": selection_rule,
    "sklearn.feature_selection.VarianceThreshold": variance_rule,
    "sklearn.impute.SimpleImputer": imputer_rule,
    "sklearn.linear_model.LogisticRegression": logistic_rule,
    "sklearn.linear_model.LogisticRegressionCV": logistic_rule,
    "sklearn.linear_model.SGDClassifier": sgd_rule,
    "sklearn.preprocessing.MaxAbsScaler": clip_rule,
    "sklearn.preprocessing.MinMaxScaler": clip_rule,
    "sklearn.preprocessing.Normalizer": normalizer_rule,
    "sklearn.preprocessing.PolynomialFeatures": polynomial_rule,
}


def rule(class_name, version, params, fitted, inner):
    """How release `version`, a pair of numbers, predicts. `inner`: the steps that this one wraps, as the file has them."""
    of_class = RULES.get(class_name)
    return "one rule in all releases" if of_class is None else of_class(version, params, fitted, inner)
