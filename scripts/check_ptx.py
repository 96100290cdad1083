#!/usr/bin/env python3
"""Checks PTX of scoring code against docs/arithmetic.md, section 1.

usage: check_ptx.py FILE.ptx [...]

Of floating-point operations it allows add, sub, mul, div, rcp, sqrt and fma that round to nearest even, comparisons,
selections, absolute value and sign, moves, loads and stores, and conversions: to floating-point exact or to nearest
even, to integers any. It refuses flush-to-zero, saturation, approximations, multiply-adds fused or not as the assembler
likes, min and max, atomic and matrix arithmetic, and functions from elsewhere; and requires each
straight-line probe kernel to hold exactly as many fma.rn as its source writes.
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
    "probe_log64": 11,
    "probe_square_root": 0,
    "probe_canaries": 1,
    "probe_widen_half": 0,
    "probe_narrow": 0,
}
FLOAT = r"(?:f16|f16x2|bf16|bf16x2|f32|f32x2|f64|tf32|e4m3x2|e5m2x2)"
OPCODE = re.compile(r"(?<![\w.$%])([a-z][a-z0-9]*(?:\.[A-Za-z0-9_:]+)+)(?=[\s;])")
ROUNDED = {"add", "sub", "mul", "div", "rcp", "sqrt", "fma"}
ALLOWED = {"abs", "neg", "copysign", "mov", "ld", "ldu", "st", "selp", "slct", "set", "setp", "testp", "shfl", "cvta",
           "cp", "prefetch", "red", "atom"}
ENTRY = re.compile(r"\.entry\s+([\w$]+)")
ELSEWHERE = re.compile(r"\.extern\s+\.func\b|\b__(?:nv|internal)_\w+")


def refused(opcode):
    """Why an instruction may not be in scoring code, or None."""
    name, *suffixes = opcode.split(".")
    types = [suffix for suffix in suffixes if re.fullmatch(FLOAT, suffix)]
    if name in ("wmma", "mma", "wgmma", "tcgen05"):
        return "matrix arithmetic"
    if not types:
        return None
    for word in ("ftz", "approx", "full", "sat", "relu"):
        if word in suffixes:
            return f".{word}"
    if name == "cvt":
        return refused_conversion(suffixes)
    if name in ROUNDED:
        return None if "rn" in suffixes else "no .rn"
    if name in ("red", "atom") and any(operation in suffixes for operation in ("add", "min", "max")):
        return "atomic floating-point arithmetic"
    return None if name in ALLOWED else "not among the operations of P64-v1"


def refused_conversion(suffixes):
    """A conversion to floating-point is exact or to nearest even; one to an integer may round as it says."""
    types = [suffix for suffix in suffixes if re.fullmatch(FLOAT + r"|[subf]\d+", suffix)]
    to_float = len(types) == 2 and re.fullmatch(FLOAT, types[0])
    if to_float and any(rounding in suffixes for rounding in ("rz", "rm", "rp", "rna", "rs")):
        return "a conversion that does not round to nearest even"
    return None


def check(path):
    problems = []
    kernel, counts = None, {}
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        line = line.split("//")[0]
        entry = ENTRY.search(line)
        if entry:
            kernel = entry.group(1)
            counts[kernel] = 0
        for opcode in OPCODE.findall(line):
            reason = refused(opcode)
            if reason:
                problems.append(f"{path}:{number}: {reason}: {line.strip()}")
            if opcode.startswith("fma.rn") and kernel:
                counts[kernel] += 1
        if ELSEWHERE.search(line):
            problems.append(f"{path}:{number}: a function that is not in this file: {line.strip()}")
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
