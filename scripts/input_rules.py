#!/usr/bin/env python3
"""Find what each scikit-learn release does with NaN, with infinity and at the edges of its rules.

    python3 scripts/input_rules.py                 every release, into tests/data/sklearn/input_rules.{md,json}
    python3 scripts/input_rules.py --only 1.5.2    run one of them, keeping the columns of the others (repeatable)

Runs itself in the environments of make_fixtures.py (whose --python and --environments it has). Every answer is an
experiment with the release itself; a class or parameter that it has not is answered by an empty cell.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULT = ROOT / "tests" / "data" / "sklearn" / "input_rules.json"


# ---------------------------------------------------------------------------------------------------------------------
# Driver
# ---------------------------------------------------------------------------------------------------------------------


def drive(options):
    import make_fixtures

    given = dict(p.split("=", 1) for p in options.python)
    releases = [v for v in make_fixtures.VERSIONS if not v.endswith("-python2")]
    answers = json.loads(RESULT.read_text()) if options.only and RESULT.exists() else {}
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONPATH="", PYTHONHASHSEED="0",
                       PYTHONDONTWRITEBYTECODE="1")
    for release in options.only or releases:
        interpreter, _ = make_fixtures.make_environment(release, options.environments, given)
        output = subprocess.run([interpreter, __file__, "--worker"], env=environment, check=True, stdout=subprocess.PIPE)
        for section in answers.values():
            for question in section.values():
                question.pop(release, None)
        for section, found in json.loads(output.stdout.decode()).items():
            for question, answer in found.items():
                answers.setdefault(section, {}).setdefault(question, {})[release] = answer
    for section in answers.values():
        for question in section:
            section[question] = {r: section[question][r] for r in releases if r in section[question]}
    lines = [" %s: {\n%s\n }" % (json.dumps(section), ",\n".join("  %s: %s" % (json.dumps(q), json.dumps(a))
                                                               for q, a in questions.items()))
             for section, questions in answers.items()]
    RESULT.write_text("{\n%s\n}\n" % ",\n".join(lines), encoding="utf-8")
    RESULT.with_suffix(".md").write_text(tables(answers, releases), encoding="utf-8")


def tables(answers, releases):
    """The answers as Markdown tables, those of neighbouring releases as one where they are the same."""
    lines = [
        "# What each scikit-learn release does with NaN, with infinity and at the edges of its rules",
        "",
        "Written by `scripts/input_rules.py` from experiments with %s; do not edit." % ", ".join(releases),
        "\"-\": that release has no such class or parameter, or does not fit it. `input_rules.json` has the same by release.",
    ]
    for section, questions in answers.items():
        lines += ["", "## " + section, "", "| | |", "|---|---|"]
        for question, given in questions.items():
            runs = []
            for release in releases:
                answer = given.get(release, "-")
                if runs and runs[-1][1] == answer:
                    runs[-1][0][1:] = [release]
                else:
                    runs.append([[release], answer])
            cells = ["%s: %s" % (" to ".join(span), answer) for span, answer in runs]
            lines.append("| %s | %s |" % (question, runs[0][1] if len(runs) == 1 else "; ".join(cells)))
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------------------------------
# Worker: from here on inside one release's environment
# ---------------------------------------------------------------------------------------------------------------------


def estimators():
    """Pairs of name and a function that makes the estimator, most of them with a transform or a predict."""
    from sklearn import decomposition, discriminant_analysis, feature_selection, impute, linear_model, preprocessing, svm
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline

    f, lm, p = feature_selection, linear_model, preprocessing
    logistic = lambda **o: lm.LogisticRegression(solver="liblinear", **o)

    def frozen(inner):
        from sklearn.frozen import FrozenEstimator

        return FrozenEstimator(inner.fit(*training()))

    def threshold(name, **options):
        import sklearn.model_selection

        return getattr(sklearn.model_selection, name)(logistic(), **options)

    return [
        ("StandardScaler()", p.StandardScaler),
        ("MinMaxScaler()", p.MinMaxScaler),
        ("MinMaxScaler(clip=True)", lambda: p.MinMaxScaler(clip=True)),
        ("MaxAbsScaler()", p.MaxAbsScaler),
        ("MaxAbsScaler(clip=True)", lambda: p.MaxAbsScaler(clip=True)),
        ("RobustScaler()", p.RobustScaler),
        ("Normalizer(norm='l1')", lambda: p.Normalizer(norm="l1")),
        ("Normalizer(norm='l2')", p.Normalizer),
        ("Normalizer(norm='max')", lambda: p.Normalizer(norm="max")),
        ("Binarizer()", p.Binarizer),
        ("PolynomialFeatures()", p.PolynomialFeatures),
        ("SimpleImputer()", impute.SimpleImputer),
        ("SimpleImputer(add_indicator=True)", lambda: impute.SimpleImputer(add_indicator=True)),
        ("SimpleImputer(strategy='most_frequent')", lambda: impute.SimpleImputer(strategy="most_frequent")),
        ("SimpleImputer(strategy='constant')", lambda: impute.SimpleImputer(strategy="constant")),
        ("SimpleImputer(missing_values=-1)", lambda: impute.SimpleImputer(missing_values=-1)),
        ("VarianceThreshold()", f.VarianceThreshold),
        ("SelectKBest(k=1)", lambda: f.SelectKBest(k=1)),
        ("SelectPercentile()", f.SelectPercentile),
        ("SelectFromModel(LogisticRegression())", lambda: f.SelectFromModel(logistic())),
        ("SelectFromModel(Lasso())", lambda: f.SelectFromModel(lm.Lasso(0.01))),
        ("RFE(LogisticRegression())", lambda: f.RFE(logistic(), n_features_to_select=1)),
        ("RFECV(LogisticRegression())", lambda: f.RFECV(logistic(), cv=3)),
        ("PCA()", decomposition.PCA),
        ("PCA(whiten=True)", lambda: decomposition.PCA(whiten=True)),
        ("TruncatedSVD()", lambda: decomposition.TruncatedSVD(2)),
        ("FrozenEstimator(StandardScaler())", lambda: frozen(p.StandardScaler())),
        ("Pipeline(passthrough)", lambda: Pipeline([("nothing", "passthrough")])),
        ("LogisticRegression()", logistic),
        ("LogisticRegressionCV()", lambda: lm.LogisticRegressionCV(cv=3)),
        ("RidgeClassifier()", lm.RidgeClassifier),
        ("RidgeClassifierCV()", lm.RidgeClassifierCV),
        ("SGDClassifier()", lambda: lm.SGDClassifier(random_state=0, max_iter=1000, tol=1e-3)),
        ("Perceptron()", lambda: lm.Perceptron(max_iter=1000, tol=1e-3)),
        ("PassiveAggressiveClassifier()", lambda: lm.PassiveAggressiveClassifier(max_iter=1000, tol=1e-3)),
        ("LinearSVC()", lambda: svm.LinearSVC(dual=False)),
        ("LinearDiscriminantAnalysis()", discriminant_analysis.LinearDiscriminantAnalysis),
        ("LinearRegression()", lm.LinearRegression),
        ("Ridge()", lm.Ridge),
        ("RidgeCV()", lm.RidgeCV),
        ("Lasso()", lambda: lm.Lasso(0.01)),
        ("LassoCV()", lambda: lm.LassoCV(cv=3)),
        ("ElasticNet()", lambda: lm.ElasticNet(0.01)),
        ("ElasticNetCV()", lambda: lm.ElasticNetCV(cv=3)),
        ("MultiTaskLasso()", lambda: lm.MultiTaskLasso(0.01)),
        ("SGDRegressor()", lambda: lm.SGDRegressor(max_iter=1000, tol=1e-3)),
        ("LinearSVR()", lambda: svm.LinearSVR(dual=True)),
        ("HuberRegressor()", lm.HuberRegressor),
        ("BayesianRidge()", lm.BayesianRidge),
        ("PoissonRegressor()", lambda: lm.PoissonRegressor()),
        ("GammaRegressor()", lambda: lm.GammaRegressor()),
        ("TweedieRegressor()", lambda: lm.TweedieRegressor()),
        ("GridSearchCV(LogisticRegression())", lambda: GridSearchCV(logistic(), {"C": [1.0]}, cv=3)),
        ("FixedThresholdClassifier(LogisticRegression())", lambda: threshold("FixedThresholdClassifier")),
        ("TunedThresholdClassifierCV(LogisticRegression())", lambda: threshold("TunedThresholdClassifierCV", cv=3)),
        ("FrozenEstimator(LogisticRegression())", lambda: frozen(logistic())),
    ]


def training():
    """Rows of three features, the last of them without a meaning for the target; targets 0 and 1."""
    import numpy as np

    random = np.random.RandomState(0)
    X = random.normal(size=(60, 3))
    return X, (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)


def with_special_values():
    """Name of an estimator to what its transform or predict does for a NaN and for an infinity."""
    import numpy as np

    X, y = training()
    found = {}
    for name, make in estimators():
        try:
            model = make()
        except (AttributeError, ImportError, TypeError):
            continue
        targets = {"MultiTaskLasso()": np.stack([y, 1 - y], axis=1), "GammaRegressor()": y + 1}.get(name, y)
        try:
            model.fit(X, targets)
        except (TypeError, ValueError):
            continue
        call = model.transform if hasattr(model, "transform") and not hasattr(model, "predict") else model.predict
        if name.startswith(("RFE", "LinearDiscriminant", "Pipeline")):
            call = model.transform if name.startswith(("RFE", "Pipeline")) else model.predict
        for value, label in ((np.nan, "NaN"), (np.inf, "+inf")):
            row = X[:1].copy()
            row[0, 2] = value
            try:
                result = np.asarray(call(row), dtype=float)
                kinds = [("NaN", np.isnan(result).any()), ("inf", np.isinf(result).any())]
                passed = "passes, gives " + (" and ".join(k for k, present in kinds if present) or "numbers")
            except ValueError:
                passed = "refuses"
            found["%s, %s" % (name, label)] = passed
    return found


def zero_norms():
    """Which norms Normalizer takes for 0, so that it leaves the row as it is."""
    import numpy as np
    from sklearn.preprocessing import Normalizer

    found = {}
    for dtype in (np.float64, np.float32):
        eps = np.finfo(dtype).eps
        for norm in ("l1", "l2", "max"):
            sizes = {"== 0": 0.0, "4 eps": 4 * eps, "9.9 eps": 9.9 * eps, "10 eps": 10 * eps, "10.1 eps": 10.1 * eps}
            rows = np.array([[size, 0.0] for size in sizes.values()], dtype=dtype)
            result = Normalizer(norm=norm).fit_transform(rows)
            left = [name for name, row, out in zip(sizes, rows, result) if row[0] == out[0] and row[0] != 1]
            rule = {("== 0",): "norm == 0", ("== 0", "4 eps", "9.9 eps"): "norm < 10 eps"}.get(tuple(left), ", ".join(left))
            found["Normalizer(norm='%s'), %s rows: left as it is where" % (norm, np.dtype(dtype))] = rule
    signed = Normalizer(norm="max").fit_transform(np.array([[1.0, -4.0], [-2.0, -8.0]]))
    found["Normalizer(norm='max'): rows (1, -4) and (-2, -8) become"] = numbers(signed[0]) + " and " + numbers(signed[1])
    big = Normalizer().fit_transform(np.array([[1e200, 1e200], [1e-200, 1e-200]]))
    found["Normalizer(norm='l2'): row of 1e200 becomes"] = "%g" % big[0, 0]
    found["Normalizer(norm='l2'): row of 1e-200 becomes"] = "%g" % big[1, 0]
    return found


def selections():
    """How often the selectors keep what the candidate rules say, on random scores with ties and NaN."""
    import numpy as np
    from sklearn import feature_selection
    from sklearn.linear_model import Ridge

    random = np.random.RandomState(1)
    trials, same = 2000, {"SelectPercentile": 0, "SelectKBest": 0, "SelectFromModel": 0}
    for _ in range(trials):
        n = random.randint(2, 12)
        scores = np.round(random.uniform(size=n) * random.choice([3, 1000])) / 7
        scores[random.uniform(size=n) < 0.1] = np.nan
        clean = np.where(np.isnan(scores), np.finfo(float).min, scores)
        X = random.normal(size=(5, n))
        score = lambda X, y: (scores.copy(), scores.copy())

        percentile = random.choice([0, 7, 30, 33.3, 50, 75, 99, 100])
        selector = feature_selection.SelectPercentile(score, percentile=percentile)
        mask = selector.fit(X, [0, 1, 0, 1, 0]).get_support()
        threshold = np.percentile(clean, 100 - percentile)
        expected = clean > threshold
        ties = np.flatnonzero(clean == threshold)
        expected[ties[: max(int(n * percentile / 100) - int(expected.sum()), 0)]] = True
        if percentile in (0, 100):
            expected[:] = percentile == 100
        same["SelectPercentile"] += bool((mask == expected).all())

        k = random.randint(1, n + 1)
        mask = feature_selection.SelectKBest(score, k=k).fit(X, [0, 1, 0, 1, 0]).get_support()
        expected = np.zeros(n, dtype=bool)
        expected[np.argsort(clean, kind="mergesort")[-k:]] = True
        same["SelectKBest"] += bool((mask == expected).all())

        selector = feature_selection.SelectFromModel(Ridge(), threshold="1.25*mean", max_features=k).fit(X, X[:, 0])
        weights = np.round(random.normal(size=n) * 2)
        selector.estimator_.coef_ = weights
        expected = np.zeros(n, dtype=bool)
        expected[np.argsort(-np.abs(weights), kind="mergesort")[:k]] = True
        expected[np.abs(weights) < 1.25 * np.abs(weights).mean()] = False
        same["SelectFromModel"] += bool((selector.get_support() == expected).all())
    rules = {
        "SelectPercentile": "SelectPercentile: > np.percentile(scores, 100 - p) by linear interpolation, then the first that "
                            "are equal up to int(n p / 100); NaN as the least float",
        "SelectKBest": "SelectKBest: the last k of a stable sort, NaN as the least float",
        "SelectFromModel": "SelectFromModel: the first max_features of a stable sort of -importance, less those below the "
                           "threshold",
    }
    return {rules[name]: "yes" if count == trials else "%d of %d" % (count, trials) for name, count in same.items()}


def numbers(values):
    return " ".join("%.4g" % v for v in values)


def probabilities():
    """What predict_proba and predict_log_proba give where they have no plain answer."""
    import numpy as np
    from sklearn import linear_model
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    random = np.random.RandomState(2)
    y = np.arange(90) % 3
    X = random.normal(size=(90, 2)) + np.array([[0, 0], [2, 0], [0, 2]])[y]
    found = {}

    def far_out(name, model, score):
        """The outputs of a row whose scores are all the same, far below 0."""
        model.coef_ = np.zeros_like(model.coef_)
        model.intercept_ = np.full_like(model.intercept_, score)
        found[name + ": predict_proba"] = numbers(model.predict_proba(X[:1])[0])
        found[name + ": predict_log_proba"] = numbers(model.predict_log_proba(X[:1])[0])

    for loss in ("log_loss", "log"):
        try:
            model = linear_model.SGDClassifier(loss=loss, max_iter=100, tol=1e-3, random_state=0).fit(X, y)
        except ValueError:
            continue
        far_out("SGDClassifier(loss='%s'), 3 classes, all scores -800" % loss, model, -800.0)
    huber = linear_model.SGDClassifier(loss="modified_huber", max_iter=100, tol=1e-3, random_state=0)
    far_out("SGDClassifier(loss='modified_huber'), 3 classes, all scores -2", huber.fit(X, y), -2.0)
    far_out("SGDClassifier(loss='modified_huber'), 2 classes, score -2", huber.fit(X, y > 0), -2.0)
    for options in (dict(solver="liblinear"), dict(solver="lbfgs", multi_class="ovr"),
                    dict(solver="lbfgs", multi_class="multinomial")):
        try:
            model = linear_model.LogisticRegression(**options).fit(X, y)
        except (TypeError, ValueError):
            continue
        given = ", ".join("%s='%s'" % item for item in options.items())
        far_out("LogisticRegression(%s), 3 classes, all scores -800" % given, model, -800.0)
    far_out("LinearDiscriminantAnalysis(), 3 classes, all scores -800", LinearDiscriminantAnalysis().fit(X, y), -800.0)
    far_out("LinearDiscriminantAnalysis(), 2 classes, score -800", LinearDiscriminantAnalysis().fit(X, y > 0), -800.0)
    far_out("LinearDiscriminantAnalysis(), 2 classes, score 800", LinearDiscriminantAnalysis().fit(X, y > 0), 800.0)
    far_out("LinearDiscriminantAnalysis(), 2 classes, score -709", LinearDiscriminantAnalysis().fit(X, y > 0), -709.0)
    lda = LinearDiscriminantAnalysis().fit(X, y)
    for low in (-720.0, -800.0):
        lda.coef_, lda.intercept_ = np.zeros((3, 2)), np.array([0.0, low, -1.0])
        for method in ("predict_proba", "predict_log_proba"):
            question = "LinearDiscriminantAnalysis(), scores 0 %g -1: %s" % (low, method)
            found[question] = numbers(getattr(lda, method)(X[:1])[0])
    logistic = linear_model.LogisticRegression(solver="lbfgs").fit(X, y > 0)
    far_out("LogisticRegression(), 2 classes, score -800", logistic, -800.0)
    return found


def edges():
    """Labels and values exactly at a threshold, and what lies where in the object."""
    import numpy as np
    from sklearn import decomposition, impute, linear_model, preprocessing, svm
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    X, y = training()
    found = {}
    sgd = linear_model.SGDClassifier(max_iter=100, tol=1e-3, random_state=0)
    for model in (linear_model.LogisticRegression(solver="liblinear"), sgd, svm.LinearSVC(dual=False),
                  linear_model.Perceptron(max_iter=100, tol=1e-3), linear_model.RidgeClassifier(),
                  linear_model.RidgeClassifierCV(), LinearDiscriminantAnalysis()):
        name = type(model).__name__
        model.fit(X, np.array(["first", "second"])[y])
        if name.startswith("Ridge"):
            found["%s keeps its classes in" % name] = ", ".join(
                a for a in ("classes_", "_label_binarizer") if a in vars(model)) or "neither"
            found["%s coef_, 2 classes" % name] = "%s" % (model.coef_.shape,)
        model.coef_, model.intercept_ = np.zeros_like(model.coef_), np.zeros_like(model.intercept_)
        found["%s, score 0: class" % name] = str(model.predict(X[:1])[0])

    found["Binarizer(threshold=0.5), value 0.5"] = "%g" % preprocessing.Binarizer(threshold=0.5).fit_transform([[0.5]])[0, 0]
    for threshold in (0.1, np.float64(0.1)):
        binarizer = preprocessing.Binarizer(threshold=threshold)
        found["Binarizer(threshold=0.1), a %s, value f32(0.1), which is above it" % type(threshold).__name__] = (
            "%g" % binarizer.fit_transform(np.array([[0.1]], dtype=np.float32))[0, 0])
    try:
        from sklearn.model_selection import FixedThresholdClassifier

        fixed = FixedThresholdClassifier(linear_model.LogisticRegression(), threshold=0.0,
                                         response_method="decision_function").fit(X, y)
        fixed.estimator_.coef_, fixed.estimator_.intercept_ = np.zeros((1, 3)), np.zeros(1)
        found["FixedThresholdClassifier, score equal to the threshold: class"] = str(fixed.predict(X[:1])[0])
    except ImportError:
        pass

    empty = X.copy()
    empty[:, 1] = np.nan
    for options in (dict(), dict(strategy="median"), dict(strategy="most_frequent"),
                    dict(strategy="constant", fill_value=3.5)):
        for keep in (None, False, True):
            given = dict(options) if keep is None else dict(options, keep_empty_features=keep)
            try:
                imputer = impute.SimpleImputer(**given).fit(empty)
            except TypeError:
                continue
            result = imputer.transform([[np.nan, np.nan, np.nan], [1.0, 2.0, 3.0]])
            given = ", ".join("%s=%r" % item for item in sorted(given.items()))
            answer = "dropped" if result.shape[1] == 2 else "kept: NaN becomes %g, 2 becomes %g" % (result[0, 1], result[1, 1])
            found["SimpleImputer(%s), column all NaN in fit" % given] = answer
            found["SimpleImputer(%s), its statistic" % given] = "%g" % imputer.statistics_[1]

    imputer = impute.SimpleImputer(missing_values=-1, strategy="constant", fill_value=np.nan).fit([[-1.0, 2.0], [3.0, 4.0]])
    try:
        result = numbers(imputer.transform([[-1.0, 5.0]])[0]) or "a row of no columns"
    except ValueError:
        result = "refuses"
    found["SimpleImputer(missing_values=-1, strategy='constant', fill_value=nan), row of -1 and 5 becomes"] = result

    model = decomposition.PCA(whiten=True, svd_solver="full").fit(X)
    last = model.transform(X[:1])[0, -1] * np.sqrt(model.explained_variance_[-1])
    model.explained_variance_[-1] = 0.0
    found["PCA(whiten=True), explained_variance_ 0: divided by"] = "%.3g" % (last / model.transform(X[:1])[0, -1])
    model = decomposition.PCA(1).fit(X[:, :1])
    model.mean_, model.components_ = np.array([1e16]), np.array([[0.1]])
    at_once = model.transform([[1e16 + 4]])[0, 0] == 4 * 0.1
    found["PCA computes"] = "(x - mean_) C" if at_once else "x C - mean_ C"

    for name, options in (("PoissonRegressor", {}), ("GammaRegressor", {}), ("TweedieRegressor", {"power": 1.5})):
        if hasattr(linear_model, name):
            glm = getattr(linear_model, name)(**options).fit(X, y + 1)
            glm.coef_ = np.zeros(3)
            values = []
            for score in (800.0, -800.0):
                glm.intercept_ = score
                values.append(glm.predict(X[:1])[0])
            found["%s, scores 800 and -800: predictions" % name] = numbers(values)
    return found


def work():
    import numpy as np

    warnings.filterwarnings("ignore")
    np.seterr(all="ignore")
    json.dump({"NaN and infinity": with_special_values(), "Norms that count as 0": zero_norms(),
               "Selection": selections(), "Probabilities": probabilities(), "At the edge": edges()}, sys.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="only this release (repeatable)")
    parser.add_argument("--python", action="append", default=[], metavar="X.Y=PATH", help="interpreter to use for X.Y")
    parser.add_argument("--environments", type=pathlib.Path, default=ROOT / "build" / "fixture-envs", metavar="DIR",
                        help="where the virtual environments are kept (default build/fixture-envs)")
    parser.add_argument("--worker", action="store_true", help="run inside one environment (internal)")
    options = parser.parse_args()
    if options.worker:
        work()
    else:
        drive(options)


if __name__ == "__main__":
    main()
