#!/usr/bin/env python3
"""Write tests/data/chunks/: chunks as h5py and hdf5plugin store them, and what they hold.

    python3 scripts/make_chunk_samples.py tests/data/chunks

Needs h5py and hdf5plugin from PyPI (made with 3.16 and 7.1). DATA.raw is a chunk's values as they are in memory,
DATA.FILTERS.chunk the same stored: little-endian numbers of 32 bits (bytes of a chunk, bytes of an element, filter mask,
count of filters, and for each filter its number, count of client data and client data), then the stored bytes. The fuzz
target `chunk` takes the same format.
"""

import os
import struct
import sys

import h5py
import hdf5plugin
import numpy as np

SEED = 20261128


def data():
    """Name: values, with odd sizes: no multiple of 8 elements, of a vector or of a block. Blocks of bitshuffle are 8 KiB."""
    random = np.random.default_rng(SEED)
    wave = np.round(100 * np.sin(np.arange(1021) / 40) + random.integers(0, 3, 1021))
    return {
        "u8": (wave[:507] + 128).clip(0, 255).astype("u1"),
        "i16": wave[:403].astype("<i2"),
        "f32": (wave[:301] / 8).astype("<f4"),
        "f64": (wave[:203] / 8).astype("<f8"),
        "noise": random.integers(0, 2**32, 131, dtype="u4").view("<f4"),
        "zeros": np.zeros(1000, "<f4"),
        "few": wave[:5].astype("<f4"),
        "u16": np.abs(wave[:301]).astype("<u2"),
        "scaled": scaled((wave[:203] / 8).astype("<f4")),
        "long": (np.arange(9001) // 37 % 200).astype("u1"),
    }


def filters():
    """Name: arguments of create_dataset."""
    blosc = {
        f"blosc_{name}": hdf5plugin.Blosc(cname=name, clevel=5, shuffle=shuffle)
        for name, shuffle in (("blosclz", 1), ("lz4", 1), ("lz4hc", 0), ("zlib", 1), ("zstd", 2))
    }
    plugins = {
        **blosc,
        "lz4": hdf5plugin.LZ4(),
        "lz4_blocks": hdf5plugin.LZ4(nbytes=136),
        "zstd": hdf5plugin.Zstd(clevel=3),
        "bitshuffle": hdf5plugin.Bitshuffle(cname="none"),
        "bitshuffle_blocks": hdf5plugin.Bitshuffle(nelems=64, cname="none"),
        "bitshuffle_lz4": hdf5plugin.Bitshuffle(cname="lz4"),
        "bitshuffle_lz4_blocks": hdf5plugin.Bitshuffle(nelems=64, cname="lz4"),
        "bitshuffle_zstd": hdf5plugin.Bitshuffle(nelems=128, cname="zstd"),
    }
    arguments = {name: dict(plugin) for name, plugin in plugins.items()}
    arguments["lzf"] = {"compression": "lzf"}
    arguments["gzip"] = {"compression": "gzip", "compression_opts": 4}
    arguments["gzip_fletcher32"] = {**arguments["gzip"], "fletcher32": True}
    arguments["szip"] = {"compression": "szip", "compression_opts": ("nn", 8)}
    arguments["scaleoffset"] = {"scaleoffset": 0}
    arguments["scaleoffset_gzip"] = {"scaleoffset": 0, **arguments["gzip"]}
    arguments["scaleoffset_digits"] = {"scaleoffset": 2}
    arguments["nbit"] = {"nbit": True}
    for name in ("gzip", "lzf", "lz4", "zstd", "blosc_lz4"):
        arguments[f"shuffle_{name}"] = {**arguments[name], "shuffle": True}
    return arguments


def fits(data_name, filters_name):
    """Whether a filter is for such data: scaleoffset as it is used here loses nothing of integers, nbit is for numbers of
    few bits, and szip wants a block of elements."""
    if data_name == "long":
        return filters_name.startswith("bitshuffle")
    if filters_name.startswith("nbit") or data_name == "u16":
        return filters_name.startswith("nbit") and data_name == "u16"
    if filters_name.startswith("scaleoffset") or data_name == "scaled":
        return filters_name.startswith("scaleoffset") and (
            data_name in ("u8", "i16") if filters_name != "scaleoffset_digits" else data_name == "scaled"
        )
    return not (filters_name == "szip" and data_name == "few")


def stored(values, arguments):
    """The chunk as a file of one dataset has it."""
    with h5py.File("chunk.h5", "w", driver="core", backing_store=False, rdcc_nbytes=0) as file:
        if "nbit" in arguments:
            stored_type = h5py.h5t.py_create(values.dtype).copy()
            stored_type.set_precision(11)
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_chunk(values.shape)
            properties.set_filter(h5py.h5z.FILTER_NBIT, 0, ())
            space = h5py.h5s.create_simple(values.shape)
            dataset = h5py.Dataset(h5py.h5d.create(file.id, b"rows", stored_type, space, properties))
            dataset[...] = values
        else:
            dataset = file.create_dataset("rows", data=values, chunks=values.shape, **arguments)
        assert dataset[...].tobytes() == values.tobytes()
        mask, chunk = dataset.id.read_direct_chunk((0,))
        properties = dataset.id.get_create_plist()
        header = [values.nbytes, values.itemsize, mask, properties.get_nfilters()]
        for i in range(properties.get_nfilters()):
            number, _, client_data, _ = properties.get_filter(i)
            header += [number, len(client_data), *client_data]
        return struct.pack(f"<{len(header)}I", *header) + chunk


def scaled(values):
    """What scaleoffset makes of floats, of which it then loses nothing."""
    with h5py.File("chunk.h5", "w", driver="core", backing_store=False, rdcc_nbytes=0) as file:
        file.create_dataset("rows", data=values, chunks=values.shape, scaleoffset=2)
        return file["rows"][...]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for data_name, values in data().items():
        with open(os.path.join(folder, f"{data_name}.raw"), "wb") as file:
            file.write(values.tobytes())
        for name, arguments in filters().items():
            if not fits(data_name, name):
                continue
            with open(os.path.join(folder, f"{data_name}.{name}.chunk"), "wb") as file:
                file.write(stored(values, arguments))


if __name__ == "__main__":
    main()
