#!/usr/bin/env python3
"""Record what a fitted scikit-learn model predicts, beside joblib.dump, for evenscore to compare with.

    python3 record_predictions.py model.joblib rows.npy -o predictions.h5
    python3 record_predictions.py model.joblib rows.h5:/validation/X -o predictions.h5 --sample 1000

or, where the model is trained:

    from record_predictions import record_predictions
    joblib.dump(model, "model.joblib")
    record_predictions(model, X_validation, "predictions.h5")

Rows come from a .npy, a .npz (its only array, its array X, or rows.npz:NAME), an HDF5 file (its dataset /X or
rows.h5:/DATASET) or a .csv with a header line and numbers. Column names, where the rows have them, are given to the model.
Needs scikit-learn and h5py. Loading a model file runs code that it contains: only load files you trust.

The file holds /X with its attribute feature_names, /classes, and what the model has of /label, /proba, /log_proba,
/decision and, for a regressor, /prediction; row i of each belongs to row i of /X.
"""

import argparse
import csv
import hashlib
import os
import platform
import sys

import h5py
import numpy as np
import sklearn

OUTPUTS = {
    "label": "predict",
    "prediction": "predict",
    "proba": "predict_proba",
    "log_proba": "predict_log_proba",
    "decision": "decision_function",
}


def record_predictions(model, X, path, *, sample=None, seed=0, rows=True, outputs=None, overwrite=False, feature_names=None,
                       **attributes):
    """Write the model's predictions for X to the HDF5 file `path`.

    model          a fitted estimator or Pipeline.
    X              the rows as the model takes them: a numeric array (rows, features) or DataFrame.
    sample         take this many rows of X, at random but the same for the same seed, in their order.
    rows           False leaves /X out; not with sample.
    outputs        which of OUTPUTS to write; by default all that the model has.
    overwrite      replace an existing file; without it that is a FileExistsError.
    feature_names  names of X's columns to record with /X; by default those of a DataFrame.
    attributes     further attributes of the file, such as source_name.

    Raises ValueError or TypeError for rows or labels that the file cannot hold. A failure leaves no file behind.
    """
    if os.path.exists(path) and not overwrite:
        raise FileExistsError("%s exists; pass overwrite to replace it" % path)
    if sample is not None and not rows:
        raise ValueError("a sample is of use only with its rows: rows must be True")
    names = feature_names
    if names is None and hasattr(X, "columns"):
        names = [str(c) for c in X.columns]
    if sample is not None and sample < len(X):
        chosen = np.sort(np.random.default_rng(seed).choice(len(X), size=sample, replace=False))
        X = X.iloc[chosen] if hasattr(X, "iloc") else np.asarray(X)[chosen]
    stored = _numeric(X)
    predicted = _predict(model, X, outputs)

    # HDF5's oldest layout, which everything reads, has no room for the attribute once there are thousands of names.
    libver = "earliest" if names is None or len(names) < 4000 else "v108"
    partial = "%s.partial-%d" % (path, os.getpid())
    try:
        with h5py.File(partial, "w", libver=libver) as f:
            f.attrs["encoding-type"] = "evenscore-predictions"
            f.attrs["encoding-version"] = "1.0.0"
            f.attrs["written_by"] = "scikit-learn " + sklearn.__version__
            f.attrs["sklearn_version"] = sklearn.__version__
            f.attrs["numpy_version"] = np.__version__
            f.attrs["python_version"] = platform.python_version()
            f.attrs["rows"] = len(stored)
            for key, value in attributes.items():
                f.attrs[key] = value
            if rows:
                _write(f, "X", stored)
                if names is not None:
                    f["X"].attrs["feature_names"] = np.array(names, dtype=h5py.string_dtype())
            for name, values in predicted.items():
                _write(f, name, values)
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def _numeric(X):
    """The rows as a two-dimensional array of numbers; booleans become 0 and 1."""
    if hasattr(X, "columns"):
        X = X.astype({c: np.uint8 for c, dtype in X.dtypes.items() if dtype == bool})
        bad = [str(c) for c, dtype in X.dtypes.items() if getattr(dtype, "kind", "O") not in "iuf"]
        if bad:
            raise TypeError("columns that are not numbers: %s" % ", ".join(bad))
        X = X.to_numpy()
    if hasattr(X, "toarray"):
        raise TypeError("sparse rows cannot be recorded; pass X.toarray()")
    X = np.asarray(X)
    if X.dtype == bool:
        X = X.astype(np.uint8)
    if X.dtype.kind not in "iuf" or X.dtype.itemsize > 8:
        raise TypeError("rows of type %s cannot be recorded; numbers of at most 64 bits can" % X.dtype)
    if X.ndim != 2:
        raise ValueError("rows must have two dimensions (rows, features), not shape %s" % (X.shape,))
    return X


