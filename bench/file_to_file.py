#!/usr/bin/env python3
"""Times `evenscore score` from file to file beside the machine's own limits, in pairs.

usage: file_to_file.py EVENSCORE MODEL [ROWS]

Each pair reads the rows with plain read(), writes and syncs as many bytes as the results have, and scores. Medians of
seven pairs, warm page cache. The limit is the larger of reading and writing.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

evenscore, model = sys.argv[1:3]
n_rows = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000_000


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read(path):
    buffer = bytearray(4 << 20)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def write(path, size):
    block = os.urandom(4 << 20)
    with open(path, "wb", buffering=0) as file:
        for done in range(0, size, len(block)):
            file.write(block[: size - done])
        os.fsync(file.fileno())
    os.remove(path)


with tempfile.TemporaryDirectory() as folder:
    rows, out = os.path.join(folder, "rows.h5"), os.path.join(folder, "out.h5")
    subprocess.run([evenscore, "generate", "-o", rows, "--rows", str(n_rows), "--like", model, "--quiet"], check=True)
    command = [evenscore, "score", model, rows, "-o", out, "--overwrite", "--output", "label_index,proba",
               "--output-dtype", "f32", "--quiet"]
    subprocess.run(command, check=True)
    size_in, size_out = os.path.getsize(rows), os.path.getsize(out)
    reads, writes, scores, ratios = [], [], [], []
    for _ in range(7):
        reads.append(timed(lambda: read(rows)))
        writes.append(timed(lambda: write(os.path.join(folder, "plain"), size_out)))
        scores.append(timed(lambda: subprocess.run(command, check=True)))
        ratios.append(scores[-1] / max(reads[-1], writes[-1]))

seconds = statistics.median(scores)
print(f"rows        {n_rows:,}, {size_in / 1e9:.2f} GB in, {size_out / 1e9:.2f} GB out")
print(f"score       {seconds:.2f} s, {n_rows / seconds / 1e6:.1f} M rows/s, {(size_in + size_out) / seconds / 1e9:.2f} GB/s")
print(f"plain read  {statistics.median(reads):.2f} s")
print(f"plain write {statistics.median(writes):.2f} s, synced")
print(f"score takes {statistics.median(ratios):.2f} x the larger of both (pairs from {min(ratios):.2f} to {max(ratios):.2f})")
