#!/usr/bin/env python3
"""Rebuilds the scikit-learn object that a pipeline file (docs/pipeline_format.md, format 1) was imported from.

usage: rebuild_pipeline.py PIPE.h5 -o MODEL.joblib [--overwrite]

The file's digests are computed anew from the format's page, not by evenscore; a file whose digests differ is refused.
The running scikit-learn may be another release than the one that saved the model: where it would predict by another
rule, that is refused too. Needs h5py, NumPy and scikit-learn. Exit status 2 when an input is bad.

As a module: `rebuild(path)` returns the object, raises BadFile, and warns by `warnings.warn`.
"""

import argparse
import hashlib
import json
import os
import struct
import sys
import warnings

import h5py
import joblib
import numpy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

CLASSES = {
    "sklearn.preprocessing.MinMaxScaler": MinMaxScaler,
    "sklearn.preprocessing.StandardScaler": StandardScaler,
    "sklearn.linear_model.LogisticRegression": LogisticRegression,
}
NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float16", "float32", "float64"}
DEEPEST = 32


class BadFile(Exception):
    """The file cannot be rebuilt: damaged, not a pipeline file, or not for this scikit-learn."""


# Digests: docs/pipeline_format.md, "Digests". Python orders texts by code point, which is the byte order of their UTF-8.


def count(number):
    return struct.pack("<Q", number)


def text(value):
    encoded = value.encode("utf-8")
    return count(len(encoded)) + encoded


def texts(values):
    return count(len(values)) + b"".join(text(value) for value in values)


def value_body(name, values, kind):
    """The part that both digests share: element name, shape, bytes, texts. `values` is an array of its kind."""
    is_text = kind == "string"
    data = b"" if is_text else values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return (text(name) + count(values.ndim) + b"".join(count(extent) for extent in values.shape)
            + count(len(data)) + data + (texts(list(values.flat)) if is_text else count(0)))


def kind_of(values):
    return {"O": "string", "b": "boolean"}.get(values.dtype.kind, "number")


def fitted_bytes(array):
    """`array` is the pair (dtype text, values) of read_fitted."""
    dtype, values = array
    if dtype == "None":
        return bytes([0]) + text(dtype) + text("") + count(0) + count(0) + count(0)
    kind = kind_of(values)
    tag = {"number": 1, "boolean": 2, "string": 3}[kind]
    return bytes([tag]) + text(dtype) + value_body(values.dtype.name if kind == "number" else "", values, kind)


def pipeline_digest(content):
    parts = [text("evenscore-pipeline 1"), bytes([content["bare_estimator"]]), text(content["sklearn_version"]),
             text(canonical_json(content["params"])), texts(content["feature_names"]), count(len(content["steps"]))]
    for step in content["steps"]:
        parts += [text(step["name"]), text(step["class"]), text(step["sklearn_version"]),
                  text(canonical_json(step["params"])), count(len(step["fitted"]))]
        for name in sorted(step["fitted"]):
            parts += [text(name), fitted_bytes(step["fitted"][name])]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def node_bytes(node, skipped=()):
    """A group or dataset of the open file, for file_digest."""
    is_dataset = isinstance(node, h5py.Dataset)
    names = sorted(name for name in node.attrs if name not in skipped)
    parts = [bytes([is_dataset]), count(len(names))]
    for name in names:
        parts += [text(name), stored_bytes(read_values(node.attrs[name], f"{node.name}, attribute {name}"))]
    if is_dataset:
        parts += [stored_bytes(read_values(node[()], node.name)), count(0)]
    else:
        members = sorted(node)
        parts.append(count(len(members)))
        for name in members:
            parts += [text(name), node_bytes(node[name])]
    return b"".join(parts)


def stored_bytes(values):
    kind = kind_of(values)
    tag = {"number": 0, "boolean": 1, "string": 2}[kind]
    return bytes([tag]) + value_body(values.dtype.name if kind == "number" else "", values, kind)


def file_digest(file):
    return hashlib.sha256(text("evenscore-file 1") + node_bytes(file["/"], ("file_digest",))).hexdigest()


# Tagged JSON: docs/pipeline_format.md, "Parameters".


def hex_float(value):
    if value != value or value in (float("inf"), float("-inf")):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    mantissa, exponent = value.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}"


def decimal(value):
    shortest = repr(value)
    return shortest[:-2] if shortest.endswith(".0") else shortest


def canonical(tagged):
    """The tagged value as evenscore writes it: only an f64's decimal can have another spelling."""
    (tag, value), = tagged.items()
    if tag == "f64":
        number = float.fromhex(value[0])
        return {"f64": [hex_float(number), decimal(number)]}
    if tag in ("tuple", "list"):
        return {tag: [canonical(item) for item in value]}
    if tag == "dict":
        return {"dict": [[canonical(item) for item in pair] for pair in value]}
    return tagged


