#!/usr/bin/env python3
"""Writes tests/data/pickle: Python and NumPy values in every pickle protocol and in joblib's form, and what they are.

Run it once with an old and once with a new NumPy (joblib installed), from the repository root:
    python scripts/make_pickle_samples.py numpy1
    python scripts/make_pickle_samples.py numpy2
NAME.json holds the values as Python itself reads them back; tests/pickle_samples_test.cpp reads the files
NAME_p0.pkl .. NAME_p5.pkl, NAME.joblib and NAME_zlib.joblib and compares.

    python scripts/make_pickle_samples.py python2
writes python2.json: what the files of scripts/make_old_pickle_samples.py hold.

    python scripts/make_pickle_samples.py memmap
writes memmap.joblib and memmap.json, arrays that were mapped from files.

    python scripts/make_pickle_samples.py containers
writes one small pickle in every compression, by Python's own modules, lz4 and joblib, to tests/data/pickle/containers;
tests/pickle_container_test.cpp opens them.
"""

import bz2
import collections
import gzip
import json
import lzma
import pathlib
import pickle
import struct
import sys
import tempfile
import zlib

import joblib
import numpy as np


def values():
    text = "shared"
    shared = [text, text]
    grid = np.arange(24, dtype="f8").reshape(2, 3, 4)
    ragged = np.empty(2, dtype=object)
    ragged[0], ragged[1] = np.array([1.5, 2.5]), np.array([-1.0])
    return [
        None, True, False, 0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**63 - 1, -(2**63), 2**63, 2**64,
        -(2**100), 123456789012345678901234567890, 2**127 + 7,
        0.0, -0.0, 1.5, -1e-300, 5e-324, 0.1, 1e308, float("inf"), float("-inf"), float("nan"),
        "", "ascii", "back\\slash\nline", "h\u00e9llo \u20ac \U0001f600", "x" * 300, b"", b"\x00\xff raw", b"y" * 300,
        bytearray(b"mutable\x80"),
        [], [1, [2, [3]]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {}, {"a": 1, "b": [None, {"c": ()}]},
        {1: "int", 2.5: "float", None: "none", True: "replaces 1"},
        set(), {"one", "two"}, frozenset([1, 2, 3]), slice(1, None, 2), shared, shared,
        collections.OrderedDict([("z", 1), ("a", 2)]), collections.defaultdict(int, {"k": 3}),
        list(range(1100)),
        np.float64(0.1), np.float32(0.1), np.float16(0.1), np.float16(6e-8), np.int8(-5), np.int64(-(2**62)),
        np.uint8(200), np.uint64(2**64 - 1), np.bool_(True), np.str_("n\u00famero"), np.str_(""), np.bytes_(b"ab"),
        np.array(3.5), np.array([]), np.zeros((0, 3)), np.zeros((3, 0), dtype="i4"),
        np.array([1.0, -2.0, np.nan, np.inf]), np.array([1, -2, 3], dtype="i8"), np.array([True, False]),
        np.arange(5, dtype="u1"), np.arange(5, dtype="i2"), np.arange(6, dtype="f4").reshape(2, 3),
        np.array([0.1, 65504], dtype="f2"), np.array([1.5, -2.5], dtype=">f8"), np.array([1, -2], dtype=">i4"),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.asfortranarray(np.arange(6, dtype=">i2").reshape(3, 2)),
        grid, grid.transpose(1, 0, 2), grid.transpose(2, 0, 1), grid[:, ::2, :], np.asfortranarray(grid),
        np.array(["ab", "\u00e9", ""]), np.array(["ab", "\u20ac"], dtype=">U3"), np.array([b"ab", b"c"]),
        np.array(["no", "yes", None, 3, 2.5], dtype=object), np.array([["a", "b"], ["c", "d"]], dtype=object),
        np.asfortranarray(np.array([["a", "b", "c"], ["d", "e", "f"]], dtype=object)), ragged,
        np.dtype("f4"), np.dtype(">i8"), np.dtype("U7"), np.dtype(object), np.dtype(bool),
        np.float64, np.ndarray, int, np.matrix([[1.0, 2.0], [3.0, 4.0]]),
    ]


def dump_array(value):
    value = np.asarray(value)
    little = value.astype(value.dtype.newbyteorder("<"))
    head = [little.dtype.kind, little.dtype.itemsize, list(value.shape)]
    if value.dtype.kind == "O":
        return ["array", *head, [dump(one) for one in value.ravel(order="C")]]
    return ["array", *head, little.tobytes(order="C").hex()]


def dump(value):
    """A value as JSON, with a tag for its type."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return ["none"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", "nan" if value != value else struct.pack(">d", value).hex()]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", value.hex()]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [dump(one) for one in value]]
    if isinstance(value, dict):
        return ["dict", [[dump(key), dump(one)] for key, one in value.items()]]
    if isinstance(value, (set, frozenset)):
        return ["set", sorted((dump(one) for one in value), key=json.dumps)]
    if isinstance(value, slice):
        return ["slice", [dump(value.start), dump(value.stop), dump(value.step)]]
    if isinstance(value, np.ndarray):
        return dump_array(value)
    if isinstance(value, np.dtype):
        return ["dtype", value.kind, value.itemsize, value.byteorder == ">"]
    if isinstance(value, type):
        return ["name", value.__module__, value.__name__]
    raise TypeError(type(value))


def gzip_member(data):
    return gzip.compress(data, mtime=0)


def lzma_alone(data):
    return lzma.compress(data, format=lzma.FORMAT_ALONE)


def write_containers(folder):
    """`plain.pkl` and `plain.joblib`, and files NAME.pkl.* and NAME.joblib.* that decompress to them."""
    import lz4.frame

    folder.mkdir(parents=True, exist_ok=True)
    value = {"text": "some text to compress, " * 10, "numbers": list(range(40)), "array": np.arange(20.0)}
    plain = pickle.dumps(value, 4)
    (folder / "plain.pkl").write_bytes(plain)
    whole = {"zlib": zlib.compress, "gz": gzip_member, "bz2": bz2.compress, "xz": lzma.compress, "lzma": lzma_alone,
             "lz4": lz4.frame.compress}
    for ending, compress in whole.items():
        (folder / f"plain.pkl.{ending}").write_bytes(compress(plain))
    checked = dict(content_checksum=True, block_checksum=True, store_size=True)
    (folder / "checked.pkl.lz4").write_bytes(lz4.frame.compress(plain, **checked))
    for ending in ("gz", "bz2", "xz", "lz4"):
        parts = (b"", plain[:7], plain[7:], b"")
        (folder / f"members.pkl.{ending}").write_bytes(b"".join(whole[ending](part) for part in parts))
    joblib.dump(value, folder / "plain.joblib")
    for method in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4"):
        joblib.dump(value, folder / f"plain.joblib.{method}", compress=(method, 3))


def write_expected(path, values):
    text = ",\n".join(json.dumps(dump(one)) for one in values)
    path.write_text("[\n" + text + "\n]\n")


def write_memmap(folder):
    arrays = []
    for dtype, order in (("f8", "C"), ("f4", "F"), (">i4", "C"), ("f2", "F")):
        with tempfile.NamedTemporaryFile() as file:
            array = np.memmap(file.name, dtype, "w+", shape=(3, 4), order=order)
            array[:] = np.arange(12).reshape(3, 4)
            arrays.append(array)
    joblib.dump(arrays, folder / "memmap.joblib")
    assert b"memmap" in (folder / "memmap.joblib").read_bytes()
    write_expected(folder / "memmap.json", joblib.load(folder / "memmap.joblib"))


def write_python2_expected(folder):
    """All of them, read as Python 3 reads Python 2's strings when told that they are Latin-1, are equal."""
    files = [folder / f"python2{kind}_p{protocol}.pkl" for kind in ("", "_pure") for protocol in range(3)]
    read = [pickle.loads(file.read_bytes(), encoding="latin1") for file in files]
    assert all([dump(one) for one in other] == [dump(one) for one in read[0]] for other in read)
    write_expected(folder / "python2.json", read[0])


def main(name):
    folder = pathlib.Path("tests/data/pickle")
    others = {"containers": lambda: write_containers(folder / name), "memmap": lambda: write_memmap(folder),
              "python2": lambda: write_python2_expected(folder)}
    if name in others:
        others[name]()
        return
    folder.mkdir(parents=True, exist_ok=True)
    expected = None
    for protocol in range(6):
        data = pickle.dumps(values(), protocol)
        (folder / f"{name}_p{protocol}.pkl").write_bytes(data)
        read = [dump(one) for one in pickle.loads(data)]
        assert expected is None or read == expected, protocol
        expected = read
    for file, compress in ((f"{name}.joblib", 0), (f"{name}_zlib.joblib", 3)):
        joblib.dump(values(), folder / file, compress=compress)
        assert [dump(one) for one in joblib.load(folder / file)] == expected, file
    write_expected(folder / f"{name}.json", pickle.loads(data))


if __name__ == "__main__":
    main(sys.argv[1])
