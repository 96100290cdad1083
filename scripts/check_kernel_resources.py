#!/usr/bin/env python3
"""Reads what ptxas -v says of each kernel: a table, and an error where a fused kernel keeps anything but in registers.

usage: check_kernel_resources.py [--in-registers REGEX] [--markdown] FILE.resources [...]

A kernel whose name matches REGEX (default: ^score_) must not spill registers and must have no stack frame: an array
of its threads that is indexed at run time lies in memory, and is as slow. Names are as in the source, without
namespaces and parameters. --markdown prints the table so.
"""

import argparse
import re
import shutil
import subprocess
import sys

ENTRY = re.compile(r"Compiling entry function '([^']+)' for '(sm_\w+)'")
PROPERTIES = re.compile(r"Function properties for (\S+)")
FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")
COLUMNS = ("architecture", "kernel", "registers", "shared", "stack", "spill stores", "spill loads")


def source_names(symbols):
    """As the source has them: without namespaces, return types and parameters; with template arguments."""
    if not symbols or not shutil.which("c++filt"):
        return dict(zip(symbols, symbols))
    text = subprocess.run(["c++filt", "-p"], input="\n".join(symbols), capture_output=True, text=True, check=True).stdout
    names = {}
    for symbol, name in zip(symbols, text.splitlines()):
        head, angle, arguments = name.partition("<")
        names[symbol] = head.split()[-1].split("::")[-1] + angle + re.sub(r"\((?:\w|::)+\)|evenscore::(?:\w+::)*", "", arguments)
    return names


def read(path):
    """One dict a kernel; its own frame only, not that of functions that are compiled beside it."""
    kernels, current, described = [], None, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if "error" in line or "fatal" in line:
                sys.exit(f"{path}: {line.strip()}")
            if match := ENTRY.search(line):
                current = {"symbol": match.group(1), "architecture": match.group(2), "shared": 0}
                kernels.append(current)
            elif match := PROPERTIES.search(line):
                described = match.group(1)
            elif (match := FRAME.search(line)) and current:
                frame = [int(value) for value in match.groups()]
                own = described == current["symbol"]
                for name, value in zip(("stack", "spill stores", "spill loads"), frame):
                    current[name] = value if own else max(value, current.get(name, 0))
            elif (match := USED.search(line)) and current:
                current["registers"] = int(match.group(1))
                if match := SHARED.search(line):
                    current["shared"] = int(match.group(1))
    incomplete = [kernel["symbol"] for kernel in kernels if not {"registers", "stack"} <= kernel.keys()]
    if incomplete or not kernels:
        sys.exit(f"{path}: not what ptxas -v writes" + "".join(f"; nothing on {name}" for name in incomplete))
    return kernels


def table(kernels, markdown):
    rows = [COLUMNS] + [tuple(str(kernel[column]) for column in COLUMNS) for kernel in kernels]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    edge, between = ("| ", " | ") if markdown else ("", "  ")
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append((edge + between.join(cells)).rstrip() + (" |" if markdown else ""))
        if number == 0 and markdown:
            lines.append("|" + "|".join(["---"] * 2 + ["---:"] * (len(COLUMNS) - 2)) + "|")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-registers", default="^score_", metavar="REGEX")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("files", nargs="+", metavar="FILE.resources")
    arguments = parser.parse_args()
    kernels = [kernel for path in arguments.files for kernel in read(path)]
    names = source_names([kernel["symbol"] for kernel in kernels])
    for kernel in kernels:
        kernel["kernel"] = names[kernel["symbol"]]
    kernels.sort(key=lambda kernel: (int(re.sub(r"\D", "", kernel["architecture"])), kernel["kernel"]))
    print(table(kernels, arguments.markdown))
    checked = [kernel for kernel in kernels if re.search(arguments.in_registers, kernel["kernel"])]
    bad = [kernel for kernel in checked if kernel["stack"] or kernel["spill stores"] or kernel["spill loads"]]
    for kernel in bad:
        print(f"{kernel['architecture']}: {kernel['kernel']}: {kernel['stack']} bytes of stack frame, "
              f"{kernel['spill stores']} and {kernel['spill loads']} bytes spilled and loaded; "
              "a fused kernel keeps everything in registers", file=sys.stderr)
    if not bad:
        print(f"{len(kernels)} kernels; of the {len(checked)} fused ones none spills or has a stack frame")
    sys.exit(1 if bad else 0)


main()
