#!/usr/bin/env python3
"""What scikit-learn makes of a saved pipeline with one byte changed, for every byte: tests/data/flips.

usage: record_byte_flips.py [MODEL ...]

Run it from the repository root with scikit-learn 1.5.2, which saved the models (an environment of scripts/make_fixtures.py):
    build/fixture-envs/1.5.2/bin/python scripts/record_byte_flips.py
Each byte of each model is xored with 0x01 and with 0xff, one at a time; a child process, limited in memory, time and
files, loads the file with joblib and predicts three rows. tests/byte_flips_test.cpp does the same flips through evenscore
and compares. MODEL.json has:

    model     the file, under tests/data/sklearn
    rows      the rows, as C99 hexadecimal floats, and what the unchanged model gives: labels, proba
    outcomes  one letter for each byte and, after another, for each of the flips: L loading failed, P predicting failed,
              "." everything is as unchanged, ? something else, which "others" has under "BYTE^FLIP": labels and proba
"""

import json
import math
import os
import pathlib
import resource
import signal
import sys
import tempfile
import warnings

import joblib
import numpy as np

DATA = pathlib.Path("tests/data")
MODELS = ("1.5.2/binary_p2.pkl", "1.5.2/binary.joblib", "1.5.2/binary_zlib.joblib")
FLIPS = (0x01, 0xFF)
ROWS = [[0.5, -1.25, 2.0, 0.125, -0.75], [-1.5, 0.25, 0.5, 1.75, 2.5], [3.0, 1.0, -2.0, -0.5, 0.0]]
SECONDS = 20


def predict(model):
    # Rows of their own for each call: a scaler with copy=False changes them.
    labels, proba = model.predict(np.array(ROWS)), model.predict_proba(np.array(ROWS))
    if proba.shape != (len(ROWS), 2) or proba.dtype.kind != "f":
        raise ValueError("no probabilities of two classes")
    return {"labels": [str(label) for label in labels], "proba": [float(p).hex() for p in proba.ravel()]}


def attempt(data, path):
    """The letter L or P, or what the model predicts."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        answer = "L"
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            os.dup2(0, 2)
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(data), len(data)))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.alarm(SECONDS)
            with open(path, "wb") as file:
                file.write(data)
            model = joblib.load(path)
            answer = "P"
            answer = json.dumps(predict(model))
        except BaseException:
            pass
        finally:
            os.write(write_end, answer.encode())
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer if answer in ("L", "P", "") else json.loads(answer)


def equal(one, other):
    same = [a == b or (math.isnan(a) and math.isnan(b))
            for a, b in zip(map(float.fromhex, one["proba"]), map(float.fromhex, other["proba"]))]
    return one["labels"] == other["labels"] and all(same)


def record(name):
    whole = (DATA / "sklearn" / name).read_bytes()
    outcomes, others = [], {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        os.chdir(folder)
        unchanged = attempt(whole, path)
        for flip in FLIPS:
            letters = ""
            for at in range(len(whole)):
                changed = bytearray(whole)
                changed[at] ^= flip
                result = attempt(bytes(changed), path)
                if isinstance(result, str):
                    letters += result or "L"
                elif equal(result, unchanged):
                    letters += "."
                else:
                    letters += "?"
                    others[f"{at}^{flip}"] = result
            outcomes.append({"flip": flip, "letters": letters})
        os.chdir(ROOT)
    rows = [value.hex() for row in ROWS for value in row]
    lines = [f'"model": {json.dumps(name)}', f'"rows": {json.dumps(rows)}', f'"unchanged": {json.dumps(unchanged)}',
             f'"outcomes": {json.dumps(outcomes)}',
             '"others": {\n' + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in others.items()) + "}"]
    path = DATA / "flips" / (name.replace("/", "_") + ".json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    counts = {letter: sum(one["letters"].count(letter) for one in outcomes) for letter in "LP.?"}
    print(path, counts)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    ROOT = os.getcwd()
    (DATA / "flips").mkdir(exist_ok=True)
    # Loaded once here, so that a child has every module already.
    joblib.load(DATA / "sklearn" / MODELS[0]).predict_proba(ROWS)
    for model in sys.argv[1:] or MODELS:
        record(model)
