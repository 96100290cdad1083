"""Fit, save and predict with the models of step_models.py, inside one scikit-learn release's environment.

Started by scripts/make_fixtures.py as `python step_fixtures.py FOLDER`, also under Python 2.7. Writes in FOLDER:

    <case>.joblib, .pkl   the saved models, each in another container
    expected.h5           group /<case>: attributes file, kind, steps, container; classes of a classifier; groups f64 and f32,
                          each with X and label, decision, proba, log_proba as far as the model gives them, or prediction
    cases.json            what was written, and what this release refused to make or fit
"""

import importlib
import json
import os
import pickle
import platform
import re
import sys
import warnings
import zlib

import h5py
import numpy as np
import sklearn

import step_models

VENDORED = "sklearn.externals.joblib"
PROTOCOLS = [p for p in range(6) if p <= pickle.HIGHEST_PROTOCOL]
CONTAINERS = [("joblib", {}), ("joblib", {"compress": 3})]
COMPRESSORS = ("gzip", "bz2") + (() if sys.version_info[0] == 2 else ("xz", "lzma", "lz4"))
CONTAINERS += [("joblib", {"compress": (name, 3)}) for name in COMPRESSORS]
CONTAINERS += [("pickle", {"protocol": p}) for p in PROTOCOLS]
CONTAINERS += [("joblib", {"compress": ("zlib", 9), "protocol": p}) for p in PROTOCOLS] * 3  # most, for they are small
if step_models.RELEASE < (0, 21):  # has a joblib of its own, which nearly all of its models were saved with
    CONTAINERS += [(VENDORED, {}), (VENDORED, {"compress": 3}), (VENDORED, {"compress": ("gzip", 3)})]


def container_name(kind, options):
    words = [kind]
    if "compress" in options:
        compress = options["compress"]
        words.append(compress[0] if isinstance(compress, tuple) else "zlib")
    if "protocol" in options:
        words.append("protocol %d" % options["protocol"])
    return ", ".join(words)


def save(model, path, kind, options):
    """Write the model and read it again."""
    if kind == "pickle":
        with open(path, "wb") as f:
            pickle.dump(model, f, **options)
        with open(path, "rb") as f:
            return pickle.load(f)
    joblib = importlib.import_module(kind)
    joblib.dump(model, path, **options)
    return joblib.load(path)


def step_names(model):
    """Names of the classes in a model, each wrapper before what it holds."""
    if model is None or isinstance(model, str):
        return [str(model)]
    names = [type(model).__name__]
    for part in getattr(model, "steps", []):
        names += step_names(part[1])
    for attribute in ("best_estimator_", "estimator_", "estimator"):
        if hasattr(model, attribute) and not isinstance(getattr(model, attribute), str):
            return names + step_names(getattr(model, attribute))
    return names


def outputs(model, X, classes):
    if not classes:
        return {"prediction": model.predict(X)}
    found = {"label": model.predict(X)}
    for output, method in (("decision", "decision_function"), ("proba", "predict_proba"),
                           ("log_proba", "predict_log_proba")):
        if hasattr(model, method):
            found[output] = getattr(model, method)(X)
    return found


def boundary_rows(labels_of, typical, count):
    """Rows near the boundary between the label of the first typical row and others, some of them in its last bits."""
    labels = labels_of(typical)
    others = np.flatnonzero(labels != labels[0])[:count]
    if not len(others):
        return typical[:0]
    low, high = np.repeat(typical[:1], len(others), axis=0), typical[others].copy()
    for step in range(52):
        middle = low / 2 + high / 2
        same = labels_of(middle) == labels[0]
        moving = np.arange(len(others)) * 14 + 10 > step  # each row stops at another distance
        low[same & moving] = middle[same & moving]
        high[~same & moving] = middle[~same & moving]
    return np.concatenate([low[::2], high[1::2]])


def all_below(score, center, spread, target):
    """A row where all scores are far below 0, as far as they are free of each other: one-vs-rest then divides by 0."""
    at_center = score(center[None, :])
    slope = score(center + np.diag(spread)) - at_center
    step = np.linalg.lstsq(slope.T, target - np.arange(at_center.shape[1]) - at_center[0], rcond=1e-6)[0]
    return (center + step * spread)[None, :]


def far_rows(model, rows, center, spread):
    """The rows moved out from the center to where a score is in the tails of every link."""
    score = getattr(model, "decision_function", None) or model.predict_proba
    at_center = score(center[None, :])
    moved = []
    for row, target in zip(rows, (37, 800)):
        reach = np.abs(score(np.where(np.isnan(row), center, row)[None, :]) - at_center).max()
        if reach > 0:
            moved.append((center + (row - center) * (target / reach))[None, :])
    if at_center.ndim == 2:
        moved.append(all_below(score, center, spread, -800))
    return moved


