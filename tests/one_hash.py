"""usage: one_hash.py VECTORS PROGRAM [...]: every program prints the same "hash" line."""

import subprocess
import sys

vectors, programs = sys.argv[1], sys.argv[2:]
hashes = {}
for program in programs:
    output = subprocess.run([program, vectors], capture_output=True, text=True, check=False).stdout
    lines = [line for line in output.splitlines() if line.startswith("hash ")]
    hashes.setdefault(lines[0] if lines else "none", []).append(program)
for value, users in hashes.items():
    print(value, *users, sep="\n  ")
sys.exit(0 if len(hashes) == 1 and "none" not in hashes and len(programs) > 1 else 1)
