#!/usr/bin/env python3
"""Rebuilds the scikit-learn object that a pipeline file (docs/pipeline_format.md, format 1) was imported from.

usage: rebuild_pipeline.py PIPE.h5 -o MODEL.joblib [--overwrite]

The file's digests are computed anew from the format's page, not by evenscore; a file whose digests differ is refused.
The running scikit-learn may be another release than the one that saved the model: where it would predict by another
rule, that is refused too. The object predicts and transforms as the original; to fit it further, fit it anew. Search
objects come back as their best estimator. Needs h5py, NumPy and scikit-learn. Exit status 2 when an input is bad.

As a module: `rebuild(path)` returns the object, raises BadFile, and warns by `warnings.warn`.
"""

import argparse
import os
import sys
import warnings

import joblib
import numpy
import sklearn
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from pipeline_file import NUMBERS, BadFile, read
from prediction_rules import rule
from sklearn_classes import PIPELINE, REQUIRED, constructor, find_class, find_function, stand_in
from sklearn_private_state import complete

WRAPPING = {  # Made with an estimator, and holding a fitted one in estimator_.
    "sklearn.feature_selection.SelectFromModel",
    "sklearn.model_selection.FixedThresholdClassifier",
    "sklearn.model_selection.TunedThresholdClassifierCV",
}
NOT_PUBLIC = ("indicator_features", "y_type", "min_degree", "max_degree")  # not NAME_: sklearn_private_state.py has them
LOGISTIC = "sklearn.linear_model.LogisticRegression"
# Old and new name of one loss; the release that brought the new one, and the first without the old one.
RENAMED_LOSSES = (("log", "log_loss", (1, 1), (1, 3)), ("squared_loss", "squared_error", (1, 0), (1, 2)))


class Unread(Exception):
    """A parameter whose value is not in the file."""


def to_python(tagged):
    (tag, value), = tagged.items()
    if tag == "none":
        return None
    if tag in ("bool", "str"):
        return value
    if tag == "int":
        return int(value)
    if tag == "f64":
        return float.fromhex(value[0])
    if tag == "tuple":
        return tuple(to_python(item) for item in value)
    if tag == "list":
        return [to_python(item) for item in value]
    if tag == "dict":
        return {to_python(key): to_python(item) for key, item in value}
    if tag == "class" and value.startswith("numpy.") and value[6:] in NUMBERS:
        return getattr(numpy, value[6:])
    function = find_function(value) if tag == "class" else None
    if function is None:
        raise Unread(value)
    return function


def build_array(array, place):
    dtype, values = array
    if dtype == "None":
        return None
    if dtype in ("int", "float", "str"):
        return {"int": int, "float": float, "str": str}[dtype](values[()])
    if dtype == "object":
        objects = numpy.empty(values.shape, dtype=object)
        objects[...] = values if values.dtype == object else values.tolist()
        return objects
    if dtype.startswith("|S") and dtype[2:].isdigit():
        return numpy.array([value.encode("latin-1") for value in values.flat], dtype=dtype).reshape(values.shape)
    known = dtype in NUMBERS or dtype == "bool" or (dtype.startswith("<U") and dtype[2:].isdigit())
    if not known:
        raise BadFile(f"{place}: unknown dtype '{dtype}'")
    return values.astype(dtype)


def is_private(name):
    """Kept among the parameters, but an attribute, or the path of one: "_fill_dtype", "_curve_scorer._kwargs"."""
    return name.startswith("_")


def release(version):
    try:
        major, minor = version.split(".")[:2]
        return int(major), int(minor)
    except ValueError:
        raise BadFile(f"'{version}' is no scikit-learn version") from None


def read_params(tagged, place):
    """The parameters whose values the file holds."""
    params = {}
    for name, value in tagged.items():
        try:
            params[name] = to_python(value)
        except Unread as error:
            warnings.warn(f"{place}: {name} was {error}, which the file does not hold; its default is left")
    return params


def accepted_params(params, accepted, place):
    """Those for the running release; what it lacks, or the file lacks, keeps its default."""
    for name in sorted(set(params) - set(accepted)):
        warnings.warn(f"{place}: scikit-learn {sklearn.__version__} has no parameter {name}; "
                      f"{params[name]!r} is left out")
    return {name: value for name, value in params.items() if name in accepted}


def renamed(class_name, params, running):
    """Values that the running release spells otherwise."""
    renamed_params = dict(params)
    if class_name == LOGISTIC and params.get("l1_ratio", 0) is None and running >= (1, 8):
        del renamed_params["l1_ratio"]
    if params.get("multi_class") == "deprecated" and running < (1, 5):
        renamed_params["multi_class"] = "auto"
    for old, new, since, until in RENAMED_LOSSES:
        if params.get("loss") == old and running >= until:
            renamed_params["loss"] = new
        if params.get("loss") == new and running < since:
            renamed_params["loss"] = old
    return renamed_params


def set_fitted(estimator, name, value):
    """Unless the release computes it from what else is set."""
    computed = getattr(type(estimator), name, None)
    if not (isinstance(computed, property) and computed.fset is None):
        setattr(estimator, name, value)


