#!/usr/bin/env python3
"""Does scripts/rebuild_pipeline.py give back the scikit-learn object that was imported?

usage: rebuild_pipeline_test.py EVENSCORE FOLDER

FOLDER is one release's folder of tests/data/sklearn. Each of its models, those under min_max/ too, is imported by EVENSCORE, rebuilt, and compared
with the original as joblib loads it: parameters, fitted values to the bit, predictions to the bit on the folder's rows.
Then files with one flipped value must be refused, and the worked examples of docs/pipeline_format.md must hold.
Prints one line a case; exit status 77 when scikit-learn or h5py is not installed, or is of a release that cannot load
the models as they were saved.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import warnings

try:
    import h5py
    import joblib
    import numpy
    import sklearn
except ImportError as error:
    print(f"skipped: {error}; install python3-sklearn and python3-h5py")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCRIPT = os.path.join(ROOT, "scripts", "rebuild_pipeline.py")
sys.path.insert(0, os.path.dirname(SCRIPT))
sys.dont_write_bytecode = True

import rebuild_pipeline  # noqa: E402

warnings.simplefilter("ignore")


def plain(value):
    """A NumPy scalar as the Python scalar that the format keeps."""
    return value.item() if isinstance(value, numpy.generic) else value


def same_value(a, b):
    a, b = plain(a), plain(b)
    if isinstance(a, numpy.ndarray):
        if not isinstance(b, numpy.ndarray) or a.dtype != b.dtype or a.shape != b.shape:
            return False
        if a.dtype != object:
            return a.tobytes() == b.tobytes()
        return [(type(x), x) for x in map(plain, a.flat)] == [(type(x), x) for x in map(plain, b.flat)]
    return type(a) is type(b) and (a == b or (a != a and b != b))


def estimators(model):
    """(name, estimator) of every step; 'passthrough' and None are one thing in a pipeline file."""
    if not hasattr(model, "steps"):
        return [("", model)]
    return [(name, "passthrough" if step is None else step) for name, step in model.steps]


def check_params(original, rebuilt):
    for (name, a), (other, b) in zip(estimators(original), estimators(rebuilt)):
        if name != other or type(a) is not type(b):
            return f"step '{name}' came back as '{other}', {type(b).__name__}"
        if isinstance(a, str):
            continue
        theirs, ours = a.get_params(), b.get_params()
        for key, value in theirs.items():
            if isinstance(value, numpy.random.RandomState):
                continue  # no prediction needs it: stored as unread
            if key not in ours or not (same_value(value, ours[key]) or value == ours[key]):
                return f"{name}.{key} is {ours.get(key)!r}, was {value!r}"
    if len(estimators(original)) != len(estimators(rebuilt)):
        return "another number of steps"
    if hasattr(original, "steps"):
        a, b = original.get_params(deep=False), rebuilt.get_params(deep=False)
        for key in set(a) - {"steps"}:
            if a[key] != b.get(key):
                return f"Pipeline.{key} is {b.get(key)!r}, was {a[key]!r}"
    return None


def check_fitted(original, rebuilt):
    for (name, a), (_, b) in zip(estimators(original), estimators(rebuilt)):
        if isinstance(a, str):
            continue
        theirs = {key: value for key, value in vars(a).items() if key.endswith("_") and not key.startswith("_")}
        ours = {key: value for key, value in vars(b).items() if key.endswith("_") and not key.startswith("_")}
        if set(theirs) != set(ours):
            return f"{name} has attributes {sorted(ours)}, had {sorted(theirs)}"
        for key in theirs:
            if not same_value(theirs[key], ours[key]):
                return f"{name}.{key} differs"
    return None


def in_memory_order_of(model, other):
    """`other` with the memory order of `model`'s arrays, which the format does not keep and BLAS depends on."""
    for (_, a), (_, b) in zip(estimators(model), estimators(other)):
        for key, value in ({} if isinstance(a, str) else vars(a)).items():
            if isinstance(value, numpy.ndarray) and value.ndim == 2 and not value.flags.c_contiguous:
                buffer = numpy.lib.stride_tricks.as_strided(
                    numpy.empty(value.size, value.dtype), value.shape,
                    (value.itemsize, value.itemsize * value.shape[0]))
                buffer[...] = getattr(b, key)
                setattr(b, key, buffer)


