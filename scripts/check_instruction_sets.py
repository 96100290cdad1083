#!/usr/bin/env python3
"""Checks that no function compiled for one instruction set can stand in for another's.

usage: check_instruction_sets.py LIBEVENSCORE_ENGINE.A

The linker keeps one copy of each weak function. One compiled for AVX-512 that ended up in code for any machine would
crash older ones, so avx2.cpp, avx512.cpp and neon.cpp may define none. Exits 1 and names them.
"""

import re
import subprocess
import sys

members, weak, member = set(), [], None
listing = subprocess.run(["nm", "-C", "--defined-only", sys.argv[1]], capture_output=True, text=True, check=True).stdout
for line in listing.splitlines():
    if line.endswith(".o:"):
        member = line[:-1] if re.match(r"(avx2|avx512|neon)\.cpp\.o:", line) else None
        members |= {member} - {None}
    elif member and re.match(r"[0-9a-f]* [WVu] ", line):
        weak.append(f"{member}: {line.split(' ', 2)[2]}")
print("\n".join(weak) or f"{', '.join(sorted(members))}: no weak function")
sys.exit(1 if weak or not members else 0)