def test_rows(case, model, random, X):
    """Rows like those fitted on, near boundaries between classes, and far out."""
    X = X.astype(np.float64)
    present = np.where(np.isnan(X).all(axis=0), 0.0, X)
    center, spread = np.nanmean(present, axis=0), np.nanstd(present, axis=0)
    typical = center + 1.2 * spread * random.normal(size=(20, X.shape[1]))
    if case.change:
        case.change(random, typical)
    if case.classes:
        first_of_each = np.unique(model.predict(typical), return_index=True)[1]
        typical = typical[np.concatenate([first_of_each, np.setdiff1d(np.arange(20), first_of_each)])]
        parts = [typical[:4], boundary_rows(model.predict, typical, 3)] + far_rows(model, typical[8:], center, spread)
    else:
        parts = [typical[:4], center + (typical[8:12] - center) * np.array([[1.0], [30.0], [-1e3], [1e6]])]
    if case.extra:
        parts.append(case.extra(present))
    return np.concatenate(parts)


def storable(array):
    """Strings as fixed-length UTF-8; everything else as it is."""
    if array.dtype.kind not in "UOS":
        return array
    encoded = [s if isinstance(s, bytes) else s.encode("utf-8") for s in array]
    return np.array(encoded, dtype=h5py.string_dtype("utf-8", max(len(s) for s in encoded)))


class DatasetWriter(object):
    """Writes datasets into a file, each distinct content once: what is equal becomes another link to it."""

    def __init__(self):
        self.written = {}

    def write(self, group, name, array):
        array = storable(np.ascontiguousarray(array))
        key = (array.dtype.str, array.shape, array.tobytes())
        if key in self.written:
            group[name] = self.written[key]
        else:
            self.written[key] = group.create_dataset(name, data=array, track_times=False)


def write_case(folder, file, datasets, name, case, number):
    """One model and what it predicts; what cases.json says of it."""
    # Regressors share rows where they can, which takes less space.
    seed = name if case.classes or case.change else "%d %s" % (case.features, case.unit)
    seed = zlib.crc32(seed.encode()) & 0x7FFFFFFF
    X, y = case.training(np.random.RandomState(seed), number)
    model = case.fit(X, y)
    rows = test_rows(case, model, np.random.RandomState(seed + 1), X)
    inputs = {"f64": rows, "f32": rows.astype(np.float32)}

    kind, options = CONTAINERS[number % len(CONTAINERS)]
    path = name + (".pkl" if kind == "pickle" else ".joblib")
    again = save(model, os.path.join(folder, path), kind, options)
    # What is read again may lie differently in memory, and BLAS then add in another order.
    expected = {part: outputs(again, values, case.classes) for part, values in inputs.items()}
    for part, values in inputs.items():
        for output, value in outputs(model, values, case.classes).items():
            if output != "label":
                np.testing.assert_allclose(expected[part][output], value, 1e-6 if part == "f32" else 1e-10, 1e-12,
                                           err_msg="%s %s %s" % (path, part, output))

    facts = {"file": path, "kind": "classifier" if case.classes else "regressor", "steps": ",".join(step_names(model)),
             "container": container_name(kind, options), "sklearn_version": sklearn.__version__}
    group = file.create_group(name)
    for key, value in facts.items():
        group.attrs[key] = value
    if case.classes:
        datasets.write(group, "classes", np.unique(y))  # the older RFE has no classes_
    for part, values in inputs.items():
        data = group.create_group(part)
        datasets.write(data, "X", values)
        for output, value in expected[part].items():
            datasets.write(data, output, value)
    return {"files": [path], "container": facts["container"]}


def one_line_each(report):
    """JSON with a line for each case."""
    lines = []
    for key in sorted(report):
        value = report[key]
        if isinstance(value, dict):
            entries = ["  %s: %s" % (json.dumps(k), json.dumps(value[k], sort_keys=True)) for k in sorted(value)]
            lines.append(" %s: {\n%s\n }" % (json.dumps(key), ",\n".join(entries)))
        else:
            lines.append(" %s: %s" % (json.dumps(key), json.dumps(value)))
    return "{\n%s\n}" % ",\n".join(lines)


def main():
    folder = sys.argv[1]
    warnings.filterwarnings("ignore")
    np.seterr(all="ignore")
    if not os.path.isdir(folder):
        os.makedirs(folder)
    import joblib

    versions = {"sklearn_version": sklearn.__version__, "numpy_version": np.__version__,
                "joblib_version": joblib.__version__, "python_version": platform.python_version()}
    file = h5py.File(os.path.join(folder, "expected.h5"), "w", libver=("v108", "v108"))
    for key, value in versions.items():
        file.attrs[key] = value
    written, skipped = {}, {}
    offset = zlib.crc32(sklearn.__version__.encode()) % len(CONTAINERS)  # each release puts a case in another container
    datasets = DatasetWriter()
    for number, (name, case) in enumerate(step_models.cases_of_this_release()):
        try:
            written[name] = write_case(folder, file, datasets, name, case, number + offset)
        except (AttributeError, ImportError, TypeError, ValueError) as error:
            if name in file:
                raise
            skipped[name] = re.sub(r" \(/.*\)", "", str(error).splitlines()[0])
            for left_over in ("joblib", "pkl"):
                path = os.path.join(folder, "%s.%s" % (name, left_over))
                if os.path.exists(path):
                    os.remove(path)
    file.close()
    with open(os.path.join(folder, "cases.json"), "w") as f:
        f.write(one_line_each(dict(versions, cases=written, skipped=skipped)) + "\n")
    print("%s, steps: %d cases, skipped %s" % (sklearn.__version__, len(written), ", ".join(sorted(skipped)) or "none"))


if __name__ == "__main__":
    main()
