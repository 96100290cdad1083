"""The evenscore command on the files of scripts/make_hostile_files.py: refused in little time and memory, and nothing runs.

usage: hostile_files_test.py EVENSCORE REPOSITORY [--sanitized]

Each file goes through `import`, in a process of its own whose peak memory and processor time the kernel counts.
"""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

EVENSCORE = os.path.abspath(sys.argv[1])
REPOSITORY = pathlib.Path(sys.argv[2])
SANITIZED = "--sanitized" in sys.argv
# A sanitizer's shadow memory and checks are not the program's own.
MOST_MEBIBYTES = 4000 if SANITIZED else 200
MOST_SECONDS = 120 if SANITIZED else 1
# Python would call what these name; a message that gave a plain reason without it would hide the attack.
NAMES_ITS_CALL = {"reduce_at_the_root", "in_a_parameter", "as_a_step", "compressed_xz", "in_a_nested_object_array",
                  "after_raw_array_bytes", "as_a_dict_key", "as_an_array_subclass", "in_an_attribute_that_nobody_reads"}


def run(arguments, folder):
    """Exit status (negative: the signal), seconds of processor time, peak MiB and what it wrote to stderr."""
    with open(folder / "stderr", "w+b") as stderr:
        process = subprocess.Popen([EVENSCORE, *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=stderr)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(0)
        return process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, stderr.read()


class HostileFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-hostile."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        # In a process of its own: a child's peak memory counts from what its parent has when it starts.
        subprocess.run([sys.executable, REPOSITORY / "scripts/make_hostile_files.py", cls.folder / "files"], check=True)
        (cls.folder / "run").mkdir()

    def files(self, kind):
        found = sorted((self.folder / "files" / kind).iterdir())
        self.assertGreater(len(found), 0)
        return found

    def check_cost(self, file, seconds, mebibytes):
        self.assertLessEqual(file.stat().st_size, 1 << 20)
        self.assertLessEqual(mebibytes, MOST_MEBIBYTES, file.name)
        self.assertLessEqual(seconds, MOST_SECONDS, file.name)

    def test_this_process_is_small_enough_to_measure_others(self):
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 100)

    def test_every_file_is_refused_and_nothing_runs(self):
        for kind in ("calls", "sizes", "damage"):
            for file in self.files(kind):
                with self.subTest(file=f"{kind}/{file.name}"):
                    status, seconds, mebibytes, stderr = run(["import", file, "-o", "model.h5"], self.folder / "run")
                    message = stderr.decode()
                    self.assertEqual(status, 2, message)
                    self.assertIn(str(file), message)
                    self.assertGreater(len(message.split(str(file), 1)[1].strip(": \n")), 15, message)
                    self.check_cost(file, seconds, mebibytes)
                    self.assertEqual(os.listdir(self.folder / "run"), ["stderr"])
                    if file.stem in NAMES_ITS_CALL:
                        self.assertIn("posix.system", message)
        self.assertFalse(os.path.exists("/nonexistent"))

    def test_messages_hold_no_control_characters(self):
        # A name that clears the screen or begins a line of its own could say that all is well.
        for file in self.files("calls"):
            *_, stderr = run(["import", file, "-o", "model.h5"], self.folder / "run")
            with self.subTest(file=file.name):
                for line in stderr.decode().split("\n"):
                    self.assertTrue(line.isprintable(), repr(line))
                self.assertNotIn("\nevenscore: all is well", stderr.decode())

    def test_what_is_harmless_is_read_at_the_same_cost(self):
        for file in self.files("harmless"):
            with self.subTest(file=file.name):
                status, seconds, mebibytes, stderr = run(["inspect", file], self.folder / "run")
                self.assertEqual(status, 0, stderr.decode())
                self.check_cost(file, seconds, mebibytes)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
