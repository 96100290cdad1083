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
        return "the rule of its loss"
    if fitted["classes"].size > 2:
        return f"one-vs-rest with {'1 / K' if version >= (1, 9) else 'NaN'} where all probabilities are 0"
    return "the logistic function of the score"


def discriminant_rule(version, _params, fitted, _inner):
    link = "softmax" if fitted["classes"].size > 2 and version >= (0, 21) else "the logistic function of each score"
    return f"{link}, the logarithm of 0 being {-708.4 if version >= (0, 24) else '-inf'}"


def normalizer_rule(version, params, _fitted, _inner):
    norm = "largest value" if params.get("norm") == "max" and version < (0, 23) else "norm"
    return f"rows divided by their {norm} unless it is {'below 10 epsilon' if version >= (1, 0) else '0'}"


def clip_rule(_version, params, _fitted, _inner):
    return "values clipped" if params.get("clip", False) else "values as they come"


def polynomial_rule(version, params, _fitted, _inner):
    degree = params.get("degree")
    if isinstance(degree, (tuple, list)):
        return "no range of degrees" if version < (1, 0) else "products a (b c)"
    return "products (a b) c" if degree > 2 and version < (0, 22) else "products a (b c)"


def imputer_rule(version, params, fitted, _inner):
    statistics = fitted["statistics"]
    is_empty = numpy.array([value != value for value in statistics.flat], dtype=bool)
    keeps = params.get("keep_empty_features", False) or (params.get("strategy") == "constant" and version < (1, 8))
    # Fitted on f32 rows, 1.8 and later put f32 numbers into f64 rows too.
    rounded = params.get("_fill_dtype") is numpy.float32 and version >= (1, 8) and any(
        value == value and float(numpy.float32(value)) != value for value in statistics.flat)
    empty = f"columns without values {'kept' if keeps else 'left out'}" if is_empty.any() else "all columns"
    return f"{empty}, {'with' if params.get('add_indicator', False) else 'without'} indicator" + (
        ", statistics rounded to float32" if rounded else "")


def pca_rule(version, params, fitted, _inner):
    variance = fitted["explained_variance"]
    if params.get("whiten") and (numpy.sqrt(variance) < numpy.finfo(variance.dtype).eps).any():
        return f"whitened by {'at least epsilon' if version >= (1, 5) else 'any deviation'}"
    return "projected"


def variance_rule(version, _params, _fitted, _inner):
    return "NaN accepted" if version >= (0, 22) else "NaN refused"


def number_param(step, name):
    """A parameter of a step as the file has it; None where it is no number."""
    (tag, value), = step["params"].get(name, {"none": True}).items()
    return float.fromhex(value[0]) if tag == "f64" else float(value) if tag == "int" else None


def selection_rule(version, params, _fitted, inner):
    """Where no threshold is given, releases differ in which estimators they take to make coefficients exactly 0."""
    if params.get("threshold") is not None:
        return "the threshold asked for"
    estimator = inner[0]
    short = estimator["class"].rpartition(".")[2]
    best = estimator["fitted"].get("l1_ratio") if short == "ElasticNetCV" else None
    ratio = float(best[1]) if best is not None else number_param(estimator, "l1_ratio")
    since = {"ElasticNet": (1, 1), "ElasticNetCV": (1, 1), "LogisticRegression": (1, 8)}.get(short)
    is_l1 = since is not None and version >= since and ratio is not None and numpy.isclose(ratio, 1.0)
    makes_zeros = is_l1 or "Lasso" in short or estimator["params"].get("penalty") == {"str": "l1"}
    return f"columns of an importance of at least {'1e-5' if makes_zeros else 'the mean'}"


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