def check_predictions(original, rebuilt, rows):
    for row_type, values in rows.items():
        for method in ("predict", "decision_function", "predict_proba", "predict_log_proba"):
            a, b = getattr(original, method)(values), getattr(rebuilt, method)(values)
            same = a.dtype == b.dtype and (list(a) == list(b) if a.dtype == object else a.tobytes() == b.tobytes())
            if not same:
                differing = int((a != b).reshape(len(a), -1).any(axis=1).sum())
                return f"{method} of {row_type} rows differs in {differing} of {len(a)} rows"
    return None


def import_model(evenscore, model, pipeline):
    result = subprocess.run([evenscore, "import", model, "-o", pipeline, "--quiet"], capture_output=True, text=True)
    return result.stderr.strip() if result.returncode != 0 else None


def check_model(evenscore, model, rows, folder):
    pipeline = os.path.join(folder, os.path.basename(model) + ".h5")
    problem = import_model(evenscore, model, pipeline)
    if problem:
        return problem
    original, rebuilt = joblib.load(model), rebuild_pipeline.rebuild(pipeline)
    problem = check_params(original, rebuilt) or check_fitted(original, rebuilt)
    if problem:
        return problem
    in_memory_order_of(original, rebuilt)
    problem = check_predictions(original, rebuilt, rows)
    if problem:
        return problem
    saved = os.path.join(folder, "rebuilt.joblib")
    joblib.dump(rebuilt, saved)
    return check_params(original, joblib.load(saved)) or check_fitted(original, joblib.load(saved))


def models(folder):
    """(file name, rows by type) of every model of one release that makes predictions by itself."""
    found = []
    if os.path.isdir(os.path.join(folder, "min_max")):
        found = [(os.path.join("min_max", name), rows) for name, rows in models(os.path.join(folder, "min_max"))]
    with h5py.File(os.path.join(folder, "expected.h5"), "r") as expected:
        cases = sorted(expected, key=len, reverse=True)
        for name in sorted(os.listdir(folder)):
            if not name.endswith((".joblib", ".pkl")):
                continue
            stem = name.rsplit(".", 1)[0]
            case = next((case for case in cases if stem == case or re.fullmatch(case + "_(p[0-9]|zlib)", stem)), None)
            if case is not None:
                found.append((name, {kind: expected[case][kind]["X"][()] for kind in ("f64", "f32")}))
    return found


def run_script(pipeline, out):
    result = subprocess.run([sys.executable, SCRIPT, pipeline, "-o", out], capture_output=True, text=True)
    return result.returncode, result.stderr


def set_text_attribute(node, name, value):
    encoded = value.encode("utf-8")
    node.attrs.create(name, numpy.bytes_(encoded), dtype=h5py.string_dtype("utf-8", len(encoded)))


