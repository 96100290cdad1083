#!/usr/bin/env python3
"""Writes files that were made to harm whoever opens them: calls hidden in every place, and little that becomes much.

usage: make_hostile_files.py FOLDER

Deterministic, Python's standard library alone. Nothing here is dangerous to look at: the calls, which only Python would
make on loading, run `touch` in a folder that does not exist. tests/hostile_files_test.py gives each file to evenscore.
FOLDER/calls has the files that call something, FOLDER/sizes those that ask for memory, time or depth, FOLDER/damage those
that contradict themselves, FOLDER/harmless what looks like one of them and is a model.
"""

import bz2
import gzip
import lzma
import pathlib
import random
import struct
import sys
import zlib

COMMAND = "touch /nonexistent/evenscore-hostile"


# --- opcodes

def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    return b"J" + struct.pack("<i", value)


def raw(data):
    return b"B" + struct.pack("<I", len(data)) + data


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def stack_name(module, attribute):
    return text(module) + text(attribute) + b"\x93"


def call(function, *arguments):
    return function + b"(" + b"".join(arguments) + b"tR"


def instance(module, attribute):
    return name(module, attribute) + b")\x81"


def state(**attributes):
    return b"}(" + b"".join(text(key) + value for key, value in attributes.items()) + b"ub"


def pairs(*values):
    return b"}(" + b"".join(values) + b"u"


def items(*values):
    return b"](" + b"".join(values) + b"e"


def row(*values):
    return b"(" + b"".join(values) + b"t"


def pickled(value, protocol=2):
    return bytes([0x80, protocol]) + value + b"."


# --- NumPy and joblib

def dtype(code, order="<", size=-1):
    made = call(name("numpy", "dtype"), text(code), b"\x89", b"\x88")
    return made + row(number(3), text(order), b"NNN", number(size), number(size), number(0)) + b"b"


def array(code, shape, content, kind=None, order="<"):
    made = call(name("numpy.core.multiarray", "_reconstruct"), kind or name("numpy", "ndarray"), row(number(0)), raw(b"b"))
    return made + row(number(1), row(*map(number, shape)), dtype(code, order), b"\x89", content) + b"b"


def reals(*values):
    return array("f8", [len(values)], raw(struct.pack(f"<{len(values)}d", *values)))


def joblib_array(code, shape, content, kind=None, of=None):
    """The wrapper, with `content` after its BUILD."""
    return instance("joblib.numpy_pickle", "NumpyArrayWrapper") + state(
        subclass=kind or name("numpy", "ndarray"), shape=row(*map(number, shape)), order=text("C"),
        dtype=of or dtype(code, "|" if code == "O8" else "<"), allow_mmap=b"\x88") + content


# --- a model, with one part replaced

def scaler(**changed):
    attributes = dict(with_mean=b"\x88", with_std=b"\x88", copy=b"\x88", n_features_in_=number(2), mean_=reals(0.5, 1.5),
                      var_=reals(1, 4), scale_=reals(1, 2), n_samples_seen_=number(9), _sklearn_version=text("1.5.2"))
    return instance("sklearn.preprocessing._data", "StandardScaler") + state(**{**attributes, **changed})


def classifier(**changed):
    attributes = dict(C=number(1), solver=text("lbfgs"), multi_class=text("auto"), n_features_in_=number(2),
                      classes_=array("i8", [2], raw(struct.pack("<2q", 0, 1))),
                      coef_=array("f8", [1, 2], raw(struct.pack("<2d", 1.5, -0.5))), intercept_=reals(0.25),
                      n_iter_=array("i4", [1], raw(struct.pack("<i", 7))), _sklearn_version=text("1.5.2"))
    return instance("sklearn.linear_model._logistic", "LogisticRegression") + state(**{**attributes, **changed})


def pipeline(first=None, last=None, **changed):
    attributes = dict(steps=items(row(text("scale"), first or scaler()), row(text("model"), last or classifier())),
                      memory=b"N", verbose=b"\x89", _sklearn_version=text("1.5.2"))
    return instance("sklearn.pipeline", "Pipeline") + state(**{**attributes, **changed})