class Builder:
    """Builds the objects of one file; gives the names of the features to the first that is fitted."""

    def __init__(self, content):
        self.names = content["feature_names"]
        self.running = release(sklearn.__version__)

    def build(self, content):
        if content["bare_estimator"]:
            built = self.build_estimator(content["steps"][0], content["steps"][0]["class"])
        else:
            built = self.build_pipeline(content, "")
        return self.wrap(built, content["wrappers"], "the pipeline")

    def build_pipeline(self, group, place):
        nothing = "passthrough" if self.running >= (0, 21) else None
        steps = []
        for index, step in enumerate(group["steps"]):
            here = f"{place}steps[{index}] '{step['name']}'"
            skipped = step["class"] == "passthrough"
            steps.append((step["name"], nothing if skipped else self.build_estimator(step, here)))
        where = place + "Pipeline"
        return Pipeline(steps, **accepted_params(read_params(group["params"], where), constructor(Pipeline), where))

    def build_estimator(self, step, place):
        if step["class"] == PIPELINE:
            return self.wrap(self.build_pipeline(step, place + "."), step["wrappers"], place)
        cls = find_class(step["class"], place)
        if len(step["steps"]) != (1 if step["class"] in WRAPPING else 0):
            raise BadFile(f"{place}: {step['class']} does not hold {len(step['steps'])} estimators")
        names = self.names
        inner = [self.build_estimator(nested, f"{place}.estimator_") for nested in step["steps"]]
        self.names = []
        fitted = {name: build_array(array, f"{place}.{name}_") for name, array in step["fitted"].items()}
        private = read_params({name: value for name, value in step["params"].items() if is_private(name)}, place)
        estimator = cls(**self.build_params(step, cls, {"fitted": fitted, "private": private, "inner": inner}, place))
        for name, value in fitted.items():
            if name not in NOT_PUBLIC:
                set_fitted(estimator, name + "_", value)
        if inner:
            estimator.estimator_ = inner[0]
        if names:
            set_fitted(estimator, "feature_names_in_", numpy.array(names, dtype=object))
        complete(estimator, fitted, private, self.running)
        return self.wrap(estimator, step["wrappers"], place)

    def build_params(self, step, cls, known, place):
        """The constructor's arguments. known: what else was read of the step: fitted, private, inner."""
        defaults, inner = constructor(cls), known["inner"]
        tagged = {name: value for name, value in step["params"].items() if not is_private(name)}
        if inner or defaults.get("estimator") is REQUIRED:
            unread = tagged.pop("estimator", {"unread": ""}).get("unread", "")
        saved = read_params(tagged, place)
        params = accepted_params(renamed(step["class"], saved, self.running), defaults, place)
        saved_by = release(step["sklearn_version"])
        was = rule(step["class"], saved_by, {**saved, **known["private"]}, known["fitted"], step["steps"])
        now = rule(step["class"], self.running, {**defaults, **params, **known["private"]}, known["fitted"], step["steps"])
        if saved_by != self.running and was != now:
            raise BadFile(f"{place}: scikit-learn {step['sklearn_version']} predicts by another rule than the running "
                          f"{sklearn.__version__}: {was}, not {now}; run this script with the release that saved it")
        if inner:
            params["estimator"] = inner[0] if params.get("prefit") else clone(inner[0])
        elif defaults.get("estimator") is REQUIRED:
            params["estimator"] = stand_in(unread)
            warnings.warn(f"{place}: estimator was {unread}, which the file does not hold; "
                          f"{params['estimator']} stands in for it")
        return params

    def wrap(self, estimator, wrappers, place):
        for wrapper in reversed(wrappers):
            if wrapper == "sklearn.frozen.FrozenEstimator" and self.running >= (1, 6):
                from sklearn.frozen import FrozenEstimator

                estimator = FrozenEstimator(estimator)
            else:
                warnings.warn(f"{place}: was inside {wrapper}; what it predicts with is rebuilt without it")
        return estimator


def build(content):
    saved, running = content["sklearn_version"], sklearn.__version__
    if saved != running:
        warnings.warn(f"saved by scikit-learn {saved}, rebuilt for {running}")
        if (release(saved) >= (1, 8)) != (release(running) >= (1, 8)):
            warnings.warn("StandardScaler rounds float32 rows differently from scikit-learn 1.8 on (docs/sklearn_versions.md)")
    return Builder(content).build(content)


def rebuild(path):
    """The scikit-learn object of the pipeline file `path`. Raises BadFile."""
    return build(read(path))


def main():
    parser = argparse.ArgumentParser(description="Rebuild the scikit-learn object that a pipeline file was imported from.")
    parser.add_argument("pipeline", metavar="PIPE.h5", help="a file that `evenscore import` wrote")
    parser.add_argument("-o", "--out", required=True, metavar="MODEL.joblib", help="the file to write, by joblib")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    arguments = parser.parse_args()
    warnings.showwarning = lambda message, *_: print(f"rebuild_pipeline: warning: {message}", file=sys.stderr)
    try:
        if os.path.exists(arguments.out) and not arguments.overwrite:
            raise BadFile(f"{arguments.out} is there already; give --overwrite to replace it")
        joblib.dump(rebuild(arguments.pipeline), arguments.out)
    except BadFile as error:
        print(f"rebuild_pipeline: {arguments.pipeline}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"rebuild_pipeline: {arguments.out}: cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
