# -*- coding: utf-8 -*-
"""The models of the fixture group "steps": every class that scores or prepares, with its parameters.

Read by scripts/step_fixtures.py, under scikit-learn 0.20 to today's and Python 2.7 to today's. A case that a release has
no class or parameter for raises when it is made or fitted, and is then noted as refused by that release.
"""

import re

import numpy as np
import sklearn
from sklearn import decomposition, feature_selection, linear_model, preprocessing, svm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

RELEASE = tuple(int(part) for part in re.findall(r"\d+", sklearn.__version__)[:2])
NOTHING = "passthrough" if RELEASE >= (0, 21) else None
NAN = float("nan")

LABELS = [
    np.array([0, 1, 2]),
    np.array(["denied", "approved", "later"]),
    np.array([-3, 5, 40], dtype=np.int32),
    np.array([u"caf\u00e9", u"plain", u"\u6771\u4eac"], dtype=object),
]


class Case(object):
    """How to make one model, and the rows that it is fitted on and scored with."""

    def __init__(self, make, classes=0, features=3, labels=None, unit=False, targets=1, column=False, positive=False,
                 change=None, extra=None, dtype=None, fitted=False):
        """make: gives the estimator; with `fitted`, from rows and targets, and fitted. classes: 0 for a regressor. labels: index in LABELS, by default another for each
        case. unit: features of one scale. targets, column, positive: the shape and sign of a regressor's y. change: what
        is done to all rows, those fitted on and those scored. extra: gives more rows to score from those fitted on. dtype:
        of the rows fitted on."""
        self.make, self.classes, self.features, self.labels, self.unit = make, classes, features, labels, unit
        self.targets, self.column, self.positive = targets, column, positive
        self.change, self.extra, self.dtype, self.fitted = change, extra, dtype, fitted

    def training(self, random, number):
        """Rows and targets; overlapping clouds, one a class."""
        count = 90
        group = np.arange(count) % (self.classes or 3)
        X = 1.3 * random.normal(size=(self.classes or 3, self.features))[group]
        X += random.normal(size=X.shape)
        unit = X
        if not self.unit:
            scale = 10.0 ** random.uniform(-1.5, 1.5, size=self.features)
            X = X * scale + scale * random.normal(size=self.features) * 2
        if self.classes:
            choice = number % len(LABELS) if self.labels is None else self.labels
            y = LABELS[choice][group]
        else:
            y = unit.dot(random.normal(size=(self.features, self.targets))) + 0.3 * random.normal(size=(count, 1))
            y = np.floor(np.exp(y / 2) * 3) + 1 if self.positive else 10 * y - 4
            y = y if self.targets > 1 or self.column else y[:, 0]
        if self.change:
            self.change(random, X)
        return X if self.dtype is None else X.astype(self.dtype), y

    def fit(self, X, y):
        return self.make(X, y) if self.fitted else self.make().fit(X, y)


def steps(*estimators):
    """A pipeline of these, an estimator or (name, estimator) each."""
    return Pipeline([e if isinstance(e, tuple) else ("step_%d" % i, e) for i, e in enumerate(estimators)])


def scaled(last):
    return steps(preprocessing.StandardScaler(), last)


def logistic(**options):
    options.setdefault("solver", "lbfgs")
    options.setdefault("max_iter", 300)
    return LogisticRegression(**options)


def with_multi_class(value, make=logistic, **options):
    """Refused where the parameter no longer exists."""
    if "multi_class" not in LogisticRegression().get_params():
        raise ValueError("no parameter multi_class")
    return make(multi_class=value, **options)


def l1_logistic(l1_ratio=None, **options):
    """LogisticRegression that sets coefficients to 0, which 1.8 spells l1_ratio=1."""
    if RELEASE >= (1, 8):
        return LogisticRegression(l1_ratio=1.0 if l1_ratio is None else l1_ratio, **options)
    if l1_ratio is None:
        return LogisticRegression(penalty="l1", **options)
    return LogisticRegression(penalty="elasticnet", l1_ratio=l1_ratio, **options)


def logistic_cv(**options):
    return scaled(linear_model.LogisticRegressionCV(Cs=[0.1, 1.0, 10.0], cv=3, max_iter=300, **options))


def sgd(loss, **options):
    return scaled(linear_model.SGDClassifier(loss=loss, max_iter=400, tol=1e-4, random_state=0, **options))


