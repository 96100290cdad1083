#!/usr/bin/env python3
"""Does scripts/rebuild_pipeline.py give back the scikit-learn object that was imported?

usage: rebuild_pipeline_test.py EVENSCORE FOLDER

FOLDER is one release's folder of tests/data/sklearn. Each of its models, those under min_max/ and steps/ too, is
imported by EVENSCORE, rebuilt, and compared with the original as joblib loads it: parameters, fitted values to the bit,
predictions to the bit on the fixture's rows; and with what the release that saved it predicted, within rounding.
Then models of another release must be refused or predict as they did there, files with one flipped value must be
refused, and the worked examples of docs/pipeline_format.md must hold.
Prints one line a case; exit status 77 when scikit-learn or h5py is not installed, or is of a release that cannot load
the models as they were saved.
"""

import glob
import hashlib
import json
import os
import pickle
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

import pipeline_file  # noqa: E402
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
        return all(same_value(x, y) for x, y in zip(a.flat, b.flat))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def without_search(model):
    """What a search object predicts with: it is rebuilt as that."""
    while hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    return model


class Difference(Exception):
    """The rebuilt object is not what was saved."""


def check(condition, message):
    if not condition:
        raise Difference(message)


def pairs(original, rebuilt, step, place=""):
    """(place, original, rebuilt, step as the file has it) of every estimator inside; 'passthrough' and None are one."""
    original = without_search(original)
    if original is None or isinstance(original, str):
        check(rebuilt in (None, "passthrough"), f"{place} came back as {rebuilt}")
        return
    check(type(original) is type(rebuilt),
          f"{place} came back as {type(rebuilt).__name__}, was {type(original).__name__}")
    if type(original).__name__ == "FrozenEstimator":
        yield from pairs(original.estimator, rebuilt.estimator, step, place)
        return
    yield place, original, rebuilt, step
    if hasattr(original, "steps"):
        check([name for name, _ in original.steps] == [name for name, _ in rebuilt.steps], f"{place} has other steps")
        for index, (name, inside) in enumerate(original.steps):
            yield from pairs(inside, rebuilt.steps[index][1], step["steps"][index], f"{place}/{name}")
    elif step["steps"]:
        fitted = original.estimator_ if hasattr(original, "estimator_") else original.estimator
        yield from pairs(fitted, rebuilt.estimator_, step["steps"][0], place + "/estimator")


def same_param(a, b, is_unread):
    if hasattr(a, "get_params") and not isinstance(a, type):  # an estimator to be fitted
        a = without_search(a)
        theirs, ours = a.get_params(deep=False), b.get_params(deep=False)
        return type(a) is type(b) and all(is_unread(theirs[key]) or same_param(theirs[key], ours.get(key), is_unread)
                                          for key in theirs)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and any(isinstance(x, tuple) for x in a):
        return all(x[0] == y[0] and same_param(x[1], y[1], is_unread) for x, y in zip(a, b))
    return same_value(a, b) or (type(a) is type(b) and a == b)


def check_params(original, rebuilt, content):
    def is_unread(value):
        return isinstance(value, (numpy.ndarray, numpy.random.RandomState))

    for place, a, b, step in pairs(original, rebuilt, content):
        theirs, ours = a.get_params(deep=False), b.get_params(deep=False)
        check(set(theirs) == set(ours), f"{place} has parameters {sorted(ours)}, had {sorted(theirs)}")
        for key in set(theirs) - {"steps"}:
            if "unread" in json.dumps(step["params"].get(key)) and not (key == "estimator" and step["steps"]):
                continue  # the file does not hold it
            if is_search(theirs[key]):
                continue
            check(same_param(theirs[key], ours[key], is_unread),
                  f"{place}.{key} is {ours[key]!r}, was {theirs[key]!r}")


def is_search(value):
    return hasattr(value, "best_estimator_") or type(value).__name__ in ("GridSearchCV", "RandomizedSearchCV")


def check_fitted(original, rebuilt, content):
    for place, a, b, step in pairs(original, rebuilt, content):
        ours = {key for key in vars(b) if key.endswith("_") and not key.startswith("_")} - {"estimator_"}
        kept = {name + "_" for name in step.get("fitted", {}) if hasattr(a, name + "_")}
        check(kept <= {key for key in kept if hasattr(b, key)}, f"{place} has {sorted(ours)}, had {sorted(kept)}")
        for key in ours | kept:
            check(hasattr(a, key), f"{place} has {key}, which it had not")
            if key in ("n_iter_", "t_") and key not in kept:
                continue  # 0.20 and 0.21 want it there, whatever it is
            if key == "indicator_" and getattr(a, key) is not None:
                check(same_value(a.indicator_.features_, b.indicator_.features_), f"{place}.indicator_ differs")
                continue
            check(same_value(getattr(a, key), getattr(b, key)), f"{place}.{key} differs")


