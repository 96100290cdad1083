#!/usr/bin/env python3
"""Writes HDF5 files that were made to harm whoever reads rows from them: other files read, little that becomes much, damage.

usage: make_hostile_row_files.py FOLDER

Needs h5py and numpy (Debian's python3-h5py). tests/hostile_rows_test.py gives each file to evenscore. FOLDER/cases.json
lists them, each with `file`, `dataset` (or null), `expect` and `says`, words of the message:

    refused    has to be refused
    unchanged  refused, or read as the rows of `same_as` are, to the bit
    survive    refused, or read: nothing in the file says what would be right

FOLDER/predictions has files for verify and compare, FOLDER/outside what no file may reach.
"""

import json
import os
import pathlib
import pickle
import struct
import sys
import warnings
import zlib

import h5py
import numpy as np

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(sys.argv[1])
SECRET = "a text of another file that must never be read as numbers. "
COLUMNS = 5
UNLIMITED = h5py.h5s.UNLIMITED
# Clears the screen, and begins a line of its own that says all is well.
CONTROL = b"a\x1b[2J\nevenscore: all is well\r\x07"
cases = []


def case(file, expect="refused", says=(), dataset="/X", same_as=None, model="unnamed", **more):
    cases.append({"file": file, "dataset": dataset, "expect": expect, "says": [says] if isinstance(says, str) else list(says),
                  "same_as": same_as, "model": model, **more})


def good_rows(rows=30):
    return np.round(np.random.default_rng(0).standard_normal((rows, COLUMNS)) * 64) / 8