SYSTEM = name("posix", "system")
HARM = call(SYSTEM, text(COMMAND))
# What a list of forbidden names has missed before.
GADGETS = [("os", "system"), ("subprocess", "Popen"), ("builtins", "exec"), ("builtins", "eval"), ("builtins", "getattr"),
           ("pkgutil", "resolve_name"), ("pip", "main"), ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
           ("_io", "FileIO"), ("cProfile", "run"), ("pydoc", "pipepager"), ("timeit", "timeit"), ("functools", "partial"),
           ("operator", "attrgetter"), ("numpy.f2py.crackfortran", "getlincoef"),
           ("numpy.testing._private.utils", "runstring"), ("numpy", "load"), ("numpy", "fromfile"), ("joblib", "load"),
           ("joblib.numpy_pickle", "load"), ("pickle", "loads"), ("_pickle", "loads"), ("shutil", "rmtree"),
           ("builtins", "open"), ("builtins", "__import__"), ("importlib", "import_module"), ("ctypes", "CDLL"),
           ("copyreg", "add_extension"), ("sklearn.utils._joblib", "joblib.load"), ("logging.config", "listen")]


def calls():
    yield "reduce_at_the_root", pickled(HARM)
    yield "reduce_by_stack_global", pickled(call(stack_name("posix", "system"), text(COMMAND)), 4)
    yield "reduce_with_names_from_the_memo", pickled(
        b"(" + text("posix") + b"\x94" + text("system") + b"\x94h\x00h\x01\x93" + text(COMMAND) + b"\x85Rt", 4)
    yield "reduce_in_protocol_0", f"cposix\nsystem\n(V{COMMAND}\ntR.".encode()
    yield "string_of_python_2", f"cposix\nsystem\n(S'{COMMAND}'\ntR.".encode()
    yield "newobj", pickled(name("subprocess", "Popen") + row(text(COMMAND)) + b"\x81")
    yield "newobj_ex", pickled(name("subprocess", "Popen") + b")" + pairs(text("args"), text(COMMAND)) + b"\x92", 4)
    yield "newobj_of_a_model_with_arguments", pickled(name("sklearn.pipeline", "Pipeline") + row(HARM) + b"\x81")
    yield "inst", f"(V{COMMAND}\niposix\nsystem\n.".encode()
    yield "obj", pickled(b"(" + SYSTEM + text(COMMAND) + b"o")
    for width, code in enumerate((b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00")):
        yield f"ext{(1, 2, 4)[width]}", pickled(code + text(COMMAND) + b"\x85R")
    yield "persid", b"Pposix.system\n."
    yield "binpersid", pickled(text(COMMAND) + b"Q")
    yield "next_buffer", pickled(b"\x97\x98", 5)
    yield "build_on_a_callable", pickled(SYSTEM + pairs(text("a"), text(COMMAND)) + b"b")
    yield "build_on_a_class", pickled(name("sklearn.pipeline", "Pipeline") + pairs(text("predict"), SYSTEM) + b"b")
    yield "setstate_of_a_foreign_class", pickled(instance("shop", "Loader") + HARM + b"b")
    yield "setstate_with_a_call", pickled(instance("sklearn.pipeline", "Pipeline") + HARM + b"b")
    yield "slots_state", pickled(instance("sklearn.pipeline", "Pipeline") + row(b"N", pairs(text("steps"), HARM)) + b"b")
    yield "build_twice", pickled(pipeline() + pairs(text("steps"), HARM) + b"b")
    yield "as_a_step", pickled(pipeline(first=HARM))
    yield "as_the_last_step", pickled(pipeline(last=HARM))
    yield "as_the_steps", pickled(pipeline(steps=HARM))
    yield "as_a_step_name", pickled(pipeline(steps=items(row(HARM, scaler()), row(text("model"), classifier()))))
    yield "in_a_parameter", pickled(pipeline(last=classifier(C=HARM)))
    yield "in_the_class_weights", pickled(pipeline(last=classifier(class_weight=pairs(number(0), HARM))))
    yield "in_an_attribute_that_nobody_reads", pickled(pipeline(last=classifier(_unread=HARM)))
    yield "in_the_memory_parameter", pickled(pipeline(memory=HARM))
    yield "as_the_release", pickled(pipeline(_sklearn_version=HARM))
    yield "as_a_fitted_attribute", pickled(pipeline(first=scaler(mean_=HARM)))
    yield "as_an_array_element", pickled(pipeline(last=classifier(classes_=array("O8", [2], items(HARM, text("b")), order="|"))))
    yield "as_a_dtype", pickled(pipeline(last=classifier(coef_=call(
        name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), row(number(0)), raw(b"b")) + row(
            number(1), row(number(1), number(2)), HARM, b"\x89", raw(bytes(16))) + b"b")))
    yield "as_dtype_metadata", pickled(pipeline(last=classifier(coef_=call(
        name("numpy", "dtype"), text("f8"), b"\x89", b"\x88") + row(
            number(4), text("<"), b"NNN", number(-1), number(-1), number(0), HARM) + b"b")))
    yield "as_an_array_subclass", pickled(pipeline(first=scaler(mean_=array("f8", [2], raw(bytes(16)), kind=SYSTEM))))
    yield "as_a_joblib_subclass", pickled(pipeline(first=scaler(mean_=joblib_array("f8", [2], bytes(16), kind=SYSTEM))), 4)
    yield "as_a_called_joblib_subclass", pickled(
        pipeline(first=scaler(mean_=joblib_array("f8", [2], bytes(16), kind=HARM))), 4)
    yield "as_a_joblib_dtype", pickled(pipeline(first=scaler(mean_=joblib_array("f8", [2], bytes(16), of=HARM))), 4)
    yield "as_a_dict_key", pickled(pairs(HARM, b"N"))
    yield "as_a_set_element", pickled(call(name("builtins", "set"), items(HARM)))
    yield "as_a_default_factory", pickled(call(name("collections", "defaultdict"), SYSTEM))
    yield "as_a_ufunc", pickled(call(name("numpy.core", "_ufunc_reconstruct"), text("posix"), text("system")))
    yield "overwritten_in_a_dict", pickled(pipeline(last=instance("sklearn.linear_model._logistic", "LogisticRegression")
                                                    + b"}(" + text("C") + HARM + text("C") + number(1) + b"ub"))
    yield "behind_pop", pickled(HARM + b"0" + pipeline())
    yield "behind_pop_mark", pickled(b"(" + HARM + b"1" + pipeline())
    yield "behind_dup", pickled(HARM + b"2" + b"\x86")
    yield "in_the_memo_only", pickled(HARM + b"q\x00" + b"0" + pipeline())
    yield "in_a_tuple_that_is_dropped", pickled(call(name("collections", "defaultdict"), HARM))
    yield "in_a_random_state", pickled(pipeline(last=classifier(random_state=call(
        name("numpy.random._pickle", "__randomstate_ctor"), HARM))))
    yield "after_raw_array_bytes", pickled(pipeline(first=scaler(mean_=joblib_array("f8", [2], bytes(16)), var_=HARM)), 4)
    yield "raw_bytes_that_look_like_an_end", pickled(row(joblib_array("f8", [2], b"........N......."), HARM), 4)
    nested = pickled(array("O8", [1], items(HARM), order="|"))
    yield "in_a_nested_object_array", pickled(pipeline(last=classifier(classes_=joblib_array("O8", [1], nested))), 4)
    yield "instead_of_a_nested_object_array", pickled(joblib_array("O8", [1], pickled(HARM)), 4)
    yield "as_the_subclass_of_a_nested_array", pickled(joblib_array("O8", [1], pickled(
        array("O8", [1], items(b"N"), kind=SYSTEM, order="|"))), 4)
    for ending, compressed in (("zlib", zlib.compress), ("gzip", gzip_member), ("bzip2", bz2.compress), ("xz", lzma.compress)):
        yield f"compressed_{ending}", compressed(pickled(pipeline(last=HARM)))
    yield "in_a_second_gzip_member", gzip_member(pickled(pipeline())) + gzip_member(pickled(HARM))
    yield "after_the_end", pickled(pipeline()) + pickled(HARM)
    yield "after_the_end_compressed", zlib.compress(pickled(pipeline()) + pickled(HARM))
    yield "reconstructor_of_another_base", b"ccopy_reg\n_reconstructor\n(" + SYSTEM + SYSTEM + b"NtR."
    yield "companion_file", pickled(instance("joblib.numpy_pickle", "NDArrayWrapper") + state(
        filename=text("/etc/passwd"), subclass=name("numpy", "ndarray"), allow_mmap=b"\x88"), 4)
    for label, dotted in (("globals", "Pipeline.__init__.__globals__"), ("class", "Pipeline.__class__"),
                          ("dot_after", "Pipeline."), ("dot_before", ".Pipeline"), ("nul_after", "Pipeline\x00"),
                          ("space_after", "Pipeline ")):
        yield f"name_with_{label}", pickled(stack_name("sklearn.pipeline", dotted) + b")\x81" + state(steps=items()), 4)
    yield "name_with_terminal_controls", pickled(call(stack_name("\x1b[2Jshop", "load\nevenscore: all is well"), text("x")), 4)
    for module, attribute in GADGETS:
        label = f"{module}_{attribute}".replace(".", "_")
        yield f"gadget_{label}", pickled(pipeline(last=call(stack_name(module, attribute), text(COMMAND))), 4)


def gzip_member(data):
    return gzip.compress(data, mtime=0)


def lz4_of_zeros(blocks):
    """A frame of blocks of 4 MiB of zeros, by hand: a literal, then one match of distance 1."""
    length = (4 << 20) - 1 - 5 - 4 - 15
    body = b"\x1f\x00\x01\x00" + b"\xff" * (length // 255) + bytes([length % 255]) + b"\x50" + bytes(5)
    header = b"\x60\x70"
    return b"\x04\x22\x4d\x18" + header + b"\x73" + (struct.pack("<I", len(body)) + body) * blocks + bytes(4)


def doubling():
    """65 values, each twice in the next: 2^65 to whoever walks them as a tree."""
    return b"(N\x94" + b"".join(b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86\x94" for level in range(64)) + b"t"


def harmless():
    yield "model", pickled(pipeline())
    yield "model_of_protocol_4", pickled(pipeline(first=scaler(mean_=joblib_array("f8", [2], struct.pack("<2d", 0.5, 1.5)))), 4)
    yield "doubling_in_a_parameter", pickled(pipeline(last=classifier(C=doubling())))


def sizes():
    chain = 200_000
    yield "list_chain", pickled(b"]" * chain + b"a" * (chain - 1))
    yield "tuple_chain", pickled(b"N" + b"\x85" * 500_000)
    yield "dict_chain", pickled(b"}" + b"K\x00}" * chain + b"s" * chain)
    yield "chain_in_a_parameter", pickled(pipeline(last=classifier(C=b"N" + b"\x85" * 100_000)))
    yield "marks", pickled(b"(" * 1_000_000)
    yield "list_in_itself", pickled(b"]q\x00h\x00a")
    yield "dict_in_itself", pickled(b"}q\x00Nh\x00s")
    yield "steps_in_themselves", pickled(pipeline(steps=b"]q\x00(h\x00h\x00e"))
    yield "pipeline_in_itself", pickled(instance("sklearn.pipeline", "Pipeline") + b"q\x00" + state(
        steps=items(row(text("a"), b"h\x00")), _sklearn_version=text("1.5.2")))
    yield "doubling", pickled(doubling())
    yield "memo_index_binary", pickled(b"Nr\xff\xff\xff\xff")
    yield "memo_index_text", b"Np9999999999\n."
    yield "memo_index_of_many_digits", b"Np" + b"9" * 100_000 + b"\n."
    yield "memo_get_unset", pickled(b"j\xff\xff\xff\xff")
    for label, code in (("binunicode", b"X\xff\xff\xff\xff"), ("binunicode8", b"\x8d" + b"\xff" * 8),
                        ("binbytes", b"B\xff\xff\xff\xff"), ("binbytes8", b"\x8e" + b"\xff" * 7 + b"\x7f"),
                        ("bytearray8", b"\x96" + b"\xff" * 8), ("binstring", b"T\xff\xff\xff\xff"),
                        ("long4", b"\x8b\xff\xff\xff\x7f"), ("long4_negative", b"\x8b\xff\xff\xff\xff"),
                        ("frame", b"\x95" + b"\xff" * 8)):
        yield f"length_{label}", pickled(code + b"few bytes", 5)
    yield "integer_of_a_million_digits", b"I" + b"9" * 1_000_000 + b"\n."
    yield "line_without_end", b"(V" + b"a" * 900_000 + b"."
    huge = 2**31 - 1
    for label, shape in (("negative", [-1]), ("negative_twice", [-1, -1]), ("huge", [huge]), ("overflow", [huge] * 3),
                         ("overflow_to_zero", [2**30, 2**30, 16]), ("zero_and_huge", [0, huge, huge]),
                         ("many_dimensions", [1] * 100)):
        yield f"shape_{label}", pickled(pipeline(last=classifier(coef_=array("f8", shape, raw(bytes(16))))))
        yield f"joblib_shape_{label}", pickled(pipeline(last=classifier(coef_=joblib_array("f8", shape, bytes(16)))), 4)
    yield "shape_of_long_integers", pickled(call(name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), row(
        number(0)), raw(b"b")) + row(number(1), row(b"\x8a\x10" + b"\x7f" * 16), dtype("f8"), b"\x89", raw(b"")) + b"b")
    yield "itemsize_huge", pickled(dtype("S2000000", "|", 2000000))
    yield "features_huge", pickled(pipeline(last=classifier(n_features_in_=number(huge))))
    yield "empty_dicts", pickled(b"(" + b"}" * 1_000_000 + b"t")
    yield "copied_string", pickled(b"(" + text("a" * 500_000) + b"q\x00" + (
        name("_codecs", "encode") + b"h\x00" + text("latin1") + b"\x86R") * 12_000 + b"t")
    yield "copied_list", pickled(b"((" + b"N" * 300_000 + b"lq\x00" + (name("builtins", "set") + b"h\x00\x85R") * 20_000 + b"t")
    numbers = random.Random(1)
    keys = b"".join(b"J" + struct.pack("<I", numbers.getrandbits(31)) + b"N" for _ in range(150_000))
    yield "many_keys", pickled(b"}(" + keys + b"u")
    yield "nested_streams", pickled(joblib_array("O8", [1], pickled(joblib_array("O8", [1], pickled(b"N"), ))), 4)
    yield from bombs()


def bombs():
    mebi = 1 << 20

    def zfile(data):
        return b"ZF" + hex(len(data)).ljust(19).encode() + zlib.compress(data, 9)

    def in_members(compress):
        """Compresses 8 MiB once, and repeats the member."""
        def made(head, unit, count, tail):
            part = unit * (8 * mebi // len(unit))
            return compress(head) + compress(part) * (count * len(unit) // len(part)) + compress(tail)
        return made

    def whole(compress):
        return lambda head, unit, count, tail: compress(head + unit * count + tail)

    compressors = {
        "zlib": whole(lambda data: zlib.compress(data, 9)), "zfile": whole(zfile),
        "lzma": whole(lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE, preset=0)), "gzip": in_members(gzip_member),
        "bzip2": in_members(bz2.compress), "xz": in_members(lambda data: lzma.compress(data, preset=1))}
    for label, compress in compressors.items():
        yield f"bomb_{label}_160_mib", compress(b"\x80\x04", b"\x00", 160 * mebi, b"")
        # Below 64 MiB all is decompressed, and what it makes of values must be bounded too.
        yield f"bomb_{label}_references", compress(b"\x80\x04N\x94(", b"h\x00", 28 * mebi, b"t.")
        yield f"bomb_{label}_values", compress(b"\x80\x04(", b"N", 56 * mebi, b"t.")
    yield "bomb_lz4_240_mib", lz4_of_zeros(60)
    members = gzip_member(bytes(mebi))
    yield "bomb_gzip_members", gzip_member(b"\x80\x04N") + members * (900_000 // len(members))
    yield "empty_gzip_members", gzip_member(b"") * 45_000
    yield "empty_bzip2_members", bz2.compress(b"") * 70_000
    yield "empty_xz_members", lzma.compress(b"") * 30_000
    zeros = bytes(40 * mebi)
    wrong = classifier(coef_=array("f8", [1, 5 * mebi], raw(zeros)))
    yield "bomb_that_is_nearly_a_model", zlib.compress(pickled(pipeline(last=wrong), 4), 9)


def damage():
    whole = pickled(pipeline())
    yield "truncated", whole[:-40]
    yield "two_values_left", pickled(b"NN")
    yield "nothing_left", b"\x80\x02."
    yield "no_opcode", pickled(b"\x00\xff")
    yield "proto_99", b"\x80\x63N."
    yield "proto_in_the_middle", pickled(b"N\x80\x02")
    yield "unhashable_key", pickled(pairs(b"]", b"N"))
    yield "key_without_value", pickled(b"}(Nu")
    yield "array_of_too_few_bytes", pickled(pipeline(last=classifier(coef_=array("f8", [1, 2], raw(bytes(15))))))
    yield "array_never_filled", pickled(pipeline(last=classifier(coef_=call(
        name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), row(number(0)), raw(b"b")))))
    yield "lone_surrogate", pickled(b"X\x03\x00\x00\x00\xed\xa0\x80")
    yield "steps_of_numbers", pickled(pipeline(steps=items(number(1), number(2))))
    yield "no_features", pickled(pipeline(last=classifier(n_features_in_=b"N")))


def main(folder):
    for kind, files in (("calls", calls()), ("sizes", sizes()), ("damage", damage()), ("harmless", harmless())):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for label, data in files:
            path = folder / kind / f"{label}.pkl"
            assert not path.exists(), path
            assert len(data) <= 1 << 20, (path, len(data))
            path.write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
