"""What predict() and transform() of the running scikit-learn read besides parameters and public fitted attributes."""

import numpy
from sklearn.preprocessing import LabelBinarizer


def ridge_classifier(estimator, fitted, _private, running):
    binarizer = LabelBinarizer(pos_label=1, neg_label=-1)
    binarizer.classes_, binarizer.y_type_, binarizer.sparse_input_ = fitted["classes"], fitted["y_type"], False
    estimator._label_binarizer = binarizer
    if running < (1, 6) and fitted["coef"].ndim == 1:  # of two classes, from 1.6 on
        estimator.coef_, estimator.intercept_ = fitted["coef"][None, :], numpy.atleast_1d(fitted["intercept"])


def simple_imputer(estimator, fitted, private, running):
    # Before 1.8, the dtype of the rows it was fitted on is not kept. Its statistics have it.
    dtype = fitted["statistics"].dtype
    of_rows = numpy.dtype(private.get("_fill_dtype", "float64" if dtype == object else dtype))
    estimator._fit_dtype = of_rows
    if running >= (1, 8):
        estimator._fill_dtype = of_rows
    elif dtype == object and estimator.strategy == "constant":
        estimator.statistics_ = fitted["statistics"].astype(of_rows)
    if not getattr(estimator, "add_indicator", False):
        estimator.indicator_ = None
        return
    from sklearn.impute import MissingIndicator

    # Fitted on one row in which just those columns miss a value, it becomes what it was.
    is_missing = numpy.zeros((1, fitted["statistics"].size), dtype=bool)
    is_missing[0, fitted["indicator_features"]] = True
    indicator = MissingIndicator(missing_values=estimator.missing_values, error_on_new=False)
    if running >= (0, 24):
        indicator._fit(is_missing, precomputed=True)
    else:
        absent = 1.0 if estimator.missing_values != 1 else 0.0
        indicator.fit(numpy.where(is_missing, estimator.missing_values, absent))
    estimator.indicator_ = indicator


def polynomial_features(estimator, fitted, _private, running):
    if running < (1, 0):
        estimator.n_input_features_ = fitted.get("n_features_in", fitted.get("n_input_features"))
        return
    degree = estimator.degree
    estimator._min_degree, estimator._max_degree = (0, degree) if isinstance(degree, int) else degree
    estimator._n_out_full = estimator._num_combinations(
        n_features=fitted.get("n_features_in", fitted.get("n_input_features")), min_degree=0,
        max_degree=estimator._max_degree, interaction_only=estimator.interaction_only,
        include_bias=estimator.include_bias)


def discriminant_analysis(estimator, fitted, _private, _running):
    most = min(fitted["classes"].size - 1, fitted["coef"].shape[1])
    estimator._max_components = most if estimator.n_components is None else estimator.n_components
    estimator._n_features_out = estimator._max_components


def generalized_linear_model(estimator, _fitted, _private, running):
    if running >= (1, 1):
        estimator._base_loss = estimator._get_loss()
        return
    from sklearn._loss.glm_distribution import EDM_DISTRIBUTIONS
    from sklearn.linear_model._glm.link import IdentityLink, LogLink

    family = estimator.family
    estimator._family_instance = EDM_DISTRIBUTIONS[family]() if isinstance(family, str) else family
    is_log = estimator.link == "log" or (estimator.link == "auto" and estimator._family_instance.power > 0)
    estimator._link_instance = LogLink() if is_log else IdentityLink()


def tuned_threshold(estimator, fitted, private, _running):
    from sklearn.metrics import check_scoring
    from sklearn.model_selection._classification_threshold import _CurveScorer

    estimator.best_threshold_ = numpy.float64(fitted["best_threshold"])
    scorer = check_scoring(estimator.estimator, scoring=estimator.scoring)
    estimator._curve_scorer = _CurveScorer(
        score_func=private.get("_curve_scorer._score_func", scorer._score_func), sign=scorer._sign,
        kwargs=private.get("_curve_scorer._kwargs", {}), thresholds=estimator.thresholds,
        response_method=estimator._get_response_method())


COMPLETE = {
    "GammaRegressor": generalized_linear_model,
    "LinearDiscriminantAnalysis": discriminant_analysis,
    "PoissonRegressor": generalized_linear_model,
    "PolynomialFeatures": polynomial_features,
    "RidgeClassifier": ridge_classifier,
    "RidgeClassifierCV": ridge_classifier,
    "SimpleImputer": simple_imputer,
    "TunedThresholdClassifierCV": tuned_threshold,
    "TweedieRegressor": generalized_linear_model,
}


def complete(estimator, fitted, private, running):
    """Sets it on `estimator`. fitted: the file's values, without underscore; private: parameters with a path for a name;
    running: release, a pair of numbers."""
    of_class = COMPLETE.get(type(estimator).__name__)
    if of_class is not None:
        of_class(estimator, fitted, private, running)
