#!/usr/bin/env python3
"""Checks that a program runs on a bare machine: x86-64 or aarch64, glibc, at most 60 MiB, and no other library.

usage: check_self_contained.py PROGRAM
"""

import os
import re
import subprocess
import sys

MOST_BYTES = 60 << 20
ALLOWED = re.compile(r"(?:libc|libm|libpthread|libdl|librt)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+|linux-vdso\.so\.1")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    path = sys.argv[1]
    lines = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout.splitlines()
    needed = [os.path.basename(line.split()[0]) for line in lines if line.strip()]
    foreign = [name for name in needed if not ALLOWED.fullmatch(name)]
    size = os.path.getsize(path)
    if foreign:
        sys.exit(f"{path} needs {', '.join(foreign)}")
    if size > MOST_BYTES:
        sys.exit(f"{path} has {size} bytes, more than {MOST_BYTES}")
    print(f"{path}: {size / (1 << 20):.1f} MiB, needs {', '.join(needed)}")


main()
