#!/usr/bin/env python3
"""Find how the installed scikit-learn computes with float32, float16 and integer rows, bit for bit.

    python3 scripts/float32_rule.py                                              print what this version does
    python3 scripts/float32_rule.py --table tests/data/sklearn/float32_rule.md   and set its column in that table

Needs scikit-learn only, of any release from 0.20. The transform of StandardScaler and the other linear scalers is compared with each candidate rule on
random rows of mixed scale; the result names the rules that give the same bits in every element. Then the types of what
LogisticRegression learns and returns.
The rules, for a row value x of type T, fitted float64 values mean and scale:

    wide steps    t = T(f64(x) - mean), u = T(f64(t) / scale)     each step in float64, rounded to T
    wide once     u = T((f64(x) - mean) / scale)                  both in float64, rounded to T at the end
    narrow        t = x - T(mean), u = t / T(scale)               fitted values rounded to T, then all in T

RobustScaler has center for mean, MaxAbsScaler only the division, MinMaxScaler x * scale + min and then, with clip, the two
bounds of feature_range. A bound rounded to T, or clipping in float64 and rounding then, give the same values of T, because
rounding is monotone: what is found out is that transform does one of them, last.

PolynomialFeatures, Binarizer, SimpleImputer and Normalizer have candidates of their own, which their findings name.
"""

import argparse
import itertools
import pathlib
import re
import warnings

import numpy as np
import sklearn
from sklearn import decomposition
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import (Binarizer, MaxAbsScaler, MinMaxScaler, Normalizer, PolynomialFeatures, RobustScaler,
                                   StandardScaler)

FEATURES = 4


def steps(scaler):
    """What transform does to each column: (operation, fitted values), in order."""
    if isinstance(scaler, MinMaxScaler):
        low, high = np.float64(scaler.feature_range)
        clip = [(np.maximum, low), (np.minimum, high)] if getattr(scaler, "clip", False) else []
        return [(np.multiply, scaler.scale_), (np.add, scaler.min_)] + clip
    if isinstance(scaler, MaxAbsScaler):
        clip = [(np.maximum, np.float64(-1)), (np.minimum, np.float64(1))] if getattr(scaler, "clip", False) else []
        return [(np.divide, scaler.scale_)] + clip
    if isinstance(scaler, RobustScaler):
        center = [(np.subtract, scaler.center_)] if scaler.with_centering else []
        return center + ([(np.divide, scaler.scale_)] if scaler.with_scaling else [])
    subtract = [(np.subtract, scaler.mean_)] if scaler.with_mean else []
    return subtract + ([(np.divide, scaler.scale_)] if scaler.with_std else [])


def rules(X, operations, T):
    """Each candidate's result for rows X, in T."""
    narrow = wide = X.astype(T)
    once = narrow.astype(np.float64)
    for operation, fitted in operations:
        wide = operation(wide.astype(np.float64), fitted).astype(T)
        once = operation(once, fitted)
        narrow = operation(narrow, fitted.astype(T))
    return {"wide steps": wide, "wide once": once.astype(T), "narrow": narrow}


def same_bits(a, b):
    """Number of elements with equal bits; every NaN counts as equal to every other."""
    unsigned = "u%d" % a.dtype.itemsize
    return int(((a.view(unsigned) == b.view(unsigned)) | (np.isnan(a) & np.isnan(b))).sum())


def rows(rng, count, mean, scale, dtype):
    """Rows around the mean, from a thousandth of the scale to a thousand times it."""
    spread = 10.0 ** rng.uniform(-3, 3, size=(count, FEATURES))
    X = mean + scale * spread * rng.normal(size=(count, FEATURES))
    if np.issubdtype(dtype, np.integer):
        X = np.clip(X, np.iinfo(dtype).min, np.iinfo(dtype).max)
    elif dtype == np.float16:
        X = np.clip(X, -6e4, 6e4)
    return X.astype(dtype)


def exact_rules(result, candidates):
    """Type of the result and the candidates that give its bits in every element; counts where none does."""
    counts = {name: same_bits(result, value.astype(result.dtype)) for name, value in candidates.items()}
    exact = [name for name, count in counts.items() if count == result.size]
    if len(exact) == len(counts) and len(exact) > 1:
        exact = ["all rules alike"]
    found = ", ".join(exact) or ", ".join("%s %d of %d" % (n, c, result.size) for n, c in counts.items())
    return "%s: %s" % (result.dtype, found)


def scaler_rule(scaler, X):
    result = scaler.transform(X)
    return exact_rules(result, rules(X, steps(scaler), result.dtype.type))


