"""The evenscore command on the files of scripts/make_hostile_row_files.py: refused in little time and memory, or read right.

usage: hostile_rows_test.py EVENSCORE REPOSITORY [--sanitized] [--full]

Of the damaged files only some are taken without --full. Every other file goes through `score`; some through `verify` and
`compare`, as predictions and labels. Each run is a process of its own, whose peak memory and processor time (those of
its children included) the kernel counts. Needs python3-h5py; exits with 77 (skipped) without it.
"""

import collections
import importlib.util
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

for module in ("h5py", "numpy"):
    if importlib.util.find_spec(module) is None:
        print(f"skipped: no {module}")
        sys.exit(77)

EVENSCORE = os.path.abspath(sys.argv[1])
REPOSITORY = pathlib.Path(sys.argv[2]).absolute()
SANITIZED = "--sanitized" in sys.argv
# Of so many damaged files, and of so many that are given to other commands than score, one is taken.
EVERY_DAMAGED, EVERY_OTHER_USE = (1, 1) if "--full" in sys.argv else (60, 16) if SANITIZED else (5, 2)
MODELS = REPOSITORY / "tests/data/sklearn/1.9.1"
# Both of five features: one without names, and one whose names are feature_a to feature_e.
MODEL_FILES = {"unnamed": MODELS / "binary.joblib", "named": MODELS / "binary_strings_named.joblib"}
# libhdf5 itself takes 4 GiB for a text that says so; only without a sanitizer is its memory limited.
MOST_MEBIBYTES = 6000 if SANITIZED else 200
MOST_SECONDS = 60 if SANITIZED else 2
SECRET = "a text of another file"
# A run that hangs, or takes memory without end, is ended; the test then fails by the signal.
LONGEST_SECONDS = 120 if SANITIZED else 20
FATAL_MEBIBYTES = 8000 if SANITIZED else 1000

Result = collections.namedtuple("Result", "status seconds mebibytes stdout stderr")


def limit():
    """What must not happen to the machine if a file does its harm."""
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_DATA, (6 << 30, 6 << 30))  # more than is fatal, so that it is seen
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def mebibytes_now(process):
    """Of the process and its children."""
    try:
        children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
        own = int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)
    except (OSError, IndexError):
        return 0
    return own + sum(mebibytes_now(int(child)) for child in children)


def watch(process, ended):
    until = time.monotonic() + LONGEST_SECONDS
    while not ended.wait(0.02):
        if time.monotonic() > until or mebibytes_now(process.pid) > FATAL_MEBIBYTES:
            process.kill()
            return