LOG_LOSS = "log_loss" if RELEASE >= (1, 1) else "log"


def missing(value, fraction=0.15, column=None):
    """Change of rows: a value in the place of some; all of them in `column`."""

    def change(random, X):
        X[random.uniform(size=X.shape) < fraction] = value
        if column is not None:
            X[:, column] = value

    return change


def constant(column, value=7.25):
    def change(random, X):
        X[:, column] = value

    return change


def tied(*columns):
    """Change of rows: these columns equal to column 0, so that their univariate scores are equal."""

    def change(random, X):
        for column in columns:
            X[:, column] = X[:, 0]

    return change


def rounded(step, *changes):
    """Change of rows: multiples of `step`, so that values repeat; then the other changes."""

    def change(random, X):
        X[:] = np.round(X / step) * step
        for other in changes:
            other(random, X)

    return change


def small_rows(X):
    """Rows whose norm is 0, nearly 0, or just above 10 epsilon."""
    ones = np.ones(X.shape[1])
    return np.array([0 * ones, 1e-300 * ones, 3e-16 * ones, 4e-16 * ones, 2e-15 * ones, -1e-7 * ones])


def rows_at(*values):
    """Rows with one of these values in all features."""
    return lambda X: np.repeat(np.array([values]).T, X.shape[1], axis=1)


def far_below(X):
    """Rows far from the clouds in each direction: where modified_huber gives no class a probability."""
    center, spread = X.mean(axis=0), X.std(axis=0)
    signs = np.array([[1, -1, 1, -1], [-1, 1, 1, 1], [1, 1, -1, 1], [-1, -1, -1, 1], [0, 0, 0, 0]])[:, : X.shape[1]]
    return center + 6 * signs * spread


def all_missing_too(X):
    """A row of nothing but NaN, and one with a value in every column."""
    return np.array([np.full(X.shape[1], NAN), np.arange(X.shape[1]) + 0.5])


