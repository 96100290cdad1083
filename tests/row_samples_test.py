"""The evenscore command on tests/data/rows, files of other programs: it scores exactly the rows that they hold, or refuses.

usage: row_samples_test.py EVENSCORE REPOSITORY

scripts/make_row_samples.py made the files and knows their rows. A file's score must have the rows_digest and the
outputs_digest of the score of NAME.npy, which holds these rows: the digests are of all bits. Needs python3-numpy; exits
with 77 (skipped) without it.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

EVENSCORE = os.path.abspath(sys.argv[1])
REPOSITORY = pathlib.Path(sys.argv[2]).absolute()
ROWS = REPOSITORY / "tests/data/rows"
MODELS = REPOSITORY / "tests/data/sklearn/1.9.1"
# Both of five features: one without names, and one with these.
UNNAMED, NAMED = MODELS / "binary.joblib", MODELS / "binary_strings_named.joblib"
MODEL_NAMES = [f"feature_{letter}" for letter in "abcde"]
CASES = json.loads((ROWS / "cases.json").read_text())["cases"]


class RowSamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-rows."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.wanted = {}

    def score(self, model, rows, *options):
        return subprocess.run([EVENSCORE, "score", model, rows, "-o", "out.h5", "--overwrite", "--json", *options], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)

    def digests(self, model, rows, *options):
        result = self.score(model, rows, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        found = json.loads(result.stdout)
        return {key: found[key] for key in ("rows", "bad_rows", "rows_digest", "outputs_digest")} | {"bound": found["columns_bound_by"]}

    def wanted_digests(self, model, rows, order, options):
        """Of NAME.npy, its columns in the model's order."""
        key = (model, rows, order, options)
        if key not in self.wanted:
            np.save(self.folder / "wanted.npy", np.ascontiguousarray(np.load(ROWS / rows)[:, list(order)]))
            self.wanted[key] = self.digests(model, "wanted.npy", *options)
            (self.folder / "wanted.npy").unlink()
        return self.wanted[key]

    def options(self, case):
        options = ["--dataset", case["dataset"]] if case["dataset"] else []
        options += ["--columns", ",".join(case["columns"])] if case["columns"] else []
        return options + ["--transpose"] * case["transpose"]

    def check_refusal(self, result, says):
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        for words in says:
            self.assertIn(words.lower(), result.stderr.lower())
        self.assertLessEqual(set(os.listdir(self.folder)), {"out.h5"})
        self.assertEqual(json.loads(result.stdout)["schema"], "evenscore-error-1")

    def check_rows(self, case, model, order, bound):
        rules = ("--bad-rows", "mark") if case["bad_rows"] else ()
        wanted = self.wanted_digests(model, case["rows"], order, rules)
        if case["or_refused"]:
            result = self.score(model, ROWS / case["file"], *self.options(case), *rules)
            if result.returncode != 0:
                self.check_refusal(result, case["or_refused"])
                return
        found = self.digests(model, ROWS / case["file"], *self.options(case), *rules)
        self.assertEqual(found, wanted | {"bound": bound or found["bound"]})

    def test_every_file_has_a_case_and_every_case_a_file(self):
        self.assertEqual({case["file"] for case in CASES}, {file.name for file in ROWS.glob("*.h5")})
        self.assertEqual({case["rows"] for case in CASES if case["rows"]}, {file.name for file in ROWS.glob("*.npy")})

    def test_columns_by_position_are_exactly_the_rows(self):
        for case in CASES:
            order = tuple(range(len(MODEL_NAMES)))
            if case["rows"] and case["ordered"] and (case["columns"] or not case["names"] or len(case["names"]) == len(order)):
                with self.subTest(case=case["name"]):
                    self.check_rows(case, UNNAMED, order, None)

    def test_columns_by_name_are_exactly_the_rows(self):
        for case in CASES:
            if case["rows"] and case["names"]:
                with self.subTest(case=case["name"]):
                    # Columns that the model does not know are not in NAME.npy.
                    known = [name for name in case["names"] if name in MODEL_NAMES]
                    self.check_rows(case, NAMED, tuple(known.index(name) for name in MODEL_NAMES), "names")

    def test_what_cannot_be_scored_is_refused_by_name(self):
        for case in CASES:
            if case["refused"]:
                with self.subTest(case=case["name"]):
                    (self.folder / "out.h5").unlink(missing_ok=True)
                    result = self.score(UNNAMED, ROWS / case["file"], *self.options(case))
                    self.check_refusal(result, case["refused"])
                    self.assertFalse((self.folder / "out.h5").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