def generator(seed):
    """NumPy's random generator; the older one where there is no other."""
    return getattr(np.random, "default_rng", np.random.RandomState)(seed)


def other_scalers(count, mean, scale, train):
    """Findings for the options of RobustScaler and MaxAbsScaler."""
    found, rng = {}, generator(2)
    made = [(RobustScaler, options) for options in (dict(with_centering=False), dict(with_scaling=False),
                                                    dict(unit_variance=True))] + [(MaxAbsScaler, dict(clip=True))]
    for make, options in made:
        name = "%s(%s), float32 rows" % (make.__name__, ", ".join("%s=%s" % o for o in options.items()))
        X = rows(rng, count, mean, scale, np.float32)
        try:
            found[name] = scaler_rule(make(**options).fit(train), X)
        except TypeError:
            found[name] = "no such parameter"
    for make in (RobustScaler, MaxAbsScaler):
        scaler = make().fit(train.astype(np.float32))
        name = "%s() fitted on float32 rows, float32 rows" % make.__name__
        found[name] = scaler_rule(scaler, rows(rng, count, mean, scale, np.float32))
    return found


def products(X, degree, T, backwards):
    """All products of `degree` columns, multiplied from the first to the last or backwards, in T."""
    columns = []
    for chosen in itertools.combinations_with_replacement(range(X.shape[1]), degree):
        factors = [X[:, j].astype(T) for j in (chosen[::-1] if backwards else chosen)]
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        columns.append(product)
    return np.stack(columns, axis=1)