def preprocessing_cases():
    p = preprocessing

    def c(make, **options):
        options.setdefault("classes", 2)
        return Case(lambda: steps(make(), logistic()), **options)

    def r(make, **options):
        return Case(lambda: steps(make(), Ridge()), **options)

    def scaled_then(make, **options):
        options.setdefault("classes", 2)
        return Case(lambda: steps(p.StandardScaler(), make(), logistic()), **options)

    inner = lambda nothing: steps(("scale", p.StandardScaler()),
                                  ("inner", steps(("range", p.MinMaxScaler()), ("nothing", nothing))))
    cases = {
        "nested_passthrough": Case(lambda: steps(("prepare", inner(NOTHING)), ("model", logistic())), 3),
        "nested_none": Case(lambda: steps(("none", None), ("prepare", inner(None)), ("model", LinearRegression()))),
        "nested_last": Case(lambda: steps(p.StandardScaler(), steps(p.MaxAbsScaler(), steps(logistic()))), 2),
        "standard": c(p.StandardScaler),
        "standard_no_mean": r(lambda: p.StandardScaler(with_mean=False)),
        "standard_no_std": r(lambda: p.StandardScaler(with_std=False)),
        "standard_neither": r(lambda: p.StandardScaler(with_mean=False, with_std=False)),
        "min_max": r(p.MinMaxScaler),
        "min_max_range": c(lambda: p.MinMaxScaler(feature_range=(-3, 0.5))),
        "min_max_clip": r(lambda: p.MinMaxScaler(feature_range=(-1, 1), clip=True)),
        "max_abs": c(p.MaxAbsScaler),
        "max_abs_clip": r(lambda: p.MaxAbsScaler(clip=True)),
        "max_abs_constant": r(p.MaxAbsScaler, change=constant(1, 0.0)),
        "robust": c(p.RobustScaler, classes=3),
        "robust_no_centering": r(lambda: p.RobustScaler(with_centering=False)),
        "robust_no_scaling": r(lambda: p.RobustScaler(with_scaling=False)),
        "robust_neither": r(lambda: p.RobustScaler(with_centering=False, with_scaling=False)),
        "robust_unit_variance": r(lambda: p.RobustScaler(unit_variance=True)),
        "robust_quantiles": r(lambda: p.RobustScaler(quantile_range=(10.0, 95.0)), change=constant(1)),
        "normalizer_l1": r(lambda: p.Normalizer(norm="l1"), extra=small_rows),
        "normalizer_l2": c(p.Normalizer, extra=small_rows),
        "normalizer_max": r(lambda: p.Normalizer(norm="max"), extra=small_rows),
        "normalizer_scaled": Case(lambda: steps(p.StandardScaler(), p.Normalizer(), logistic()), 3),
        "binarizer": c(p.Binarizer, unit=True, features=5, extra=rows_at(0.0, -0.0, 5e-324)),
        "binarizer_threshold": r(lambda: p.Binarizer(threshold=0.6), unit=True, extra=rows_at(0.6, np.nextafter(0.6, 1))),
        "polynomial": c(p.PolynomialFeatures, unit=True),
        "polynomial_scaled": scaled_then(p.PolynomialFeatures, classes=3),
        "polynomial_3": r(lambda: p.PolynomialFeatures(3), unit=True),
        "polynomial_1": r(lambda: p.PolynomialFeatures(1), unit=True),
        "polynomial_interaction": r(lambda: p.PolynomialFeatures(3, interaction_only=True), unit=True, features=4),
        "polynomial_no_bias": r(lambda: p.PolynomialFeatures(2, include_bias=False), unit=True),
        "polynomial_interaction_no_bias": r(
            lambda: p.PolynomialFeatures(2, interaction_only=True, include_bias=False), unit=True, features=4),
        "polynomial_range": r(lambda: p.PolynomialFeatures((2, 3)), unit=True),
        "polynomial_range_from_0": r(lambda: p.PolynomialFeatures((0, 2), include_bias=False), unit=True),
        "polynomial_order_f": r(lambda: p.PolynomialFeatures(2, order="F"), unit=True),
        "imputer_mean": c(SimpleImputer, change=missing(NAN), extra=all_missing_too),
        "imputer_median": r(lambda: SimpleImputer(strategy="median"), change=missing(NAN), extra=all_missing_too),
        "imputer_most_frequent": r(lambda: SimpleImputer(strategy="most_frequent"),
                                   change=rounded(0.5, missing(NAN)), unit=True, extra=all_missing_too),
        "imputer_constant": r(lambda: SimpleImputer(strategy="constant", fill_value=-2.5), change=missing(NAN)),
        "imputer_constant_default": r(lambda: SimpleImputer(strategy="constant"), change=missing(NAN)),
        "imputer_minus_one": r(lambda: SimpleImputer(missing_values=-1), change=missing(-1.0)),
        "imputer_zero": r(lambda: SimpleImputer(missing_values=0, strategy="median"), change=missing(0.0),
                          extra=rows_at(0.0, -0.0, 5e-324)),
        "imputer_indicator": c(lambda: SimpleImputer(add_indicator=True), classes=3, change=missing(NAN),
                               extra=all_missing_too),
        "imputer_indicator_some": r(lambda: SimpleImputer(add_indicator=True), features=4,
                                    change=rounded(0.001, lambda random, X: missing(NAN)(random, X[:, 1:3])),
                                    extra=all_missing_too),
        "imputer_indicator_minus_one": r(lambda: SimpleImputer(missing_values=-1, strategy="median", add_indicator=True),
                                         change=missing(-1.0)),
        "imputer_all_missing": c(SimpleImputer, features=4, change=missing(NAN, column=1)),
        "imputer_all_missing_first": r(lambda: SimpleImputer(strategy="median"), features=4,
                                       change=missing(NAN, column=0)),
        "imputer_all_missing_constant": r(lambda: SimpleImputer(strategy="constant", fill_value=3.5), features=4,
                                          change=missing(NAN, column=1)),
        "imputer_all_missing_frequent": r(lambda: SimpleImputer(strategy="most_frequent"), features=4, unit=True,
                                          change=rounded(0.5, missing(NAN, column=2))),
        "imputer_all_missing_indicator": r(lambda: SimpleImputer(add_indicator=True), features=4,
                                           change=missing(NAN, column=1)),
        "imputer_keep_empty": r(lambda: SimpleImputer(keep_empty_features=True), features=4,
                                change=missing(NAN, column=1)),
        "imputer_keep_empty_constant": r(
            lambda: SimpleImputer(strategy="constant", fill_value=3.5, keep_empty_features=True), features=4,
            change=missing(NAN, column=1)),
        "imputer_keep_empty_indicator": r(lambda: SimpleImputer(keep_empty_features=True, add_indicator=True),
                                          features=4, change=missing(NAN, column=1)),
        "imputer_then_scaler": Case(lambda: steps(SimpleImputer(), p.StandardScaler(), logistic()), 3,
                                    change=missing(NAN)),
        "scaler_then_imputer": Case(lambda: steps(p.StandardScaler(), SimpleImputer(), logistic()), 2,
                                    change=missing(NAN), extra=all_missing_too),
        "robust_then_imputer": Case(lambda: steps(p.RobustScaler(), SimpleImputer(strategy="median"), Ridge()),
                                    change=missing(NAN)),
        "max_abs_then_imputer": Case(lambda: steps(p.MaxAbsScaler(), p.MinMaxScaler(), SimpleImputer(), Ridge()),
                                     change=missing(NAN)),
    }
    return cases