def canonical_json(params):
    ordered = {name: canonical(value) for name, value in params.items()}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def check_tagged(tagged, place, depth=0):
    if depth > DEEPEST:
        raise BadFile(f"{place}: a parameter is nested deeper than {DEEPEST}")
    if not isinstance(tagged, dict) or len(tagged) != 1:
        raise BadFile(f"{place}: a parameter is not an object with one tag")
    (tag, value), = tagged.items()
    if tag == "none":
        valid = True
    elif tag == "bool":
        valid = isinstance(value, bool)
    elif tag in ("int", "str", "class", "unread"):
        valid = isinstance(value, str)
    elif tag == "f64":
        valid = isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
    elif tag in ("tuple", "list", "dict"):
        valid = isinstance(value, list)
        for item in value if valid else []:
            if tag != "dict":
                check_tagged(item, place, depth + 1)
            elif isinstance(item, list) and len(item) == 2:
                check_tagged(item[0], place, depth + 1)
                check_tagged(item[1], place, depth + 1)
            else:
                valid = False
    else:
        raise BadFile(f"{place}: unknown tag '{tag}'")
    if not valid:
        raise BadFile(f"{place}: not a value of tag '{tag}'")


def parse_params(json_text, place):
    try:
        params = json.loads(json_text)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{place}: not JSON: {error}") from None
    if not isinstance(params, dict):
        raise BadFile(f"{place}: not a JSON object")
    for name, value in params.items():
        check_tagged(value, f"{place}, {name}")
    return params


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
    raise Unread(value)


# Reading.


def read_values(stored, place):
    """An h5py value as an array: numbers, booleans, or texts as objects."""
    values = numpy.asarray(stored)
    if values.dtype.kind == "S":
        decoded = numpy.empty(values.shape, dtype=object)
        try:
            decoded[...] = numpy.char.decode(values, "utf-8")
        except UnicodeDecodeError:
            raise BadFile(f"{place}: holds text that is not UTF-8") from None
        return decoded
    if values.dtype.kind not in "fiub":
        raise BadFile(f"{place}: holds {values.dtype}, which no pipeline file does")
    return values


def read_fitted(dataset):
    if not isinstance(dataset, h5py.Dataset):
        raise BadFile(f"{dataset.name}: is a group where a dataset is expected")
    dtype = text_attribute(dataset, "dtype")
    return dtype, read_values(dataset[()], dataset.name)


def text_attribute(node, name):
    if name not in node.attrs:
        raise BadFile(f"{node.name}: has no attribute '{name}'")
    values = read_values(node.attrs[name], f"{node.name}, attribute {name}")
    if values.dtype != object or values.size != 1:
        raise BadFile(f"{node.name}: attribute '{name}' is not one text")
    return values.flat[0]


def group_name(index, step_name):
    plain = "".join(chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_.-") else "_"
                    for byte in step_name.encode("utf-8"))
    return f"{index:03}_{plain}"[:200]


def read_step(group, index):
    step = {"name": text_attribute(group, "name"), "class": text_attribute(group, "class"),
            "sklearn_version": text_attribute(group, "sklearn_version")}
    if group.name.rsplit("/", 1)[1] != group_name(index, step["name"]):
        raise BadFile(f"{group.name}: is out of order")
    params = read_values(group["params"][()], f"{group.name}/params")
    if params.dtype != object or params.size != 1:
        raise BadFile(f"{group.name}/params: is not one text")
    step["params"] = parse_params(params.flat[0], f"{group.name}/params")
    step["fitted"] = {name: read_fitted(dataset) for name, dataset in group["fitted"].items()}
    return step


def read_content(file):
    root = file["/"]
    if "encoding-type" not in root.attrs or text_attribute(root, "encoding-type") != "evenscore-pipeline":
        raise BadFile("an HDF5 file, but not a pipeline file")
    version = text_attribute(root, "encoding-version")
    if version.split(".")[0] != "1":
        raise BadFile(f"a pipeline file of format {version}; this script reads format 1.x")
    if text_attribute(root, "file_digest") != file_digest(file):
        raise BadFile("file_digest: the content is damaged: its digest differs")
    bare = read_values(root.attrs["bare_estimator"], "bare_estimator")
    if bare.dtype.kind != "b" or bare.size != 1:
        raise BadFile("bare_estimator: is not a boolean")
    groups = [root["steps"][name] for name in sorted(root["steps"])]
    content = {
        "bare_estimator": bool(bare.flat[0]),
        "sklearn_version": text_attribute(root, "sklearn_version"),
        "params": parse_params(text_attribute(root, "params"), "params"),
        "feature_names": [],
        "steps": [read_step(group, index) for index, group in enumerate(groups)],
    }
    if "feature_names" in root:
        content["feature_names"] = list(read_values(root["feature_names"][()], "/feature_names").flat)
    if text_attribute(root, "pipeline_digest") != pipeline_digest(content):
        raise BadFile("pipeline_digest: the pipeline is damaged: its digest differs")
    if not content["steps"] or (content["bare_estimator"] and len(content["steps"]) != 1):
        raise BadFile("/steps: holds no steps, or several of a bare estimator")
    return content


