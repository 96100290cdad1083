#!/usr/bin/env python3
"""Writes tests/data/rows: rows as h5py, hdf5plugin, pandas, PyTables, AnnData, netCDF4 and MATLAB write them.

usage: make_row_samples.py [FOLDER]

Runs in an environment of its own, outside the repository, with Python 3.11 and

    pip install h5py==3.16.0 hdf5plugin==7.1.0 tables==3.11.1 pandas==2.3.3 anndata==0.12.19 netCDF4==1.7.5.1.post1 \
                numpy==2.4.6

Beside each NAME.h5 is NAME.npy, the rows that it holds, in the element type in which they are to be scored: made from
the arrays that were written, and compared with what the writer's own reader gives. cases.json says of each case which file, --dataset,
--columns and --transpose it takes, which names the columns have and which rows are to come out, or which words the
refusal has to contain. tests/row_samples_test.py gives each to evenscore.

With these versions the bytes are the same at each run: times of modification are set to 0, seeds are fixed.
"""

import json
import pathlib
import re
import sys
import warnings
import zlib

import h5py
import hdf5plugin
import numpy as np

warnings.simplefilter("ignore")

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                      pathlib.Path(__file__).resolve().parent.parent / "tests/data/rows")
ROWS, COLUMNS = 300, 5
# Not in the order of the model that the test binds by name.
NAMES = ["feature_c", "feature_a", "feature_e", "feature_b", "feature_d"]
MOST_BYTES = 30 * 1024
# What pandas and PyTables keep of every dataset, in an object header of version 1, which has no checksum.
MODIFICATION_TIME = re.compile(rb"(\x12\x00\x08\x00.\x00\x00\x00\x01\x00\x00\x00).{4}", re.DOTALL)

cases = []