def selection_cases():
    f, p = feature_selection, preprocessing
    lasso = lambda: linear_model.Lasso(alpha=0.5)
    linear_svc = lambda: svm.LinearSVC(C=0.05, penalty="l1", dual=False, random_state=0)

    def c(make, classes=2, features=5, **options):
        return Case(lambda: steps(p.StandardScaler(), make(), logistic()), classes, features, **options)

    def r(make, features=5, **options):
        return Case(lambda: steps(p.StandardScaler(), make(), LinearRegression()), 0, features, **options)

    def prefit(X, y):
        """Not fitted as a pipeline, which the older releases refuse."""
        select = f.SelectFromModel(lasso().fit(X, y), prefit=True, threshold=0.1)
        return steps(select, LinearRegression().fit(select.transform(X), y))

    cases = {
        "variance_threshold": c(f.VarianceThreshold, change=constant(1)),
        "variance_threshold_first": Case(lambda: steps(f.VarianceThreshold(0.5), p.StandardScaler(), logistic()), 3, 5,
                                         change=constant(3)),
        "variance_threshold_imputer": Case(lambda: steps(f.VarianceThreshold(), SimpleImputer(), Ridge()), 0, 4,
                                           change=rounded(0.01, missing(NAN), constant(0))),
        "select_k_best": c(lambda: f.SelectKBest(k=2), classes=3),
        "select_k_best_all": c(lambda: f.SelectKBest(k="all")),
        "select_k_best_ties": c(lambda: f.SelectKBest(k=2), change=tied(2, 3, 4)),
        "select_k_best_nan": c(lambda: f.SelectKBest(k=3), features=4, change=constant(1)),
        "select_k_best_nan_kept": c(lambda: f.SelectKBest(k=4), change=lambda random, X: (
            constant(1)(random, X), constant(3)(random, X))),
        "select_k_best_regression": r(lambda: f.SelectKBest(f.f_regression, k=3)),
        "select_k_best_chi2": Case(lambda: steps(p.MinMaxScaler(), f.SelectKBest(f.chi2, k=2), logistic()), 2, 4),
        "select_k_best_mutual_information": r(lambda: f.SelectKBest(f.mutual_info_regression, k=2)),
        "select_percentile": c(lambda: f.SelectPercentile(percentile=30), features=6),
        "select_percentile_ties": c(lambda: f.SelectPercentile(percentile=50), features=6, change=tied(1, 3, 4)),
        "select_percentile_nan": c(lambda: f.SelectPercentile(percentile=60), change=constant(2)),
        "select_percentile_100": r(lambda: f.SelectPercentile(f.f_regression, percentile=100)),
        "select_percentile_regression": r(lambda: f.SelectPercentile(f.f_regression, percentile=45), features=6),
        "select_from_l2": c(lambda: f.SelectFromModel(logistic())),
        "select_from_l1": c(lambda: f.SelectFromModel(l1_logistic(C=0.1, solver="liblinear", random_state=0)), features=6),
        "select_from_l1_saga3": c(lambda: f.SelectFromModel(
            l1_logistic(C=0.03, solver="saga", random_state=0, max_iter=500)), classes=3, features=6),
        "select_from_linear_svc": c(lambda: f.SelectFromModel(linear_svc()), classes=3),
        "select_from_lasso": r(lambda: f.SelectFromModel(lasso())),
        "select_from_lasso_cv": r(lambda: f.SelectFromModel(linear_model.LassoCV(alphas=[0.1, 1.0], cv=3))),
        "select_from_mean": r(lambda: f.SelectFromModel(Ridge(), threshold="mean")),
        "select_from_median": r(lambda: f.SelectFromModel(Ridge(), threshold="median")),
        "select_from_scaled_mean": c(lambda: f.SelectFromModel(logistic(), threshold="1.25*mean"), classes=3),
        "select_from_scaled_median": r(lambda: f.SelectFromModel(Ridge(), threshold="1.25*median"), features=6),
        "select_from_number": r(lambda: f.SelectFromModel(Ridge(), threshold=6.5)),
        "select_from_max_features": r(lambda: f.SelectFromModel(Ridge(), threshold=-np.inf, max_features=2)),
        "select_from_max_features_ties": c(lambda: f.SelectFromModel(logistic(), threshold=-np.inf, max_features=2),
                                           change=tied(1, 4)),
        "select_from_max_features_mean": r(lambda: f.SelectFromModel(Ridge(), max_features=4, threshold="mean")),
        "select_from_norm_order": c(lambda: f.SelectFromModel(logistic(), norm_order=2), classes=3),
        "select_from_norm_infinite": c(lambda: f.SelectFromModel(logistic(), norm_order=np.inf), classes=3),
        "select_from_importance_getter": r(lambda: f.SelectFromModel(Ridge(), importance_getter="coef_")),
        "rfe": c(lambda: f.RFE(logistic(), n_features_to_select=2), classes=3),
        "rfe_half": r(lambda: f.RFE(Ridge(), n_features_to_select=0.5, step=2), features=6),
        "rfecv": r(lambda: f.RFECV(Ridge(), cv=3)),
        "rfe_predicts": Case(lambda: scaled(f.RFE(logistic(), n_features_to_select=2)), 2, 4),
    }
    cases["select_from_prefit"] = Case(prefit, 0, 5, fitted=True)
    return cases