def _predict(model, X, outputs):
    """Name and values of each output the model has, and of its classes."""
    classes = getattr(model, "classes_", None)
    if outputs is None:
        absent = "prediction" if classes is not None else "label"
        outputs = [name for name, method in OUTPUTS.items() if name != absent and hasattr(model, method)]
    predicted = {}
    for name in outputs:
        if not hasattr(model, OUTPUTS[name]):
            raise ValueError("the model has no %s, so no %s" % (OUTPUTS[name], name))
        with np.errstate(divide="ignore"):  # log_proba of a probability 0
            values = getattr(model, OUTPUTS[name])(X)
        if isinstance(values, list):
            raise ValueError("models with several outputs cannot be recorded")
        predicted[name] = _storable(values, name)
    if not predicted:
        raise ValueError("%s predicts nothing" % type(model).__name__)
    if classes is not None:
        predicted["classes"] = _storable(classes, "classes")
    return predicted


def _storable(values, name):
    """Strings as fixed-length UTF-8; numbers and booleans as they are."""
    values = np.asarray(values)
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind == "U" or all(isinstance(v, str) for v in values.ravel()):
        encoded = [str(v).encode() for v in values.ravel()]
        length = max([1] + [len(e) for e in encoded])
        return np.array(encoded, dtype=h5py.string_dtype("utf-8", length)).reshape(values.shape)
    raise TypeError("%s of type %s cannot be recorded; strings, booleans and numbers can" % (name, values.dtype))