# Building.


def release(version):
    try:
        major, minor = version.split(".")[:2]
        return int(major), int(minor)
    except ValueError:
        raise BadFile(f"'{version}' is no scikit-learn version") from None


def link_rule(version, params, n_classes):
    """How LogisticRegression of a release turns scores into probabilities (docs/sklearn_versions.md)."""
    if version >= (1, 8):
        one_vs_rest = n_classes == 2
    else:
        rule, solver = params.get("multi_class"), params.get("solver")
        one_vs_rest = rule in ("ovr", "warn") or (
            (rule == "auto" or (rule == "deprecated" and version >= (1, 5)))
            and (n_classes == 2 or solver == "liblinear" or (solver == "newton-cholesky" and version < (1, 6))))
    if n_classes == 2:
        return "the logistic function of the score" if one_vs_rest else "softmax of [-score, score]"
    return "one-vs-rest" if one_vs_rest else "softmax"


def build_params(tagged, accepted, place):
    """Constructor arguments for the running release; what it lacks, or the file lacks, keeps its default."""
    params = {}
    for name, value in tagged.items():
        try:
            python_value = to_python(value)
        except Unread as error:
            warnings.warn(f"{place}: {name} was {error}, which the file does not hold; its default is left")
            continue
        if name in accepted:
            params[name] = python_value
        else:
            warnings.warn(f"{place}: scikit-learn {sklearn.__version__} has no parameter {name}; "
                          f"{python_value!r} is left out")
    return params


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
    known = dtype in NUMBERS or dtype == "bool" or (dtype.startswith("<U") and dtype[2:].isdigit())
    if not known:
        raise BadFile(f"{place}: unknown dtype '{dtype}'")
    return values.astype(dtype)


def build_estimator(step, place):
    cls = CLASSES.get(step["class"])
    if cls is None:
        raise BadFile(f"{place}: {step['class']} is not supported by this script")
    accepted = cls().get_params()
    params = build_params(step["params"], accepted, place)
    if cls is LogisticRegression:
        n_classes = step["fitted"]["classes"][1].size
        saved = {name: next(iter(value.values())) for name, value in step["params"].items()}
        was = link_rule(release(step["sklearn_version"]), saved, n_classes)
        running = release(sklearn.__version__)
        if params.get("multi_class") == "deprecated" and running < (1, 5):
            params["multi_class"] = "auto"
        now = link_rule(running, {**accepted, **params}, n_classes)
        if was != now:
            raise BadFile(f"{place}: scikit-learn {step['sklearn_version']} predicts {n_classes} classes by {was}, and the "
                          f"running {sklearn.__version__} would by {now}; run this script with the release that saved it")
    estimator = cls(**params)
    for name, array in step["fitted"].items():
        setattr(estimator, name + "_", build_array(array, f"{place}.{name}_"))
    return estimator


def build(content):
    saved, running = content["sklearn_version"], sklearn.__version__
    if saved != running:
        warnings.warn(f"saved by scikit-learn {saved}, rebuilt for {running}")
        if (release(saved) >= (1, 8)) != (release(running) >= (1, 8)):
            warnings.warn("StandardScaler rounds float32 rows differently from scikit-learn 1.8 on (docs/sklearn_versions.md)")
    steps, first_fitted = [], None
    for index, step in enumerate(content["steps"]):
        if step["class"] == "passthrough":
            steps.append((step["name"], "passthrough"))
            continue
        place = step["class"] if content["bare_estimator"] else f"steps[{index}] '{step['name']}'"
        estimator = build_estimator(step, place)
        first_fitted = first_fitted or estimator
        steps.append((step["name"], estimator))
    if content["feature_names"] and first_fitted is not None:
        first_fitted.feature_names_in_ = numpy.array(content["feature_names"], dtype=object)
    if content["bare_estimator"]:
        return steps[0][1]
    accepted = Pipeline([("passthrough", "passthrough")]).get_params(deep=False)
    return Pipeline(steps, **build_params(content["params"], accepted, "Pipeline"))


def rebuild(path):
    """The scikit-learn object of the pipeline file `path`. Raises BadFile."""
    if not os.path.exists(path):
        raise BadFile("no such file")
    try:
        with h5py.File(path, "r") as file:
            content = read_content(file)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BadFile(f"cannot be read as a pipeline file: {error}") from None
    return build(content)


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