def in_memory_order_of(model, other, content):
    """`other` with the memory order of `model`'s arrays, which the format does not keep and BLAS depends on."""
    for _, a, b, _ in pairs(model, other, content):
        for key, value in vars(a).items():
            if isinstance(value, numpy.ndarray) and value.ndim == 2 and not value.flags.c_contiguous and key in vars(b):
                buffer = numpy.lib.stride_tricks.as_strided(
                    numpy.empty(value.size, value.dtype), value.shape,
                    (value.itemsize, value.itemsize * value.shape[0]))
                buffer[...] = getattr(b, key)
                setattr(b, key, buffer)


METHODS = ("predict", "decision_function", "predict_proba", "predict_log_proba", "transform")


def outcome(model, method, rows):
    """What the method gives, or the error that it raises."""
    try:
        return getattr(model, method)(rows)
    except (AttributeError, NotImplementedError, ValueError) as error:
        return error


def check_same_outcome(place, a, b, rows, methods=METHODS):
    for method in methods:
        was, now = outcome(a, method, rows), outcome(b, method, rows)
        if isinstance(was, Exception) or isinstance(now, Exception):
            check(type(was) is type(now) and str(was) == str(now), f"{method} of {place}: {now!r}, was {was!r}")
            continue
        same = was.dtype == now.dtype and (list(was) == list(now) if was.dtype == object
                                           else was.tobytes() == now.tobytes())
        check(same, f"{method} of {place} differs")


def check_predictions(original, rebuilt, content, rows):
    for row_type, values in rows.items():
        check_same_outcome(f"{row_type} rows", without_search(original), rebuilt, values)
    random = numpy.random.RandomState(7)
    for place, a, b, step in pairs(original, rebuilt, content):
        if "n_features_in" in step.get("fitted", {}):
            # RFE can predict, too, which no pipeline asks of it, and the file does not hold what it would predict with.
            methods = ("transform",) if "feature_selection" in step["class"] else METHODS
            check_same_outcome(f"{place}, random rows", a, b, random.normal(size=(9, a.n_features_in_)), methods)


ROUNDING = {"f64": 1e-9, "f32": 1e-3}  # of the largest value; --arithmetic's exact bounds are tested elsewhere


def check_expected(rebuilt, rows, expected):
    """Against what the release that saved the model predicted, on another machine."""
    for row_type, values in rows.items():
        for name, method in (("prediction", "predict"), ("decision", "decision_function"), ("proba", "predict_proba")):
            if name in expected[row_type]:
                was, now = expected[row_type][name][()], getattr(rebuilt, method)(values)
                scale = numpy.abs(was[numpy.isfinite(was)]).max()
                check(numpy.allclose(was, now, 0, ROUNDING[row_type] * scale, equal_nan=True),
                      f"{method} of {row_type} rows is far from what {name} was")


