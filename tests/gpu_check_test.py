"""usage: gpu_check_test.py PROGRAM REPOSITORY: gpu_check without a GPU, on the cpu engine; and that it can fail."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM, ROOT = sys.argv.pop(1), sys.argv.pop(1)
SMALL = ("--engine", "cpu", "--cases", "12", "--rows", "4000", "--block-rows", "100", "--bench-mib", "1")


class GpuCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = os.path.join(folder.name, "results.json")

    def check(self, *options, status=0):
        result = subprocess.run([PROGRAM, *options], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def results(self):
        with open(self.out, encoding="utf-8") as file:
            return json.load(file)

    def test_each_part_adds_its_object(self):
        done = []
        for part in ("5", "1", "3", "4", "6", "7"):
            self.check("--part", part, "--out", self.out, *SMALL)
            done.append(part)
            results = self.results()
            self.assertEqual(sorted(results["parts"]), sorted(done))
            self.assertEqual(results["parts"][part]["verdict"], "accepted")
            self.assertGreater(results["parts"][part]["compared"], 0)
        self.assertEqual(results["parts"]["3"]["rows"], 4000)
        self.assertEqual(len(results["parts"]["3"]["rows_of_shape"]), 32)
        self.assertEqual(results["parts"]["1"]["cases"], 12)
        self.assertFalse(results["parts"]["1"]["complete"])
        self.assertEqual(results["parts"]["6"]["shapes"], 36)
        schedules = {engine["detail"] for engine in results["parts"]["6"]["engines"] if engine["where"] == "F16/float32/K1"}
        self.assertEqual(schedules, {"chosen: tiles, 4 lanes a thread", "tiles, 1 lanes a thread", "direct, 4 lanes a thread",
                                     "direct, 1 lanes a thread", "stages"})
        self.assertEqual([point["features"] for point in results["parts"]["7"]["points"]], [5, 16, 50, 128, 500, 512])
        for engine in results["parts"]["6"]["engines"]:
            self.assertGreater(engine["rows_per_second"]["median"], 0)
        for key in ("schema", "commit", "date", "host_cpu", "cuda_driver", "cuda_runtime", "engine"):
            self.assertTrue(results[key], key)
        table = subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "bench_table"), self.out], capture_output=True, text=True,
                               check=True).stdout
        for what in ("chosen: tiles, 4 lanes a thread", "## Host to host", "## File to file", "F512/float64/K100"):
            self.assertIn(what, table)
        self.check("--part", "5", "--out", self.out, *SMALL)
        self.assertEqual(sorted(self.results()["parts"]), sorted(done), "a part that runs again takes its own place")

    def test_a_wrong_bit_is_refuted_in_every_part(self):
        for part in ("1", "3", "4", "5", "6", "7"):
            with self.subTest(part):
                self.check("--part", part, "--out", self.out, "--flip-a-bit", *SMALL, status=1)
                result = self.results()["parts"][part]
                self.assertEqual(result["verdict"], "refuted")
                self.assertGreater(result["wrong"], 0)
                self.assertTrue(result["first_wrong"])

    def test_what_needs_a_gpu_says_so(self):
        self.check("--part", "2", "--out", self.out, *SMALL)
        self.assertEqual(self.results()["parts"]["2"]["verdict"], "unavailable")

    def test_nothing_compared_is_no_success(self):
        self.check("--part", "3", "--out", self.out, "--engine", "cpu", "--rows", "0", status=1)

    def test_results_of_another_engine_are_not_mixed(self):
        self.check("--part", "4", "--out", self.out, *SMALL)
        self.assertIn("another", self.check("--part", "4", "--out", self.out, "--engine", "reference", status=2).stderr)

    def test_without_a_gpu_the_status_is_3(self):
        if os.path.exists("/dev/nvidia0"):
            self.skipTest("this machine has a GPU")
        self.assertIn("nothing was checked", self.check("--part", "1", "--out", self.out, status=3).stderr)
        self.assertFalse(os.path.exists(self.out))

    def test_the_script_runs_a_program_that_was_built_elsewhere(self):
        command = [os.path.join(ROOT, "scripts", "gpu_check"), "--binary", PROGRAM, "--out", self.out, *SMALL]
        for options, status in (((), 0), (("--flip-a-bit",), 1)):
            result = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, status, result.stdout + result.stderr)
            self.assertEqual(sorted(self.results()["parts"]), ["1", "2", "3", "4", "5", "6", "7"])
            self.assertIn("name=overlap", result.stdout)
            self.assertIn("verdict=" + ("refuted" if status else "accepted"), result.stdout)

    def test_bad_requests(self):
        for options in (["--part", "77"], ["--part"], ["--engine", "tpu"], ["--rows", "many"], ["--speed", "1"]):
            with self.subTest(options):
                self.assertIn("usage", self.check(*options, status=2).stderr)
        self.assertIn("case_table", self.check("--list").stdout)


unittest.main()