def new(name, libver="earliest", **options):
    (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
    return h5py.File(FOLDER / name, "w", libver=libver, **options)


def create(file, name, shape, kind="f8", chunks=None, maxshape=None, external=None, filters=(), alloc=None):
    """A dataset of which nothing is written, with what h5py's high level refuses."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunks:
        properties.set_chunk(chunks)
    for outside in external or ():
        properties.set_external(*outside)
    for number, values in filters:
        properties.set_filter(number, h5py.h5z.FLAG_OPTIONAL, values)
    if alloc is not None:
        properties.set_alloc_time(alloc)
    space = h5py.h5s.create_simple(shape, maxshape or shape)
    name = name if isinstance(name, bytes) else name.encode()
    return h5py.Dataset(h5py.h5d.create(file.id, name, h5py.h5t.py_create(np.dtype(kind)), space, properties))


def zeros(count):
    """`count` zero bytes as zlib would compress them, made from one block that is the same each time."""
    block = 1 << 20
    compressor = zlib.compressobj(9)
    start = compressor.compress(bytes(block)) + compressor.flush(zlib.Z_FULL_FLUSH)
    once = compressor.compress(bytes(block)) + compressor.flush(zlib.Z_FULL_FLUSH)
    rest = bytes(count % block)
    end = compressor.compress(rest) + compressor.flush()
    # Of zeros, the checksum is their number and 1.
    return start + once * (count // block - 1) + end[:-4] + struct.pack(">I", (count % 65521) << 16 | 1)


# --- other files

def make_others():
    outside = FOLDER / "outside"
    outside.mkdir(parents=True)
    (outside / "secret.txt").write_text(SECRET * 100)
    with new("outside/other.h5") as file:
        file["X"] = good_rows()
        file["y"] = np.arange(30)
    for place in ("links", "predictions"):
        with new(f"{place}/external_link.h5") as file:
            for name in ("X", "y", "label", "decision"):
                file[name] = h5py.ExternalLink(str(outside / "other.h5"), "/X" if name == "X" else "/y")
        with new(f"{place}/external_raw.h5") as file:
            where = os.fsencode(outside / "secret.txt")
            create(file, "X", (30, COLUMNS), external=[(where, 0, 30 * COLUMNS * 8)])
            for name, kind in (("y", "i8"), ("label", "i8"), ("decision", "f8")):
                create(file, name, (30,), kind, external=[(where, 0, 240)])
        with new(f"{place}/virtual.h5", "latest") as file:
            for name, shape, kind in (("X", (30, COLUMNS), "f8"), ("y", (30,), "i8"), ("label", (30,), "i8"), ("decision", (30,), "f8")):
                layout = h5py.VirtualLayout(shape, kind)
                layout[...] = h5py.VirtualSource(str(outside / "other.h5"), "X" if name == "X" else "y", shape)
                file.create_virtual_dataset(name, layout)
    case("links/external_link.h5", says="other.h5")
    case("links/external_raw.h5", says="secret.txt")
    case("links/virtual.h5", says="virtual")
    with new("links/virtual_of_itself.h5", "latest") as file:
        file["rows"] = good_rows()
        layout = h5py.VirtualLayout((30, COLUMNS), "f8")
        layout[...] = h5py.VirtualSource(".", "rows", (30, COLUMNS))
        file.create_virtual_dataset("X", layout)
    case("links/virtual_of_itself.h5", says="virtual")
    with new("links/external_raw_relative.h5") as file:
        create(file, "X", (30, COLUMNS), external=[(b"../outside/secret.txt", 0, 400), (b"../outside/secret.txt", 400, 800)])
    case("links/external_raw_relative.h5", says="secret.txt")
    with new("links/external_raw_proc.h5") as file:
        create(file, "X", (30, COLUMNS), external=[(b"/proc/self/environ", 0, 1200)])
    case("links/external_raw_proc.h5", says="environ")
    with new("links/external_column.h5") as file:
        for index in range(COLUMNS):
            file[f"columns/c{index}"] = np.arange(30.0)
        del file["columns/c3"]
        file["columns/c3"] = h5py.ExternalLink("../outside/other.h5", "/y")
    case("links/external_column.h5", says="other.h5", dataset="/columns", columns="c0,c1,c2,c3,c4")
    with new("links/external_group.h5") as file:
        file["there"] = h5py.ExternalLink("../outside/other.h5", "/")
        file["X"] = h5py.SoftLink("/there/X")
    case("links/external_group.h5", dataset="/there/X", says="other.h5")
    case("links/external_group.h5", says="other.h5")


def make_links():
    def chain(name, hops, end="/rows"):
        with new(name) as file:
            file["rows"] = good_rows()
            for hop in range(hops):
                file["X" if hop == 0 else f"hop{hop}"] = h5py.SoftLink(end if hop == hops - 1 else f"/hop{hop + 1}")

    with new("links/plain.h5") as file:
        file["X"] = good_rows()
    case("links/plain.h5", "unchanged", same_as="links/plain.h5")
    chain("links/soft_1.h5", 1)
    case("links/soft_1.h5", "unchanged", same_as="links/plain.h5")
    chain("links/soft_17.h5", 17)
    case("links/soft_17.h5")
    chain("links/soft_1000.h5", 1000)
    case("links/soft_1000.h5")
    chain("links/soft_cycle.h5", 3, "/X")
    case("links/soft_cycle.h5")
    chain("links/soft_self.h5", 1, "/X")
    case("links/soft_self.h5")
    chain("links/soft_nowhere.h5", 1, "/nothing/there")
    case("links/soft_nowhere.h5")
    with new("links/group_cycle.h5") as file:
        group = file.create_group("a/b")
        group["up"] = file["a"]
        group["root"] = file["/"]
    case("links/group_cycle.h5", dataset=None)
    case("links/group_cycle.h5", dataset="/a/b/up/b/up/b/X")
    with new("links/hard_cycle_column.h5") as file:
        group = file.create_group("columns")
        group["c0"] = group
    case("links/hard_cycle_column.h5", dataset="/columns")
    case("links/hard_cycle_column.h5", dataset="/columns", columns="c0,c0,c0,c0,c0")


# --- sizes

def make_sizes():
    # Rows that are all fill values are rows; their results need a disk that there is not, which is status 3.
    no_disk = {"status_3_says": "file system"}
    for power in (45, 57):
        with new(f"sizes/rows_2_{power}.h5") as file:
            create(file, "X", (1 << power, COLUMNS), chunks=(1024, COLUMNS))
        case(f"sizes/rows_2_{power}.h5", **no_disk)
    with new("sizes/elements_2_60.h5") as file:
        create(file, "X", (1 << 30, 1 << 30), "u1", chunks=(1024, 1024))
    case("sizes/elements_2_60.h5")
    with new("sizes/elements_2_60_contiguous.h5") as file:
        create(file, "X", (1 << 30, 1 << 30), "u1", alloc=h5py.h5d.ALLOC_TIME_LATE)
    case("sizes/elements_2_60_contiguous.h5")
    with new("sizes/contiguous_rows_2_45.h5") as file:
        create(file, "X", (1 << 45, COLUMNS), alloc=h5py.h5d.ALLOC_TIME_LATE)
    case("sizes/contiguous_rows_2_45.h5", **no_disk)
    with new("sizes/columns_2_40.h5") as file:
        create(file, "X", (30, 1 << 40), "f4", chunks=(30, 1024))
    case("sizes/columns_2_40.h5")
    two_gib = ((1 << 31) // (COLUMNS * 8), COLUMNS)
    with new("sizes/chunk_2_gib.h5") as file:
        create(file, "X", (30, COLUMNS), chunks=two_gib, maxshape=(UNLIMITED, COLUMNS))
    case("sizes/chunk_2_gib.h5", "survive")
    one_gib = ((1 << 30) // (COLUMNS * 8), COLUMNS)
    with new("sizes/gzip_bomb.h5") as file:
        data = create(file, "X", one_gib, chunks=one_gib, filters=[(1, (9,))])
        data.id.write_direct_chunk((0, 0), zeros(one_gib[0] * COLUMNS * 8))
    case("sizes/gzip_bomb.h5")
    with new("sizes/gzip_bomb_30_rows.h5") as file:
        data = create(file, "X", (30, COLUMNS), chunks=one_gib, maxshape=(UNLIMITED, COLUMNS), filters=[(1, (9,))])
        data.id.write_direct_chunk((0, 0), zeros(one_gib[0] * COLUMNS * 8))
    case("sizes/gzip_bomb_30_rows.h5")
    # Chunks of 3 rows and 2.8 million columns, of which the dataset has 5: 640 MiB are expanded for 30 rows.
    wide = (3, (1 << 26) // 24)
    with new("sizes/gzip_64_mib_chunks.h5") as file:
        data = create(file, "X", (30, COLUMNS), chunks=wide, maxshape=(UNLIMITED, UNLIMITED), filters=[(1, (9,))])
        for row in range(0, 30, 3):
            data.id.write_direct_chunk((row, 0), zeros(wide[0] * wide[1] * 8))
    with new("sizes/zeros.h5") as file:
        file["X"] = np.zeros((30, COLUMNS))
    case("sizes/zeros.h5", "unchanged", same_as="sizes/zeros.h5")
    case("sizes/gzip_64_mib_chunks.h5", "unchanged", same_as="sizes/zeros.h5")
    # A chunk whose stream expands to more than the chunk, or to less, or goes on after its end.
    for name, stream in {"longer": zeros(1 << 27), "shorter": zlib.compress(bytes(40)), "empty": b"",
                         "no_zlib": b"\xff" * 100, "cut": zlib.compress(np.random.default_rng(1).bytes(1200))[:-200]}.items():
        with new(f"sizes/stream_{name}.h5") as file:
            data = create(file, "X", (30, COLUMNS), chunks=(30, COLUMNS), filters=[(1, (9,))])
            if stream:
                data.id.write_direct_chunk((0, 0), stream)
            else:
                data.id.write_direct_chunk((0, 0), b"\0")
        case(f"sizes/stream_{name}.h5")
    with new("sizes/raw_chunk_too_short.h5") as file:
        data = create(file, "X", (30, COLUMNS), chunks=(30, COLUMNS), filters=[(1, (9,))])
        data.id.write_direct_chunk((0, 0), good_rows().tobytes()[:100], filter_mask=1)
    case("sizes/raw_chunk_too_short.h5")
    with new("sizes/many_filters.h5") as file:
        data = create(file, "X", (30, COLUMNS), chunks=(30, COLUMNS), filters=[(1, (9,))] * 32)
        stream = good_rows().tobytes()
        for _ in range(32):
            stream = zlib.compress(stream, 9)
        data.id.write_direct_chunk((0, 0), stream)
    case("sizes/many_filters.h5", "unchanged", same_as="links/plain.h5")
    with new("sizes/links_20000.h5", "latest") as file:
        group = file.create_group("columns")
        group["c"] = np.arange(30.0)
        for index in range(20000):
            group.id.links.create_hard(f"c{index}".encode(), group.id, b"c")
    case("sizes/links_20000.h5", dataset="/columns")
    case("sizes/links_20000.h5", dataset=None)
    with new("sizes/links_20000_old.h5") as file:
        file["X"] = good_rows()
        for index in range(20000):
            file.id.links.create_soft(f"s{index}".encode(), b"/nowhere")
    case("sizes/links_20000_old.h5", "unchanged", same_as="links/plain.h5")
    with new("sizes/groups_20000.h5", "latest") as file:
        group = file.create_group("g")
        for index in range(20000):
            group.create_group(f"{index}")
    case("sizes/groups_20000.h5", dataset=None)
    with new("sizes/deep.h5", "latest") as file:
        file["/".join(["g"] * 100) + "/X"] = good_rows()
    case("sizes/deep.h5", "unchanged", dataset=None, same_as="links/plain.h5")
    case("sizes/deep.h5", "unchanged", dataset="/" + "g/" * 100 + "X", same_as="links/plain.h5")
    members = np.dtype([(f"c{index}", "u1") for index in range(2000)])
    with new("sizes/members_2000.h5", "latest") as file:
        create(file, "X", (30,), members, chunks=(30,))
    case("sizes/members_2000.h5")
    with new("sizes/array_member.h5") as file:
        create(file, "X", (30,), np.dtype([("a", "f8", (1 << 27,))]), chunks=(1,))
    case("sizes/array_member.h5")


# --- names

def make_names():
    with new("names/control.h5") as file:
        for name in (CONTROL, b"\xff\xfe\x80", "\u202eX".encode(), b"x" * 60000):
            create(file, name, (30, COLUMNS))
    case("names/control.h5", dataset=None)
    case("names/control.h5", dataset="/Y")
    with new("names/control_column.h5") as file:
        group = file.create_group("columns")
        for index in range(COLUMNS):
            create(group, CONTROL + b"%d" % index, (30,))
        create(group, b"\xff\xfe", (30,))
    case("names/control_column.h5", dataset="/columns", model="named")
    case("names/control_column.h5", dataset="/columns", columns="a,b")

    names = [f"feature_{letter}" for letter in "abcde"]
    kinds = {"too_few": names[:4], "too_many": [*names, "feature_f"], "twice": [*names[:4], "feature_a"], "none_at_all": [],
             "control": [CONTROL.decode(), *names[1:]], "not_utf8": np.array([b"\xff\xfe\x80", *(name.encode() for name in names[1:])]),
             "square": np.array(names * 5, "S9").reshape(5, 5), "numbers": np.arange(5), "scalar": "feature_a",
             "sixty_thousand": np.full(60000, b"f", "S1"), "with_nul": np.array([name.encode() for name in names], "S9")}
    for kind, value in kinds.items():
        with new(f"names/feature_names_{kind}.h5", "latest") as file:
            file["X"] = good_rows()
            file["X"].attrs["feature_names"] = value if len(value) != 0 else np.array([], "S9")
        case(f"names/feature_names_{kind}.h5", "survive" if kind in ("none_at_all", "numbers", "scalar", "square", "with_nul") else "refused", model="named")
    with new("names/huge.h5", "latest") as file:
        file["X"] = good_rows()
        file["X"].attrs.create("feature_names", ["f" * (32 << 20), *names[1:]], dtype=h5py.string_dtype())
    case("names/huge.h5", model="named")
    with new("names/declared_huge.h5") as file:
        file["X"] = good_rows()
        file["X"].attrs.create("feature_names", ["feature_long_a", *names[1:]], dtype=h5py.string_dtype())
    patch("names/declared_huge.h5", lambda data: replace_once(data, struct.pack("<I", 14) + data_address(data, b"GCOL"),
                                                              struct.pack("<I", 0x7fffffff) + data_address(data, b"GCOL")))
    case("names/declared_huge.h5", model="named")
    with new("names/heap_nowhere.h5") as file:
        file["X"] = good_rows()
        file["X"].attrs.create("feature_names", ["feature_long_a", *names[1:]], dtype=h5py.string_dtype())
    patch("names/heap_nowhere.h5", lambda data: replace_once(data, struct.pack("<I", 14) + data_address(data, b"GCOL"),
                                                             struct.pack("<IQ", 14, 1 << 50)))
    case("names/heap_nowhere.h5", model="named")
    with new("names/scale_of_nothing.h5") as file:
        file["X"] = good_rows()
        file["feature"] = np.array(names[:3], "S9")
        file["feature"].make_scale("feature")
        file["X"].dims[1].attach_scale(file["feature"])
    case("names/scale_of_nothing.h5", model="named")


# --- what pandas, AnnData, netCDF and MATLAB write, against itself

def make_frames():
    names = np.array([f"feature_{letter}" for letter in "abcde"], "S9")

    def fixed(name, change=lambda group: None, expect="refused", axis0=names, items=names, blocks=1):
        with new(f"frames/{name}.h5") as file:
            group = file.create_group("frame")
            group.attrs.update({"pandas_type": np.bytes_("frame"), "pandas_version": np.bytes_("0.15.2"), "encoding": np.bytes_("UTF-8"),
                                "errors": np.bytes_("strict"), "axis0_variety": np.bytes_("regular"), "axis1_variety": np.bytes_("regular"),
                                "block0_items_variety": np.bytes_("regular"), "ndim": 2, "nblocks": blocks})
            group["axis0"], group["axis1"] = axis0, np.arange(30)
            group["block0_items"], group["block0_values"] = items, good_rows()
            for axis in ("axis0", "axis1", "block0_items"):
                group[axis].attrs["kind"] = np.bytes_("integer" if axis == "axis1" else "string")
            change(group)
        case(f"frames/{name}.h5", expect, dataset="/frame", same_as="links/plain.h5")

    def replace(member, value):
        def change(group):
            del group[member]
            group[member] = value
        return change

    def unwritten(member, *arguments, **options):
        def change(group):
            del group[member]
            create(group, member, *arguments, **options)
        return change

    outside = os.fsencode(FOLDER / "outside/secret.txt")
    fixed("axis0_short", axis0=names[:4])
    fixed("axis0_twice", axis0=np.array([*names[:4], names[0]]))
    fixed("axis0_huge", unwritten("axis0", (1 << 40,), "S9", chunks=(1024,)))
    fixed("axis0_text_of_1_gib", unwritten("axis0", (5,), "S1073741824", chunks=(1,)))
    fixed("items_unknown", items=np.array([*names[:4], b"feature_z"]))
    fixed("items_twice", items=np.array([*names[:4], names[0]]))
    fixed("items_short", items=names[:4])
    fixed("no_items", lambda group: group.__delitem__("block0_items"))
    fixed("no_values", lambda group: group.__delitem__("block0_values"))
    fixed("no_axis0", lambda group: group.__delitem__("axis0"))
    # All columns of axis0 are there, whatever this number says.
    for name, blocks in {"more_blocks_than_there_are": 2, "billion_blocks": 1 << 30, "minus_one_blocks": -1}.items():
        fixed(name, expect="unchanged", blocks=blocks)
    fixed("values_of_one_dimension", replace("block0_values", np.zeros(150)))
    fixed("values_transposed", replace("block0_values", good_rows().T))
    fixed("values_outside", unwritten("block0_values", (30, COLUMNS), external=[(outside, 0, 1200)]))
    fixed("values_external_link", replace("block0_values", h5py.ExternalLink("../outside/other.h5", "/X")))
    fixed("values_are_the_group", lambda group: (group.__delitem__("block0_values"), group.__setitem__("block0_values", group)))

    def two_blocks(group):
        group.attrs["nblocks"] = 2
        for member in ("block0_values", "block0_items"):
            del group[member]
        group["block0_items"], group["block0_values"] = names[:3], good_rows()[:, :3]
        group["block1_items"], group["block1_values"] = names[3:], good_rows()[:29, 3:]

    fixed("blocks_of_other_lengths", two_blocks)

    def table(name, axes, kinds=None, expect="refused", width=COLUMNS):
        """The names of a table's columns are pickles, which only Python would run."""
        with new(f"frames/table_{name}.h5") as file:
            rows = np.zeros(30, np.dtype([("index", "i8"), ("values_block_0", "f8", (width,))]))
            rows["values_block_0"] = good_rows()[:, :width]
            group = file.create_group("frame")
            group.attrs.update({"pandas_type": np.bytes_("frame_table"), "pandas_version": np.bytes_("0.15.2"), "nan_rep": np.bytes_("nan"),
                                "table_type": np.bytes_("appendable_frame"), "encoding": np.bytes_("UTF-8"), "errors": np.bytes_("strict"),
                                "non_index_axes": np.void(axes), "values_cols": np.void(pickle.dumps(["values_block_0"], 0)),
                                "index_cols": np.void(pickle.dumps([(0, "index")], 0)), "data_columns": np.void(pickle.dumps([], 0))})
            group["table"] = rows
            group["table"].attrs["values_block_0_kind"] = np.void(kinds if kinds is not None else pickle.dumps(texts, 0))
        case(f"frames/table_{name}.h5", expect, dataset="/frame", same_as="links/plain.h5")

    texts = [name.decode() for name in names]
    right = pickle.dumps([(1, texts)], 0)
    call = f"cposix\nsystem\n(S'touch {FOLDER / 'outside/called'}'\ntR.".encode()
    table("calls", call)
    table("calls_in_kind", right, call)
    table("calls_in_both", call, call)
    laughs = b"(lp0\n" + b"".join(b"(l" + b"g%d\na" % (i - 1) * 10 + b"p%d\n" % i for i in range(1, 40)) + b"."
    table("laughs", laughs, laughs)
    deep = b"(l" * 10000 + b"."
    table("deep", deep, deep)
    table("cut", right[: len(right) // 2])
    table("empty", b"\0", b"\0")
    table("too_few", pickle.dumps([(1, texts[:4])], 0), pickle.dumps(texts[:4], 0))
    table("too_many", pickle.dumps([(1, [*texts, "feature_f"])], 0), pickle.dumps([*texts, "feature_f"], 0))
    table("twice", pickle.dumps([(1, [*texts[:4], texts[0]])], 0), pickle.dumps([*texts[:4], texts[0]], 0))
    table("kind_of_others", right, pickle.dumps([text.upper() for text in texts], 0))
    table("narrow", right, width=4)
    table("names_are_numbers", pickle.dumps([(1, [1 << 70, -1, 2.5, None, ()])], 0), pickle.dumps([1 << 70, -1, 2.5, None, ()], 0))
    table("length_of_4_gib", b"\x80\x02]q\x00(X\xff\xff\xff\xffabc.", b"\x80\x02]q\x00(X\xff\xff\xff\xffabc.")

    def anndata(name, index, attribute="_index", expect="refused"):
        with new(f"frames/anndata_{name}.h5") as file:
            file.attrs["encoding-type"], file.attrs["encoding-version"] = "anndata", "0.1.0"
            file["X"] = good_rows()
            file["X"].attrs["encoding-type"], file["X"].attrs["encoding-version"] = "array", "0.2.0"
            group = file.create_group("var")
            group.attrs["encoding-type"], group.attrs["_index"] = "dataframe", attribute
            if isinstance(index, tuple):
                create(group, "_index", *index)
            elif index is not None:
                group["_index"] = index
        case(f"frames/anndata_{name}.h5", expect, same_as="links/plain.h5", model="named")

    anndata("too_few", names[:4])
    anndata("twice", np.array([*names[:4], names[0]]))
    anndata("external_link", h5py.ExternalLink("../outside/other.h5", "/y"))
    anndata("huge", ((1 << 40,), "S9", (1024,)))
    anndata("text_of_1_gib", ((5,), "S1073741824", (1,)))
    anndata("numbers", np.arange(5), expect="survive")
    anndata("missing", None, expect="survive")
    anndata("index_of_another_place", names, "../../outside/other.h5", expect="survive")
    anndata("index_is_itself", h5py.SoftLink("/var/_index"))

    def marked(name, attribute, value, expect, rows=None):
        with new(f"frames/{name}.h5", "latest") as file:
            file["X"] = good_rows() if rows is None else rows
            file["X"].attrs.create(attribute, value)
        case(f"frames/{name}.h5", expect, same_as="links/plain.h5")

    marked("matlab_of_one_dimension", "MATLAB_class", np.bytes_("double"), "refused", np.zeros(30))
    marked("matlab_class_number", "MATLAB_class", 7, "survive")
    marked("matlab_class_60000", "MATLAB_class", np.bytes_(b"d" * 60000), "survive")
    marked("matlab_class_many", "MATLAB_class", np.full(1000, b"double"), "survive")
    marked("scale_factor_text", "scale_factor", "2", "refused")
    marked("scale_factor_many", "scale_factor", np.ones(1000), "refused")
    marked("scale_factor_nan", "scale_factor", np.nan, "refused")
    with new("frames/dimension_list_nowhere.h5") as file:
        file["X"] = good_rows()
        file["feature"] = names
        file["feature"].make_scale("feature")
        file["X"].dims[1].attach_scale(file["feature"])
        where = struct.pack("<Q", h5py.h5o.get_info(file["feature"].id).addr)
    data = (FOLDER / "frames/dimension_list_nowhere.h5").read_bytes()
    heap = data.index(b"GCOL")
    at = data.index(where, heap)
    for name, value in {"nowhere": 1 << 50, "itself": heap, "undefined": (1 << 64) - 1, "zero": 0}.items():
        (FOLDER / f"frames/dimension_list_{name}.h5").write_bytes(data[:at] + struct.pack("<Q", value) + data[at + 8:])
        case(f"frames/dimension_list_{name}.h5", "survive", model="named")


# --- damage

def replace_once(data, old, new):
    assert data.count(old) == 1 and len(old) == len(new), (data.count(old), old)
    return data.replace(old, new)


def data_address(data, signature):
    return struct.pack("<Q", data.index(signature))


def patch(name, change):
    (FOLDER / name).write_bytes(change((FOLDER / name).read_bytes()))


class ChunkTree:
    """The version 1 B-tree of a small file's chunks: where its keys and children are. Of rank 2, the type is a third."""
    KEY = 4 + 4 + 3 * 8

    def __init__(self, data, level=0):
        at = -1
        while True:
            at = data.index(b"TREE", at + 1)
            if data[at + 4] == 1 and data[at + 5] == level:
                break
        self.at = at
        self.entries = struct.unpack_from("<H", data, at + 6)[0]

    def key(self, index):
        return self.at + 24 + index * (self.KEY + 8)

    def child(self, index):
        return self.key(index) + self.KEY


def make_trees():
    bases = {"raw": {}, "gzip": {"compression": "gzip"}}
    for base, options in bases.items():
        with new(f"trees/{base}.h5") as file:
            file.create_dataset("X", data=good_rows(), chunks=(10, COLUMNS), **options)
        case(f"trees/{base}.h5", "unchanged", same_as="links/plain.h5")
        data = (FOLDER / f"trees/{base}.h5").read_bytes()
        tree = ChunkTree(data)
        assert tree.entries == 3
        first = struct.unpack_from("<Q", data, tree.child(0))[0]
        rows_at = {"outside": (tree.child(1), "<Q", 1 << 40), "almost_outside": (tree.child(1), "<Q", len(data) - 8),
                   "undefined": (tree.child(1), "<Q", (1 << 64) - 1), "overflow": (tree.child(1), "<Q", (1 << 64) - 8),
                   "negative": (tree.child(1), "<Q", 1 << 63), "twice": (tree.child(1), "<Q", first),
                   "overlap": (tree.child(1), "<Q", first + 8), "stored_4_gib": (tree.key(1), "<I", 0xffffffff),
                   "stored_nothing": (tree.key(1), "<I", 0), "mask_of_unknown": (tree.key(1) + 4, "<I", 0x80000000),
                   "same_place_twice": (tree.key(1) + 8, "<Q", 0), "between": (tree.key(1) + 8, "<Q", 7),
                   "column_offset": (tree.key(1) + 16, "<Q", 5), "beyond_the_rows": (tree.key(2) + 8, "<Q", 1 << 40),
                   "entries_65535": (tree.at + 6, "<H", 65535), "entries_0": (tree.at + 6, "<H", 0),
                   "level_1": (tree.at + 5, "<B", 1), "level_255": (tree.at + 5, "<B", 255), "kind_0": (tree.at + 4, "<B", 0),
                   "right_is_itself": (tree.at + 16, "<Q", tree.at)}
        for name, (at, kind, value) in rows_at.items():
            def change(bytes_, at=at, kind=kind, value=value):
                bytes_ = bytearray(bytes_)
                struct.pack_into(kind, bytes_, at, value)
                return bytes(bytes_)
            (FOLDER / f"trees/{base}_{name}.h5").write_bytes(change(data))
            # Without entries it is the file of somebody who has written nothing yet.
            expect = {"right_is_itself": "unchanged", "mask_of_unknown": "unchanged", "entries_0": "survive"}.get(name, "refused")
            case(f"trees/{base}_{name}.h5", expect, same_as="links/plain.h5")
    with new("trees/deep.h5") as file:
        file.create_dataset("X", data=good_rows(200), chunks=(1, COLUMNS))
    case("trees/deep.h5", "unchanged", same_as="trees/deep.h5")
    data = (FOLDER / "trees/deep.h5").read_bytes()
    root = ChunkTree(data, 1)
    for name, value in {"cycle": root.at, "same_child_twice": struct.unpack_from("<Q", data, root.child(0))[0]}.items():
        changed = bytearray(data)
        struct.pack_into("<Q", changed, root.child(1), value)
        (FOLDER / f"trees/deep_{name}.h5").write_bytes(changed)
        case(f"trees/deep_{name}.h5")
    # The tree of the root group's links: its only child is itself.
    data = bytearray((FOLDER / "trees/raw.h5").read_bytes())
    at = data.index(b"TREE")
    assert data[at + 4] == 0
    struct.pack_into("<Q", data, at + 32, at)
    data[at + 5] = 1
    (FOLDER / "trees/group_cycle.h5").write_bytes(data)
    case("trees/group_cycle.h5")


def make_damage():
    kinds = {"old_gzip": ("earliest", {"compression": "gzip", "shuffle": True}), "old_raw": ("earliest", {}),
             "new_gzip": ("latest", {"compression": "gzip", "fletcher32": True}), "new_raw": ("latest", {})}
    for name, (libver, options) in kinds.items():
        base = f"damage/{name}.h5"
        with new(base, libver) as file:
            file.create_dataset("X", data=good_rows(), chunks=(10, COLUMNS), **options)
            file["X"].attrs["feature_names"] = np.array([f"feature_{letter}" for letter in "abcde"], "S9")
        case(base, "unchanged", same_as="links/plain.h5")
        data = (FOLDER / base).read_bytes()
        with h5py.File(FOLDER / base, "r") as file:
            chunks = [file["X"].id.get_chunk_info(index) for index in range(3)]
        checked = {"old_raw": False, "new_raw": False}.get(name, True)
        raw = [] if checked else [(chunk.byte_offset, chunk.byte_offset + chunk.size) for chunk in chunks]
        folder = FOLDER / "damage" / name
        folder.mkdir()
        # 48 lengths: the first bytes, the last ones, and between.
        lengths = {*range(1, 10), *range(len(data) - 9, len(data)), *np.linspace(10, len(data) - 10, 30).astype(int).tolist()}
        for length in sorted(lengths):
            (folder / f"cut_{length}.h5").write_bytes(data[:length])
            case(f"damage/{name}/cut_{length}.h5", "unchanged", same_as=base, damage=True)
        for at in range(0, len(data), 7 if checked else 14):
            changed = bytearray(data)
            changed[at] ^= 0xff
            (folder / f"byte_{at}.h5").write_bytes(changed)
            # What has no checksum may be read as it is; of the old format, that is every byte that says something.
            is_raw = any(first <= at < end for first, end in raw)
            case(f"damage/{name}/byte_{at}.h5", "survive" if is_raw else "unchanged", same_as=base, damage=True,
                 unchecked=is_raw or libver == "earliest", raw=is_raw)


# --- what is no HDF5 file

def make_no_files():
    folder = FOLDER / "none"
    folder.mkdir()
    (folder / "text.h5").write_text("row,column\n1,2\n")
    (folder / "empty.h5").write_bytes(b"")
    (folder / "signature.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    (folder / "signature_zeros.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(4000))
    (folder / "signature_ones.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\xff" * 4000)
    (folder / "zeros.h5").write_bytes(bytes(1 << 20))
    (folder / "random.h5").write_bytes(np.random.default_rng(2).bytes(1 << 16))
    with open(folder / "sparse.h5", "wb") as file:
        file.truncate(1 << 40)  # a signature may be at every power of two
    (folder / "netcdf3.h5").write_bytes(b"CDF\x01" + bytes(60))
    (folder / "directory.h5").mkdir()
    os.mkfifo(folder / "fifo.h5")
    (folder / "loop.h5").symlink_to("loop.h5")
    (folder / "device.h5").symlink_to("/dev/zero")
    for file in ("text", "empty", "signature", "signature_zeros", "signature_ones", "zeros", "random", "sparse", "netcdf3", "directory",
                 "fifo", "loop", "device", "missing"):
        case(f"none/{file}.h5")


def make_predictions():
    """For verify and compare: the columns that they look for, of 30 rows."""
    folder = "predictions"
    with new(f"{folder}/rows.h5") as file:
        file["X"] = good_rows()
    with new(f"{folder}/good.h5") as file:
        file["label"], file["decision"], file["y"] = np.zeros(30, "i8"), np.zeros(30), np.zeros(30, "i8")
    with new(f"{folder}/soft_cycle.h5") as file:
        for name in ("label", "decision", "y"):
            file[name] = h5py.SoftLink("/" + name)
    rows = (1 << 30) // 8
    with new(f"{folder}/gzip_bomb.h5") as file:
        for name, kind in (("label", "i8"), ("decision", "f8"), ("y", "i8")):
            data = create(file, name, (30,), kind, chunks=(rows,), maxshape=(UNLIMITED,), filters=[(1, (9,))])
            data.id.write_direct_chunk((0,), zeros(rows * 8))
    with new(f"{folder}/elements_2_60.h5") as file:
        for name, kind in (("label", "i8"), ("decision", "f8"), ("y", "i8")):
            create(file, name, (1 << 57,), kind, chunks=(1024,))
    with new(f"{folder}/text_of_1_gib.h5") as file:
        for name in ("label", "y"):
            create(file, name, (30,), np.dtype("S1073741824"), chunks=(1,))
        create(file, "decision", (30,))
    with new(f"{folder}/unlimited_text.h5") as file:
        for name in ("label", "y"):
            file.create_dataset(name, data=["f" * (1 << 20)] * 30, dtype=h5py.string_dtype())
    with new(f"{folder}/control_labels.h5") as file:
        for name in ("label", "y"):
            file[name] = np.array([CONTROL, b"\xff\xfe"] * 15)
    good = (FOLDER / folder / "good.h5").read_bytes()
    (FOLDER / folder / "cut.h5").write_bytes(good[: len(good) // 2])
    (FOLDER / folder / "text.h5").write_text("1\n2\n")
    os.mkfifo(FOLDER / folder / "fifo.h5")


def make_plugin():
    """A dataset with a filter that only a plugin has, and the plugin's source: whoever loads it leaves a file."""
    with new("plugin/rows.h5") as file:
        data = create(file, "X", (30, COLUMNS), chunks=(30, COLUMNS), filters=[(32123, ())])
        data.id.write_direct_chunk((0, 0), good_rows().tobytes())
    (FOLDER / "plugin/plugin.c").write_text(r"""
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) {
  const char *marker = getenv("EVENSCORE_TEST_MARKER");
  if (marker != NULL) close(open(marker, O_CREAT | O_WRONLY, 0600));
}
static size_t filter(unsigned flags, size_t n, const unsigned *values, size_t bytes, size_t *size, void **buffer) {
  (void)flags, (void)n, (void)values, (void)size, (void)buffer;
  return bytes;
}
static const struct {
  int version, id;
  unsigned encoder, decoder;
  const char *name;
  void *can_apply, *set_local;
  size_t (*filter)(unsigned, size_t, const unsigned *, size_t, size_t *, void **);
} kClass = {1, 32123, 1, 1, "marker", NULL, NULL, filter};
int H5PLget_plugin_type(void) { return 0; }
const void *H5PLget_plugin_info(void) { return &kClass; }
""")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (make_others, make_links, make_sizes, make_names, make_frames, make_trees, make_damage, make_no_files, make_predictions, make_plugin):
        make()
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
