#!/usr/bin/env python
"""Writes pickles and joblib files as Python 2 and joblib 0.9 and older made them, to tests/data/pickle.

Runs under Python 2.7 and 3.6, from the repository root, with the NumPy and joblib of the time (the arguments):
    python2.7 scripts/make_old_pickle_samples.py python2             NumPy 1.16, joblib 0.14
    python2.7 scripts/make_old_pickle_samples.py zfile python2       joblib 0.8.4
    python3.6 scripts/make_old_pickle_samples.py zfile python3       joblib 0.9.4
Then, under a Python 3 of today, what the values are as that reads them:
    python scripts/make_pickle_samples.py python2
"""

import collections
import os
import pickle
import sys

FOLDER = os.path.join("tests", "data", "pickle")


def values():
    import numpy as np

    text = "shared"
    shared = [text, text]
    return [
        None, True, False, 0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 2**63 - 1, -(2**63), 2**63, -(2**100),
        int("5"), 2**31 * 2, 0.0, -0.0, 1.5, 0.1, 5e-324, float("inf"), float("nan"),
        "", "ascii", "it's", "\"both\" and 'both'", "back\\slash\nline\r\ttab\x00nul\x7f", "\x80\xff latin", "x" * 300,
        u"", u"h\u00e9llo \u20ac", u"back\\slash\nline", u"\U0001f600",
        bytearray(b"mutable\x80"),
        [], [1, [2, [3]]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {}, {"a": 1}, set(), {"one"}, frozenset([1, 2]),
        slice(1, None, 2), shared, shared, list(range(1100)),
        collections.OrderedDict([("z", 1), ("a", 2)]), collections.OrderedDict(), collections.defaultdict(int, {"k": 3}),
        np.float64(0.1), np.float32(0.1), np.int64(-5), np.bool_(True), np.unicode_(u"n\u00famero"), np.float16(0.5),
        np.array(3.5), np.array([]), np.zeros((0, 3)), np.array([1.0, -2.0, np.nan, np.inf]), np.arange(5),
        np.array([True, False]), np.array([0.1, 65504], dtype="f2"), np.array([1.5, -2.5], dtype=">f8"),
        np.arange(128, 256, dtype="u1"), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.asfortranarray(np.arange(6, dtype=">i2").reshape(3, 2)), np.array([u"ab", u"\u00e9", u""]),
        np.array(["ab", "c"]), np.array(["no", None, 3, 2.5, u"yes"], dtype=object),
        np.array([["a", "b"], ["c", "d"]], dtype=object), np.dtype("f4"), np.dtype(">i8"), np.dtype(object),
        np.float64, int, np.matrix([[1.0, 2.0], [3.0, 4.0]]),
    ]


def write(name, data):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data)


def write_python2():
    import cPickle
    import joblib

    for protocol in range(3):
        write("python2_p%d.pkl" % protocol, cPickle.dumps(values(), protocol))
        write("python2_pure_p%d.pkl" % protocol, pickle.dumps(values(), protocol))
    joblib.dump(values(), os.path.join(FOLDER, "python2.joblib"))
    joblib.dump(values(), os.path.join(FOLDER, "python2_zlib.joblib"), compress=3)


def write_zfile(name):
    import joblib

    path = os.path.join(FOLDER, "containers", "zfile_%s.joblib" % name)
    joblib.dump([u"some text to compress, " * 10, list(range(40))], path, compress=3)


if __name__ == "__main__":
    if sys.argv[1] == "zfile":
        write_zfile(sys.argv[2])
    else:
        write_python2()