def run(arguments, folder, environment=None):
    with open(folder / "stdout", "w+b") as stdout, open(folder / "stderr", "w+b") as stderr:
        start = time.monotonic()
        process = subprocess.Popen([EVENSCORE, *map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout,
                                   stderr=stderr, env={**os.environ, **(environment or {})}, preexec_fn=limit)
        ended = threading.Event()
        watcher = threading.Thread(target=watch, args=(process, ended))
        watcher.start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # its number stays its own until nobody watches it
        ended.set()
        watcher.join()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = max(used.ru_utime + used.ru_stime, time.monotonic() - start if process.returncode < 0 else 0)
        stdout.seek(0), stderr.seek(0)
        return Result(process.returncode, seconds, used.ru_maxrss / 1024, stdout.read(), stderr.read())


class HostileRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-hostile-rows."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.files = cls.folder / "files"
        # In a process of its own: a child's peak memory counts from what its parent has when it starts.
        subprocess.run([sys.executable, REPOSITORY / "scripts/make_hostile_row_files.py", cls.files], check=True)
        cases = json.loads((cls.files / "cases.json").read_text())
        damaged = [case for case in cases if case.get("damage")]
        cls.cases = [case for case in cases if not case.get("damage")] + damaged[::EVERY_DAMAGED]
        cls.work = cls.folder / "run"
        cls.work.mkdir()
        cls.right = {}
        cls.tally = collections.Counter()
        cls.addClassCleanup(lambda: print("; ".join(f"{what}: {count}" for what, count in sorted(cls.tally.items()))))

    def score(self, case, *options, environment=None):
        columns = ["--columns", case["columns"]] if case.get("columns") else []
        dataset = ["--dataset", case["dataset"]] if case["dataset"] else []
        return run(["score", MODEL_FILES[case["model"]], self.files / case["file"], "-o", "out.h5", "--json", *dataset, *columns, *options],
                   self.work, environment)

    def digests(self, result):
        found = json.loads(result.stdout)
        return found["rows"], found["rows_digest"], found["outputs_digest"]

    def right_digests(self, file):
        if file not in self.right:
            self.right[file] = None
            result = self.score({"file": file, "dataset": "/X", "model": "unnamed"})
            self.assertEqual(result.status, 0, result.stderr)
            self.right[file] = self.digests(result)
            (self.work / "out.h5").unlink()
        if self.right[file] is None:
            self.skipTest(f"{file} cannot be scored, which another case says")
        return self.right[file]

    def check_run(self, result, statuses=(0, 2), status_3_says=None):
        """What holds for every file, whatever becomes of it."""
        message = result.stderr.decode(errors="replace")
        if result.status == 3 and status_3_says:
            self.assertIn(status_3_says, message)
        else:
            self.assertIn(result.status, statuses, message[-1000:])
        self.assertLessEqual(result.mebibytes, MOST_MEBIBYTES)
        self.assertLessEqual(result.seconds, MOST_SECONDS)
        for line in message.split("\n"):
            self.assertTrue(line.isprintable(), repr(line))
        self.assertNotIn("\nevenscore: all is well", message)
        self.assertNotIn(SECRET, message + result.stdout.decode(errors="replace"))
        self.assertLess(len(message), 64 << 10)
        if result.status in (2, 3):
            self.assertGreater(len(message), 30)
            self.assertEqual(set(os.listdir(self.work)), {"stdout", "stderr"})

    def check_case(self, case):
        right = self.right_digests(case["same_as"]) if case["same_as"] else None
        result = self.score(case)
        try:
            self.check_run(result, status_3_says=case.get("status_3_says"))
            if result.status == 0:
                self.assertNotEqual(case["expect"], "refused", result.stdout)
                if case["expect"] == "unchanged" and not case.get("unchecked"):
                    self.assertEqual(self.digests(result), right, "read, and not as it was written")
            else:
                self.assertNotEqual((case["file"], case["expect"]), (case["same_as"], "unchanged"), result.stderr)
                for words in case["says"]:
                    self.assertIn(words, result.stderr.decode(errors="replace"))
            otherwise = result.status == 0 and right is not None and self.digests(result) != right
            outcome = "refused" if result.status else "read otherwise" if otherwise else "read"
            self.tally[f"{self.kind(case)}, {outcome}"] += 1
            return otherwise
        finally:
            for left in set(os.listdir(self.work)) - {"stdout", "stderr"}:
                (self.work / left).unlink()

    def kind(self, case):
        if not case.get("damage"):
            return "made"
        return "raw rows changed" if case.get("raw") else "no checksum" if case.get("unchecked") else "damaged"

    def check_cases(self, chosen):
        self.assertGreater(len(chosen), 0)
        return [case["file"] for case in chosen if self.in_subtest(case)]

    def in_subtest(self, case):
        with self.subTest(**{key: case[key] for key in ("file", "dataset", "columns") if case.get(key)}):
            return self.check_case(case)
        return False

    def snapshot(self):
        """Every file but those of the run: nothing there may change, or be added."""
        return {path: (os.lstat(path).st_size, os.lstat(path).st_mtime_ns) for path in self.files.rglob("*")}

    def test_this_process_is_small_enough_to_measure_others(self):
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 100)

    def test_every_file_is_refused_or_read_as_it_was_written(self):
        before = self.snapshot()
        self.check_cases([case for case in self.cases if not case.get("damage")])
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(set(os.listdir(self.folder)), {"files", "run"})

    def test_a_damaged_file_is_refused_or_read_as_it_was_written(self):
        self.check_cases([case for case in self.cases if case.get("damage") and not case.get("unchecked")])

    def test_a_damaged_file_of_the_old_format_does_no_harm(self):
        # Its headers have no checksums: a byte that says how many rows there are cannot be known to be wrong.
        chosen = [case for case in self.cases if case.get("damage") and case.get("unchecked")]
        changed = set(self.check_cases(chosen))
        changed = [case["file"] for case in chosen if case["file"] in changed and not case["raw"]]
        print(f"read otherwise than it was written, and neither rows nor checked: {len(changed)} bytes:", *changed)

    def check_other_use(self, name, *arguments, statuses=(2,)):
        words = " ".join(argument.name if isinstance(argument, pathlib.Path) else argument for argument in arguments)
        with self.subTest(name=name, arguments=words):
            self.check_run(run([*arguments, "--json"], self.work), statuses)

    def test_hostile_predictions_and_labels_are_refused(self):
        folder = self.files / "predictions"
        rows, good, model = folder / "rows.h5", folder / "good.h5", MODEL_FILES["unnamed"]
        for name in ("external_link", "external_raw", "virtual", "soft_cycle", "gzip_bomb", "elements_2_60", "text_of_1_gib", "cut", "text",
                     "unlimited_text", "control_labels", "fifo", "missing"):
            file = folder / f"{name}.h5"
            # Another number of rows, or other classes, is a verdict.
            statuses = (1, 2) if name in ("elements_2_60", "unlimited_text", "control_labels") else (2,)
            for labels in (file, f"{file}:/y"):
                self.check_other_use(name, "verify", model, rows, "--labels", str(labels))
            self.check_other_use(name, "verify", model, rows, "--against", file, statuses=statuses)
            self.check_other_use(name, "verify", model, rows, "--against", good, "--labels", f"{file}:/y")
            self.check_other_use(name, "compare", good, file, statuses=statuses)
            self.check_other_use(name, "compare", file, good, statuses=statuses)
            self.check_other_use(name, "compare", good, good, "--labels", f"{file}:/y")

    def test_rows_of_other_folders_are_no_predictions(self):
        rows, good, model = self.files / "predictions/rows.h5", self.files / "predictions/good.h5", MODEL_FILES["unnamed"]
        for name in sorted({case["file"] for case in self.cases if not case.get("damage")})[::EVERY_OTHER_USE]:
            self.check_other_use(name, "verify", model, rows, "--against", self.files / name)
            self.check_other_use(name, "compare", good, self.files / name)

    def test_no_plugin_is_loaded(self):
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("no cc")
        plugins, marker = self.folder / "plugins", self.folder / "marker"
        plugins.mkdir()
        self.addCleanup(shutil.rmtree, plugins)
        library = plugins / "libevenscore_marker.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, self.files / "plugin/plugin.c"], check=True)
        environment = {"HDF5_PLUGIN_PATH": str(plugins), "HDF5_PLUGIN_PRELOAD": "", "EVENSCORE_TEST_MARKER": str(marker)}
        # That the plugin does what it is for.
        probe = subprocess.run([sys.executable, "-c", "import h5py, sys; print(h5py.File(sys.argv[1])['X'][0, 0])", self.files / "plugin/rows.h5"],
                               env={**os.environ, **environment}, check=False, capture_output=True)
        self.assertTrue(marker.exists(), probe.stderr)
        marker.unlink()
        case = {"file": "plugin/rows.h5", "dataset": "/X", "model": "unnamed"}
        for more in ({}, {"HDF5_VOL_CONNECTOR": "marker"}, {"HDF5_DRIVER": "marker"}):
            with self.subTest(environment=more):
                result = self.score(case, environment=environment | more)
                self.check_run(result)
                self.assertEqual(result.status, 2)
                self.assertIn("32123", result.stderr.decode())
                self.assertFalse(marker.exists())
        good = self.score(case | {"file": "links/plain.h5"}, environment=environment)
        self.assertEqual(good.status, 0, good.stderr)
        self.assertFalse(marker.exists())
        (self.work / "out.h5").unlink()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
