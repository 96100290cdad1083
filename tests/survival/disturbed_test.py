"""What else happens to a run: signals, full disks, limits, folders that go away, rows that change while they are read.

usage: disturbed_test.py EVENSCORE REPOSITORY FAULT_SHIM
"""

import ctypes
import errno
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import job as jobs

EVENSCORE, REPOSITORY, SHIM = sys.argv[1:4]
JOB = jobs.Job(EVENSCORE, REPOSITORY)
LARGE = 2_000_000


class Disturbed(unittest.TestCase):
    def setUp(self):
        self.output = JOB.new_output()
        self.addCleanup(shutil.rmtree, self.output, ignore_errors=True)

    def start(self, *more, rows=None, **environment):
        return subprocess.Popen(JOB.command(self.output, *more, rows=rows), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, **{name: str(value) for name, value in environment.items()}})

    def slow(self, folder, milliseconds):
        return {"LD_PRELOAD": SHIM, "FAULT_FOLDER": folder, "FAULT_DELAY_MS": milliseconds}

    def wait_for(self, job, name):
        while job.poll() is None and not (self.output / name).exists():
            time.sleep(0.001)

    def left(self):
        return sorted(os.listdir(self.output))

    def resumes(self, *more):
        result = JOB.run(self.output, "--resume", "--json", *more)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(JOB.digest(self.output), JOB.whole)
        self.assertEqual(self.left(), ["out.h5"])
        (self.output / "out.h5").unlink()
        return jobs.rows_resumed(result)

    def fails(self, result, statuses, *says):
        self.assertIn(result.returncode, statuses, result.stderr)
        for words in says:
            self.assertIn(words, result.stderr)
        self.assertFalse((self.output / "out.h5").exists())


class Kills(Disturbed):
    def test_in_the_first_milliseconds(self):
        chance = random.Random(11)
        for _ in range(60):
            job = self.start("--resume")
            time.sleep(chance.uniform(0, 0.005))
            job.kill()
            self.assertEqual(job.communicate()[1], "")
            self.assertFalse((self.output / "out.h5").exists())
        self.resumes()

    def test_at_the_end(self):
        chance = random.Random(12)
        complete = 0
        for _ in range(40):
            job = self.start("--resume", **self.slow(self.output, 2))
            self.wait_for(job, "out.h5.journal")
            time.sleep(chance.uniform(0, 0.06))
            job.kill()
            self.assertEqual(job.communicate()[1], "")
            if (self.output / "out.h5").exists():
                complete += 1
                self.assertEqual(JOB.digest(self.output), JOB.whole)
                (self.output / "out.h5").unlink()
        self.resumes()

    def test_another_device_and_other_batches_go_on(self):
        for more in (["--device", "reference"], ["--device", "cpu:baseline", "--threads", "2"], ["--batch-rows", "777"],
                     ["--batch-rows", "10000000"], ["--checkpoint", "3600"]):
            result = JOB.run(self.output, LD_PRELOAD=SHIM, FAULT_FOLDER=self.output, FAULT_COUNTS=self.output.with_suffix(".counts"),
                             FAULT_CALL="pwrite", FAULT_AT=12, FAULT_ERROR=errno.EIO)
            self.fails(result, [3], "Input/output error")
            self.output.with_suffix(".counts").unlink()
            command = JOB.command(self.output, "--resume", "--json")
            for name, value in zip(more[::2], more[1::2]):
                command[command.index(name) + 1] = value
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertGreater(jobs.rows_resumed(result), 0)
            self.assertEqual(JOB.digest(self.output), JOB.whole)
            (self.output / "out.h5").unlink()


