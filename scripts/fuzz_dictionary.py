#!/usr/bin/env python3
"""Prints a libFuzzer dictionary: every pickle opcode, and what saved models name. usage: fuzz_dictionary.py"""

import pickletools

CONTAINERS = [b"x\x9c", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"]\x00\x00", b"\x04\x22M\x18", b"ZF0x"]
GLOBALS = [
    (b"numpy.core.multiarray", b"_reconstruct"), (b"numpy._core.multiarray", b"scalar"), (b"numpy", b"ndarray"),
    (b"numpy", b"dtype"), (b"numpy._core.numeric", b"_frombuffer"), (b"numpy.core", b"_ufunc_reconstruct"),
    (b"numpy.random._pickle", b"__randomstate_ctor"), (b"joblib.numpy_pickle", b"NumpyArrayWrapper"),
    (b"sklearn.pipeline", b"Pipeline"), (b"sklearn.preprocessing._data", b"StandardScaler"),
    (b"sklearn.preprocessing._data", b"MinMaxScaler"), (b"sklearn.linear_model._logistic", b"LogisticRegression"),
    (b"copy_reg", b"_reconstructor"), (b"__builtin__", b"object"), (b"builtins", b"set"), (b"builtins", b"slice"),
    (b"builtins", b"bytearray"), (b"_codecs", b"encode"), (b"collections", b"OrderedDict"),
    (b"collections", b"defaultdict"), (b"pandas.core.indexes.base", b"_new_Index"), (b"posix", b"system"),
]
WORDS = [
    b"steps", b"_sklearn_version", b"1.9.1", b"coef_", b"intercept_", b"classes_", b"mean_", b"scale_", b"var_",
    b"n_features_in_", b"feature_names_in_", b"multi_class", b"ovr", b"multinomial", b"auto", b"solver", b"lbfgs",
    b"with_mean", b"with_std", b"passthrough", b"subclass", b"shape", b"order", b"dtype", b"allow_mmap",
    b"numpy_array_alignment_bytes", b"data", b"f8", b"f4", b"f2", b"i8", b"u1", b"b1", b"O8", b"U5", b"S3", b"V8", b"<",
    b">", b"|", b"latin1", b"__setstate__",
]


def quoted(content):
    return '"' + "".join(f"\\x{byte:02x}" for byte in content) + '"'


def main():
    entries = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes] + CONTAINERS + WORDS
    entries += [b"\x80" + bytes([protocol]) for protocol in range(6)]
    for module, name in GLOBALS:
        entries += [b"c" + module + b"\n" + name + b"\n", module, name]
    for word in WORDS:
        entries.append(b"\x8c" + bytes([len(word)]) + word)
    for entry in dict.fromkeys(entries):
        print(quoted(entry))


if __name__ == "__main__":
    main()
