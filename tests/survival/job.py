"""A small job that the tests of this folder disturb: its files, its undisturbed bytes, and what a journal holds."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BLOCK = 65_536
ROWS = 141_000  # two blocks and a part of one
ROW_BYTES = 60
FILES = ["out.h5", "out.h5.journal", "out.h5.part"]
MARKING = ["out.h5.marked.journal", "out.h5.marked.part", "out.h5.marked.ready"]
WORKERS = 2


class Job:
    """Rows in one folder, outputs in folders of their own. With a bad row it marks. By batches, or by blocks through a thread's cache."""

    def __init__(self, evenscore, repository, bad_row=None, by_blocks=False):
        self.way = [] if by_blocks else ["--batch-rows", str(BLOCK // 2)]
        self.evenscore = evenscore
        self.model = pathlib.Path(repository) / "examples/flights/model.joblib"
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 1 << 30 else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-survival.", dir=memory))
        self.input = self.folder / "input"
        self.input.mkdir()
        self.rows = self.input / "rows.h5"
        self.outputs = 0
        subprocess.run([evenscore, "generate", "-o", self.rows, "--rows", str(ROWS), "--like", self.model, "--quiet"], check=True)
        self.rule = []
        if bad_row is not None:
            self.rule = ["--bad-rows", "mark"]
            with open(self.rows, "r+b") as file:
                file.seek(self.rows.stat().st_size - (ROWS - bad_row) * ROW_BYTES)
                file.write(b"\xff" * 4)
        self.whole = self.undisturbed()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def undisturbed(self, *more):
        output = self.new_output()
        result = self.run(output, *more)
        assert result.returncode == 0, result.stderr
        digest = self.digest(output)
        shutil.rmtree(output)
        return digest

    def new_output(self, like=None):
        self.outputs += 1
        output = self.folder / f"output{self.outputs}"
        if like:
            shutil.copytree(like, output)
        else:
            output.mkdir()
        return output

    def command(self, output, *more, rows=None):
        return [self.evenscore, "score", self.model, rows or self.rows, "-o", output / "out.h5", "--output", "label,proba",
                "--checkpoint", "0", *self.way, "--threads", "1", "--device", "cpu", "--quiet", *self.rule, *map(str, more)]

    def run(self, output, *more, rows=None, **environment):
        return subprocess.run(self.command(output, *more, rows=rows), capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, **{name: str(value) for name, value in environment.items()}})

    def stopped(self):
        """A folder with a run that ended at the bad row."""
        output = self.new_output()
        rule, self.rule = self.rule, []
        result = self.run(output)
        self.rule = rule
        assert result.returncode == 2 and (output / "out.h5.journal").exists(), result.stderr
        return output

    @staticmethod
    def digest(output):
        return hashlib.sha256((output / "out.h5").read_bytes()).hexdigest()


def rows_resumed(result):
    return json.loads(result.stdout)["rows_resumed"]


def journal_records(journal, size):
    """How many whole records the first `size` bytes of a journal have: each a number, 16 bytes of rows and of each output, a check."""
    content = journal.read_bytes()
    if len(content) < 28 or size < 28:
        return 0
    outputs = 2 + (b"status" in content[:28 + int.from_bytes(content[20:28], "little")])
    return max(0, size - 36 - int.from_bytes(content[20:28], "little")) // (8 + 16 + 16 * outputs + 8)


def for_each(work, cases):
    """work(case) of each, a few at a time; the texts that they give, which say what is wrong."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return [wrong for wrong in pool.map(work, cases) if wrong]


def end(what, wrong):
    """Reports and exits."""
    for text in wrong[:20]:
        print(f"wrong: {text}")
    print(f"{what}: {'no' if not wrong else len(wrong)} wrong")
    sys.exit(1 if wrong else 0)
