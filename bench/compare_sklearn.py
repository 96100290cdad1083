#!/usr/bin/env python3
"""Times evenscore's cpu engine beside scikit-learn, ONNX Runtime and NumPy: one model, the same rows, one machine.

usage: PYTHON compare_sklearn.py EVENSCORE [--features F] [--rows N] [--rounds N] [--fit f64|f32]
                                 [--batch-rows N] [--arithmetic exact|sklearn]

PYTHON is the one whose libraries are compared: Debian's /usr/bin/python3 with python3-sklearn and python3-h5py, or that of
`bench/make_compare_env`, which has ONNX Runtime too; what it lacks is left out, and said. StandardScaler and a binary
LogisticRegression are fitted on made-up rows: 15 features like examples/flights, or --features F; --fit f32 gives them
float32 rows already when fitting, and so float32 coefficients. What is scored is float32, in one call, or --batch-rows N a
call, which spares the others' temporary arrays the way to memory (evenscore always has all in one). Each contender runs in a process of its own, with 1 thread and with all (set before its libraries load), is warmed up, and takes its turn
in every round, evenscore (`evenscore bench --json`, whose bits are checked first) as well. Reported are medians over the
rounds, and the ratio of evenscore's rate to the other's within a round. Then float32 probabilities of the second class are
compared, rounded from float64 where a contender gives that.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

FLIGHTS = pathlib.Path(__file__).resolve().parent.parent / "examples/flights/model.joblib"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def scikit_learn(model, features, threads):
    import sklearn

    return f"scikit-learn {sklearn.__version__} predict_proba", lambda batch: model.predict_proba(batch)[:, 1]


def onnx_runtime(model, features, threads):
    import onnxruntime
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType

    onnx = skl2onnx.convert_sklearn(model, initial_types=[("X", FloatTensorType([None, features]))],
                                    options={id(model): {"zipmap": False}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(onnx.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return f"ONNX Runtime {onnxruntime.__version__}", lambda batch: session.run(["probabilities"], {"X": batch})[0][:, 1]


def numpy_in(dtype):
    def contender(model, features, threads):
        import numpy as np

        mean, scale, w = (a.astype(dtype) for a in (model[0].mean_, model[0].scale_, model[1].coef_[0]))
        b = model[1].intercept_.astype(dtype)
        return f"NumPy {np.__version__}, {dtype}", lambda batch: 1 / (1 + np.exp(-(((batch - mean) / scale) @ w + b)))

    return contender


CONTENDERS = {"sklearn": scikit_learn, "onnxruntime": onnx_runtime, "numpy64": numpy_in("float64"),
              "numpy32": numpy_in("float32")}


def serve(name, threads, batch_rows, folder):
    """A contender's process: warms up, keeps its result, then runs once for each line on stdin and prints seconds."""
    try:
        import joblib
        import numpy as np

        rows = np.load(folder / "rows.npy")
        title, predict = CONTENDERS[name](joblib.load(folder / "model.joblib"), rows.shape[1], threads)
    except ImportError as missing:
        print(json.dumps({"missing": str(missing)}), flush=True)
        return
    batches = [rows[first:first + batch_rows] for first in range(0, len(rows), batch_rows)]
    np.save(folder / f"{name}.npy", np.concatenate([predict(batch) for batch in batches]).astype(np.float32))
    print(json.dumps({"title": title}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for batch in batches:
            predict(batch)
        print(time.perf_counter() - start, flush=True)


class Contender:
    def __init__(self, name, threads, batch_rows, folder):
        environment = os.environ | {variable: str(threads) for variable in THREAD_VARIABLES}
        command = [sys.executable, __file__, "--serve", name, str(threads), str(batch_rows), folder]
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.name, self.threads, self.seconds = name, threads, []
        hello = json.loads(self.process.stdout.readline() or '{"missing": "it ended with an error"}')
        self.title, self.missing = hello.get("title"), hello.get("missing")

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.seconds.append(float(self.process.stdout.readline()))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def prepare(args, folder):
    """Fits the model; leaves rows.h5, rows.npy and model.joblib in `folder`."""
    import h5py
    import joblib
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    like = ["--features", str(args.features)] if args.features else ["--like", str(FLIGHTS)]
    subprocess.run([args.evenscore, "generate", "-o", folder / "rows.h5", "--rows", str(args.rows), "--quiet", *like],
                   check=True)
    with h5py.File(folder / "rows.h5") as file:
        rows = file["X"][()]
    np.save(folder / "rows.npy", rows)
    sample = rows[:20000].astype("float64" if args.fit == "f64" else "float32")
    scaled = (sample - sample.mean(axis=0)) / sample.std(axis=0)
    random = np.random.default_rng(0)
    score = scaled @ random.normal(size=rows.shape[1]) / np.sqrt(rows.shape[1]) + random.logistic(size=len(sample)) / 2
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(sample, score > 0),
                folder / "model.joblib")
    return rows.shape


def run_evenscore(args, folder):
    """{threads: rows/s} of the cpu engine, and what the bench reported."""
    command = [args.evenscore, "bench", folder / "model.joblib", folder / "rows.h5", "--device", "cpu", "--seconds", "0.5",
               "--arithmetic", args.arithmetic, "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {engine["threads"]: engine["rows_per_second"]["median"] for engine in report["engines"]}, report


def evenscore_probabilities(args, folder):
    import h5py

    subprocess.run([args.evenscore, "score", folder / "model.joblib", folder / "rows.h5", "-o", folder / "out.h5",
                    "--output", "proba", "--output-dtype", "f32", "--arithmetic", args.arithmetic, "--quiet"], check=True)
    with h5py.File(folder / "out.h5") as file:
        return file["proba"][:, 1]


def print_differences(args, folder, contenders):
    import numpy as np

    ours = evenscore_probabilities(args, folder).view("i4").astype("i8")  # order of positive floats = order of their bits
    print(f"\nfloat32 probabilities that differ from evenscore's (--arithmetic {args.arithmetic}), of {len(ours):,}")
    for name, title in {c.name: c.title for c in contenders}.items():
        distance = np.abs(np.load(folder / f"{name}.npy").view("i4").astype("i8") - ours)
        print(f"  {title:<40} {np.count_nonzero(distance):>12,}   at most {distance.max():,} ulp")


def start_contenders(args, counts, folder):
    contenders = []
    for name in CONTENDERS:
        for threads in counts:
            contender = Contender(name, threads, args.batch_rows or args.rows, folder)
            if contender.missing:
                print(f"{name} is left out: {contender.missing}; bench/make_compare_env makes a Python that has it")
                contender.end()
                break
            contenders.append(contender)
    return contenders


def compare(args, folder):
    try:
        rows, features = prepare(args, folder)
    except ImportError as missing:
        sys.exit(f"{missing}: {sys.executable} needs scikit-learn and h5py; bench/make_compare_env makes one that has them")
    counts = sorted({1, os.cpu_count()})
    contenders = start_contenders(args, counts, folder)
    ours = {threads: [] for threads in counts}
    for _ in range(args.rounds):
        rates, report = run_evenscore(args, folder)
        for threads in counts:
            ours[threads].append(rates[threads])
        for contender in contenders:
            contender.run()
    for contender in contenders:
        contender.end()

    print(f"{rows:,} rows of {features} float32 features, {report['cpu']}, {report['instruction_set']}, "
          f"{args.batch_rows or 'all'} a call for the others, fitted in {args.fit}, medians of {args.rounds} rounds, load {os.getloadavg()[0]:.1f} at the end\n")
    print(f"{'':<40} {'threads':>7} {'M rows/s':>10} {'evenscore / it':>16} {'min-max':>16}")
    for threads in counts:
        print(f"{'evenscore ' + report['evenscore_version'] + ', cpu':<40} {threads:>7} {statistics.median(ours[threads]) / 1e6:>10.2f}")
        for contender in contenders:
            if contender.threads == threads:
                rates = [rows / seconds for seconds in contender.seconds]
                ratios = [a / b for a, b in zip(ours[threads], rates)]
                print(f"{contender.title:<40} {threads:>7} {statistics.median(rates) / 1e6:>10.2f} "
                      f"{statistics.median(ratios):>16.2f} {f'{min(ratios):.2f}-{max(ratios):.2f}':>16}")
    print_differences(args, folder, contenders)


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), pathlib.Path(sys.argv[5]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("evenscore")
    parser.add_argument("--features", type=int, help="so many features, of mean 0 and deviation 1")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--fit", choices=["f64", "f32"], default="f64")
    parser.add_argument("--batch-rows", type=int, default=0)
    parser.add_argument("--arithmetic", choices=["exact", "sklearn"], default="exact")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(args, pathlib.Path(folder))


if __name__ == "__main__":
    main()
