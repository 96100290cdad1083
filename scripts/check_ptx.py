#!/usr/bin/env python3
"""Checks PTX of scoring code against docs/arithmetic.md, section 1.

usage: check_ptx.py FILE.ptx [...]

Refuses flush-to-zero, approximations, unfused-or-fused-at-will multiply-adds, and any floating-point add, sub, mul,
div, rcp or sqrt that does not round to nearest even; and requires each straight-line probe kernel to hold exactly as
many fma.rn as its source writes.
"""

import re
import sys

# fma in the source of each function: include/evenscore/arith/{exp,log,logistic}.h
FMA_COUNTS = {
    "probe_exp64": 17,
    "probe_exp32": 12,
    "probe_sigmoid64": 23,
    "probe_sigmoid32": 12,
    "probe_logsigmoid64": 28,
    "probe_widen_half": 0,
    "probe_narrow": 0,
}
FLOAT_OPERATION = re.compile(r"^\s*(?:@!?%p\d+\s+)?((?:add|sub|mul|div|rcp|sqrt|fma|mad)\.[a-z0-9_.]*f(?:16|32|64)\b)")
FORBIDDEN = re.compile(r"\.ftz|\.approx|\bmad(?:\.[a-z]+)*\.f(?:32|64)|\b(?:ex2|lg2|sin|cos|tanh)\.")


def check(path):
    problems = []
    kernel, counts = None, {}
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        entry = re.search(r"\.entry\s+(\w+)", line)
        if entry:
            kernel = entry.group(1)
            counts[kernel] = 0
        if line.lstrip().startswith("//"):
            continue
        if FORBIDDEN.search(line):
            problems.append(f"{path}:{number}: forbidden: {line.strip()}")
        operation = FLOAT_OPERATION.match(line)
        if operation:
            if ".rn" not in operation.group(1):
                problems.append(f"{path}:{number}: no .rn: {line.strip()}")
            if operation.group(1).startswith("fma.rn") and kernel:
                counts[kernel] += 1
    for name, expected in FMA_COUNTS.items():
        if name in counts and counts[name] != expected:
            problems.append(f"{path}: {name} has {counts[name]} fma.rn, its source has {expected}")
    if not counts:
        problems.append(f"{path}: no kernel in it")
    return problems, counts


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    problems, kernels = [], 0
    for path in sys.argv[1:]:
        found, counts = check(path)
        problems += found
        kernels += len(counts)
    print("\n".join(problems) or f"{len(sys.argv) - 1} PTX files, {kernels} kernels: every operation rounds to nearest")
    sys.exit(1 if problems else 0)


main()
