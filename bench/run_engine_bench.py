#!/usr/bin/env python3
"""Runs engine_bench and prints a table in Markdown: the cpu engine's throughput beside a plain read of the same memory.

usage: run_engine_bench.py [ENGINE_BENCH] [--filter REGEX] [--repetitions N] [--min-time S] [--json OUT.json]

Every figure is the median of the repetitions; "to read" is bytes of rows read and results written per second, over the
rate of a plain read by the same threads, measured around the case. --filter takes families main, stages, layout, types,
outputs and latency, or any part of a name as engine_bench has them: 'main/F16/float32' (default: main). EVENSCORE_BENCH_MIB
(environment) is the rows' memory in MiB, default 256. --json keeps all that engine_bench measured. Exits 1 when a case
gave a wrong result.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine_bench", nargs="?", default=os.path.join(ROOT, "build/release/bench/engine_bench"))
    parser.add_argument("--filter", default="^main/")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--min-time", type=float, default=0.2)
    parser.add_argument("--json", help="keep engine_bench's own JSON")
    return parser.parse_args()


def measure(args, path):
    command = [args.engine_bench, f"--benchmark_filter={args.filter}", f"--benchmark_repetitions={args.repetitions}",
               f"--benchmark_min_time={args.min_time}", f"--benchmark_out={path}", "--benchmark_out_format=json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1) or not os.path.getsize(path):
        sys.exit(f"{result.stderr}{args.engine_bench} ended with status {result.returncode}")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def by_case(report):
    """{case: {threads: [its runs]}}, in the order of the report."""
    cases = {}
    for run in report["benchmarks"]:
        if run["run_type"] == "iteration":
            case, threads = re.match(r"(.*)/threads:(\w+)", run["name"]).groups()
            cases.setdefault(case, {}).setdefault(threads, []).append(run)
    return cases


def throughput_cells(runs):
    if any(run.get("error_occurred") for run in runs):
        return ["wrong", "no time", "", ""]
    ratios = [run["to_read"] for run in runs]
    rate, gigabytes = (statistics.median(run[name] for run in runs) for name in ("rows/s", "GB/s"))
    return [f"{rate / 1e6:.1f}", f"{gigabytes:.2f}", f"{statistics.median(ratios):.3f}", f"{min(ratios):.3f}-{max(ratios):.3f}"]


def latency_cells(runs):
    if any(run.get("error_occurred") for run in runs):
        return ["wrong"]
    return [f"{statistics.median(run['real_time'] for run in runs):.2f}"]


def print_table(cases, cells, columns):
    if not cases:
        return
    counts = [threads for threads in ("1", "all") if any(threads in runs for runs in cases.values())]
    names = ["case"] + [f"{column}, {'1 thread' if threads == '1' else 'all'}" for threads in counts for column in columns]
    rows = [[case] + [cell for threads in counts for cell in (cells(runs[threads]) if threads in runs else [""] * len(columns))]
            for case, runs in cases.items()]
    widths = [max(len(row[i]) for row in [names] + rows) for i in range(len(names))]
    line = lambda row: "| " + " | ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]) + " |"
    print(line(names))
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for row in rows:
        print(line(row))
    print()


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(args, args.json or os.path.join(folder, "engine_bench.json"))
    context, cases = report["context"], by_case(report)
    if not cases:
        sys.exit(f"no case matches '{args.filter}'")
    timed = [run for runs in cases.values() for repeated in runs.values() for run in repeated if "read_GB/s" in run]
    print(f"{context['date']}, cpu engine {context['cpu_engine']}, {context['rows_mib']} MiB of rows, "
          f"median of {args.repetitions} repetitions, load {context['load_avg'][0]:.2f} at the start")
    for threads in ("1", "all"):
        of_threads = [run for run in timed if f"/threads:{threads}/" in run["name"]]
        if of_threads:
            read, copy = (statistics.median(run[name] for run in of_threads) for name in ("read_GB/s", "copy_GB/s"))
            print(f"threads {threads}: plain read {read:.1f} GB/s, copy {copy:.1f} GB/s read and written")
    print()
    print_table({case: runs for case, runs in cases.items() if not case.startswith("latency/")}, throughput_cells,
                ["M rows/s", "GB/s", "to read", "min-max"])
    print_table({case: runs for case, runs in cases.items() if case.startswith("latency/")}, latency_cells, ["µs a call"])
    wrong = [case for case, runs in cases.items() for repeated in runs.values() if any(r.get("error_occurred") for r in repeated)]
    if wrong:
        sys.exit(f"wrong results: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