def values(kind, seed=0, shape=(ROWS, COLUMNS), noise=False):
    """Rows that compress a little, unless they are noise, with numbers among them that conversions get wrong."""
    kind = np.dtype(kind)
    native = kind.newbyteorder("=")
    random = np.random.default_rng(seed)
    count = shape[0] * shape[1]
    if kind == bool:
        flat = random.random(count) < 0.3
    elif kind.kind == "f":
        info = np.finfo(native)
        flat = random.standard_normal(count) * 10
        flat = (flat if noise else np.round(flat * 8) / 8).astype(native)
        largest = info.max if kind.itemsize < 8 else native.type(1e300)  # the score of 1.8e308 would overflow
        odd = np.array([-0.0, info.smallest_subnormal, -info.smallest_subnormal, info.tiny, info.tiny * native.type(0.5),
                        info.max if kind.itemsize < 8 else 1e300, -largest, 1 + info.eps, 1 - info.eps / 2, 0.1, -1 / 3],
                       native)
        odd = np.tile(odd, 4 if count > 100 else 1)
        flat[random.permutation(count)[: len(odd)]] = odd
    else:
        info = np.iinfo(native)
        flat = random.integers(max(info.min, -100), 100, count).astype(native)
        odd = np.array([info.min, info.max, info.min + 1, info.max - 1, info.max // 2, info.max // 3], native)
        flat[random.permutation(count)[: len(odd) * 4]] = np.tile(odd, 4)
    return flat.reshape(shape)


def path(name):
    return FOLDER / f"{name}.h5"


def case(name, rows=None, *, file=None, dataset="/X", names=None, ordered=True, columns=None, transpose=False, refused=None,
         bad_rows=False, or_refused=None):
    """One case; `rows` are those of NAME.npy, or the name of another case's. `ordered`: also bound by position."""
    if rows is not None and not isinstance(rows, str):
        rows = np.ascontiguousarray(rows)
        np.save(FOLDER / f"{name}.npy", rows.astype(rows.dtype.newbyteorder("<")))
        rows = name
    assert (rows is None) == (refused is not None), name
    cases.append({"name": name, "file": (file or name) + ".h5", "dataset": dataset, "names": names, "ordered": ordered,
                  "columns": columns, "transpose": transpose, "rows": rows and f"{rows}.npy", "bad_rows": bad_rows,
                  "refused": refused, "or_refused": or_refused})


# --- h5py

def bounds(libver):
    return "latest" if libver == "latest" else (libver, "v110")


def plain(name, rows, libver="v110", file_options=None, names=None, dataset="/X", **options):
    with h5py.File(path(name), "w", libver=bounds(libver), **(file_options or {})) as file:
        file.create_dataset("X", data=rows, **options)
        if names is not None:
            file["X"].attrs["feature_names"] = names
    case(name, rows, dataset=dataset, names=list(names) if names is not None else None)


def low_level(name, rows, expected=None, *, chunks=None, maxshape=None, libver="v110", fill=None, alloc=None, layout=None,
              write=True, deflate=None, shuffle=False):
    """A dataset with creation properties that h5py's high level does not have."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_obj_track_times(False)
    if chunks:
        properties.set_chunk(chunks)
    if layout is not None:
        properties.set_layout(layout)
    if alloc is not None:
        properties.set_alloc_time(alloc)
    if fill is not None:
        properties.set_fill_value(np.array(fill, rows.dtype))
    if shuffle:
        properties.set_shuffle()
    if deflate:
        properties.set_deflate(deflate)
    with h5py.File(path(name), "w", libver=bounds(libver)) as file:
        unlimited = h5py.h5s.UNLIMITED
        space = h5py.h5s.create_simple(rows.shape, tuple(unlimited if m is None else m for m in maxshape) if maxshape else rows.shape)
        id = h5py.h5d.create(file.id, b"X", h5py.h5t.py_create(rows.dtype), space, properties)
        data = h5py.Dataset(id)
        if write is True:
            data[...] = rows
        elif write:
            write(data)
    case(name, rows if expected is None else expected)


def make_h5py():
    f32, f64 = values("f4", 1), values("f8", 2)
    plain("contiguous", f64)
    plain("contiguous_old", f64, libver="earliest")
    plain("named", f32, names=NAMES)
    plain("found_by_itself", f32, dataset=None)
    plain("gzip_shuffle_auto", f32, compression="gzip", shuffle=True, chunks=True)
    plain("gzip_edges", f64, compression="gzip", compression_opts=9, chunks=(64, 3))
    plain("lzf", f32, compression="lzf", chunks=(50, 5))
    plain("lzf_shuffle", f64, compression="lzf", shuffle=True, chunks=(64, 3))
    # A filter that gains nothing is left out of the chunk, which its mask says.
    plain("lzf_incompressible", values("f8", 3, noise=True), compression="lzf", chunks=(64, 3))
    plain("gzip_incompressible", values("f8", 3, noise=True), compression="gzip", chunks=(64, 3))
    plain("gzip_fletcher32", f32, compression="gzip", shuffle=True, fletcher32=True, chunks=(64, 3))
    plain("fletcher32", f64, fletcher32=True, chunks=(64, 5))
    plain("szip_nn", values("i2", 4), compression="szip", compression_opts=("nn", 8), chunks=(64, 5))
    plain("szip_ec", f32, compression="szip", compression_opts=("ec", 16), chunks=(100, 5))
    plain("scaleoffset", np.random.default_rng(5).integers(-1000, 1000, (ROWS, COLUMNS)).astype("i4"), scaleoffset=0, chunks=(64, 5))
    for kind in (">f4", ">f8", ">i2", ">u8"):
        plain("big_endian_" + kind[1:], values(kind, 6).astype(kind))
    plain("big_endian_gzip_shuffle", f64.astype(">f8"), compression="gzip", shuffle=True, chunks=(64, 3))
    for kind in ("f2", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"):
        plain("type_" + (np.dtype(kind).name if kind != "?" else "bool"), values(kind, 7))
    plain("type_bool_gzip", values("?", 7), compression="gzip", chunks=(64, 5))
    plain("extendible", f64, chunks=(64, 3), maxshape=(None, COLUMNS))
    plain("userblock_512", f64, file_options={"userblock_size": 512})
    plain("userblock_512_gzip", f64, compression="gzip", chunks=(64, 3), file_options={"userblock_size": 512})
    plain("latest", f64, libver="latest", compression="gzip", chunks=(64, 3))
    cases[-1]["or_refused"] = ["newer"]

    # Chunk indexes. Of the old kind with more than one level, and each of version 4 with and without filters.
    plain("index_btree_v1", f64, libver="earliest", chunks=(4, 5))
    plain("index_btree_v1_gzip", f32, libver="earliest", chunks=(10, 2), compression="gzip")
    plain("index_single", f64, chunks=(ROWS, COLUMNS))
    plain("index_single_gzip", f64, chunks=(ROWS, COLUMNS), compression="gzip")
    low_level("index_implicit", f64, chunks=(64, 3), alloc=h5py.h5d.ALLOC_TIME_EARLY)
    plain("index_fixed_array", f64, chunks=(64, 3))
    plain("index_fixed_array_gzip", f64, chunks=(64, 3), compression="gzip", shuffle=True)
    plain("index_fixed_array_pages", f32, chunks=(1, 1))
    plain("index_extensible_array", f64, chunks=(4, 5), maxshape=(None, COLUMNS))
    plain("index_extensible_array_gzip", f64, chunks=(8, 5), maxshape=(None, COLUMNS), compression="gzip")
    plain("index_extensible_array_many", values("f4", 8), chunks=(1, 5), maxshape=(None, COLUMNS))
    plain("index_btree_v2", f64, chunks=(16, 2), maxshape=(None, None))
    plain("index_btree_v2_gzip", f64, chunks=(16, 3), maxshape=(None, None), compression="gzip")

    # Rows that were never written are the fill value.
    some = values("f8", 9)
    some[64:192] = -7.25

    def write_some(data):
        data[:64] = some[:64]
        data[192:] = some[192:]

    low_level("fill_late", some, chunks=(64, 5), fill=-7.25, alloc=h5py.h5d.ALLOC_TIME_LATE, write=write_some)
    low_level("fill_incremental_gzip", some, chunks=(64, 5), fill=-7.25, write=write_some, deflate=4, shuffle=True)
    low_level("fill_early", some, chunks=(64, 5), fill=-7.25, alloc=h5py.h5d.ALLOC_TIME_EARLY, write=write_some)
    low_level("fill_early_old", some, chunks=(64, 5), fill=-7.25, alloc=h5py.h5d.ALLOC_TIME_EARLY, libver="earliest", write=write_some)
    low_level("fill_late_latest", some, chunks=(64, 5), fill=-7.25, maxshape=(None, None), write=write_some)
    low_level("fill_contiguous_unwritten", np.full((ROWS, COLUMNS), 2.5), fill=2.5, write=None)
    low_level("fill_zero_unwritten", np.zeros((ROWS, COLUMNS), "f4"), chunks=(64, 5), write=None)
    swapped = np.full((ROWS, COLUMNS), 1.0 / 3, ">f8")
    low_level("fill_big_endian", swapped, fill=1.0 / 3, write=None)

    small = values("f8", 10, (60, COLUMNS))
    low_level("compact", small, layout=h5py.h5d.COMPACT)

    # What each bit of a chunk's filter mask leaves out: 1 shuffle, 2 deflate, 4 fletcher32.
    masked = values("f8", 11)
    with h5py.File(path("filter_masks"), "w", libver=("v110", "v110")) as file:
        data = file.create_dataset("X", (ROWS, COLUMNS), "f8", chunks=(60, 5), shuffle=True, compression="gzip")
        for index, mask in enumerate((0, 1, 2, 3, 1)):
            raw = np.ascontiguousarray(masked[index * 60: index * 60 + 60]).tobytes()
            if not mask & 1:
                raw = np.frombuffer(raw, "u1").reshape(-1, 8).T.tobytes()
            if not mask & 2:
                raw = zlib.compress(raw)
            data.id.write_direct_chunk((index * 60, 0), raw, filter_mask=mask)
    case("filter_masks", masked)
    with h5py.File(path("filter_mask_fletcher32"), "w", libver="earliest") as file:
        data = file.create_dataset("X", (ROWS, COLUMNS), "f8", chunks=(100, 5), fletcher32=True, data=masked)
        data.id.write_direct_chunk((100, 0), masked[100:200].tobytes(), filter_mask=1)
    case("filter_mask_fletcher32", masked)

    with h5py.File(path("columns"), "w") as file:
        group = file.create_group("columns")
        for index, name in enumerate(NAMES):
            group[name] = f64[:, index]
    case("columns", f64, dataset="/columns", names=NAMES, ordered=False)
    case("columns_without_names_in_the_model", file="columns", dataset="/columns", refused=["--columns"])
    case("columns_chosen", "columns", file="columns", dataset="/columns", columns=NAMES)

    with h5py.File(path("two_candidates"), "w") as file:
        file["train"], file["test"] = f32, f32[:10]
    case("two_candidates", file="two_candidates", dataset=None, refused=["train", "test", "--dataset"])

    bad = values("f4", 12)
    bad[3, 1], bad[17, 4], bad[299, 0] = np.nan, np.inf, -np.inf
    plain("bad_rows", bad, compression="gzip", chunks=(64, 3))
    cases[-1]["bad_rows"] = True
    case("bad_rows_stop", file="bad_rows", refused=["row 3"])


def table(columns, align=False):
    """A structured array of (name, type, values)."""
    rows = np.zeros(len(columns[0][2]), np.dtype([(name, kind, np.shape(data)[1:]) for name, kind, data in columns], align=align))
    for name, _, data in columns:
        rows[name] = data
    return rows


def small_integers(kind, seed, count=ROWS):
    info = np.iinfo(kind)
    return np.random.default_rng(seed).integers(info.min, info.max, count, dtype=kind, endpoint=True)


def make_compound():
    f32, f64, i32 = values("f4", 20), values("f8", 21), small_integers("i4", 22)

    def write(name, rows, **options):
        with h5py.File(path(name), "w") as file:
            file.create_dataset("table", data=rows, **options)

    same = table([(name, "f4", f32[:, i]) for i, name in enumerate(NAMES)])
    write("compound_f32", same)
    case("compound_f32", f32, dataset="/table", names=NAMES)
    write("compound_f64_gzip", table([(name, "f8", f64[:, i]) for i, name in enumerate(NAMES)]), compression="gzip", shuffle=True, chunks=(64,))
    case("compound_f64_gzip", f64, dataset="/table", names=NAMES)
    integers = values("i8", 23)
    write("compound_i64", table([(name, "i8", integers[:, i]) for i, name in enumerate(NAMES)]))
    case("compound_i64", integers, dataset="/table", names=NAMES)

    # Of several types: the smallest float type that holds all of them exactly.
    mixed = table([("feature_c", "f4", f32[:, 0]), ("feature_a", "f8", f64[:, 1]), ("feature_e", "i4", i32), ("image", "f4", f32[:, 3:5])])
    wide = np.column_stack([f32[:, 0], f64[:, 1], i32, f32[:, 3], f32[:, 4]]).astype("f8")
    write("compound_mixed", mixed)
    chosen = ["feature_c", "feature_a", "feature_e", "image_0", "image_1"]
    case("compound_mixed", wide, dataset="/table", columns=chosen)
    case("compound_mixed_reversed", wide[:, ::-1], file="compound_mixed", dataset="/table", columns=chosen[::-1])
    write("compound_mixed_padded", table([("feature_c", "f4", f32[:, 0]), ("feature_a", "f8", f64[:, 1]), ("feature_e", "i4", i32),
                                          ("feature_b", "u1", small_integers("u1", 24)), ("feature_d", ">f4", f32[:, 4])], align=True),
          compression="gzip", chunks=(64,))
    case("compound_mixed_padded", np.column_stack([f32[:, 0], f64[:, 1], i32, small_integers("u1", 24), f32[:, 4]]).astype("f8"),
         dataset="/table", names=NAMES)
    half, i16, u16, i8 = values("f2", 25)[:, 0], small_integers("i2", 26), small_integers("u2", 27), small_integers("i1", 28)
    parts = [f32[:, 0], half, i16, u16, i8]
    write("compound_small", table([(name, part.dtype.str, part) for name, part in zip(NAMES, parts)]))
    case("compound_small", np.column_stack([part.astype("f8") for part in parts]), dataset="/table", names=NAMES)
    parts = [i16, u16, i8, small_integers("u1", 29), i16[::-1]]
    write("compound_small_integers", table([(name, part.dtype.str, part) for name, part in zip(NAMES, parts)]))
    case("compound_small_integers", np.column_stack([part.astype("f8") for part in parts]), dataset="/table", names=NAMES)
    write("compound_i64_among_others", table([("id", "i8", integers[:, 0])] + [(name, "f8", f64[:, i]) for i, name in enumerate(NAMES)]))
    case("compound_i64_not_chosen", f64, file="compound_i64_among_others", dataset="/table", columns=NAMES)
    case("compound_i64_not_known", "compound_i64_not_chosen", file="compound_i64_among_others", dataset="/table", names=["id", *NAMES])
    case("compound_i64_with_f64", file="compound_i64_among_others", dataset="/table", columns=["id", *NAMES[1:]], refused=["id", "int64"])
    write("compound_u64_with_i64", table([(name, "u8" if i == 2 else "i8", abs(integers[:, i] // 2)) for i, name in enumerate(NAMES)]))
    case("compound_u64_with_i64", file="compound_u64_with_i64", dataset="/table", refused=["int64"])

    inner = np.dtype([("x", "f4"), ("y", "f4")])
    nested = np.zeros(ROWS, np.dtype([("place", inner)] + [(name, "f4") for name in NAMES]))
    nested["place"]["x"], nested["place"]["y"] = 1, 2
    for index, name in enumerate(NAMES):
        nested[name] = f32[:, index]
    write("compound_nested", nested)
    case("compound_nested_chosen", "compound_f32", file="compound_nested", dataset="/table", columns=NAMES)
    case("compound_nested_member", file="compound_nested", dataset="/table", columns=["place", *NAMES[1:]], refused=["place"])

    worded = np.zeros(ROWS, np.dtype([("word", "S6")] + [(name, "f4") for name in NAMES]))
    worded["word"] = b"aircar"
    for index, name in enumerate(NAMES):
        worded[name] = f32[:, index]
    write("compound_text", worded)
    case("compound_text_chosen", "compound_f32", file="compound_text", dataset="/table", columns=NAMES)
    case("compound_text_member", file="compound_text", dataset="/table", columns=["word", *NAMES[1:]], refused=["word"])
    case("compound_missing_member", file="compound_f32", dataset="/table", columns=["feature_z", *NAMES[1:]], refused=["feature_z"])


# --- hdf5plugin

def make_plugins():
    f32, f64, i16 = values("f4", 30), values("f8", 31), values("i2", 32)
    noise = values("f8", 33, noise=True)

    def filtered(name, rows, chunks, options):
        with h5py.File(path(name), "w", libver=("v110", "v110")) as file:
            file.create_dataset("X", data=rows, chunks=chunks, **options)
        return name

    def good(name, rows, chunks, options):
        case(filtered(name, rows, chunks, options), rows)

    good("zstd", f64, (64, 3), hdf5plugin.Zstd())
    good("zstd_shuffle", f32, (64, 5), dict(hdf5plugin.Zstd(clevel=19), shuffle=True))
    good("lz4", f64, (64, 3), hdf5plugin.LZ4())
    good("lz4_blocks", f64, (150, 5), hdf5plugin.LZ4(nbytes=1000))
    good("lz4_incompressible", noise, (100, 5), hdf5plugin.LZ4())
    for compressor in ("lz4", "lz4hc", "zstd", "blosclz", "zlib"):
        for mode, word in ((hdf5plugin.Blosc.NOSHUFFLE, "plain"), (hdf5plugin.Blosc.SHUFFLE, "shuffle"), (hdf5plugin.Blosc.BITSHUFFLE, "bitshuffle")):
            if compressor != "lz4hc" or word == "shuffle":
                good(f"blosc_{compressor}_{word}", f64, (100, 5), hdf5plugin.Blosc(cname=compressor, clevel=5, shuffle=mode))
    good("blosc_edges", f32, (33, 3), hdf5plugin.Blosc(cname="lz4", shuffle=hdf5plugin.Blosc.BITSHUFFLE))
    good("blosc_i16", i16, (150, 5), hdf5plugin.Blosc(cname="zstd", shuffle=hdf5plugin.Blosc.SHUFFLE))
    good("blosc_level_0", f64, (100, 5), hdf5plugin.Blosc(cname="lz4", clevel=0))
    good("blosc_incompressible", noise, (100, 5), hdf5plugin.Blosc(cname="lz4"))
    for compressor in ("none", "lz4", "zstd"):
        good(f"bitshuffle_{compressor}", f64, (ROWS, COLUMNS), hdf5plugin.Bitshuffle(cname=compressor))
        good(f"bitshuffle_{compressor}_edges", f32, (33, 5), hdf5plugin.Bitshuffle(cname=compressor))
    good("bitshuffle_lz4_blocks", i16, (ROWS, COLUMNS), hdf5plugin.Bitshuffle(cname="lz4", nelems=64))
    filtered("blosc2", f64, (100, 5), hdf5plugin.Blosc2())
    case("blosc2", refused=["blosc2"])
    filtered("bzip2", f64, (100, 5), hdf5plugin.BZip2())
    case("bzip2", refused=["bzip2"])


# --- pandas, PyTables

def make_pandas():
    import pandas as pd
    f32, f64, i64 = values("f4", 40), values("f8", 41), values("i8", 42)
    i16 = small_integers("i2", 43)
    index = pd.RangeIndex(1000, 1000 + ROWS)

    def store(name, frame, **options):
        with pd.HDFStore(path(name), "w", **{key: options.pop(key) for key in ("complevel", "complib") if key in options}) as file:
            file.put("frame", frame, **options)

    def frame(parts, names=NAMES):
        # Made column by column, so that the blocks are not the columns' order.
        return pd.DataFrame(dict(zip(names, parts)), index=index)

    same = frame([f64[:, i] for i in range(COLUMNS)])
    # Interleaved: feature_c and feature_e in one block, feature_a and feature_d in another, feature_b in a third.
    mixed = frame([f64[:, 0], f32[:, 1], f64[:, 2], i16, f32[:, 4]])
    mixed_rows = np.column_stack([f64[:, 0], f32[:, 1], f64[:, 2], i16, f32[:, 4]]).astype("f8")
    narrow = frame([f32[:, 0], i16, f32[:, 2], i16[::-1], f32[:, 4]])
    narrow_rows = np.column_stack([f32[:, 0], i16, f32[:, 2], i16[::-1], f32[:, 4]]).astype("f4")
    wide = frame([f64[:, 0], f32[:, 1], i64[:, 0], f64[:, 2], f32[:, 3], i64[:, 1], f32[:, 4]],
                 ["feature_c", "feature_a", "count", "feature_e", "feature_b", "total", "feature_d"])
    wide_rows = np.column_stack([f64[:, 0], f32[:, 1], f64[:, 2], f32[:, 3], f32[:, 4]]).astype("f8")
    words = same.copy()
    words.insert(2, "word", ["aircar"] * ROWS)

    for kind in ("fixed", "table"):
        name = f"pandas_{kind}"
        store(name, same, format=kind, index=False)
        case(name, f64, dataset="/frame", names=NAMES)
        name = f"pandas_{kind}_mixed"
        store(name, mixed, format=kind)
        case(name, mixed_rows, dataset="/frame", names=NAMES)
        case(f"{name}_chosen", mixed_rows[:, [3, 0, 4, 2, 1]], file=name, dataset="/frame", columns=[NAMES[i] for i in (3, 0, 4, 2, 1)])
        store(f"pandas_{kind}_narrow", narrow, format=kind)
        case(f"pandas_{kind}_narrow", narrow_rows, dataset="/frame", names=NAMES)
        name = f"pandas_{kind}_i64"
        store(name, wide, format=kind, index=False)
        case(f"{name}_chosen", wide_rows, file=name, dataset="/frame", columns=NAMES)
        case(f"{name}_not_known", f"{name}_chosen", file=name, dataset="/frame", names=list(wide.columns))
        case(f"{name}_with_f64", file=name, dataset="/frame", columns=["count", *NAMES[1:]], refused=["count", "int64"])
        name = f"pandas_{kind}_text"
        store(name, words, format=kind, index=False)
        case(f"{name}_chosen", f"pandas_{kind}", file=name, dataset="/frame", columns=NAMES)
        case(f"{name}_not_known", f"pandas_{kind}", file=name, dataset="/frame", names=list(words.columns))
        case(f"{name}_member", file=name, dataset="/frame", columns=["word", *NAMES[1:]], refused=["word"])
        case(f"{name}_all", file=name, dataset="/frame", refused=["word"])

    store("pandas_table_data_columns", mixed, format="table", data_columns=True, index=False)
    case("pandas_table_data_columns", mixed_rows, dataset="/frame", names=NAMES)
    store("pandas_table_few_data_columns", mixed, format="table", data_columns=["feature_d", "feature_c"], index=False)
    case("pandas_table_few_data_columns", mixed_rows, dataset="/frame", names=NAMES)
    store("pandas_table_blosc", mixed, format="table", complevel=9, complib="blosc:lz4")
    case("pandas_table_blosc", mixed_rows, dataset="/frame", names=NAMES)
    store("pandas_fixed_blosc", same, complevel=5, complib="blosc")
    case("pandas_fixed_blosc", f64, dataset="/frame", names=NAMES)
    store("pandas_fixed_zlib", mixed, complevel=5, complib="zlib")
    case("pandas_fixed_zlib", mixed_rows, dataset="/frame", names=NAMES)
    # The index is an ordinary one of float64, in the table beside the columns of that type.
    floating = same.set_index(pd.Index(f64[:, 1] * 3, name="time"))
    store("pandas_table_float_index", floating, format="table", index=False)
    case("pandas_table_float_index", f64, dataset="/frame", names=NAMES)
    numbered = same.copy()
    numbered.columns = range(COLUMNS)
    store("pandas_fixed_numbered", numbered)
    case("pandas_fixed_numbered", f64, dataset="/frame")
    store("pandas_table_numbered", numbered, format="table", index=False)
    case("pandas_table_numbered", f64, dataset="/frame")


def make_pytables():
    import tables as tb
    f32, f64 = values("f4", 50), values("f8", 51)
    order = {name: tb.Float32Col(pos=i) for i, name in enumerate(NAMES)}
    with tb.open_file(path("pytables_table"), "w") as file:
        data = file.create_table("/", "readings", order, chunkshape=(100,), track_times=False)
        data.append(table([(name, "f4", f32[:, i]) for i, name in enumerate(NAMES)]))
    case("pytables_table", f32, dataset="/readings", names=NAMES)
    with tb.open_file(path("pytables_table_blosc"), "w") as file:
        data = file.create_table("/", "readings", order, chunkshape=(100,), track_times=False,
                                 filters=tb.Filters(5, "blosc:zstd", shuffle=True, fletcher32=True))
        data.append(table([(name, "f4", f32[:, i]) for i, name in enumerate(NAMES)]))
    case("pytables_table_blosc", f32, dataset="/readings", names=NAMES)
    with tb.open_file(path("pytables_array"), "w") as file:
        file.create_array("/", "X", f64, track_times=False)
    case("pytables_array", f64, dataset=None)
    for library in ("zlib", "blosc", "blosc:blosclz", "bzip2"):
        name = "pytables_carray_" + library.replace(":", "_")
        with tb.open_file(path(name), "w") as file:
            file.create_carray("/", "X", obj=f64, chunkshape=(64, 3), filters=tb.Filters(5, library, shuffle=True), track_times=False)
        if library == "bzip2":
            case(name, refused=["bzip2"])
        else:
            case(name, f64, dataset=None)
    with tb.open_file(path("pytables_earray"), "w") as file:
        data = file.create_earray("/", "X", tb.Float64Atom(), (0, COLUMNS), expectedrows=ROWS, chunkshape=(64, COLUMNS), track_times=False)
        data.append(f64[:100])
        data.append(f64[100:])
    case("pytables_earray", f64, dataset=None)


# --- AnnData, netCDF-4, MATLAB, Julia

def make_anndata():
    import anndata
    import pandas as pd
    import scipy.sparse
    rows = values("f4", 60, (100, COLUMNS))
    cells = pd.DataFrame(index=[f"c{i}" for i in range(len(rows))])
    for name, title in (("anndata_dense", None), ("anndata_dense_index_named", "gene")):
        genes = pd.DataFrame({"length": range(COLUMNS)}, index=pd.Index(NAMES, name=title))
        anndata.AnnData(rows, cells, genes).write_h5ad(path(name), compression="gzip" if title else None)
        case(name, rows, dataset=None if title else "/X", names=NAMES)
    genes = pd.DataFrame(index=NAMES)
    anndata.AnnData(scipy.sparse.csr_matrix(np.where(rows > 5, rows, 0)), cells, genes).write_h5ad(path("anndata_csr"))
    case("anndata_csr", refused=["csr"])
    case("anndata_csr_by_itself", file="anndata_csr", dataset=None, refused=["csr"])


def make_netcdf():
    import netCDF4
    rows = values("f4", 70)
    rows[5, 1] = -9999

    def write(name, fill=None, unlimited=False, kind="f4", data=rows, **attributes):
        with netCDF4.Dataset(path(name), "w", format="NETCDF4") as file:
            file.createDimension("sample", None if unlimited else ROWS)
            file.createDimension("feature", COLUMNS)
            names = file.createVariable("feature", str, ("feature",))
            for i, feature in enumerate(NAMES):
                names[i] = feature
            variable = file.createVariable("X", kind, ("sample", "feature"), fill_value=fill, zlib=unlimited, chunksizes=(64, 5) if unlimited else None)
            variable.set_auto_maskandscale(False)
            variable.units = "kelvin"
            variable.setncatts(attributes)
            variable[:] = data

    write("netcdf", fill=-9999.0)
    case("netcdf", rows, names=NAMES)
    write("netcdf_unlimited", fill=-9999.0, unlimited=True)
    case("netcdf_unlimited", rows, names=NAMES)
    packed = values("i2", 71)
    write("netcdf_packed", kind="i2", data=packed, scale_factor=np.float32(0.5), add_offset=np.float32(100))
    case("netcdf_packed", refused=["scale_factor"])
    write("netcdf_offset", kind="i2", data=packed, add_offset=np.float32(100))
    case("netcdf_offset", refused=["add_offset"])


def make_matlab():
    f64, f32 = values("f8", 80), values("f4", 81)

    def write(name, variables, **options):
        with h5py.File(path(name), "w", userblock_size=512, libver="earliest") as file:
            for variable, (kind, data) in variables.items():
                file.create_dataset(variable, data=data, **options)
                file[variable].attrs["MATLAB_class"] = np.bytes_(kind)
                if kind == "logical":
                    file[variable].attrs["MATLAB_int_decode"] = np.int32(1)
        text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan 01 00:00:00 1970 HDF5 schema 1.00 ."
        with open(path(name), "r+b") as file:
            file.write(text.ljust(116) + bytes(8) + b"\x00\x02IM")

    write("matlab", {"X": ("double", f64.T)})
    case("matlab", f64)
    write("matlab_single_gzip", {"readings": ("single", f32.T)}, compression="gzip", compression_opts=3, chunks=(5, 64))
    case("matlab_single_gzip", f32, dataset=None)
    write("matlab_beside_a_label", {"X": ("double", f64.T), "y": ("double", f64[:, :1].T)})
    case("matlab_beside_a_label", "matlab", file="matlab_beside_a_label")
    logical = values("?", 82)
    write("matlab_logical", {"X": ("logical", logical.T.astype("u1"))})
    case("matlab_logical", logical.astype("u1"))
    with h5py.File(path("julia"), "w", libver="earliest") as file:
        file["X"] = f64.T
    case("julia", f64, transpose=True)
    case("julia_unmarked", file="julia", refused=["--transpose"])
    square = values("f8", 83, (COLUMNS, COLUMNS))
    with h5py.File(path("julia_square"), "w", libver="earliest") as file:
        file.create_dataset("X", data=square.T, chunks=(2, 3), compression="gzip")
    case("julia_square", square, transpose=True)


def read_back(case):
    """The rows of a case as its writer's own reader gives them, columns in the order of NAME.npy."""
    known = case["columns"] or [name for name in case["names"] or [] if name.startswith("feature_")]
    if case["file"].startswith("pandas"):
        import pandas as pd
        frame = pd.read_hdf(FOLDER / case["file"], "frame")
        return frame[known or list(frame.columns)].to_numpy()
    with h5py.File(FOLDER / case["file"]) as file:
        data = file[case["dataset"] or next(name for name in file if isinstance(file[name], h5py.Dataset) and file[name].ndim == 2)]
        if isinstance(data, h5py.Group):
            return np.column_stack([data[name] for name in known])
        rows = data[()]
        if rows.dtype.names:
            parts = {}
            for name in rows.dtype.names:
                if rows[name].ndim == 2:
                    parts |= {f"{name}_{i}": rows[name][:, i] for i in range(rows[name].shape[1])}
                else:
                    parts[name] = rows[name]
            return np.column_stack([parts[name] for name in known])
        return rows.T if case["transpose"] or "MATLAB_class" in data.attrs else rows


def check_rows():
    for case in cases:
        if case["rows"]:
            wanted, found = np.load(FOLDER / case["rows"]), read_back(case)
            same = found.astype(wanted.dtype)  # mixed compounds come as float64
            assert np.array_equal(same, found, equal_nan=wanted.dtype.kind == "f") and same.tobytes() == wanted.tobytes(), case["name"]


def keep_chunks_small():
    """PyTables gives even 300 rows chunks of 64 KiB, and one text column 1 MiB."""
    import tables
    tables.leaf.calc_chunksize = lambda expected_mb: 2048
    tables.vlarray.calc_chunksize = lambda expected_mb: 64


def main():
    keep_chunks_small()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in (*FOLDER.glob("*.h5"), *FOLDER.glob("*.npy")):
        old.unlink()
    for make in (make_h5py, make_compound, make_plugins, make_pandas, make_pytables, make_anndata, make_netcdf, make_matlab):
        make()
    for file in sorted(FOLDER.glob("*.h5")):
        data = file.read_bytes()
        if file.name.startswith(("pandas", "pytables")):
            file.write_bytes(MODIFICATION_TIME.sub(rb"\1\0\0\0\0", data))
        if len(data) > MOST_BYTES:
            print(f"{file.name}: {len(data)} bytes")
    check_rows()
    assert len({case["name"] for case in cases}) == len(cases)
    (FOLDER / "cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
    print(f"{len(cases)} cases, {len(list(FOLDER.glob('*.h5')))} files")


if __name__ == "__main__":
    main()