def decomposition_cases():
    PCA, TruncatedSVD = decomposition.PCA, decomposition.TruncatedSVD

    def c(make, classes=2, features=5, **options):
        return Case(lambda: steps(preprocessing.StandardScaler(), make(), logistic()), classes, features, **options)

    def r(make, features=5, **options):
        return Case(lambda: steps(make(), LinearRegression()), 0, features, **options)

    return {
        "pca": c(lambda: PCA(2), classes=3),
        "pca_all": r(PCA, features=4),
        "pca_share": r(lambda: PCA(0.95, svd_solver="full")),
        "pca_whiten": c(lambda: PCA(3, whiten=True)),
        "pca_whiten_all": r(lambda: PCA(whiten=True)),
        "pca_whiten_singular": r(lambda: PCA(whiten=True), features=4, change=lambda random, X: (
            constant(1)(random, X), constant(3, 0.0)(random, X))),
        "pca_mle": r(lambda: PCA("mle", svd_solver="full")),
        "pca_randomized": r(lambda: PCA(2, svd_solver="randomized", random_state=0)),
        "pca_arpack": r(lambda: PCA(2, svd_solver="arpack", random_state=0)),
        "pca_f32_trained": r(lambda: PCA(3, whiten=True), dtype=np.float32),
        "truncated_svd": c(lambda: TruncatedSVD(2, random_state=0)),
        "truncated_svd_arpack": r(lambda: TruncatedSVD(3, algorithm="arpack", random_state=0)),
    }