def import_model(evenscore, model, pipeline):
    result = subprocess.run([evenscore, "import", model, "-o", pipeline, "--quiet"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, universal_newlines=True)
    return result.stderr.strip() if result.returncode != 0 else None


def load(model):
    """The original; None where the running release cannot load it. 0.20 has a joblib of its own, which is tried too."""
    loaders = [joblib.load]
    if sklearn.__version__.startswith("0.20."):
        from sklearn.externals import joblib as own_joblib
        loaders.append(own_joblib.load)
    for loader in loaders:
        try:
            original = loader(model)
            original.get_params()
            return original
        except (AttributeError, ImportError, KeyError, ModuleNotFoundError, TypeError, ValueError, pickle.UnpicklingError):
            continue
    return None


def check_model(evenscore, model, rows, expected, folder):
    pipeline = os.path.join(folder, "pipeline.h5")
    if os.path.exists(pipeline):
        os.remove(pipeline)
    problem = import_model(evenscore, model, pipeline)
    if problem:
        return problem
    content = pipeline_file.read(pipeline)
    if content["bare_estimator"]:
        content = content["steps"][0]
    original, rebuilt = load(model), rebuild_pipeline.rebuild(pipeline)
    try:
        check_expected(rebuilt, rows, expected)
        if original is None:
            running, saved_by = (rebuild_pipeline.release(v) for v in (sklearn.__version__, content["sklearn_version"]))
            same_release = running == saved_by
            return "its own release does not load it" if same_release else None
        check_params(original, rebuilt, content)
        check_fitted(original, rebuilt, content)
        in_memory_order_of(original, rebuilt, content)
        check_predictions(original, rebuilt, content, rows)
        saved = os.path.join(folder, "rebuilt.joblib")
        joblib.dump(rebuilt, saved)
        check_params(original, joblib.load(saved), content)
        check_fitted(original, joblib.load(saved), content)
    except Difference as difference:
        return str(difference)
    return None


OTHER_RELEASE = "1.8.0"  # has many models with another rule than those before
REFUSED = ("lda_transforms", "rfe_predicts")  # by evenscore: it supports these classes in their other role


def models(folder, expected):
    """(file name, case's name in expected.h5) of every model in a folder that makes predictions by itself."""
    cases = sorted(expected, key=len, reverse=True)
    for name in sorted(os.listdir(folder)):
        if name.endswith((".joblib", ".pkl")) and not name.startswith(REFUSED):
            stem = name.rsplit(".", 1)[0]
            case = next((c for c in cases if stem == c or re.fullmatch(c + "_(p[0-9]|zlib|gzip)", stem)), None)
            if case is not None:
                yield name, case


def run_script(pipeline, out):
    result = subprocess.run([sys.executable, SCRIPT, pipeline, "-o", out], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, universal_newlines=True)
    return result.returncode, result.stderr


def set_text_attribute(node, name, value):
    encoded = value.encode("utf-8")
    node.attrs.create(name, numpy.bytes_(encoded), dtype=h5py.string_dtype("utf-8", len(encoded)))


def flip(pipeline, place, attribute=None):
    """Flips one bit of a dataset's first byte, or the last digit of a text attribute."""
    with h5py.File(pipeline, "r+") as file:
        if attribute is not None:
            value = pipeline_file.text_attribute(file[place], attribute)
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
        set_text_attribute(file["/"], "file_digest", pipeline_file.file_digest(file))


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
    except pipeline_file.BadFile as error:
        return None if "another rule" in str(error) and "2 classes by softmax" in str(error) else str(error)
    finally:
        sklearn.__version__ = version


def check_other_release(evenscore, folder, data):
    """What another release saved is refused, or predicts as it did there."""
    pipeline, same, refused = os.path.join(folder, "other_release.h5"), 0, 0
    with h5py.File(os.path.join(data, "expected.h5"), "r") as expected:
        for name, case in models(data, expected):
            if os.path.exists(pipeline):
                os.remove(pipeline)
            problem = import_model(evenscore, os.path.join(data, name), pipeline)
            if problem:
                return problem
            rows = {row_type: expected[case][row_type]["X"][()] for row_type in ("f64", "f32")}
            try:
                check_expected(rebuild_pipeline.rebuild(pipeline), rows, expected[case])
                same += 1
            except pipeline_file.BadFile:
                refused += 1
            except Difference as difference:
                return f"{name}: {difference}"
    return None if same > refused > 0 else f"{same} rebuilt, {refused} refused"


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
    samples = glob.glob(os.path.join(data, "binary.joblib")) + glob.glob(os.path.join(data, "steps", "standard.*"))
    if all(load(sample) is None for sample in samples):
        return f"scikit-learn {running} does not load models of {saved}"
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
        for group in ("", "min_max", "steps"):
            if not os.path.exists(os.path.join(data, group, "expected.h5")):
                continue
            with h5py.File(os.path.join(data, group, "expected.h5"), "r") as expected:
                for name, case in models(os.path.join(data, group), expected):
                    rows = {row_type: expected[case][row_type]["X"][()] for row_type in ("f64", "f32")}
                    try:
                        problem = check_model(evenscore, os.path.join(data, group, name), rows, expected[case], folder)
                    except pipeline_file.BadFile as error:
                        problem = str(error)
                    record(os.path.join(group, name), problem)
        if os.path.exists(os.path.join(data, "multinomial3.joblib")):
            record("damaged files are refused", check_refused(evenscore, folder, data))
            record("another meaning is refused", check_other_meaning(evenscore, folder, data))
        other = os.path.join(os.path.dirname(data), OTHER_RELEASE, "steps")
        if rebuild_pipeline.release(sklearn.__version__) != rebuild_pipeline.release(OTHER_RELEASE):
            record(f"models of {OTHER_RELEASE}", check_other_release(evenscore, folder, other))
        record("bad inputs are refused", check_bad_inputs(folder))
        record("documented examples", check_documented_examples(evenscore, folder, data))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
