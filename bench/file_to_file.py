#!/usr/bin/env python3
"""Times `evenscore score` from file to file beside the machine's own limits, in pairs of one run.

usage: file_to_file.py EVENSCORE MODEL [--rows N] [--features F] [--pairs P] [--gzip] [--dtype f32|f64]

Rows are made up: those of MODEL, or F columns that the model must take. Results are label_index and float32
probabilities. Warm page cache; medians over the pairs.

Contiguous: each pair reads the rows as `cat` does, writes and syncs as many bytes as the results have, and scores. The
limit is the longer of the two.

--gzip: the rows are rounded to two decimals and written again by h5py, with its automatic chunks, gzip level 4 and shuffle. Each pair
decompresses the very chunks with bare libdeflate on one core, and scores. The limit is that speed times the cores.
Needs h5py (Debian's python3-h5py) and libdeflate.
"""

import argparse
import ctypes
import ctypes.util
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("evenscore")
parser.add_argument("model")
parser.add_argument("--rows", type=int, default=20_000_000)
parser.add_argument("--features", type=int)
parser.add_argument("--dtype", default="f32")
parser.add_argument("--pairs", type=int, default=7)
parser.add_argument("--gzip", action="store_true")
arguments = parser.parse_args()


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cat(path):
    with open(os.devnull, "wb") as nowhere:
        subprocess.run(["cat", path], check=True, stdout=nowhere)


def write(path, size):
    block = os.urandom(4 << 20)
    with open(path, "wb", buffering=0) as file:
        for done in range(0, size, len(block)):
            file.write(block[: size - done])
        os.fsync(file.fileno())
    os.remove(path)


def score_command(rows, out):
    return [arguments.evenscore, "score", arguments.model, rows, "-o", out, "--output", "label_index,proba",
            "--output-dtype", "f32", "--json"]


class Deflate:
    """Bare libdeflate over the chunks of a dataset, on one core."""

    def __init__(self, path):
        import h5py

        self.deflate = ctypes.CDLL(ctypes.util.find_library("deflate") or "libdeflate.so.0")
        self.deflate.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
        self.decompress = self.deflate.libdeflate_zlib_decompress
        self.decompress.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t,
                                    ctypes.c_void_p]
        self.state = self.deflate.libdeflate_alloc_decompressor()
        with h5py.File(path, "r") as file, open(path, "rb") as raw:
            rows = file["X"]
            self.size = rows.dtype.itemsize * rows.chunks[0] * rows.chunks[1]
            self.chunks = []
            for first in range(0, rows.shape[0], rows.chunks[0]):
                for column in range(0, rows.shape[1], rows.chunks[1]):
                    self.chunks.append(rows.id.read_direct_chunk((first, column))[1])
                if len(self.chunks) * self.size > 256 << 20:
                    break
            self.chunk_shape = rows.chunks
        self.buffer = ctypes.create_string_buffer(self.size)

    def seconds_a_byte(self):
        def work():
            for chunk in self.chunks:
                if self.decompress(self.state, chunk, len(chunk), self.buffer, self.size, None) != 0:
                    raise RuntimeError("a chunk is damaged")
        return timed(work) / (len(self.chunks) * self.size)


def compress(source, target):
    import h5py

    with h5py.File(source, "r") as plain, h5py.File(target, "w") as file:
        rows = plain["X"]
        out = file.create_dataset("X", rows.shape, rows.dtype, compression="gzip", compression_opts=4, shuffle=True, chunks=True)
        band = out.chunks[0]
        for first in range(0, rows.shape[0], band):
            out[first : first + band] = rows[first : first + band].round(2)  # as measured values are: they compress


with tempfile.TemporaryDirectory() as folder:
    rows, out = os.path.join(folder, "rows.h5"), os.path.join(folder, "out.h5")
    shape = ["--features", str(arguments.features)] if arguments.features else ["--like", arguments.model]
    subprocess.run([arguments.evenscore, "generate", "-o", rows, "--rows", str(arguments.rows), *shape, "--dtype", arguments.dtype,
                    "--quiet"], check=True)
    size_in = os.path.getsize(rows)
    if arguments.gzip:
        packed = os.path.join(folder, "packed.h5")
        compress(rows, packed)
        os.remove(rows)
        rows = packed
        deflate = Deflate(rows)
    subprocess.run(score_command(rows, out), check=True, stdout=subprocess.DEVNULL)
    size_out = os.path.getsize(out)
    cores = len(os.sched_getaffinity(0))
    limits, scores, ratios, bound = [], [], [], []
    for _ in range(arguments.pairs):
        if arguments.gzip:
            limits.append(deflate.seconds_a_byte() * size_in / cores)
        else:
            limits.append(max(timed(lambda: cat(rows)), timed(lambda: write(os.path.join(folder, "plain"), size_out))))
        os.remove(out)  # the plain write has a new file too
        result = []
        scores.append(timed(lambda: result.append(
            subprocess.run(score_command(rows, out), check=True, capture_output=True, text=True).stdout)))
        bound.append(json.loads(result[0])["bound_by"])
        ratios.append(scores[-1] / limits[-1])

seconds = statistics.median(scores)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"rows     {arguments.rows:,}, {size_in / 1e9:.2f} GB in, {size_out / 1e9:.2f} GB out"
      + (f", chunks of {deflate.chunk_shape}" if arguments.gzip else ""))
print(f"score    {seconds:.2f} s, {arguments.rows / seconds / 1e6:.1f} M rows/s, {(size_in + size_out) / seconds / 1e9:.2f} GB/s; "
      f"bound by {max(set(bound), key=bound.count)}")
print(f"limit    {statistics.median(limits):.2f} s: " + (f"bare libdeflate on {cores} cores" if arguments.gzip
                                                         else "the longer of cat and a synced write"))
print(f"ratio    score takes {statistics.median(ratios):.2f} x the limit (pairs from {min(ratios):.2f} to {max(ratios):.2f}); "
      f"{1 / statistics.median(ratios):.2f} of its speed")
print(f"memory   peak of any process started here: {peak:.0f} MiB")