class Signals(Disturbed):
    @classmethod
    def setUpClass(cls):
        cls.rows = JOB.folder / "large.h5"
        subprocess.run([EVENSCORE, "generate", "-o", cls.rows, "--rows", str(LARGE), "--like", JOB.model, "--quiet"], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.rows.unlink()

    def stops_within_a_second(self, number, status, job, seconds):
        time.sleep(seconds)
        self.assertIsNone(job.poll(), "it ended before the signal")
        began = time.monotonic()
        job.send_signal(number)
        message = job.communicate(timeout=30)[1]
        took = time.monotonic() - began
        self.assertEqual(job.returncode, status, message)
        self.assertLess(took, 1.0)
        self.assertTrue(message.startswith("evenscore: interrupted"), message)
        self.assertFalse((self.output / "out.h5").exists())
        return message

    def test_in_a_batch_of_all_rows(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            command = JOB.command(self.output, rows=self.rows)
            command[command.index("--batch-rows") + 1] = str(LARGE)
            command[command.index("--device") + 1] = "reference"
            slow = {name: str(value) for name, value in self.slow(self.output, 300).items()}
            job = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **slow})
            self.wait_for(job, "out.h5.part")
            message = self.stops_within_a_second(number, status, job, 0.2)
            self.assertIn("nothing was written", message)
            self.assertEqual(self.left(), [])

    def test_on_a_slow_disk(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            job = self.start(rows=self.rows, **self.slow(self.output, 300))
            self.wait_for(job, "out.h5.journal")
            message = self.stops_within_a_second(number, status, job, 0.1)
            kept = int(re.search(rf"interrupted after (\d+) of {LARGE} rows of .*out.h5; .*--resume", message)[1])
            result = JOB.run(self.output, "--resume", "--json", rows=self.rows)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertGreaterEqual(jobs.rows_resumed(result), kept)
            (self.output / "out.h5").unlink()

    def test_on_slow_rows(self):
        job = self.start(rows=JOB.rows, **self.slow(JOB.input, 5000))
        message = self.stops_within_a_second(signal.SIGTERM, 143, job, 0.3)
        self.assertIn("nothing was written", message)
        self.assertEqual(self.left(), [])


class Disks(Disturbed):
    def test_a_limit_of_the_file_size(self):
        whole = JOB.new_output()
        self.assertEqual(JOB.run(whole).returncode, 0)
        size = (whole / "out.h5").stat().st_size
        shutil.rmtree(whole)
        for limit in (0, 1, 4096, size // 2, size - 1, size + 200_000):
            result = subprocess.run(JOB.command(self.output), capture_output=True, text=True, check=False,
                                    preexec_fn=lambda most=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
            if limit > size:
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(JOB.digest(self.output), JOB.whole)
            else:
                self.fails(result, [3], "out.h5", "File too large")
                self.assertEqual(self.left(), [])

    def test_a_full_disk(self):
        libc = ctypes.CDLL(None, use_errno=True)
        whole = JOB.new_output()
        self.assertEqual(JOB.run(whole).returncode, 0)
        pages = (whole / "out.h5").stat().st_size // 4096
        shutil.rmtree(whole)
        ends = set()
        for size in [*range(1, 60, 20), *range(pages - 2, pages + 22)]:
            if libc.mount(b"tmpfs", os.fsencode(self.output), b"tmpfs", 0, b"size=%dk" % (4 * size)) != 0:
                self.skipTest("needs the right to mount a small tmpfs")
            try:
                result = JOB.run(self.output)
                ends.add((result.returncode, *self.left()))
                if result.returncode == 0:
                    self.assertEqual(JOB.digest(self.output), JOB.whole)
                    continue
                self.fails(result, [3], "out.h5", "free space, or write to another disk")
                libc.mount(b"tmpfs", os.fsencode(self.output), b"tmpfs", 32, b"size=64m")  # MS_REMOUNT
                self.resumes()
            finally:
                libc.umount2(os.fsencode(self.output), 0)
        self.assertEqual(ends, {(0, "out.h5"), (3,)})

    def test_a_folder_that_may_not_be_written(self):
        def nobody():
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)

        self.output.chmod(0o555)
        JOB.folder.chmod(0o755)
        result = subprocess.run(JOB.command(self.output), capture_output=True, text=True, check=False, preexec_fn=nobody)
        self.fails(result, [2], "out.h5", "Permission denied", "check the directory's permissions")
        self.assertEqual(self.left(), [])

    def test_a_folder_that_is_removed(self):
        for name in ("out.h5.part", "out.h5.journal"):
            self.output.mkdir(exist_ok=True)
            job = self.start(**self.slow(self.output, 20))
            self.wait_for(job, name)
            shutil.rmtree(self.output)
            message = job.communicate(timeout=30)[1]
            self.assertIn(job.returncode, (2, 3), message)
            self.assertIn(f"evenscore: {self.output}/out.h5", message)
            self.assertFalse(self.output.exists())

    def test_another_file_system_than_the_rows(self):
        for folder in ("/dev/shm", "/tmp", "/var/tmp"):
            if not os.access(folder, os.W_OK) or os.stat(folder).st_dev == os.stat(JOB.input).st_dev:
                continue
            output = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-survival.", dir=folder))
            self.addCleanup(shutil.rmtree, output)
            result = JOB.run(output)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(JOB.digest(output), JOB.whole)
            return
        self.skipTest("one file system is all there is")

    def test_two_runs_into_one_output(self):
        first = self.start(**self.slow(self.output, 30))
        self.wait_for(first, "out.h5.part")
        seconds = [self.start(*more) for more in ([], ["--resume"], ["--overwrite"], ["--resume", "--bad-rows", "mark"])]
        for second in seconds:
            message = second.communicate(timeout=30)[1]
            self.assertEqual(second.returncode, 2, message)
            self.assertIn("another run is writing it", message)
        self.assertEqual(first.communicate(timeout=30)[1], "")
        self.assertEqual(JOB.digest(self.output), JOB.whole)
        self.assertEqual(self.left(), ["out.h5"])

    def test_many_runs_that_begin_at_once(self):
        for _ in range(5):
            runs = [self.start("--resume") for _ in range(6)]
            statuses = []
            for run in runs:
                message = run.communicate(timeout=30)[1]
                statuses.append(run.returncode)
                if run.returncode != 0:
                    self.assertRegex(message, "another run is writing it|exists already|appeared while")
            self.assertIn(0, statuses)
            self.assertLessEqual(set(statuses), {0, 2})
            self.assertEqual(JOB.digest(self.output), JOB.whole)
            self.assertEqual(self.left(), ["out.h5"])
            (self.output / "out.h5").unlink()


class Rows(Disturbed):
    """The file of rows changes while it is read."""

    def setUp(self):
        super().setUp()
        self.folder = JOB.new_output()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def changed(self, change, moments=(0.0, 0.03, 0.06)):
        for moment in moments:
            rows = self.folder / "rows.h5"
            shutil.copy(JOB.rows, rows)
            job = self.start("--overwrite", rows=rows, **self.slow(self.folder, 50))
            self.wait_for(job, "out.h5.part")
            time.sleep(moment)
            self.assertIsNone(job.poll())
            change(rows)
            message = job.communicate(timeout=30)[1]
            self.assertIn(job.returncode, (2, 3), message)
            self.assertIn(str(rows), message)
            self.assertFalse((self.output / "out.h5").exists())

    def test_truncated(self):
        self.changed(lambda rows: os.truncate(rows, rows.stat().st_size // 2))
        self.changed(lambda rows: os.truncate(rows, 0), moments=(0.0, 0.05))
        self.changed(lambda rows: os.truncate(rows, rows.stat().st_size - 1), moments=(0.0, 0.05))

    def test_written_to(self):
        def write(rows):
            with open(rows, "r+b") as file:
                file.seek(-100, os.SEEK_END)
                file.write(b"\0" * 50)
        self.changed(write, moments=(0.0, 0.05))

    def test_replaced(self):
        def replace(rows):
            other = rows.with_suffix(".other")
            shutil.copy(JOB.rows, other)
            os.replace(other, rows)
        self.changed(replace, moments=(0.0, 0.05))
        self.changed(lambda rows: rows.unlink(), moments=(0.0, 0.05))


if __name__ == "__main__":
    with JOB:
        program = unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=1, exit=False)
    sys.exit(not program.result.wasSuccessful())
