"""Reads and checks a pipeline file (docs/pipeline_format.md, format 1) apart from evenscore: digests from that page.

`read(path)` gives its content as plain Python values and arrays; BadFile when the file is damaged or no pipeline file.
"""

import hashlib
import json
import os
import struct

import h5py
import numpy

NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float16", "float32", "float64"}
DEEPEST = 32


class BadFile(Exception):
    """The file cannot be used: damaged, no pipeline file, or not for the running scikit-learn."""


# Digests: docs/pipeline_format.md, "Digests". Python orders texts by code point: the byte order of their UTF-8.


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


def step_bytes(step):
    parts = [text(step["name"]), text(step["class"]), text(step["sklearn_version"]),
             text(canonical_json(step["params"])), count(len(step["fitted"]))]
    for name in sorted(step["fitted"]):
        parts += [text(name), fitted_bytes(step["fitted"][name])]
    parts += [texts(step["wrappers"]), count(len(step["steps"]))]
    return b"".join(parts + [step_bytes(nested) for nested in step["steps"]])


def pipeline_digest(content):
    parts = [text("evenscore-pipeline 1"), bytes([content["bare_estimator"]]), text(content["sklearn_version"]),
             text(canonical_json(content["params"])), texts(content["feature_names"]), texts(content["wrappers"]),
             count(len(content["steps"]))]
    return hashlib.sha256(b"".join(parts + [step_bytes(step) for step in content["steps"]])).hexdigest()


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
    plain = "".join(chr(byte) if byte < 128 and (chr(byte).isalnum() or chr(byte) in "_.-") else "_"
                    for byte in step_name.encode("utf-8"))
    return f"{index:03}_{plain}"[:200]


def read_texts(group, name):
    """The texts of a dataset; none when it is absent."""
    if name not in group:
        return []
    values = read_values(group[name][()], f"{group.name}/{name}")
    if values.dtype != object:
        raise BadFile(f"{group.name}/{name}: is not an array of texts")
    return list(values.flat)


def read_step(group, index, depth):
    step = {"name": text_attribute(group, "name"), "class": text_attribute(group, "class"),
            "sklearn_version": text_attribute(group, "sklearn_version")}
    if group.name.rsplit("/", 1)[1] != group_name(index, step["name"]):
        raise BadFile(f"{group.name}: is out of order")
    params = read_values(group["params"][()], f"{group.name}/params")
    if params.dtype != object or params.size != 1:
        raise BadFile(f"{group.name}/params: is not one text")
    step["params"] = parse_params(params.flat[0], f"{group.name}/params")
    step["fitted"] = {name: read_fitted(dataset) for name, dataset in group["fitted"].items()}
    step["wrappers"] = read_texts(group, "wrappers")
    step["steps"] = read_steps(group["steps"], depth + 1) if "steps" in group else []
    return step


def read_steps(group, depth):
    if depth > DEEPEST:
        raise BadFile(f"{group.name}: steps are nested deeper than {DEEPEST}")
    return [read_step(group[name], index, depth) for index, name in enumerate(sorted(group))]


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
    content = {
        "bare_estimator": bool(bare.flat[0]),
        "sklearn_version": text_attribute(root, "sklearn_version"),
        "params": parse_params(text_attribute(root, "params"), "params"),
        "feature_names": read_texts(root, "feature_names"),
        "wrappers": read_texts(root, "wrappers"),
        "steps": read_steps(root["steps"], 0),
    }
    if text_attribute(root, "pipeline_digest") != pipeline_digest(content):
        raise BadFile("pipeline_digest: the pipeline is damaged: its digest differs")
    if not content["steps"] or (content["bare_estimator"] and len(content["steps"]) != 1):
        raise BadFile("/steps: holds no steps, or several of a bare estimator")
    return content


def read(path):
    """The content of the pipeline file `path`: bare_estimator, sklearn_version, params, feature_names, wrappers, and
    steps, each with name, class, sklearn_version, params (tagged), fitted (dtype and values by name), wrappers, steps.
    Raises BadFile."""
    if not os.path.exists(path):
        raise BadFile("no such file")
    try:
        with h5py.File(path, "r") as file:
            return read_content(file)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BadFile(f"cannot be read as a pipeline file: {error}") from None