def polynomial_rules(count):
    found, rng = {}, generator(3)
    for degree in (2, 3):
        for dtype in (np.float64, np.float32, np.float16):
            X = rng.normal(size=(count // 4, 3)).astype(dtype)
            result = PolynomialFeatures(degree, include_bias=False).fit_transform(X)
            result = np.ascontiguousarray(result[:, -len(list(itertools.combinations_with_replacement(range(3), degree))):])
            T = result.dtype.type
            candidates = {"(a b) c" if degree == 3 else "a b": products(X, degree, T, False)}
            if degree == 3:
                candidates["a (b c)"] = products(X, degree, T, True)
            if dtype != np.float64:
                candidates["in float64, rounded once"] = products(X, degree, np.float64, False)
            found["PolynomialFeatures(%d), %s rows" % (degree, np.dtype(dtype))] = exact_rules(result, candidates)
    return found


def binarizer_rules():
    found = {}
    for threshold in (0.1, np.float64(0.1)):
        for dtype in (np.float32, np.float16):
            near = dtype(0.1)
            X = np.array([[np.nextafter(near, dtype(0)), near, np.nextafter(near, dtype(1))]])
            result = Binarizer(threshold=threshold).fit_transform(X)
            candidates = {"x > T(threshold)": X > dtype(0.1), "f64(x) > threshold": X.astype(np.float64) > 0.1}
            name = "Binarizer, threshold a %s, %s rows" % (type(threshold).__name__, np.dtype(dtype))
            found[name] = exact_rules(result, candidates)
    return found


def imputer_rules(count, train):
    found, rng = {}, generator(4)
    gaps = rng.uniform(size=train.shape) < 0.1
    for fitted in (np.float64, np.float32):
        for strategy in ("mean", "median", "most_frequent", "constant"):
            options = dict(fill_value=0.1) if strategy == "constant" else {}
            imputer = SimpleImputer(strategy=strategy, **options)
            imputer.fit(np.where(gaps, np.nan, np.round(train, 2)).astype(fitted))
            on = "" if fitted is np.float64 else " fitted on float32 rows"
            for dtype in (np.float64, np.float32, np.float16) if fitted is np.float64 else (np.float64, np.float32):
                X = rng.normal(size=(count // 10, FEATURES)).astype(dtype)
                X[rng.uniform(size=X.shape) < 0.2] = np.nan
                result = imputer.transform(X)
                statistics = imputer.statistics_.astype(np.float64)
                candidates = {"T(statistic)": np.where(np.isnan(X), statistics.astype(result.dtype), X)}
                if fitted is np.float32 and dtype is np.float64:
                    candidates["f32(statistic)"] = np.where(np.isnan(X), statistics.astype(np.float32), X)
                name = "SimpleImputer(strategy='%s')%s, %s rows" % (strategy, on, np.dtype(dtype))
                found[name] = "statistics_ %s; %s" % (imputer.statistics_.dtype, exact_rules(result, candidates))
    return found


def normalizer_rules(count):
    """With four features: a sum may be taken in order, backwards, or in pairs."""
    orders = {"in order": lambda t: ((t[0] + t[1]) + t[2]) + t[3],
              "backwards": lambda t: ((t[3] + t[2]) + t[1]) + t[0], "(0+1)+(2+3)": lambda t: (t[0] + t[1]) + (t[2] + t[3]),
              "(0+2)+(1+3)": lambda t: (t[0] + t[2]) + (t[1] + t[3])}
    found, rng = {}, generator(5)
    for norm in ("l1", "l2", "max"):
        for dtype in (np.float64, np.float32):
            X = rng.normal(size=(count // 10, FEATURES)).astype(dtype)
            result = Normalizer(norm=norm).fit_transform(X)
            candidates = {}
            for T in dict.fromkeys([dtype, np.float64]):
                terms = list((np.abs(X.astype(T)) if norm != "l2" else X.astype(T) ** 2).T)
                for order, total in orders.items():
                    size = np.sqrt(total(terms)) if norm == "l2" else total(terms)
                    value = X.astype(result.dtype) / size.astype(result.dtype)[:, None]
                    candidates["norm %s in %s" % (order, np.dtype(T))] = value
            if norm == "max":
                candidates = {"max abs(x)": X / np.max(np.abs(X), axis=1)[:, None], "max x": X / np.max(X, axis=1)[:, None]}
            found["Normalizer(norm='%s'), %s rows" % (norm, np.dtype(dtype))] = exact_rules(result, candidates)
    return found


def result_types(train):
    """Type of what a model fitted on float64 rows gives for float32 rows, and one fitted on float32 rows for both."""
    found = {}
    y = (train[:, 0] > train[:, 0].mean()).astype(int)
    for make in (decomposition.PCA, lambda: decomposition.TruncatedSVD(2), LinearDiscriminantAnalysis, LinearRegression):
        for fitted in (np.float64, np.float32):
            model = make().fit(train.astype(fitted), y)
            method = "transform" if hasattr(model, "transform") else "predict"
            types = [getattr(model, method)(train.astype(T)).dtype.name for T in (np.float32, np.float64)]
            name = "%s.%s fitted on %s rows: float32 rows, float64 rows" % (type(model).__name__, method, np.dtype(fitted))
            found[name] = ", ".join(types)
    return found


def measure(count):
    """All measures of this version, as pairs of name and finding."""
    rng = generator(0)
    mean = np.array([0.3, -41.7, 1.6e3, 2e-3])
    scale = np.array([1.1, 13.3, 57.9, 3e-3])
    train = mean + scale * rng.normal(size=(500, FEATURES))
    found = {}

    for dtype in (np.float64, np.float32, np.float16, np.int16, np.int64):
        X = rows(rng, count, mean, scale, dtype)
        for options in (dict(), dict(with_mean=False), dict(with_std=False)):
            if options and dtype not in (np.float32, np.float16):
                continue
            scaler = StandardScaler(**options).fit(train)
            name = "StandardScaler(%s), %s rows" % (", ".join("%s=%s" % o for o in options.items()), np.dtype(dtype))
            found[name] = scaler_rule(scaler, X)

    for make in (RobustScaler, MaxAbsScaler, MinMaxScaler):
        for dtype in (np.float32, np.float16, np.int16):
            scaler, X = make().fit(train), rows(rng, count, mean, scale, dtype)
            found["%s(), %s rows" % (make.__name__, np.dtype(dtype))] = scaler_rule(scaler, X)

    clip_rng = generator(1)  # its own, so that the rows of the other measures stay what they were
    for low, high, fitted, dtypes in ((0, 1, np.float64, (np.float32,)),
                                      (-3, 0.3, np.float64, (np.float32,)),
                                      (0.1, 0.7, np.float64, (np.float64, np.float32, np.float16, np.int16)),
                                      (0.1, 0.7, np.float32, (np.float64, np.float32))):
        if "clip" not in MinMaxScaler().get_params():
            break
        scaler = MinMaxScaler(feature_range=(low, high), clip=True).fit(train.astype(fitted))
        on = "" if fitted is np.float64 else " fitted on float32 rows"
        for dtype in dtypes:
            name = "MinMaxScaler(clip=True, feature_range=(%g, %g))%s, %s rows" % (low, high, on, np.dtype(dtype))
            found[name] = scaler_rule(scaler, rows(clip_rng, count, mean, scale, dtype))

    for make in (StandardScaler, RobustScaler, MaxAbsScaler, MinMaxScaler):
        for dtype in (np.float32, np.float16):
            types = [fitted.dtype.name for _, fitted in steps(make().fit(train.astype(dtype)))]
            found["fitted values of %s fitted on %s rows" % (make.__name__, np.dtype(dtype))] = ", ".join(types)
    scaler = StandardScaler().fit(train)
    scaler.mean_, scaler.scale_ = scaler.mean_.astype(np.float32), scaler.scale_.astype(np.float32)
    found["float32 mean_ and scale_, float32 rows"] = scaler_rule(scaler, rows(rng, count, mean, scale, np.float32))
    found["float32 mean_ and scale_, float64 rows"] = scaler_rule(scaler, rows(rng, count, mean, scale, np.float64))

    z = (train - mean) / scale
    direction = np.array([1.0, -2.0, 0.5, 1.5])
    y = (z @ direction + rng.normal(size=len(z)) > 0).astype(int)
    for name in ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"):
        try:
            model = LogisticRegression(solver=name, random_state=0, max_iter=1000).fit(z.astype(np.float32), y)
            found["coef_, intercept_ of %s fitted on float32 rows" % name] = "%s, %s" % (
                model.coef_.dtype, model.intercept_.dtype)
        except ValueError:
            found["coef_, intercept_ of %s fitted on float32 rows" % name] = "no such solver"

    test = rng.normal(size=(count // 10, FEATURES)) * 10.0 ** rng.uniform(-2, 2, size=(count // 10, 1))
    for coef in (np.float64, np.float32):
        model = LogisticRegression().fit(z, y)
        model.coef_, model.intercept_ = model.coef_.astype(coef), model.intercept_.astype(coef)
        for dtype in (np.float64, np.float32, np.float16):
            X = test.astype(dtype)
            kinds = [getattr(model, f)(X).dtype.name for f in ("decision_function", "predict_proba", "predict_log_proba")]
            found["decision, proba, log_proba: %s rows, %s coef_" % (np.dtype(dtype), np.dtype(coef))] = ", ".join(kinds)
    found["column 0 of binary proba, column 1 being p"] = column_rule(LogisticRegression().fit(z, y), test)
    if "multi_class" in LogisticRegression().get_params():
        model = LogisticRegression(multi_class="multinomial", solver="lbfgs").fit(z, y)
        found["the same, multi_class='multinomial'"] = column_rule(model, test)
    else:
        found["the same, multi_class='multinomial'"] = "no such parameter"
    for some in (other_scalers(count, mean, scale, train), polynomial_rules(count), binarizer_rules(),
                 imputer_rules(count, train), normalizer_rules(count), result_types(train)):
        found.update(some)
    return found


def column_rule(model, X):
    """Whether column 0 is exactly 1 - p in every row."""
    first, second = model.predict_proba(X).T
    equal = int((first == 1 - second).sum())
    if equal == len(X):
        return "1 - p"
    return "not 1 - p (%d of %d rows equal)" % (equal, len(X))


def set_column(path, found):
    """Set this version's column in the markdown table of `path`, made where missing."""
    text = path.read_text() if path.exists() else "# How scikit-learn computes with float32 and float16 rows\n\n| | |\n"
    intro, table = text[: text.index("\n|") + 1], text[text.index("\n|") + 1 :]
    lines = [[c.strip() for c in line.strip("|").split(" | ")] for line in table.splitlines() if not line.startswith("|---")]
    columns = {v: {row[0]: row[i + 1] for row in lines[1:]} for i, v in enumerate(lines[0][1:]) if v}
    columns[sklearn.__version__] = found
    versions = sorted(columns, key=lambda v: [int(p) for p in re.findall(r"\d+", v)])
    out = ["| | " + " | ".join(versions) + " |", "|---|" + "---|" * len(versions)]
    names = dict.fromkeys(itertools.chain(*[columns[v] for v in versions[::-1]]))
    out += ["| %s | " % name + " | ".join(columns[v].get(name, "-") for v in versions) + " |" for name in names]
    path.write_text(intro + "\n".join(out) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="random rows for each measure (default 1000000)")
    parser.add_argument("--table", type=pathlib.Path, help="markdown table in which to set this version's column")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    np.seterr(all="ignore")
    found = measure(options.rows)
    print("scikit-learn %s, numpy %s" % (sklearn.__version__, np.__version__))
    for name, finding in found.items():
        print("%-62s %s" % (name, finding))
    if options.table:
        set_column(options.table, found)


if __name__ == "__main__":
    main()
