#!/usr/bin/env python3
"""Fit, save and predict with several scikit-learn versions: the files under tests/data/sklearn.

    python3 scripts/make_fixtures.py                     every version
    python3 scripts/make_fixtures.py --only 1.5.2        one of them (repeatable)
    python3 scripts/make_fixtures.py --group min_max     one group of models, leaving the files of the others alone
    python3 scripts/make_fixtures.py --python 3.8=/opt/python3.8/bin/python

Each version gets an environment under build/fixture-envs, with the packages of VERSIONS, in which a worker runs: this file
again, or step_fixtures.py for the group "steps". The worker writes, in tests/data/sklearn/<version>:

    <case>.joblib, ...   the saved models
    expected.h5          group /<case>: classes; groups f64 and f32, each with X, label, decision, proba, log_proba
    cases.json           what was written, and what that version refused to fit
    refused/             files that hold nothing to score with
    min_max/             the same again for models with a MinMaxScaler, a group of their own
    steps/               the same again for the models of step_models.py: every other class, and every kind of container

Every file is loaded again and must predict the same before it is kept. The driver needs no package; it then writes the
table of tests/data/sklearn/README.md from the cases.json files.
"""

import argparse
import json
import os
import pathlib
import pickle
import platform
import shutil
import subprocess
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data" / "sklearn"
STEPS_WORKER = str(ROOT / "scripts" / "step_fixtures.py")

# scikit-learn version, with "-python2" where that wrote the files too: Python version, packages beside it.
VERSIONS = {
    "0.20.4-python2": ("2.7", "numpy==1.16.6 scipy==1.2.3 joblib==0.13.2 pandas==0.24.2 h5py==2.10.0 lz4==2.2.1"),
    "0.20.4": ("3.6", "numpy==1.16.6 scipy==1.2.3 joblib==0.13.2 pandas==0.24.2 h5py==2.10.0 lz4==3.1.10"),
    "0.21.3": ("3.7", "numpy==1.17.5 scipy==1.3.3 joblib==0.14.1 pandas==0.25.3 h5py==2.10.0 lz4==4.3.2"),
    "0.22.2.post1": ("3.8", "numpy==1.18.5 scipy==1.4.1 joblib==0.15.1 pandas==1.0.5 h5py==2.10.0 lz4==4.3.3"),
    "0.23.2": ("3.8", "numpy==1.19.5 scipy==1.5.4 joblib==0.17.0 pandas==1.1.5 h5py==3.1.0 lz4==4.3.3"),
    "0.24.2": ("3.8", "numpy==1.22.4 scipy==1.7.3 joblib==1.1.1 pandas==1.3.5 h5py==3.7.0 lz4==4.3.3"),
    "1.0.2": ("3.9", "numpy==1.21.6 scipy==1.7.3 joblib==1.1.1 pandas==1.3.5 h5py==3.6.0 lz4==4.4.4"),
    "1.1.3": ("3.10", "numpy==1.23.5 scipy==1.9.3 joblib==1.2.0 pandas==1.5.3 h5py==3.7.0 lz4==4.4.5"),
    "1.2.2": ("3.11", "numpy==1.24.4 scipy==1.10.1 joblib==1.2.0 pandas==2.0.3 h5py==3.9.0 lz4==4.4.5"),
    "1.3.2": ("3.12", "numpy==1.26.4 scipy==1.11.4 joblib==1.3.2 pandas==2.1.4 h5py==3.10.0 lz4==4.4.5"),
    "1.4.2": ("3.12", "numpy==1.26.4 scipy==1.13.1 joblib==1.4.2 pandas==2.2.3 h5py==3.11.0 lz4==4.4.5"),
    "1.5.2": ("3.12", "numpy==2.1.3 scipy==1.14.1 joblib==1.4.2 pandas==2.2.3 h5py==3.12.1 lz4==4.4.5"),
    "1.6.1": ("3.13", "numpy==2.2.6 scipy==1.15.3 joblib==1.5.3 pandas==2.2.3 h5py==3.13.0 lz4==4.4.5"),
    "1.7.2": ("3.13", "numpy==2.3.5 scipy==1.16.3 joblib==1.5.3 pandas==2.3.3 h5py==3.16.0 lz4==4.4.5"),
    "1.8.0": ("3.13", "numpy==2.3.5 scipy==1.16.3 joblib==1.5.3 pandas==2.3.3 h5py==3.16.0 lz4==4.4.5"),
    "1.9.1": ("3.13", "numpy==2.5.5 scipy==1.18.1 joblib==1.6.0 pandas==3.1.1 h5py==3.16.0 lz4==4.4.5"),
}
REFUSED_FROM = ("1.2.2", "1.9.1")
FIRST = ("0.24.2", "1.2.2", "1.5.2", "1.7.2", "1.8.0", "1.9.1")
# Group of models: its folder in a version's, and the versions that have it. A new group leaves the others' files alone.
GROUPS = {"main": (".", FIRST), "min_max": ("min_max", FIRST), "steps": ("steps", tuple(VERSIONS))}
FOLDERS = [folder for folder, _ in GROUPS.values()]