def _write(f, name, values):
    """One dataset, compressed in blocks of whole rows of about 1 MiB."""
    if values.size == 0:
        f.create_dataset(name, data=values, track_times=False)
        return
    row_bytes = values.dtype.itemsize * int(np.prod(values.shape[1:]))
    block = (max(1, min(len(values), 2**20 // row_bytes)),) + values.shape[1:]
    stored = dict(chunks=block, compression="gzip", shuffle=True, track_times=False)
    f.create_dataset(name, data=values, dtype=values.dtype, **stored)


# ---------------------------------------------------------------------------------------------------------------------
# Command line
# ---------------------------------------------------------------------------------------------------------------------


class RequestError(Exception):
    """What the user asked for cannot be done; the message says what and why."""


def split_name(text):
    """File and inner name of FILE or FILE:NAME."""
    if not os.path.exists(text) and ":" in text:
        path, inner = text.rsplit(":", 1)
        return path, inner
    return text, None


def read_rows(text):
    """Array, column names or None, and the dataset's name or "", of the rows named on the command line."""
    path, inner = split_name(text)
    if not os.path.exists(path):
        raise RequestError("%s: no such file" % path)
    kind = os.path.splitext(path)[1].lower()
    if kind == ".npy":
        return np.load(path, allow_pickle=False), None, ""
    if kind == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            name = inner or ("X" if "X" in arrays.files else arrays.files[0] if len(arrays.files) == 1 else None)
            if name not in arrays.files:
                raise RequestError("%s holds %s; choose with %s:NAME" % (path, ", ".join(arrays.files) or "nothing", path))
            return arrays[name], None, name
    if kind in (".h5", ".hdf5"):
        with h5py.File(path, "r") as f:
            name = inner or "/X"
            if not isinstance(f.get(name), h5py.Dataset):
                found = []
                f.visititems(lambda n, o: found.append("/" + n) if isinstance(o, h5py.Dataset) and o.ndim == 2 else None)
                candidates = ", ".join(found[:12]) or "none to choose"
                raise RequestError("%s has no dataset %s; it has %s" % (path, name, candidates))
            names = f[name].attrs.get("feature_names")
            if names is not None:
                names = [n.decode() if isinstance(n, bytes) else str(n) for n in names]
            return f[name][()], names, name
    if kind == ".csv":
        return read_csv(path) + ("",)
    raise RequestError("%s: rows are read from .npy, .npz, .h5 and .csv" % path)


def read_csv(path):
    """Numbers and header of a CSV file; an empty field is NaN."""
    with open(path, newline="", encoding="utf-8-sig") as f:
        reader = csv.reader(f)
        names = next(reader, None)
        if not names:
            raise RequestError("%s: no header line" % path)
        values = []
        for line in reader:
            if not line:
                continue
            if len(line) != len(names):
                counts = "%d fields, the header has %d" % (len(line), len(names))
                raise RequestError("%s line %d: %s" % (path, reader.line_num, counts))
            try:
                values.append([float(v) if v.strip() else np.nan for v in line])
            except ValueError as error:
                raise RequestError("%s line %d: %s" % (path, reader.line_num, error)) from None
    return np.array(values, dtype=np.float64).reshape(len(values), len(names)), names


def with_names(X, names, model):
    """X as a DataFrame with these column names where the model was fitted with names."""
    if names is None or not hasattr(model, "feature_names_in_"):
        return X
    try:
        import pandas
    except ImportError:
        raise RequestError("the model was fitted with column names; install pandas to give it named rows") from None
    return pandas.DataFrame(X, columns=names)


def load_model(path):
    """The object saved in a .joblib or .pkl file, and the SHA-256 of the file."""
    import joblib

    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    try:
        return joblib.load(path), digest
    except Exception as error:
        reason = "%s: %s" % (type(error).__name__, error)
        raise RequestError("%s cannot be loaded with scikit-learn %s: %s" % (path, sklearn.__version__, reason)) from None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="saved model (.joblib, .pkl)")
    parser.add_argument("rows", help="rows to predict: .npy, .npz, .h5[:/dataset] or .csv")
    parser.add_argument("-o", "--output", required=True, metavar="FILE.h5", help="file to write")
    parser.add_argument("--sample", type=int, metavar="N", help="record N rows chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="seed of that choice (default 0)")
    parser.add_argument("--no-rows", action="store_true", help="leave out /X, where the rows are kept elsewhere anyway")
    parser.add_argument("--outputs", metavar="LIST",
                        help="only these, of %s (default: all the model has)" % ",".join(OUTPUTS))
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output file")
    options = parser.parse_args()
    try:
        if os.path.exists(options.output) and not options.overwrite:
            raise RequestError("%s exists; --overwrite replaces it" % options.output)
        if options.sample is not None and options.sample < 1:
            raise RequestError("--sample must be at least 1")
        outputs = options.outputs.split(",") if options.outputs else None
        unknown = [name for name in outputs or [] if name not in OUTPUTS]
        if unknown:
            raise RequestError("--outputs: %s is none of %s" % (unknown[0], ", ".join(OUTPUTS)))
        model, digest = load_model(options.model)
        X, names, dataset = read_rows(options.rows)
        record_predictions(
            model, with_names(X, names, model), options.output, sample=options.sample, seed=options.seed,
            rows=not options.no_rows, outputs=outputs, overwrite=options.overwrite, feature_names=names,
            source_name=os.path.basename(split_name(options.rows)[0]), source_dataset=dataset,
            model_name=os.path.basename(options.model), model_sha256=digest,
        )
    except (RequestError, OSError, ValueError, TypeError, AttributeError) as error:
        print("record_predictions.py: %s" % error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