def flip(pipeline, place, attribute=None):
    """Flips one bit of a dataset's first byte, or the last digit of a text attribute."""
    with h5py.File(pipeline, "r+") as file:
        if attribute is not None:
            value = rebuild_pipeline.text_attribute(file[place], attribute)
            set_text_attribute(file[place], attribute, value[:-1] + ("1" if value[-1] != "1" else "2"))
            return
        offset = file[place].id.get_offset()
    with open(pipeline, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def repair_file_digest(pipeline):
    """Leaves the pipeline's own digest as the only thing that can notice the flip."""
    with h5py.File(pipeline, "r+") as file:
        set_text_attribute(file["/"], "file_digest", rebuild_pipeline.file_digest(file))


def check_refused(evenscore, folder, data):
    source = os.path.join(data, "multinomial3.joblib")
    places = [("/steps/000_scaler/fitted/mean", None), ("/steps/001_classifier/fitted/coef", None),
              ("/steps/001_classifier/fitted/classes", None), ("/steps/001_classifier/params", None),
              ("/steps/000_scaler", "sklearn_version"), ("/probe/f64/exact/proba_f64", None)]
    for place, attribute in places:
        for repaired in (False, True):
            if repaired and place.startswith("/probe"):
                continue
            pipeline, out = os.path.join(folder, "flipped.h5"), os.path.join(folder, "flipped.joblib")
            if os.path.exists(pipeline):
                os.remove(pipeline)
            problem = import_model(evenscore, source, pipeline)
            if problem:
                return problem
            flip(pipeline, place, attribute)
            if repaired:
                repair_file_digest(pipeline)
            status, message = run_script(pipeline, out)
            # Flipped params are no JSON, which is noticed before the pipeline's digest is compared.
            noticed = ("pipeline_digest: " in message or "params" in place) if repaired else "file_digest: " in message
            if status != 2 or "Traceback" in message or not noticed:
                return f"{place} flipped, {'file_digest repaired' if repaired else 'digests kept'}: {status}, {message}"
            if os.path.exists(out):
                return f"{place} flipped: a model was written"
    return None


def check_bad_inputs(folder):
    text_file, other = os.path.join(folder, "text.h5"), os.path.join(folder, "other.h5")
    with open(text_file, "w") as file:
        file.write("no HDF5\n")
    with h5py.File(other, "w") as file:
        file["X"] = numpy.zeros((2, 2))
    for path in (text_file, other, os.path.join(folder, "absent.h5"), folder):
        status, message = run_script(path, os.path.join(folder, "out.joblib"))
        if status != 2 or "Traceback" in message or path not in message:
            return f"{path}: {status}, {message}"
    return None


def check_other_meaning(evenscore, folder, data):
    """Two classes, multinomial, saved before 1.8: only a release that has the parameter may rebuild it."""
    source, pipeline = os.path.join(data, "multinomial_binary.joblib"), os.path.join(folder, "meaning.h5")
    if not os.path.exists(source):
        return None  # 1.8 and later: no such model can be fitted
    problem = import_model(evenscore, source, pipeline)
    if problem:
        return problem
    version = sklearn.__version__
    try:
        sklearn.__version__ = "1.8.0"
        rebuild_pipeline.rebuild(pipeline)
        return "rebuilt for 1.8.0, which would predict by another rule"
    except rebuild_pipeline.BadFile as error:
        return None if "predicts 2 classes by softmax" in str(error) else str(error)
    finally:
        sklearn.__version__ = version


def check_documented_examples(_evenscore, _folder, _data):
    """The byte listings of docs/pipeline_format.md have the digests that it gives for them."""
    with open(os.path.join(ROOT, "docs", "pipeline_format.md"), encoding="utf-8") as page:
        blocks = re.findall(r"```bytes\n(.*?)```\s+SHA-256: `([0-9a-f]{64})`", page.read(), re.DOTALL)
    for block, digest in blocks:
        listed = bytes.fromhex("".join(line.split(";")[0] for line in block.splitlines()))
        if hashlib.sha256(listed).hexdigest() != digest:
            return f"the example with digest {digest} has another one"
    return None if len(blocks) == 2 else f"{len(blocks)} examples found, 2 expected"


def cannot_load(data):
    """Why the running release does not see this folder's models as they were saved, or None."""
    saved, running = os.path.basename(data), sklearn.__version__
    try:
        joblib.load(os.path.join(data, "binary.joblib")).get_params()
    except (ImportError, AttributeError) as error:
        return f"scikit-learn {running} does not load models of {saved}: {error}"
    if (rebuild_pipeline.release(saved) >= (1, 8)) != (rebuild_pipeline.release(running) >= (1, 8)):
        return f"scikit-learn {running} predicts by other rules than {saved}"
    return None


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    evenscore, data = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    reason = cannot_load(data)
    if reason:
        print(f"skipped: {reason}; give the folder of another release")
        return 77
    passed = failed = 0

    def record(name, problem):
        nonlocal passed, failed
        print(f"{name:<36} {'ok' if problem is None else 'FAILED: ' + problem}", flush=True)
        passed, failed = passed + (problem is None), failed + (problem is not None)

    print(f"scikit-learn {sklearn.__version__}, h5py {h5py.__version__}, models of {os.path.basename(data)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in models(data):
            try:
                problem = check_model(evenscore, os.path.join(data, name), rows, folder)
            except rebuild_pipeline.BadFile as error:
                problem = str(error)
            record(name, problem)
        record("damaged files are refused", check_refused(evenscore, folder, data))
        record("bad inputs are refused", check_bad_inputs(folder))
        record("another meaning is refused", check_other_meaning(evenscore, folder, data))
        record("documented examples", check_documented_examples(evenscore, folder, data))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