# ---------------------------------------------------------------------------------------------------------------------
# Driver
# ---------------------------------------------------------------------------------------------------------------------


def find_python(version, given):
    """Path of an interpreter of this major.minor version: as given, on PATH, or under PYENV_ROOT."""
    if version in given:
        return given[version]
    found = shutil.which("python" + version)
    if found and subprocess.run([found, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
        return found
    root = os.environ.get("PYENV_ROOT")
    if root:
        for candidate in sorted(pathlib.Path(root, "versions").glob(version + ".*/bin/python")):
            return str(candidate)
    sys.exit("make_fixtures.py: no python%s on PATH; name one with --python %s=/path/to/python" % (version, version))


def make_environment(version, folder, given):
    """Environment with this scikit-learn version, made on first use: the interpreter, and the folder of its packages where
    that is not the interpreter's own."""
    python_version, packages = VERSIONS[version]
    wanted = "scikit-learn==%s %s" % (version.split("-")[0], packages)
    done = folder / version / "installed.txt"
    old = python_version == "2.7"  # which has no venv
    interpreter = find_python(python_version, given) if old else str(folder / version / "bin" / "python")
    if not done.exists() or done.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
        install = [interpreter, "-m", "pip", "install", "--quiet"]
        if old:
            shutil.rmtree(folder / version, ignore_errors=True)
            where = ["--target", str(folder / version)]
        else:
            subprocess.run([find_python(python_version, given), "-m", "venv", "--clear", str(folder / version)], check=True)
            subprocess.run(install + ["--upgrade", "pip"], check=True)
            where = []
        subprocess.run(install + where + ["--only-binary", ":all:"] + wanted.split(), check=True)
        done.write_text(wanted)
    return interpreter, str(folder / version) if old else ""


def read_runs(groups):
    """Version to its cases.json, those of these groups as one."""
    runs = {}
    for version in VERSIONS:
        paths = [DATA / version / GROUPS[group][0] / "cases.json" for group in groups]
        for report in [json.loads(path.read_text()) for path in paths if path.exists()]:
            run = runs.setdefault(version, report)
            run["cases"].update(report["cases"])
            run["skipped"].update(report["skipped"])
    return runs


def clear(folder):
    """Remove a group's files, and no other group's."""
    for path in folder.iterdir() if folder.exists() else []:
        if path.is_file():
            path.unlink()
        elif path.name not in FOLDERS:
            shutil.rmtree(path)


def table(runs):
    """Markdown lines: which version has which case, and the reasons of those that have not."""
    lines = ["| | " + " | ".join(runs) + " |", "|---|" + "---|" * len(runs)]
    for field in ("python", "numpy", "joblib"):
        lines.append("| %s | " % field + " | ".join(r[field + "_version"] for r in runs.values()) + " |")
    reasons = {}
    for case in sorted(set().union(*[set(r["cases"]) | set(r["skipped"]) for r in runs.values()])):
        cells = []
        for version, run in runs.items():
            if case in run["cases"]:
                cells.append("yes")
            elif case in run["skipped"]:
                reasons.setdefault(run["skipped"][case], []).append("%s %s" % (version, case))
                cells.append("no [%d]" % (list(reasons).index(run["skipped"][case]) + 1))
            else:
                cells.append("")
        lines.append("| `%s` | " % case + " | ".join(cells) + " |")
    lines += ["", "Refused by that version:", ""]
    return lines + ["%d. `%s`" % (i + 1, " ".join(reason.split())) for i, reason in enumerate(reasons)]


def write_readme():
    """The tables version x case, from the cases.json of every version."""
    lines = [
        "# Models saved by scikit-learn, and what it predicts with them",
        "",
        "Written by `scripts/make_fixtures.py`; do not edit. Each folder is one scikit-learn version: `<case>.joblib` is the",
        "saved model, `expected.h5` holds for each case the rows (`/<case>/f64/X`, `/<case>/f32/X`) with the `label`,",
        "`decision`, `proba` and `log_proba` that version gives for them, and `cases.json` describes the models. Some rows lie",
        "within the last bits of the boundary between two classes, where the label depends on the order in which BLAS adds,",
        "and some so far out that a probability is 0 or 1. `float32_rule.md` tells how each version computes with float32 rows.",
        "",
        "The case `then` is two files, a scaler and the classifier fitted on its output. `binary_p2.pkl` to `binary_p5.pkl`",
        "(pickle protocols 2 to 5), `binary_zlib.joblib` and `binary_gzip.joblib` hold the model of `binary`. The files under",
        "`refused/` have nothing to score with: no fitted model, no predictor, or a step outside the supported ones. The models",
        "with a MinMaxScaler are under `min_max/`, with an `expected.h5` and a `cases.json` of their own; some of their rows lie",
        "outside the range that the scaler was fitted on.",
        "",
        *table(read_runs(["main", "min_max"])),
        "",
        "## Every class: `steps/`",
        "",
        "The models of `scripts/step_models.py`, saved in another kind of container each (`container` in `cases.json`), in the",
        "same layout. Each group of `expected.h5` has the attributes `kind`, classifier or regressor, and `steps`, the classes",
        "in the file; a classifier without `predict_proba` has no `proba` and `log_proba`, and a regressor has `prediction`",
        "alone. Equal datasets are links to one. The folder `0.20.4-python2` was written by Python 2.7. What is neither written",
        "nor refused has a variant of its class there already, and is left out to keep the files small.",
        "",
        *table(read_runs(["steps"])),
    ]
    (DATA / "README.md").write_text("\n".join(lines) + "\n")


def drive(options):
    """Run the worker in the environment of each chosen version."""
    given = dict(p.split("=", 1) for p in options.python)
    # One thread and one fixed set of BLAS kernels, so that the same machine type gives the same bits again.
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell",
                       PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1")
    for version in options.only or VERSIONS:
        interpreter, packages = make_environment(version, options.environments, given)
        for group in options.group or GROUPS:
            name, versions = GROUPS[group]
            if version not in versions:
                continue
            folder = DATA / version / name
            clear(folder)
            worker = ["--worker", str(folder), "--group", group]
            script = [STEPS_WORKER, str(folder)] if group == "steps" else [__file__] + worker
            subprocess.run([interpreter] + script, env=dict(environment, PYTHONPATH=packages), check=True)
    write_readme()


# ---------------------------------------------------------------------------------------------------------------------
# Worker: from here on inside one version's environment
# ---------------------------------------------------------------------------------------------------------------------


def work(out, group_name):
    """Fit, save, check and describe every case of a group in the folder `out`."""
    import warnings

    warnings.filterwarnings("ignore")
    out.mkdir(parents=True, exist_ok=True)
    import h5py
    import joblib
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    np.seterr(all="ignore")
    parameters = LogisticRegression().get_params()
    versions = {
        "sklearn_version": sklearn.__version__,
        "numpy_version": np.__version__,
        "joblib_version": joblib.__version__,
        "python_version": platform.python_version(),
    }

    def scaled(classifier, **scaler_options):
        return Pipeline([("scaler", StandardScaler(**scaler_options)), ("classifier", classifier)])

    def ranged(feature_range=(0, 1), clip=False, before=(), after=(), classifier=LogisticRegression()):
        """A pipeline with a MinMaxScaler between other steps."""
        steps = [*before, MinMaxScaler(feature_range=feature_range, clip=clip), *after, classifier]
        return Pipeline([("step_%d" % i, step) for i, step in enumerate(steps)])

    def multi_class(value, **options):
        """LogisticRegression with multi_class, refused where the parameter no longer exists."""
        if "multi_class" not in parameters:
            raise ValueError("LogisticRegression has no parameter multi_class")
        return LogisticRegression(multi_class=value, **options)

    def l1(**options):
        """LogisticRegression with the l1 penalty, which 1.8 spells l1_ratio=1."""
        if parameters["penalty"] == "l2":
            return LogisticRegression(penalty="l1", **options)
        return LogisticRegression(l1_ratio=1.0, **options)

    def blobs(rng, classes, features=5, rows=240, unit=False):
        """Overlapping normal clouds, one a class; unless `unit`, features of mixed scale and offset."""
        y = np.arange(rows) % classes
        X = rng.normal(size=(classes, features))[y] + rng.normal(size=(rows, features))
        if not unit:
            scale = 10.0 ** rng.uniform(-2, 2, size=features)
            X = X * scale + scale * rng.normal(size=features) * 3
        return X, y

    def test_rows(rng, predict, decide, X, columns, count=40):
        """Rows like those of X, rows on the boundary between two predicted classes, and rows in the far tails."""
        center, spread = X.mean(axis=0), X.std(axis=0)
        typical = center + 1.2 * spread * rng.normal(size=(count, columns))
        labels = predict(typical)
        first = np.flatnonzero(labels == labels[0])[:1]
        others = np.flatnonzero(labels != labels[0])[:16]
        parts = [typical]
        if len(others):
            low, high = np.repeat(typical[first], len(others), axis=0), typical[others].copy()
            for step in range(50):
                middle = low / 2 + high / 2
                same = predict(middle) == labels[0]
                moving = np.arange(len(others)) * 4 + 5 > step  # each row stops at another distance
                low[same & moving] = middle[same & moving]
                high[~same & moving] = middle[~same & moving]
            parts += [low[::2], high[1::2]]
        at_center = decide(center[None, :])
        for target in (17, 30, 36, 37, 38, 60, 88, 104, 150, 300, 600, 700, 708, 745, 746, 900):
            row = typical[rng.integers(len(typical))][None, :]
            reach = np.abs(decide(row) - at_center).max()
            if reach > 0:
                parts.append(center + (row - center) * (target / reach))
        if at_center.ndim == 2:  # all scores far below 0, as far as they are free of each other: one-vs-rest divides by 0
            slope = decide(center + np.diag(spread)) - at_center
            for target in (-40, -720, -800):
                wanted = target - np.arange(at_center.shape[1])
                step = np.linalg.lstsq(slope.T, wanted - at_center[0], rcond=1e-6)[0]
                parts.append((center + step * spread)[None, :])
        return np.concatenate(parts)

    def rows_beyond(X):
        """Rows that lie on, a little outside and far outside the range of each feature of X."""
        low, high = X.min(axis=0), X.max(axis=0)
        reach = np.where(high > low, high - low, 1.0)
        above = np.arange(X.shape[1]) % 2 == 0
        return np.array([low, high, np.where(above, high + 0.1 * reach, low - 0.2 * reach),
                         np.where(above, low - 0.3 * reach, high + 1e6 * reach)])

    def case_textbook(rng):
        rows = np.array([[0, 0], [1, 1], [2, 2], [5, 5], [0.5, 0.5], [-1, 2], [40, 40], [-40, -40], [0.25, 0.75]])
        model = scaled(LogisticRegression()).fit([[0, 0], [1, 1]], [0, 1])
        return model, rows, None

    def simple(make, classes=2, labels=None, dtype=None, names=False, **blob_options):
        """A case that fits `make()` on blobs; labels: class values in the place of 0, 1, ...; dtype: of the rows."""

        def case(rng):
            X, y = blobs(rng, classes, **blob_options)
            model = make()
            columns = ["feature_%s" % c for c in "abcdefghi"[: X.shape[1]]] if names else None
            if labels is not None:
                y = labels[y]
            fit_on = X if dtype is None else X.astype(dtype)
            return model.fit(rows_for(fit_on, columns), y), X, columns

        return case

    def rows_for(X, columns):
        if columns is None:
            return X
        import pandas

        return pandas.DataFrame(X, columns=columns)

    def case_epoch_seconds(rng):
        X, y = blobs(rng, 2, features=3, unit=True)
        X[:, 1] = 1.6e9 + 1e6 * X[:, 1]
        return scaled(LogisticRegression()).fit(X, y), X, None

    def case_constant_feature(rng):
        X, y = blobs(rng, 2, features=4)
        X[:, 2] = 7.25
        return scaled(LogisticRegression()).fit(X, y), X, None

    def case_then(rng):
        X, y = blobs(rng, 3, features=6)
        scaler = StandardScaler().fit(X)
        return [scaler, LogisticRegression().fit(scaler.transform(X), y)], X, None

    def case_min_max_range3(rng):
        X, y = blobs(rng, 3, features=3)
        X[:, 1] = 7.25
        return ranged((-1, 2)).fit(X, y), X, None

    two_scalers = lambda: Pipeline([("first", StandardScaler()), ("second", StandardScaler(with_mean=False)),
                                    ("classifier", LogisticRegression())])
    after = lambda step: Pipeline([("nothing", step), ("scaler", StandardScaler()), ("classifier", LogisticRegression())])
    odd_types = lambda: scaled(LogisticRegression(class_weight={0: 1.0, 1: 2.5}, random_state=np.random.RandomState(3),
                                                  tol=np.float64(1e-5), C=np.float64(0.7)))
    plain = lambda: scaled(LogisticRegression())
    solver = lambda name, **o: (lambda: scaled(LogisticRegression(solver=name, **o)))
    words = np.array(["denied", "approved"])
    unicode_words = np.array(["caf\u00e9", "\u6771\u4eac", "plain"], dtype=object)
    cases = {
        "textbook": case_textbook,
        "binary": simple(plain),
        "binary_strings_named": simple(plain, labels=words, names=True),
        "bool_classes": simple(plain, labels=np.array([False, True])),
        "float_classes": simple(plain, 3, labels=np.array([-1.0, 2.0, 4.0])),
        "uint8_classes": simple(plain, 3, labels=np.array([3, 7, 200], dtype=np.uint8)),
        "negative_int_classes": simple(plain, 2, labels=np.array([-1, 1], dtype=np.int32)),
        "object_string_classes": simple(plain, 3, labels=unicode_words),
        "multinomial3": simple(plain, 3),
        "multinomial7": simple(plain, 7, features=9, rows=420),
        "multinomial_binary": simple(lambda: scaled(multi_class("multinomial"))),
        "ovr3": simple(lambda: scaled(multi_class("ovr")), 3),
        "liblinear_binary": simple(solver("liblinear", random_state=0)),
        "liblinear3": simple(solver("liblinear", random_state=0), 3),
        "newton_cholesky_binary": simple(solver("newton-cholesky")),
        "newton_cholesky3": simple(solver("newton-cholesky"), 3),
        "saga_l1": simple(lambda: scaled(l1(solver="saga", C=0.1, random_state=0, max_iter=500)), 3, features=8),
        "bare_logistic": simple(LogisticRegression, unit=True),
        "bare_logistic3": simple(LogisticRegression, 3, unit=True),
        "no_mean": simple(lambda: scaled(LogisticRegression(), with_mean=False)),
        "no_std": simple(lambda: scaled(LogisticRegression(), with_std=False), 3, unit=True),
        "identity_scaler": simple(lambda: scaled(LogisticRegression(), with_mean=False, with_std=False), unit=True),
        "two_scalers": simple(two_scalers, 3),
        "passthrough_step": simple(lambda: after("passthrough")),
        "none_step": simple(lambda: after(None)),
        "f32_trained": simple(solver("saga", random_state=0, max_iter=500), dtype=np.float32),
        "f32_trained3": simple(solver("newton-cg"), 3, dtype=np.float32),
        "f32_trained_lbfgs": simple(plain, dtype=np.float32),
        "epoch_seconds": case_epoch_seconds,
        "constant_feature": case_constant_feature,
        "no_intercept": simple(lambda: scaled(LogisticRegression(fit_intercept=False)), 3),
        "class_weight_dict": simple(odd_types),
        "wide": simple(plain, 2, features=33),
        "then": case_then,
    }
    few = dict(features=3, rows=120)
    min_max_cases = {
        "min_max": simple(ranged, **few),
        "min_max_clip": simple(lambda: ranged(clip=True), **few),
        "min_max_range3": case_min_max_range3,
        "min_max_clip_range3": simple(lambda: ranged((-0.3, 0.7), clip=True), 3, **few),
        "min_max_after_standard": simple(lambda: ranged((0.1, 0.9), clip=True, before=[StandardScaler()]), **few),
        "standard_after_min_max": simple(lambda: ranged((-1, 1), clip=True, after=[StandardScaler()]), 3, **few),
        "min_max_f32_trained": simple(
            lambda: ranged(clip=True, classifier=LogisticRegression(solver="liblinear", random_state=0)),
            dtype=np.float32, **few),
    }
    chosen = {"main": cases, "min_max": min_max_cases}[group_name]

    def predictions(model, X):
        """The four outputs, where `model` may also be a list of steps."""
        steps = model if isinstance(model, list) else [model]
        for step in steps[:-1]:
            X = step.transform(X)
        last = steps[-1]
        return {
            "label": last.predict(X),
            "decision": last.decision_function(X),
            "proba": last.predict_proba(X),
            "log_proba": last.predict_log_proba(X),
        }

    def storable(array):
        """Strings as fixed-length UTF-8; everything else as it is."""
        if array.dtype.kind not in "UO":
            return array
        encoded = [str(s).encode() for s in array]
        return np.array(encoded, dtype=h5py.string_dtype("utf-8", max(map(len, encoded))))

    def save(model, name, write=joblib.dump, read=joblib.load, check=None, **options):
        """Write a file in `out`; with `check`, what the file read again gives must pass it."""
        path = out / name
        path.parent.mkdir(exist_ok=True)
        if write is pickle.dump:
            with path.open("wb") as f:
                pickle.dump(model, f, **options)
            with path.open("rb") as f:
                again = pickle.load(f)
        else:
            joblib.dump(model, str(path), **options)
            again = joblib.load(str(path))
        if check is not None:
            check(again, name)
        return again

    def describe(model):
        """What a reader of the file must get right, as plain JSON values."""
        last = model.steps[-1][1] if hasattr(model, "steps") else model
        first = [s for _, s in getattr(model, "steps", []) if isinstance(s, StandardScaler)][:1]
        facts = {
            "solver": last.solver,
            "multi_class": getattr(last, "multi_class", None),
            "coef_dtype": str(last.coef_.dtype),
            "coef_order": "C" if last.coef_.flags.c_contiguous else "F",
            "intercept_dtype": str(last.intercept_.dtype),
            "classes_dtype": str(last.classes_.dtype),
        }
        if first:
            facts["mean_dtype"] = str(getattr(first[0].mean_, "dtype", None))
            facts["scale_dtype"] = str(getattr(first[0].scale_, "dtype", None))
        for step in [s for _, s in getattr(model, "steps", []) if isinstance(s, MinMaxScaler)]:
            facts.update(feature_range=step.feature_range, clip=step.clip, min_dtype=str(step.min_.dtype))
        return facts

    file = h5py.File(str(out / "expected.h5"), "w", libver="earliest" if group_name == "main" else ("v108", "v108"))
    # Contiguous: for datasets this small a chunk index takes more space than compression saves.
    for key, value in versions.items():
        file.attrs[key] = value

    written, skipped = {}, {}
    for name, case in chosen.items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        try:
            model, X, columns = case(rng)
        except (ValueError, TypeError) as error:
            skipped[name] = str(error).splitlines()[0]
            continue
        decide = lambda rows: predictions(model, rows_for(rows, columns))["decision"]
        predict = lambda rows: predictions(model, rows_for(rows, columns))["label"]
        rows = test_rows(rng, predict, decide, X, X.shape[1], 40 if group_name == "main" else 12)
        if name == "textbook":
            rows = np.concatenate([X, rows])
        if group_name == "min_max":
            rows = np.concatenate([rows_beyond(X), rows])
        inputs = {"f64": rows, "f32": rows.astype(np.float32)}
        expected = {k: predictions(model, rows_for(v, columns)) for k, v in inputs.items()}

        def check(again, file_name):
            for kind, values in inputs.items():
                for output, value in predictions(again, rows_for(values, columns)).items():
                    np.testing.assert_array_equal(value, expected[kind][output], "%s %s %s" % (file_name, kind, output))

        files = [name + ".joblib"]
        if name == "then":
            files = ["scaler_part.joblib", "logistic_part.joblib"]
            check([save(part, part_name) for part, part_name in zip(model, files)], name)
        else:
            save(model, files[0], check=check)
        if name == "binary":
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                files.append("binary_p%d.pkl" % protocol)
                save(model, files[-1], write=pickle.dump, check=check, protocol=protocol)
            for file_name, compress in (("binary_zlib.joblib", 3), ("binary_gzip.joblib", ("gzip", 3))):
                files.append(file_name)
                save(model, file_name, check=check, compress=compress)

        group = file.create_group(name)
        group.attrs["file"] = files[0]
        if name == "then":
            group.attrs["then"] = files[1]
        group.attrs["rows_named"] = columns is not None
        facts = describe(model[-1] if name == "then" else model)
        for key, value in facts.items():
            if value is not None:
                group.attrs[key] = value
        last = model[-1] if name == "then" else model
        group.create_dataset("classes", data=storable(last.classes_), track_times=False)
        for kind, values in inputs.items():
            part = group.create_group(kind)
            data = part.create_dataset("X", data=values, track_times=False)
            if columns is not None:
                data.attrs["feature_names"] = columns
            for output, value in expected[kind].items():
                part.create_dataset(output, data=storable(value), track_times=False)
        written[name] = dict(files=files, rows=len(rows), features=rows.shape[1], **facts)
    file.close()

    if sklearn.__version__ in REFUSED_FROM and group_name == "main":
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.preprocessing import PolynomialFeatures

        X, y = blobs(np.random.default_rng(1), 2)
        forest = Pipeline([("scaler", MinMaxScaler()), ("polynomial", PolynomialFeatures()),
                           ("forest", RandomForestClassifier(n_estimators=3, max_depth=2, random_state=0))])
        save(plain(), "refused/unfitted.joblib")
        save(LogisticRegression(), "refused/unfitted_bare.joblib")
        save(forest.fit(X, y), "refused/unsupported.joblib")
        save(StandardScaler().fit(X), "refused/scaler_only.joblib")
        save({"weights": X[:3], "names": ["a", "b"], "count": 3}, "refused/not_a_model.joblib")
        save(np.array(["a", 1, None, 2.5], dtype=object), "refused/object_array.joblib")

    report = dict(versions, cases=written, skipped=skipped)
    (out / "cases.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("%s, %s: %d cases, skipped %s" % (sklearn.__version__, group_name, len(written), ", ".join(skipped) or "none"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(VERSIONS), help="only this version (repeatable)")
    parser.add_argument("--group", action="append", choices=list(GROUPS), help="only this group of models (repeatable)")
    parser.add_argument("--python", action="append", default=[], metavar="X.Y=PATH", help="interpreter to use for X.Y")
    parser.add_argument("--environments", type=pathlib.Path, default=ROOT / "build" / "fixture-envs", metavar="DIR",
                        help="where the virtual environments are kept (default build/fixture-envs)")
    parser.add_argument("--worker", type=pathlib.Path, metavar="OUTDIR", help="run inside one environment (internal)")
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.group[0])
    else:
        drive(options)


if __name__ == "__main__":
    main()