def classifier_cases():
    lm = linear_model
    cases = {}

    def both(name, make, **options):
        """The case with two and with three classes."""
        for classes in (2, 3):
            cases["%s%d" % (name, classes)] = Case(make, classes, **options)

    both("logistic", lambda: scaled(LogisticRegression()))
    both("logistic_bare", logistic, unit=True)
    both("logistic_auto", lambda: scaled(with_multi_class("auto")))
    both("logistic_ovr", lambda: scaled(with_multi_class("ovr")), features=2)
    both("logistic_multinomial", lambda: scaled(with_multi_class("multinomial")))
    both("logistic_auto_liblinear", lambda: scaled(with_multi_class("auto", solver="liblinear", random_state=0)))
    both("logistic_newton_cg", lambda: scaled(logistic(solver="newton-cg")))
    both("logistic_newton_cholesky", lambda: scaled(logistic(solver="newton-cholesky")))
    both("logistic_saga_elastic_net", lambda: scaled(
        l1_logistic(l1_ratio=0.5, C=0.3, solver="saga", random_state=0, max_iter=500)), features=4)
    both("logistic_cv", lambda: logistic_cv())
    both("logistic_cv_ovr", lambda: with_multi_class("ovr", logistic_cv))
    both("logistic_cv_multinomial", lambda: with_multi_class("multinomial", logistic_cv))
    both("logistic_cv_no_refit", lambda: logistic_cv(refit=False))
    both("ridge_classifier", lambda: scaled(lm.RidgeClassifier(alpha=2.0)))
    both("ridge_classifier_cv", lambda: scaled(lm.RidgeClassifierCV(alphas=[0.1, 1.0, 10.0])))
    both("sgd_hinge", lambda: sgd("hinge"))
    both("sgd_log_loss", lambda: sgd(LOG_LOSS), features=2, extra=far_below)
    both("sgd_log", lambda: sgd("log"))
    both("sgd_modified_huber", lambda: sgd("modified_huber"), features=2, extra=far_below)
    both("sgd_perceptron", lambda: sgd("perceptron", penalty="l1"))
    both("sgd_squared_hinge", lambda: sgd("squared_hinge", average=True, alpha=0.1))
    both("perceptron", lambda: scaled(lm.Perceptron(max_iter=200, tol=1e-3, random_state=0)))
    both("passive_aggressive", lambda: scaled(lm.PassiveAggressiveClassifier(C=0.1, max_iter=200, tol=1e-3,
                                                                             random_state=0)))
    both("linear_svc", lambda: scaled(svm.LinearSVC(dual=False, random_state=0)))
    both("linear_svc_hinge", lambda: scaled(svm.LinearSVC(loss="hinge", dual=True, random_state=0, max_iter=20000)))
    both("linear_svc_crammer_singer", lambda: scaled(
        svm.LinearSVC(multi_class="crammer_singer", dual=True, random_state=0, max_iter=20000)))
    for solver in ("svd", "lsqr", "eigen"):
        both("lda_%s" % solver, lambda solver=solver: LinearDiscriminantAnalysis(solver=solver))
    both("lda_shrinkage", lambda: scaled(LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")))
    cases["lda_one_component3"] = Case(lambda: LinearDiscriminantAnalysis(n_components=1), 3, 4)
    cases["lda_transforms"] = Case(lambda: steps(LinearDiscriminantAnalysis(), logistic()), 3, 4)
    cases["lda_transforms_eigen"] = Case(
        lambda: steps(LinearDiscriminantAnalysis(solver="eigen", n_components=1), logistic()), 3, 4)
    cases["logistic_no_intercept"] = Case(lambda: scaled(logistic(fit_intercept=False)), 2)
    cases["logistic_random_state"] = Case(lambda: scaled(LogisticRegression(
        solver="liblinear", random_state=np.random.RandomState(3), class_weight="balanced")), 2)
    cases["logistic_weights"] = Case(lambda: scaled(logistic(class_weight={-3: 1.0, 5: 2.5}, C=np.float64(0.7))), 2, 3, 2)
    return cases


def regressor_cases():
    lm = linear_model
    tweedie = lambda **options: (lambda: scaled(lm.TweedieRegressor(max_iter=500, **options)))
    r = lambda make, **options: Case(lambda: scaled(make()), **options)
    glm = dict(positive=True)
    return {
        "linear": Case(LinearRegression),
        "linear_several": r(LinearRegression, targets=3),
        "linear_column": r(LinearRegression, column=True),
        "linear_no_intercept": r(lambda: LinearRegression(fit_intercept=False)),
        "linear_positive": r(lambda: LinearRegression(positive=True)),
        "linear_normalize": Case(lambda: LinearRegression(normalize=True)),
        "linear_f32_trained": r(LinearRegression, dtype=np.float32),
        "ridge": Case(Ridge, unit=True),
        "ridge_several": r(lambda: Ridge(alpha=np.array([0.5, 2.0])), targets=2),
        "ridge_column": r(Ridge, column=True),
        "ridge_no_intercept": r(lambda: Ridge(fit_intercept=False)),
        "ridge_sag": r(lambda: Ridge(solver="sag", random_state=0)),
        "ridge_cv": r(lambda: lm.RidgeCV(alphas=[0.1, 1.0, 10.0])),
        "ridge_cv_several": r(lambda: lm.RidgeCV(alphas=[0.1, 1.0, 10.0]), targets=2),
        "ridge_cv_folds": r(lambda: lm.RidgeCV(alphas=[0.1, 1.0], cv=3)),
        "lasso": r(lm.Lasso),
        "lasso_several": r(lm.Lasso, targets=2),
        "lasso_column": r(lm.Lasso, column=True),
        "lasso_cv": r(lambda: lm.LassoCV(alphas=[0.1, 1.0], cv=3)),
        "elastic_net": r(lambda: lm.ElasticNet(alpha=0.3)),
        "elastic_net_cv": r(lambda: lm.ElasticNetCV(alphas=[0.1, 1.0], l1_ratio=[0.2, 0.8], cv=3)),
        "multi_task_lasso": r(lambda: lm.MultiTaskLasso(alpha=0.5), targets=2),
        "sgd_regressor": r(lambda: lm.SGDRegressor(max_iter=300, tol=1e-4, random_state=0)),
        "sgd_regressor_huber": r(lambda: lm.SGDRegressor(loss="huber", average=True, max_iter=300, tol=1e-4,
                                                         random_state=0)),
        "linear_svr": r(lambda: svm.LinearSVR(C=10, dual=True, max_iter=20000, random_state=0)),
        "linear_svr_squared": r(lambda: svm.LinearSVR(loss="squared_epsilon_insensitive", dual=False, random_state=0)),
        "huber": r(lm.HuberRegressor),
        "bayesian_ridge": r(lm.BayesianRidge),
        "poisson": r(lambda: lm.PoissonRegressor(max_iter=500), **glm),
        "gamma": r(lambda: lm.GammaRegressor(max_iter=500), **glm),
        "tweedie_0": Case(tweedie(power=0)),
        "tweedie_0_log": Case(tweedie(power=0, link="log"), **glm),
        "tweedie_1_5": Case(tweedie(power=1.5), **glm),
        "tweedie_1_5_log": Case(tweedie(power=1.5, link="log"), **glm),
        "tweedie_0_identity": Case(tweedie(power=0, link="identity")),
        "tweedie_3": Case(tweedie(power=3), **glm),
    }


def wrapper_cases():
    import scipy.stats

    def frozen(X, y):
        from sklearn.frozen import FrozenEstimator

        scaler = preprocessing.StandardScaler().fit(X)
        return steps(scaler, FrozenEstimator(logistic().fit(scaler.transform(X), y)))

    def frozen_pipeline(X, y):
        from sklearn.frozen import FrozenEstimator

        return FrozenEstimator(scaled(Ridge()).fit(X, y))

    def frozen_inside(X, y):
        from sklearn.frozen import FrozenEstimator

        return steps(FrozenEstimator(preprocessing.StandardScaler().fit(X)), logistic()).fit(X, y)

    def threshold(value, method, estimator=logistic, **options):
        def make():
            from sklearn.model_selection import FixedThresholdClassifier

            return FixedThresholdClassifier(estimator(), threshold=value, response_method=method, **options)

        return make

    def frozen_threshold(X, y):
        from sklearn.frozen import FrozenEstimator

        return threshold(0.7, "predict_proba", lambda: FrozenEstimator(scaled(logistic()).fit(X, y)))().fit(X, y)

    def tuned(**options):
        def make():
            from sklearn.model_selection import TunedThresholdClassifierCV

            return TunedThresholdClassifierCV(scaled(logistic()), thresholds=20, cv=3, random_state=0, **options)

        return make

    def grid(estimator, **parameters):
        return GridSearchCV(estimator, parameters, cv=3)

    return {
        "grid_search_pipeline": Case(lambda: grid(scaled(logistic()), step_1__C=[0.1, 1.0]), 2),
        "grid_search_last": Case(lambda: scaled(grid(logistic(), C=[0.1, 1.0])), 3),
        "grid_search_regressor": Case(lambda: grid(scaled(Ridge()), step_1__alpha=[0.1, 1.0])),
        "grid_search_steps": Case(lambda: grid(scaled(logistic()), step_0=[preprocessing.MinMaxScaler(),
                                                                           preprocessing.RobustScaler()]), 2),
        "random_search": Case(lambda: scaled(RandomizedSearchCV(
            logistic(), {"C": scipy.stats.expon(scale=3)}, n_iter=2, cv=3, random_state=0)), 2),
        "random_search_regressor": Case(lambda: RandomizedSearchCV(
            scaled(Ridge()), {"step_1__alpha": scipy.stats.uniform(0.1, 2)}, n_iter=2, cv=3, random_state=0)),
        "frozen": Case(frozen, 2, fitted=True),
        "frozen_pipeline": Case(frozen_pipeline, fitted=True),
        "frozen_inside": Case(frozen_inside, 3, fitted=True),
        "threshold_decision": Case(lambda: scaled(threshold(0.3, "decision_function")()), 2, labels=0),
        "threshold_proba": Case(lambda: scaled(threshold(0.3, "predict_proba")()), 2, labels=0),
        "threshold_method_auto": Case(lambda: scaled(threshold(0.3, "auto")()), 2, labels=0),
        "threshold_auto": Case(threshold("auto", "auto", lambda: scaled(logistic())), 2, labels=0),
        "threshold_auto_decision": Case(threshold("auto", "decision_function", lambda: scaled(logistic())), 2, labels=0),
        "threshold_pos_label": Case(threshold(0.3, "predict_proba", lambda: scaled(logistic()), pos_label="approved"), 2,
                                    labels=1),
        "threshold_pos_label_last": Case(
            threshold(-0.4, "decision_function", lambda: scaled(logistic()), pos_label="denied"), 2, labels=1),
        "threshold_pos_label_first": Case(
            threshold(-0.4, "decision_function", lambda: scaled(logistic()), pos_label=-3), 2, labels=2),
        "threshold_linear_svc": Case(
            threshold(0.25, "auto", lambda: scaled(svm.LinearSVC(dual=False, random_state=0))), 2, labels=0),
        "threshold_frozen": Case(frozen_threshold, 2, labels=0, fitted=True),
        "tuned_threshold": Case(tuned(scoring="f1"), 2, labels=0),
        "tuned_threshold_pos_label": Case(tuned(response_method="decision_function"), 2, labels=2),
    }


# Made by these releases alone, for what the other releases save and predict differs in no way that these cases show.
FULL = ((0, 24), (1, 5), (1, 9))
VARIANTS = """
    nested_last standard_no_mean standard_no_std standard_neither min_max min_max_range max_abs_constant
    robust_no_centering robust_no_scaling robust_neither normalizer_scaled binarizer_threshold polynomial_1 polynomial_scaled
    polynomial_interaction_no_bias polynomial_no_bias polynomial_order_f imputer_median imputer_constant_default
    imputer_minus_one imputer_indicator_minus_one imputer_indicator_some imputer_all_missing_first
    imputer_all_missing_frequent imputer_then_scaler robust_then_imputer max_abs_then_imputer scaler_then_imputer
    variance_threshold_first select_k_best_all select_k_best_nan_kept select_k_best_regression select_k_best_chi2
    select_k_best_mutual_information select_percentile_100 select_percentile_regression select_from_l1_saga3
    select_from_lasso_cv select_from_median select_from_scaled_median select_from_number
    select_from_max_features_mean select_from_norm_infinite select_from_importance_getter rfe_half rfe_predicts
    pca_all pca_whiten_all pca_mle pca_randomized pca_arpack pca_f32_trained truncated_svd_arpack
    logistic_bare2 logistic_bare3 logistic_auto2 logistic_ovr2 logistic_auto_liblinear2 logistic_newton_cg2
    logistic_newton_cg3 logistic_saga_elastic_net2 logistic_saga_elastic_net3 logistic_cv_ovr2 logistic_cv_no_refit2
    logistic_cv_no_refit3 logistic_no_intercept logistic_weights sgd_perceptron2 sgd_perceptron3 sgd_squared_hinge2
    sgd_squared_hinge3 sgd_hinge2 linear_svc_hinge2 linear_svc_hinge3 lda_lsqr2 lda_eigen2 lda_shrinkage2 lda_shrinkage3
    lda_one_component3 linear_no_intercept linear_positive linear_f32_trained ridge_no_intercept ridge_sag
    ridge_cv_folds lasso_several elastic_net sgd_regressor_huber linear_svr_squared tweedie_0_log tweedie_0_identity
    tweedie_3 grid_search_regressor grid_search_steps random_search_regressor threshold_method_auto
    threshold_auto_decision threshold_linear_svc
""".split()


def cases_of_this_release():
    """Every case by name, in a fixed order."""
    found = {}
    for some in (preprocessing_cases(), selection_cases(), decomposition_cases(), classifier_cases(), regressor_cases(),
                 wrapper_cases()):
        found.update(some)
    unknown = set(VARIANTS) - set(found)
    if unknown:
        raise LookupError("no such case: " + " ".join(sorted(unknown)))
    return [(name, found[name]) for name in sorted(found) if RELEASE in FULL or name not in VARIANTS]
