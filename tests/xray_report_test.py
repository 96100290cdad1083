"""What `evenscore inspect` prints of files that cannot be scored. Python's own pickle writes them, pickletools says
where their opcodes are; nothing in them is ever run.

usage: xray_report_test.py EVENSCORE REPOSITORY
"""

import collections
import json
import os
import pathlib
import pickle
import pickletools
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib

EVENSCORE = sys.argv[1]
FIXTURES = pathlib.Path(sys.argv[2]) / "tests/data/sklearn"


class Payload:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


class XrayReport(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.marker = self.folder / "it-ran"
        self.addCleanup(lambda: self.assertFalse(self.marker.exists()))

    def inspect(self, content, *options, status=2):
        path = self.folder / "file"
        path.write_bytes(content)
        result = subprocess.run([EVENSCORE, "inspect", str(path), *options], capture_output=True, text=True, check=False,
                                timeout=120)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def xray(self, content, **options):
        result = self.inspect(content, "--json", **options)
        report = json.loads(result.stdout)
        self.assertEqual(report["schema"], "evenscore-xray-1")
        self.assertIn(report["error"], result.stderr)
        self.assertEqual(report["exit_status"], 2)
        return report

    def test_a_call_is_named_with_its_byte_and_place_in_every_protocol(self):
        for protocol in range(0, 6):
            content = pickle.dumps({"steps": [("scaler", Payload(self.marker))]}, protocol)
            reduce_at = [at for opcode, _, at in pickletools.genops(content) if opcode.name == "REDUCE"]
            for name, file in {"raw": content, "zlib": zlib.compress(content)}.items():
                with self.subTest(protocol=protocol, container=name):
                    report = self.xray(file)
                    self.assertEqual(report["verdict"], "would run code")
                    calls = [one for one in report["callables"] if one["runs_code"]]
                    self.assertEqual([(one["name"], one["opcode"], one["offset"], one["path"]) for one in calls],
                                     [("posix.system", "REDUCE", reduce_at[0], "['steps'][0][1]")])
                    self.assertEqual(report["protocol"], protocol if protocol > 1 else 0)
                    self.assertEqual(report["stream_bytes"], len(content))
                    self.assertEqual(report["read_bytes"], len(content))
                    self.assertEqual(report["opcodes"], sum(1 for _ in pickletools.genops(content)) - (protocol > 1))

    def test_plain_data(self):
        values = {"text": "a", "set": {1, 2}, "pairs": collections.OrderedDict(a=b"x"), "number": 2**100}
        for protocol in range(0, 6):
            report = self.xray(pickle.dumps(values, protocol))
            self.assertEqual(report["verdict"], "plain data", report["callables"])
            self.assertEqual(report["notes"], [])

    def test_an_unsupported_model_is_harmless_and_says_what_is_in_it(self):
        report = self.xray((FIXTURES / "1.9.1/refused/unsupported.joblib").read_bytes())
        self.assertEqual(report["verdict"], "unsupported but harmless")
        classes = {one["name"]: one for one in report["classes"]}
        self.assertTrue(classes["sklearn.ensemble._forest.RandomForestClassifier"]["known"])
        objects = {one["path"]: one for one in report["objects"]}
        self.assertEqual(objects["(root)"]["class"], "sklearn.pipeline.Pipeline")
        self.assertEqual({one["sklearn_version"] for one in report["objects"]} - {""}, {"1.9.1"})
        sizes = [one["bytes"] for one in report["arrays"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertEqual(sum(report["dtypes"].values()), report["arrays_total"])

    def test_text_has_the_verdict_and_the_reason_goes_to_stderr(self):
        result = self.inspect(pickle.dumps([Payload(self.marker)], 2))
        self.assertIn("verdict        would run code: posix.system\n", result.stdout)
        self.assertIn("posix.system: REDUCE at byte", result.stdout)
        self.assertTrue(result.stderr.startswith("evenscore: "), result.stderr)
        self.assertEqual(self.inspect(pickle.dumps([1], 2), "--quiet").stdout, "")

    def test_a_model_that_can_be_scored_has_a_verdict_line(self):
        content = (FIXTURES / "1.9.1/binary.joblib").read_bytes()
        self.assertIn("supported, and loading it in Python runs no code", self.inspect(content, status=0).stdout)

    def test_a_call_inside_a_parameter_that_is_never_read_is_found(self):
        target = b"cnumpy.random._pickle\n__randomstate_ctor\nX\x01\x00\x00\x00xcos\nsystem\n\x86R"
        model = pickle.dumps(None, 2)[:2] + b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81}(X\x0c\x00\x00\x00random_state"
        report = self.xray(model + target + b"ub.")
        self.assertEqual(report["verdict"], "would run code")

    def test_control_characters_do_not_reach_the_terminal(self):
        report = self.inspect(b"\x80\x02cos\x1b[2J\nsystem\xc2\x9b\n)R.")
        for text in (report.stdout, report.stderr):
            self.assertIn("os\\x1b[2J.system\\x9b", text)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\x9b", text)

    def test_files_that_are_no_pickle(self):
        for content, container in ((b"PK\x03\x04" + bytes(60), "a zip archive"), (b"\x93NUMPY\x01\x00", "a NumPy .npy array"),
                                   (b"", "an empty file"), (bytes(100), "neither a pickle nor a joblib file")):
            report = self.xray(content)
            self.assertEqual((report["verdict"], report["container"]), ("unknown", container))
            self.assertEqual(report["file_bytes"], len(content))
            self.assertNotEqual(report["stopped"], "")

    def test_a_file_that_is_not_there_is_only_an_error(self):
        result = subprocess.run([EVENSCORE, "inspect", str(self.folder / "no.pkl"), "--json"], capture_output=True, text=True,
                                check=False, timeout=120)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(json.loads(result.stdout)["schema"], "evenscore-error-1")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
