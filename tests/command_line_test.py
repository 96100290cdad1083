"""The evenscore command as a user meets it, its files read back by h5py.

usage: command_line_test.py EVENSCORE REPOSITORY

Needs the Debian packages python3-h5py, python3-numpy and python3-sklearn; exits with 77 (skipped) without them.
"""

import decimal
import html.parser
import json
import os
import pathlib
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from fractions import Fraction as F

try:
    import h5py
    import joblib
    import numpy as np
    import sklearn.linear_model
    import sklearn.metrics
    import sklearn.pipeline
    import sklearn.preprocessing
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

EVENSCORE = sys.argv[1]
REPOSITORY = pathlib.Path(sys.argv[2])
FIXTURES = REPOSITORY / "tests/data/sklearn/1.9.1"
FLIGHTS = REPOSITORY / "examples/flights"


def text(value):
    """A text attribute: h5py gives fixed-length ones as bytes."""
    return value.decode() if isinstance(value, bytes) else value


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="evenscore-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_evenscore(self, *arguments, status=0, **options):
        result = subprocess.run([EVENSCORE, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                                check=False, timeout=300, **options)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stdout}{result.stderr}")
        return result

    def run_any(self, *arguments):
        return subprocess.run([EVENSCORE, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, check=False, timeout=300)

    def refused(self, *arguments, says, status=2):
        """The command fails with `status`, says each of the texts, and leaves no file behind."""
        before = sorted(os.listdir(self.folder))
        result = self.run_evenscore(*arguments, status=status)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, result.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        return result

    def rows_file(self, rows, name="rows.h5", **datasets):
        path = self.folder / name
        with h5py.File(path, "w") as file:
            file["X"] = rows
            for key, value in datasets.items():
                file[key] = value
        return path

    def fixture_rows(self, case, kind="f64", name="rows.h5"):
        with h5py.File(FIXTURES / "expected.h5", "r") as file:
            group = file[case][kind]
            return self.rows_file(group["X"][()], name), {key: group[key][()] for key in group}


class Scoring(CommandLine):
    def test_the_output_file_is_what_the_documentation_says(self):
        rows, expected = self.fixture_rows("binary")
        self.run_evenscore("score", FIXTURES / "binary.joblib", rows, "-o", "out.h5", "--output",
                           "label,label_index,proba,log_proba,decision")
        with h5py.File(self.folder / "out.h5", "r") as out:
            n = len(expected["X"])
            self.assertEqual(set(out), {"label", "label_index", "proba", "log_proba", "decision", "classes"})
            self.assertEqual(out["label"].dtype, np.dtype("int64"))
            self.assertEqual(out["label_index"].dtype, np.dtype("int32"))
            self.assertEqual(out["proba"].shape, (n, 2))
            self.assertEqual(out["decision"].shape, (n,))
            np.testing.assert_array_equal(out["classes"][()][out["label_index"][()]], out["label"][()])
            sure = np.abs(expected["decision"]) > 1e-9
            np.testing.assert_array_equal(out["label"][()][sure], expected["label"][sure])
            np.testing.assert_allclose(out["proba"][()], expected["proba"], rtol=0, atol=1e-13)
            for name in ("encoding-type", "encoding-version", "evenscore_version", "pipeline_digest", "arithmetic",
                         "source_name", "source_dataset", "rows", "feature_order", "rows_digest", "outputs_digest"):
                self.assertIn(name, out.attrs)
            self.assertEqual(text(out.attrs["encoding-type"]), "evenscore-predictions")
            self.assertEqual(out.attrs["rows"], n)

    def test_labels_have_the_type_of_the_classes(self):
        for case, check in {"bool_classes": lambda label: label.dtype == bool,
                            "uint8_classes": lambda label: label.dtype == np.uint8,
                            "float_classes": lambda label: label.dtype == np.float64,
                            "binary_strings_named": lambda label: label.dtype.kind == "S",
                            "object_string_classes": lambda label: label.dtype.kind == "S"}.items():
            rows, expected = self.fixture_rows(case, name=case + ".h5")
            self.run_evenscore("score", FIXTURES / f"{case}.joblib", rows, "-o", case + "-out.h5")
            with h5py.File(self.folder / (case + "-out.h5"), "r") as out:
                self.assertTrue(check(out["label"]), case)
                agree = np.mean(out["label"][()] == expected["label"].astype(out["label"].dtype))
                self.assertGreater(agree, 0.8, case)  # rows on a boundary may differ

    def test_bytes_do_not_depend_on_device_threads_or_batches(self):
        rows, _ = self.fixture_rows("multinomial7")
        model = FIXTURES / "multinomial7.joblib"
        outputs = "label,label_index,proba,log_proba,decision"
        self.run_evenscore("score", model, rows, "-o", "a.h5", "--device", "reference", "--output", outputs)
        wanted = (self.folder / "a.h5").read_bytes()
        for options in (["--threads", 1], ["--threads", 3, "--batch-rows", 7], ["--batch-rows", 1], ["--device", "cpu"]):
            self.run_evenscore("score", model, rows, "-o", "b.h5", "--overwrite", "--output", outputs, *options)
            self.assertEqual((self.folder / "b.h5").read_bytes(), wanted, options)

    def test_any_instruction_set_of_the_machine_is_forced_named_and_gives_the_same_bytes(self):
        rows, _ = self.fixture_rows("multinomial7")
        score = ("score", FIXTURES / "multinomial7.joblib", rows, "-o", "out.h5", "--overwrite", "--json")
        sets = json.loads(self.run_evenscore("doctor", "--json").stdout)["instruction_sets"]
        files = set()
        for name in sets:
            by_option = self.run_evenscore(*score, "--device", f"cpu:{name}")
            self.assertIn(name, json.loads(by_option.stdout)["engine"])
            files.add((self.folder / "out.h5").read_bytes())
            by_variable = self.run_evenscore(*score, env={**os.environ, "EVENSCORE_CPU": name})
            self.assertIn(name, json.loads(by_variable.stdout)["engine"])
            files.add((self.folder / "out.h5").read_bytes())
        self.assertEqual(len(files), 1)

    def test_layout_of_the_rows_does_not_change_a_bit(self):
        rows, expected = self.fixture_rows("wide")
        model = FIXTURES / "wide.joblib"
        self.run_evenscore("score", model, rows, "-o", "a.h5")
        x = expected["X"]
        layouts = {"chunked": dict(chunks=(7, 5)), "gzip": dict(chunks=(16, 33), compression="gzip", shuffle=True),
                   "checked": dict(chunks=True, fletcher32=True), "big": dict(dtype=">f8")}
        for name, options in layouts.items():
            with h5py.File(self.folder / f"{name}.h5", "w") as file:
                file.create_dataset("X", data=x, **options)
            self.run_evenscore("score", model, f"{name}.h5", "-o", f"{name}-out.h5")
            with h5py.File(self.folder / "a.h5") as a, h5py.File(self.folder / f"{name}-out.h5") as b:
                self.assertEqual(a["proba"][()].tobytes(), b["proba"][()].tobytes(), name)
                self.assertEqual(a.attrs["rows_digest"], b.attrs["rows_digest"], name)

    def test_columns_bind_by_name_and_others_are_ignored(self):
        with h5py.File(FLIGHTS / "flights.h5") as file:
            names = [text(name) for name in file["X"].attrs["feature_names"]]
            x = file["X"][:500]
        order = np.random.default_rng(1).permutation(len(names))
        with h5py.File(self.folder / "shuffled.h5", "w") as file:
            file["X"] = np.hstack([x[:, order], np.ones((500, 1))])
            file["X"].attrs["feature_names"] = [names[i] for i in order] + ["extra"]
            file["plain"] = x
        self.run_evenscore("score", FLIGHTS / "model.joblib", "shuffled.h5", "-o", "a.h5", "--dataset", "/X")
        self.run_evenscore("score", FLIGHTS / "model.joblib", "shuffled.h5", "-o", "b.h5", "--dataset", "/plain")
        with h5py.File(self.folder / "a.h5") as a, h5py.File(self.folder / "b.h5") as b:
            self.assertEqual(a["proba"][()].tobytes(), b["proba"][()].tobytes())
            self.assertNotEqual(a.attrs["feature_order"], b.attrs["feature_order"])
        with h5py.File(self.folder / "missing.h5", "w") as file:
            file["X"] = x[:, 1:]
            file["X"].attrs["feature_names"] = names[1:]
        self.refused("score", FLIGHTS / "model.joblib", "missing.h5", "-o", "c.h5", says=[names[0], "missing.h5"])

    def test_a_pipeline_file_scores_like_the_file_it_came_from(self):
        rows, _ = self.fixture_rows("liblinear_binary")
        model = FIXTURES / "liblinear_binary.joblib"
        self.run_evenscore("import", model, "-o", "model.h5")
        self.run_evenscore("score", model, rows, "-o", "a.h5")
        self.run_evenscore("score", "model.h5", rows, "-o", "b.h5")
        self.assertEqual((self.folder / "a.h5").read_bytes(), (self.folder / "b.h5").read_bytes())

    def test_then_joins_two_files(self):
        rows, expected = self.fixture_rows("then")
        parts = [FIXTURES / "scaler_part.joblib", "--then", FIXTURES / "logistic_part.joblib"]
        self.run_evenscore("score", *parts, rows, "-o", "out.h5")
        with h5py.File(self.folder / "out.h5") as out:
            np.testing.assert_allclose(out["proba"][()], expected["proba"], rtol=0, atol=1e-13)
        self.refused("score", FIXTURES / "scaler_part.joblib", rows, "-o", "x.h5", says="--then")

    def test_no_rows_give_an_empty_output(self):
        rows = self.rows_file(np.zeros((0, 5)))
        self.run_evenscore("score", FIXTURES / "binary.joblib", rows, "-o", "out.h5")
        with h5py.File(self.folder / "out.h5") as out:
            self.assertEqual(out["proba"].shape, (0, 2))

    def test_f32_rows_follow_the_saving_release_when_asked(self):
        rows, expected = self.fixture_rows("epoch_seconds", "f32")
        self.run_evenscore("score", FIXTURES / "epoch_seconds.joblib", rows, "-o", "out.h5", "--arithmetic", "sklearn")
        with h5py.File(self.folder / "out.h5") as out:
            np.testing.assert_array_equal(out["proba"][:, 1].astype("f4"), expected["proba"][:, 1].astype("f4"))
            self.assertEqual(text(out.attrs["arithmetic"]), "sklearn")
        rows, _ = self.fixture_rows("f32_trained", "f32")
        self.refused("score", FIXTURES / "f32_trained.joblib", rows, "-o", "x.h5", "--arithmetic", "sklearn",
                     says="--arithmetic exact")


NAMED = FIXTURES / "binary_strings_named.joblib"
NAMES = [f"feature_{letter}" for letter in "abcde"]
FRAMES = REPOSITORY / "tests/data/rows"


class Rows(CommandLine):
    """What `score` makes of rows, held against the same rows as one plain /X."""

    OUTPUTS = "label,label_index,proba,log_proba,decision"

    def random_rows(self, n, columns=5, seed=0):
        return np.random.default_rng(seed).normal(size=(n, columns))

    def table_of(self, x, names=NAMES, types=None, **more):
        """A structured array of the columns of `x`, and of `more` columns."""
        types = types or [x.dtype] * len(names)
        columns = dict(zip(names, x.T)) | more
        table = np.empty(len(x), [(name, t) for name, t in zip(names, types)] + [(name, value.dtype) for name, value in more.items()])
        for name, value in columns.items():
            table[name] = value
        return table

    def group_file(self, name, columns, group="/rows", **beside):
        with h5py.File(self.folder / name, "w") as file:
            for key, value in columns.items():
                file[f"{group}/{key}"] = value
            for key, value in beside.items():
                file[key] = value
        return self.folder / name

    def named_file(self, name, x, names=NAMES, **beside):
        with h5py.File(self.rows_file(x, name, **beside), "r+") as file:
            file["X"].attrs["feature_names"] = list(names)
        return self.folder / name

    def score(self, model, *rows_and_options, out="out.h5"):
        result = self.run_evenscore("score", model, *rows_and_options, "-o", out, "--overwrite", "--json")
        return json.loads(result.stdout)

    def digests(self, *arguments, **options):
        report = self.score(*arguments, "--output", self.OUTPUTS, **options)
        return {name: report[name] for name in ("rows", "bad_rows", "rows_digest", "outputs_digest")}

    def datasets(self, out="out.h5"):
        with h5py.File(self.folder / out) as file:
            return {name: file[name][()] for name in file}

    def attribute(self, name, out="out.h5"):
        with h5py.File(self.folder / out) as file:
            value = file.attrs.get(name)
        return None if value is None else text(value) if isinstance(value, (str, bytes)) else value


class SeveralFiles(Rows):
    def setUp(self):
        super().setUp()
        self.x = self.random_rows(1000)
        self.whole = self.rows_file(self.x, "whole.h5")
        self.a, self.b = self.rows_file(self.x[:700], "a.h5"), self.rows_file(self.x[700:], "b.h5")
        self.model = FIXTURES / "binary.joblib"

    def test_files_after_each_other_score_as_their_rows_in_one_file(self):
        wanted = self.digests(self.model, self.whole, out="whole-out.h5")
        self.assertEqual(self.digests(self.model, self.a, self.b), wanted)
        self.assertEqual(self.attribute("source_name"), "a.h5,b.h5")
        for name, values in self.datasets("whole-out.h5").items():
            self.assertEqual(self.datasets()[name].tobytes(), values.tobytes(), name)
        for options in (["--batch-rows", 7], ["--batch-rows", 699], ["--threads", 1, "--batch-rows", 701]):
            self.assertEqual(self.digests(self.model, self.a, self.b, *options), wanted, options)
        self.assertNotEqual(self.digests(self.model, self.b, self.a)["rows_digest"], wanted["rows_digest"])

    def test_bytes_are_equal_but_for_the_name(self):
        with h5py.File(self.folder / "a.h5,b.h5", "w") as file:
            file["X"] = self.x
        self.digests(self.model, "a.h5,b.h5", out="whole-out.h5")
        self.digests(self.model, self.a, self.b)
        self.assertEqual((self.folder / "out.h5").read_bytes(), (self.folder / "whole-out.h5").read_bytes())

    def test_files_may_be_stored_in_different_ways(self):
        wanted = self.digests(self.model, self.whole)
        with h5py.File(self.folder / "chunks.h5", "w") as file:
            file.create_dataset("X", data=self.x[300:650].astype(">f8"), chunks=(64, 3), compression="gzip", shuffle=True)
        np.save(self.folder / "rest.npy", self.x[650:])
        first = self.rows_file(self.x[:300], "first.h5")
        self.assertEqual(self.digests(self.model, first, "chunks.h5", "rest.npy"), wanted)
        self.run_evenscore("audit", "out.h5", self.model, first, "chunks.h5", "rest.npy")
        np.save(self.folder / "begin.npy", self.x[:650])
        end = self.rows_file(self.x[650:], "end.h5")
        self.assertEqual(self.digests(self.model, "begin.npy", end), wanted)
        self.run_evenscore("audit", "out.h5", self.model, "begin.npy", end)
        self.assertEqual(self.digests(self.model, first, "chunks.h5", "rest.npy", "--dataset", "/X"), wanted)
        none = self.rows_file(self.x[:0], "none.h5")
        self.assertEqual(self.digests(self.model, none, self.whole, none), wanted)

    def test_columns_in_another_order_bind_by_name(self):
        order = [3, 0, 4, 2, 1]
        self.named_file("first.h5", self.x[:700])
        self.named_file("second.h5", self.x[700:][:, order], [NAMES[i] for i in order])
        wanted = self.digests(NAMED, self.named_file("named.h5", self.x))
        self.assertEqual(self.digests(NAMED, "first.h5", "second.h5"), wanted)
        # The order of the first file's columns counts where the model names none.
        self.assertEqual(self.digests(self.model, "first.h5", "second.h5"), self.digests(self.model, self.whole))
        chosen = ["--columns", ",".join(NAMES)]
        self.assertEqual(self.digests(self.model, "second.h5", "first.h5", *chosen)["rows_digest"],
                         self.digests(self.model, self.rows_file(np.vstack([self.x[700:], self.x[:700]]), "turned.h5"))["rows_digest"])

    def test_other_columns_and_other_types_are_refused_naming_both(self):
        self.rows_file(self.random_rows(5, 6), "wide.h5")
        self.rows_file(self.x.astype("f4"), "single.h5")
        self.named_file("named.h5", self.x)
        self.named_file("others.h5", self.x, [*NAMES[:4], "feature_z"])
        self.rows_file([[b"text"] * 5], "text.h5")
        for files, says in {(self.a, "wide.h5"): ["wide.h5", "a.h5", "6", "5"],
                            (self.a, "single.h5"): ["single.h5", "a.h5", "float32", "float64"],
                            ("named.h5", "others.h5"): ["others.h5", "named.h5", "feature_z"],
                            (self.a, "text.h5"): ["text.h5", "/X"],
                            (self.a, "nowhere.h5"): ["nowhere.h5", "no such file"],
                            ("nowhere.h5", self.a): ["nowhere.h5", "no such file"],
                            (self.a, "."): ["directory"]}.items():
            result = self.refused("score", self.model, *files, "-o", "out.h5", says=says)
            self.assertNotIn("a.h5: a.h5", result.stderr)

    def test_the_output_is_never_one_of_them(self):
        for files in ((self.a, self.b), (self.b, self.a)):
            before = self.b.read_bytes()
            self.refused("score", self.model, *files, "-o", self.b, "--overwrite", says=["b.h5", "input"])
            self.assertEqual(self.b.read_bytes(), before)
        (self.folder / "link.h5").symlink_to(self.b)
        self.refused("score", self.model, self.a, "link.h5", "-o", self.b, "--overwrite", says="b.h5")

    def test_a_bad_row_is_named_in_the_file_that_holds_it(self):
        with h5py.File(self.b, "r+") as file:
            file["X"][17, 2] = np.nan
        result = self.refused("score", self.model, self.a, self.b, "-o", "out.h5", says=["b.h5: /X, row 17 (from 0)", "column 2"])
        self.assertNotIn("717", result.stderr)
        for command in (["verify", self.model, self.a, self.b], ["verify", self.model, self.a, self.b, "--row-range", "650:"]):
            self.refused(*command, says=["b.h5: /X, row 17 (from 0)"])

    def test_verify_and_audit_take_them(self):
        self.score(self.model, self.a, self.b, "--certificate")
        report = json.loads(self.run_evenscore("verify", self.model, self.a, self.b, "--against", "out.h5", "--json").stdout)
        self.assertEqual((report["verdict"], report["rows"], report["rows_source"]), ("identical", "1000", "a.h5,b.h5"))
        self.run_evenscore("verify", self.model, self.a, self.b)
        self.run_evenscore("audit", "out.h5", self.model, self.a, self.b)
        self.assertEqual(json.loads((self.folder / "out.h5.run.json").read_text())["rows_source"], "a.h5,b.h5")
        self.run_evenscore("audit", "out.h5", self.model, self.whole)  # the same rows
        refuted = self.run_any("audit", "out.h5", self.model, self.b, self.a)
        self.assertEqual(refuted.returncode, 1, refuted.stderr)
        refuted = self.run_any("verify", self.model, self.a, "--against", "out.h5")
        self.assertEqual(refuted.returncode, 1, refuted.stderr)


class RowRanges(Rows):
    def setUp(self):
        super().setUp()
        self.x = self.random_rows(1000)
        self.rows = self.rows_file(self.x)
        self.model = FIXTURES / "binary.joblib"

    def test_a_range_is_exactly_the_slice(self):
        with h5py.File(self.folder / "gzip.h5", "w") as file:
            file.create_dataset("X", data=self.x, chunks=(64, 2), compression="gzip")
        self.rows_file(self.x[:123], "a.h5"), self.rows_file(self.x[123:], "b.h5")
        for range_, slice_ in {"100:200": slice(100, 200), ":123": slice(0, 123), "123:": slice(123, 1000), "999:1000": slice(999, 1000),
                               "0:1000": slice(0, 1000), ":": slice(0, 1000), "122:124": slice(122, 124), "5:5": slice(5, 5),
                               "1000:1000": slice(1000, 1000), "1000:": slice(1000, 1000), ":0": slice(0, 0)}.items():
            wanted = self.digests(self.model, self.rows_file(self.x[slice_], "slice.h5"))
            for files in (["rows.h5"], ["gzip.h5"], ["a.h5", "b.h5"]):
                self.assertEqual(self.digests(self.model, *files, "--row-range", range_), wanted, (range_, files))
                first, end, _ = slice_.indices(1000)
                self.assertEqual(self.attribute("row_range"), None if (first, end, range_[:1]) == (0, 1000, ":") else f"{first}:{end}", range_)
                self.assertEqual(self.attribute("rows"), end - first)

    def test_what_is_no_range_is_refused(self):
        for range_, says in {"0:1001": ["1000 rows", "--row-range"], "1001:": ["1000 rows"], "7:3": ["'7:3' ends before it begins"], "5": ["FIRST:END"],
                             "a:b": ["'a'"], "1:2:3": ["--row-range"], "-5:10": ["--row-range"], "1.5:3": ["'1.5'"],
                             "99999999999999999999:": ["--row-range"]}.items():
            self.refused("score", self.model, self.rows, "-o", "out.h5", f"--row-range={range_}", says=says)

    def test_bad_rows_outside_do_not_matter_and_inside_are_named_as_in_the_file(self):
        with h5py.File(self.rows, "r+") as file:
            file["X"][300, 1] = np.inf
        self.score(self.model, self.rows, "--row-range", ":300")
        self.score(self.model, self.rows, "--row-range", "301:")
        self.refused("score", self.model, self.rows, "-o", "new.h5", "--row-range", "250:", says="row 300 (from 0)")

    def test_audit_takes_the_range_up_from_the_file(self):
        self.score(self.model, self.rows, "--row-range", "100:900")
        for options in ([], ["--row-range", "100:900"]):
            self.run_evenscore("audit", "out.h5", self.model, self.rows, *options)
        refuted = self.run_any("audit", "out.h5", self.model, self.rows, "--row-range", "101:901")
        self.assertEqual(refuted.returncode, 1, refuted.stderr)
        report = json.loads(self.run_evenscore("verify", self.model, self.rows, "--row-range", "100:900", "--against", "out.h5", "--json").stdout)
        self.assertEqual((report["verdict"], report["rows"]), ("identical", "800"))

    def test_audit_over_several_files_and_a_range(self):
        self.rows_file(self.x[:400], "a.h5"), self.rows_file(self.x[400:], "b.h5")
        self.score(self.model, "a.h5", "b.h5", "--row-range", "350:450")
        self.run_evenscore("audit", "out.h5", self.model, "a.h5", "b.h5")
        with h5py.File(self.folder / "b.h5", "r+") as file:
            file["X"][60, 0] += 1  # outside
        self.run_evenscore("audit", "out.h5", self.model, "a.h5", "b.h5")
        with h5py.File(self.folder / "b.h5", "r+") as file:
            file["X"][49, 0] += 1
        self.run_evenscore("audit", "out.h5", self.model, "a.h5", "b.h5", status=1)


class CopiedColumns(Rows):
    ROWS = 1000

    def setUp(self):
        super().setUp()
        n = self.ROWS
        self.x = self.random_rows(n)
        self.keys = {"id": np.arange(n, dtype="i8") * 7 - 3, "u": np.arange(n, dtype="u2"), "t": np.linspace(0, 1, n),
                     "half": np.linspace(0, 1, n).astype("f2"), "ok": np.arange(n) % 3 == 0,
                     "code": np.array([f"code-{i}" for i in range(n)], "S9")}
        self.model = FIXTURES / "binary.joblib"
        self.plain = self.digests(self.model, self.rows_file(self.x, "plain.h5"))
        (self.folder / "out.h5").unlink()

    def copied(self, model, *rows_and_options, copy, **options):
        report = self.score(model, *rows_and_options, "--copy", copy, **options)
        self.run_evenscore("audit", options.get("out", "out.h5"), model, *[a for a in rows_and_options if str(a).endswith(".h5")],
                           *self.selection(rows_and_options))
        return report, self.datasets(options.get("out", "out.h5"))

    def selection(self, arguments):
        """--dataset and --columns among them, which audit takes too."""
        arguments = list(arguments)
        return [part for name in ("--dataset", "--columns") if name in arguments for part in arguments[arguments.index(name):][:2]]

    def assert_equal_column(self, found, wanted):
        self.assertEqual(found.dtype, wanted.dtype)
        self.assertEqual(found.tobytes(), wanted.tobytes())

    def test_datasets_beside_the_rows(self):
        rows = self.rows_file(self.x, **self.keys)
        report, out = self.copied(self.model, rows, copy=",".join(self.keys))
        self.assertEqual(set(out), {"label", "proba", "classes", *self.keys})
        for name, values in self.keys.items():
            with self.subTest(name=name):
                self.assert_equal_column(out[name], values)
        self.assertEqual(report["rows_digest"], self.plain["rows_digest"])
        self.assertEqual(report["outputs"], "label,proba")

    def test_stored_in_any_way(self):
        with h5py.File(self.folder / "rows.h5", "w") as file:
            file["deep/er/X"] = self.x
            for name, values in self.keys.items():
                if values.dtype.kind in "iuf":
                    values = values.astype(values.dtype.newbyteorder(">"))
                file.create_dataset(f"deep/er/{name}", data=values, chunks=(33,), compression="gzip", shuffle=True)
            file["top"] = self.keys["id"]
            file["other/place"] = self.keys["t"]
        _, out = self.copied(self.model, "rows.h5", "--dataset", "/deep/er/X", "--batch-rows", 7, copy=",".join([*self.keys, "top", "/other/place"]))
        for name, values in (self.keys | {"top": self.keys["id"], "place": self.keys["t"]}).items():
            self.assert_equal_column(out[name], values)

    def test_fields_of_a_table_and_columns_of_a_group(self):
        with h5py.File(self.folder / "table.h5", "w") as file:
            file["rows"] = self.table_of(self.x, **self.keys)
        self.group_file("group.h5", dict(zip(NAMES, self.x.T)) | self.keys)
        wanted = self.digests(NAMED, self.named_file("named.h5", self.x))
        for name, options in {"table.h5": [], "group.h5": ["--dataset", "/rows"]}.items():
            with self.subTest(name=name):
                report, out = self.copied(NAMED, name, *options, copy=",".join([*self.keys, "feature_b"]))
                self.assertEqual(report["rows_digest"], wanted["rows_digest"])
                for key, values in (self.keys | {"feature_b": self.x[:, 1]}).items():
                    self.assert_equal_column(out[key], np.ascontiguousarray(values))

    def test_columns_of_a_matrix(self):
        rows = self.named_file("named.h5", self.x)
        _, out = self.copied(NAMED, rows, copy="feature_d,feature_a")
        self.assert_equal_column(out["feature_d"], np.ascontiguousarray(self.x[:, 3]))
        self.assert_equal_column(out["feature_a"], np.ascontiguousarray(self.x[:, 0]))

    def test_columns_and_the_index_of_a_frame_of_pandas(self):
        for case in ("pandas_table_text", "pandas_table_i64", "pandas_fixed_i64"):
            key = "word" if "text" in case else "count"
            self.score(NAMED, FRAMES / f"{case}.h5", "--dataset", "/frame", "--copy", f"{key},index")
            out = self.datasets()
            with h5py.File(FRAMES / f"{case}.h5") as file:
                if "table" in case:
                    table = file["frame/table"][()]
                    wanted, index = self.frame_column(file["frame/table"], table, key), table["index"]
                else:
                    block = next(f"frame/block{i}" for i in range(9) if key.encode() in list(file[f"frame/block{i}_items"][()]))
                    at = list(file[block + "_items"][()]).index(key.encode())
                    wanted, index = file[block + "_values"][()][:, at], file["frame/axis1"][()]
            self.assertEqual(out[key].tolist(), wanted.tolist())
            self.assertEqual(out["index"].tolist(), index.tolist())
            self.assertEqual(len(out["label"]), len(index))
        self.refused("score", NAMED, FRAMES / "pandas_fixed_text.h5", "-o", "new.h5", "--dataset", "/frame", "--copy", "word",
                     says=["word", "format='table'"])

    def frame_column(self, dataset, table, key):
        if key in table.dtype.names:
            return table[key]
        for name in table.dtype.names:
            if name.startswith("values_block_"):
                names = pickle.loads(dataset.attrs[f"{name}_kind"])
                if key in names:
                    return table[name][:, names.index(key)]
        raise KeyError(key)

    def test_text_of_any_length(self):
        n = self.ROWS
        texts = {"name": [f"row {i}" for i in range(n)], "word": ["größe-π" * (i % 3) for i in range(n)], "empty": [""] * n,
                 "long": ["x" * 65536 if i == 500 else "" for i in range(n)]}
        with h5py.File(self.folder / "rows.h5", "w") as file:
            file["X"] = self.x
            for name, values in texts.items():
                file.create_dataset(name, data=values, dtype=h5py.string_dtype(), chunks=(77,), compression="gzip" if name == "name" else None)
        for options in ([], ["--batch-rows", 7], ["--threads", 1, "--batch-rows", 333]):
            _, out = self.copied(self.model, "rows.h5", *options, copy="name,word,empty,long")
            for name, values in texts.items():
                encoded = [value.encode() for value in values]
                self.assertEqual(out[name].dtype, np.dtype(("S", max(1, *map(len, encoded)))))
                self.assertEqual(out[name].tolist(), encoded, name)
        # Only the rows that are wanted count.
        _, out = self.copied_range("rows.h5", "0:500", "long")
        self.assertEqual(out["long"].dtype, np.dtype("S1"))
        with h5py.File(self.folder / "rows.h5", "r+") as file:
            file["long"][3] = "x" * 65537
        self.refused("score", self.model, "rows.h5", "-o", "new.h5", "--copy", "long", says=["/long", "65536"])

    def copied_range(self, file, range_, copy):
        report = self.score(self.model, file, "--row-range", range_, "--copy", copy)
        self.run_evenscore("audit", "out.h5", self.model, file)
        return report, self.datasets()

    def test_with_a_range_and_several_files(self):
        parts = {"a.h5": slice(0, 300), "b.h5": slice(300, 1000)}
        words = np.array([f"{'w' * (i % 13)}{i}" for i in range(self.ROWS)], dtype=object)
        for name, part in parts.items():
            self.rows_file(self.x[part], name, **{key: values[part] for key, values in self.keys.items()})
            with h5py.File(self.folder / name, "r+") as file:
                file.create_dataset("word", data=words[part], dtype=h5py.string_dtype())
                del file["code"]
                codes = self.keys["code"][part]
                file["code"] = codes.astype(f"S{max(map(len, codes))}")  # of another length in each file
        copy = ",".join([*self.keys, "word"])
        for range_, part in {":": slice(None), "250:310": slice(250, 310), "300:": slice(300, None), "10:20": slice(10, 20)}.items():
            report = self.score(self.model, "a.h5", "b.h5", "--row-range", range_, "--copy", copy)
            out = self.datasets()
            for key, values in self.keys.items():
                self.assertEqual(out[key].tolist(), values[part].tolist(), (key, range_))
            self.assertEqual([word.decode() for word in out["word"]], words[part].tolist())
            self.run_evenscore("audit", "out.h5", self.model, "a.h5", "b.h5")
        self.assertEqual(report["rows"], 10)

    def test_files_with_other_kinds_of_a_column_are_refused(self):
        self.rows_file(self.x, "a.h5", id=self.keys["id"])
        self.rows_file(self.x, "b.h5", id=self.keys["t"])
        self.rows_file(self.x, "c.h5")
        self.refused("score", self.model, "a.h5", "b.h5", "-o", "out.h5", "--copy", "id", says=["b.h5", "a.h5", "id", "int64", "float64"])
        self.refused("score", self.model, "a.h5", "c.h5", "-o", "out.h5", "--copy", "id", says=["c.h5", "id"])

    def test_what_cannot_be_copied_is_refused_and_nothing_is_left(self):
        with h5py.File(self.rows_file(self.x, label=self.keys["id"], status=self.keys["id"], classes=self.keys["id"], short=np.zeros(9),
                                      wide=np.zeros((self.ROWS, 2)), complex=np.zeros(self.ROWS, complex)), "r+") as file:
            file["group/id"] = self.keys["id"]
            file["id"] = self.keys["id"]
            file.create_dataset("table", (self.ROWS,), [("key", h5py.string_dtype())] + [(name, "f8") for name in NAMES])
        for copy, says in {"nothing": ["no column nothing", "/X"], "/nowhere/id": ["/nowhere/id"],
                           "label": ["'label'", "output"], "status": ["'status'", "output"], "classes": ["'classes'"],
                           "short": ["/short", "9", "1000"], "wide": ["/wide", "1000"], "complex": ["complex"], "group": ["group"],
                           "id,id": ["'id'", "once"], "id,/group/id": ["'id'"], "id,": ["--copy"], "X": ["/X"]}.items():
            with self.subTest(copy=copy):
                self.refused("score", self.model, "rows.h5", "-o", "out.h5", "--dataset", "/X", "--copy", copy, says=says)
        self.refused("score", NAMED, "rows.h5", "-o", "out.h5", "--dataset", "/table", "--copy", "key", says=["key", "fixed length"])
        np.save(self.folder / "rows.npy", self.x)
        self.refused("score", self.model, "rows.npy", "-o", "out.h5", "--copy", "id", says=["rows.npy", "--copy"])

    def test_damaged_text_is_refused_or_read_and_never_ends_the_program(self):
        rows = self.rows_file(self.x[:200])
        with h5py.File(rows, "r+") as file:
            file.create_dataset("name", data=[f"name {i}" for i in range(200)], dtype=h5py.string_dtype(), chunks=(50,))
        whole = rows.read_bytes()
        random = np.random.default_rng(11)
        for _ in range(150):
            damaged = bytearray(whole)
            at = int(random.integers(0, len(whole)))
            damaged[at] ^= 1 << int(random.integers(0, 8))
            rows.write_bytes(damaged)
            result = self.run_any("score", self.model, rows, "-o", "out.h5", "--copy", "name", "--bad-rows", "mark")
            self.assertIn(result.returncode, (0, 2), f"byte {at}: {result.stderr}")
            self.assertEqual((self.folder / "out.h5").exists(), result.returncode == 0)
            (self.folder / "out.h5").unlink(missing_ok=True)

    def test_a_killed_run_goes_on_to_the_same_bytes(self):
        n = 700_000
        self.run_evenscore("generate", "-o", "big.h5", "--rows", n, "--like", FLIGHTS / "model.joblib")
        with h5py.File(self.folder / "big.h5", "r+") as file:
            file["id"] = np.arange(n)
            file["code"] = np.array([f"c{i}" for i in range(n)], "S7")
            file.create_dataset("name", data=[f"name {i}" for i in range(n)], dtype=h5py.string_dtype())
        job = ["score", FLIGHTS / "model.joblib", "big.h5", "--copy", "id,code,name", "--row-range", "5:"]
        self.run_evenscore(*job, "-o", "whole.h5")
        kill = subprocess.Popen([EVENSCORE, *map(str, job), "-o", "out.h5", "--checkpoint", "0", "--device", "reference", "--threads", "1",
                                 "--batch-rows", "20000"], cwd=self.folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        journal, sizes = self.folder / "out.h5.journal", set()
        while kill.poll() is None and len(sizes) < 4:
            if journal.exists():
                sizes.add(journal.stat().st_size)
        kill.kill()
        kill.wait()
        result = self.run_evenscore(*job[:3], "--copy", "id,code", "--row-range", "5:", "-o", "out.h5", "--resume", status=2)
        self.assertIn("copied columns", result.stderr)
        result = self.run_evenscore(*job[:3], "--copy", "id,code,name", "--row-range", "6:", "-o", "out.h5", "--resume", status=2)
        self.assertIn("rows", result.stderr)
        report = json.loads(self.run_evenscore(*job, "-o", "out.h5", "--resume", "--json").stdout)
        self.assertGreater(report["rows_resumed"], 60_000)
        self.assertEqual((self.folder / "out.h5").read_bytes(), (self.folder / "whole.h5").read_bytes())
        with h5py.File(self.folder / "out.h5") as out:
            np.testing.assert_array_equal(out["id"][()], np.arange(5, n))
            self.assertEqual(out["name"][-1], f"name {n - 1}".encode())


class ColumnsOfOtherPrograms(Rows):
    """Tables, groups, types that are mixed, and names; files that other programs wrote are in row_samples_test.py."""

    def test_mixed_types_are_joined_where_a_type_holds_every_value(self):
        x = np.round(self.random_rows(500) * 50)
        for types, joined in {("f4", "f4", "i2", "u1", "f2"): "f4", ("f4", "f4", "i4", "f4", "f4"): "f8", ("f4", "f8", "f4", "f4", "f4"): "f8",
                              ("i2", "i1", "i2", "i2", "i2"): "f8", ("f2", "f2", "f4", "f2", "f2"): "f4", ("f2", "f2", "f2", "f2", "i2"): "f4",
                              ("i4", "i4", "i4", "i4", "i4"): "i4", ("i8", "i8", "i8", "i8", "i8"): "i8"}.items():
            table = self.table_of(np.abs(x), types=types)
            wanted = np.stack([table[name].astype(joined) for name in NAMES], axis=1)
            wanted = self.digests(NAMED, self.named_file("wanted.h5", wanted))
            with h5py.File(self.folder / "table.h5", "w") as file:
                file["t"] = table
            self.group_file("group.h5", {name: table[name] for name in NAMES})
            for files in (["table.h5"], ["group.h5", "--dataset", "/rows"]):
                self.assertEqual(self.digests(NAMED, *files), wanted, (types, files))

    def test_wide_integers_among_others_are_refused_unless_left_out(self):
        x = self.random_rows(50)
        table = self.table_of(x, extra=np.arange(50, dtype="i8"))
        with h5py.File(self.folder / "table.h5", "w") as file:
            file["t"] = table
        wanted = self.digests(NAMED, self.named_file("named.h5", x))
        self.assertEqual(self.digests(NAMED, "table.h5"), wanted)
        self.assertEqual(self.digests(FIXTURES / "binary.joblib", "table.h5", "--columns", ",".join(NAMES))["rows_digest"], wanted["rows_digest"])
        types = ["f8", "f8", "i8", "f8", "f8"]
        with h5py.File(self.folder / "wide.h5", "w") as file:
            file["t"] = self.table_of(x, types=types)
        self.refused("score", NAMED, "wide.h5", "-o", "new.h5", says=["feature_c", "int64", "float64"])

    def test_arrays_as_elements_are_not_taken_for_numbers(self):
        pair = h5py.h5t.array_create(h5py.h5t.IEEE_F64LE, (2,))
        with h5py.File(self.folder / "pairs.h5", "w") as file:
            h5py.h5d.create(file.id, b"X", pair, h5py.h5s.create_simple((4, 5)))
            file.create_group("g")
            for name in NAMES:
                h5py.h5d.create(file["g"].id, name.encode(), pair, h5py.h5s.create_simple((4,)))
            file["good"] = np.zeros((4, 5))
            h5py.h5d.create(file.id, b"key", pair, h5py.h5s.create_simple((4,)))
        self.refused("score", FIXTURES / "binary.joblib", "pairs.h5", "-o", "out.h5", says=["pairs.h5", "/X"])
        self.refused("score", NAMED, "pairs.h5", "-o", "out.h5", "--dataset", "/g", says="pairs.h5")
        self.refused("score", NAMED, "pairs.h5", "-o", "out.h5", "--dataset", "/good", "--copy", "key", says=["pairs.h5", "key"])


class ScoreReports(Rows):
    def test_json_and_text_say_what_the_run_waited_for(self):
        x = self.random_rows(20_000)
        with h5py.File(self.folder / "gzip.h5", "w") as file:
            file.create_dataset("X", data=x, chunks=(4096, 5), compression="gzip", shuffle=True)
        report = self.score(FIXTURES / "binary.joblib", "gzip.h5")
        parts = {"reading", "decoding", "copying", "hashing", "scoring", "writing"}
        self.assertEqual(set(report["busy_seconds"]), parts)
        self.assertTrue(all(seconds >= 0 for seconds in report["busy_seconds"].values()))
        self.assertIn(report["bound_by"], parts)
        self.assertIn("(4096, 5)", report["way"])
        self.assertIn("shuffle, gzip", report["way"])
        said = self.run_evenscore("score", FIXTURES / "binary.joblib", "gzip.h5", "-o", "b.h5", "-v").stdout
        self.assertRegex(said, r"bound by +(reading|decoding|copying|hashing|scoring|writing); busy:")
        self.assertIn("(4096, 5)", said)
        self.assertIn("contiguous", self.score(FIXTURES / "binary.joblib", self.rows_file(x))["way"])


class Memory(Rows):
    """Peak memory does not grow with rows."""

    def peak(self, *arguments):
        # Below a small process, for what a parent has counts as its child's.
        small = ("import os, sys; child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]); _, status, used = os.wait4(child, 0); "
                 "print(status, used.ru_maxrss)")
        result = subprocess.run([sys.executable, "-S", "-c", small, EVENSCORE, *map(str, arguments)], cwd=self.folder,
                                capture_output=True, text=True, check=True)
        status, kibibytes = map(int, result.stdout.split())
        self.assertEqual(status, 0, result.stderr)
        return kibibytes / 1024  # of the process or of its largest child

    def test_one_and_eight_times_the_rows_take_the_same(self):
        random = np.random.default_rng(3)
        x = random.normal(size=(4_000_000, 8)).astype("f4").round(2)
        model = sklearn.linear_model.LogisticRegression().fit(x[:500], x[:500, 0] > 0)
        joblib.dump(model, self.folder / "model.joblib")
        for name, options in {"contiguous": {}, "gzip": dict(chunks=True, compression="gzip", compression_opts=1, shuffle=True)}.items():
            with self.subTest(name=name):
                self.compare_peaks(x, (500_000, 4_000_000), options, {"id": np.arange})
        with self.subTest(name="text"):
            self.compare_peaks(x, (60_000, 480_000), {}, {"name": lambda n: np.arange(n).astype("S").astype(object)}, "--batch-rows", 20_000)

    def compare_peaks(self, x, counts, options, copies, *more):
        peaks = []
        for n in counts:
            with h5py.File(self.folder / "rows.h5", "w") as file:
                file.create_dataset("X", data=x[:n], **options)
                for name, values in copies.items():
                    values = values(n)
                    file.create_dataset(name, data=values, dtype=h5py.string_dtype() if values.dtype == object else None)
            peaks.append(self.peak("score", "model.joblib", "rows.h5", "-o", "out.h5", "--overwrite", "--copy", ",".join(copies), "--quiet", *more))
        self.assertLess(peaks[1], 1.1 * peaks[0] + 16, peaks)
        self.assertLess(max(peaks), 1024)


class BadRows(CommandLine):
    def setUp(self):
        super().setUp()
        _, expected = self.fixture_rows("binary")
        self.x = expected["X"].copy()
        self.x[17, 3] = np.nan
        self.x[20, 0] = np.inf
        self.rows = self.rows_file(self.x)

    def test_the_first_one_stops_the_job_and_is_named(self):
        self.refused("score", FIXTURES / "binary.joblib", self.rows, "-o", "out.h5", says=["row 17", "column 3", "nan", "--bad-rows mark"])

    def test_marked_rows_are_missing_and_counted(self):
        for batch in (1, 18, 1000):
            result = self.run_evenscore("score", FIXTURES / "binary.joblib", self.rows, "-o", "out.h5", "--bad-rows", "mark",
                                        "--overwrite", "--batch-rows", batch, "--output", "label,label_index,proba")
            self.assertIn("2 rows could not be scored", result.stdout)
            with h5py.File(self.folder / "out.h5") as out:
                status = out["status"][()]
                self.assertEqual(status[17], 1)
                self.assertEqual(status[20], 2)
                self.assertEqual(np.count_nonzero(status), 2)
                self.assertEqual(out["label_index"][17], -1)
                self.assertEqual(out["label"][17], np.iinfo("i8").min)
                self.assertTrue(np.isnan(out["proba"][17]).all())


class BadInput(CommandLine):
    def test_files_that_are_no_model(self):
        rows, _ = self.fixture_rows("binary")
        (self.folder / "empty.joblib").write_bytes(b"")
        (self.folder / "text.joblib").write_text("this is a text file, not a model\n")
        (self.folder / "truncated.joblib").write_bytes((FIXTURES / "binary.joblib").read_bytes()[:600])
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["X"] = np.zeros((3, 5))
        for model, says in {"nowhere.joblib": "no such file", ".": "directory", "empty.joblib": "empty",
                            "text.joblib": "text.joblib", "truncated.joblib": "truncated.joblib",
                            "other.h5": "not a pipeline file",
                            FIXTURES / "refused/not_a_model.joblib": "not a fitted",
                            FIXTURES / "refused/unfitted.joblib": "fit()",
                            FIXTURES / "refused/unsupported.joblib": ["RandomForestClassifier", "steps[2]"]}.items():
            for command in (["inspect", model], ["score", model, rows, "-o", "out.h5"], ["import", model, "-o", "m.h5"]):
                self.refused(*command, says=says)

    def test_a_file_that_would_run_code_is_refused_and_nothing_runs(self):
        marker = self.folder / "it-ran"

        class Payload:
            def __reduce__(self):
                return (os.system, (f"touch {marker}",))

        for protocol in range(2, 6):
            (self.folder / "payload.pkl").write_bytes(pickle.dumps({"steps": [("scaler", Payload())]}, protocol))
            self.refused("inspect", "payload.pkl", says=["posix.system", "Python would have called this", "['steps'][0][1]"])
            self.assertFalse(marker.exists())

    def test_rows_that_cannot_be_used(self):
        model = FIXTURES / "binary.joblib"
        self.rows_file(np.zeros((4, 6)), "wide.h5")
        (self.folder / "text.h5").write_text("no HDF5 here")
        (self.folder / "empty.h5").write_bytes(b"")
        with h5py.File(self.folder / "several.h5", "w") as file:
            file["first"] = np.zeros((4, 5))
            file["second"] = np.zeros((4, 5))
        with h5py.File(self.folder / "link.h5", "w") as file:
            file["X"] = h5py.ExternalLink("several.h5", "/first")
        (self.folder / "truncated.h5").write_bytes((FLIGHTS / "flights.h5").read_bytes()[:5000])
        for rows, says in {"wide.h5": ["6", "5", "wide.h5"], "text.h5": "text.h5", "empty.h5": "empty",
                           "several.h5": ["/first", "/second", "--dataset"], "link.h5": "several.h5",
                           "truncated.h5": "truncated.h5", "nowhere.h5": "nowhere.h5", ".": "directory"}.items():
            self.refused("score", model, rows, "-o", "out.h5", says=says)
        self.refused("score", model, "several.h5", "-o", "out.h5", "--dataset", "/third", says="/third")

    def test_outputs_that_may_not_be_written(self):
        rows, _ = self.fixture_rows("binary")
        model = FIXTURES / "binary.joblib"
        (self.folder / "there.h5").write_bytes(b"precious")
        self.refused("score", model, rows, "-o", "there.h5", says="--overwrite")
        self.assertEqual((self.folder / "there.h5").read_bytes(), b"precious")
        self.refused("score", model, rows, "-o", "no/such/folder/out.h5", says="no/such/folder")
        before = rows.read_bytes()
        self.refused("score", model, rows, "-o", rows, "--overwrite", says="rows.h5")
        self.assertEqual(rows.read_bytes(), before)

    def test_requests_that_make_no_sense(self):
        rows, _ = self.fixture_rows("binary")
        model = FIXTURES / "binary.joblib"
        self.refused("scorre", says="evenscore")
        self.refused("score", model, says="ROWS")
        self.refused("score", model, rows, "-o", "o.h5", "--output", "label,nothing", says="nothing")
        self.refused("score", model, rows, "-o", "o.h5", "--device", "tpu", says="tpu")
        self.refused("score", model, rows, "-o", "o.h5", "--threads", "-1", says="--threads")
        self.refused("score", model, rows, "-o", "o.h5", "--device", "cuda:one", says="cuda:one")
        self.refused("score", model, rows, "-o", "o.h5", "--device", "cuda:0,cpu", says="cuda:0,cpu")
        if not any(pathlib.Path("/dev").glob("nvidia[0-9]*")):
            for device in ("cuda", "cuda:7", "cuda:0,cuda:1", "cuda:all"):
                self.refused("score", model, rows, "-o", "o.h5", "--device", device, says=["--device cuda", "GPU"], status=3)
        self.refused("score", model, rows, "-o", "o.h5", "--device", "cpu:mmx", says=["--device", "mmx", "baseline"], status=3)
        self.refused("generate", "-o", "g.h5", "--rows", "5", says="--features")
        self.refused("generate", "-o", "g.h5", "--rows", "5", "--features", "2", "--compress", "zip", says="gzip:1")

    def test_an_error_is_json_when_json_is_asked_for(self):
        result = self.run_evenscore("inspect", "nowhere.joblib", "--json", status=2)
        self.assertEqual(json.loads(result.stdout)["exit_status"], 2)

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
    def test_a_full_disk_is_the_machines_failure_and_leaves_nothing(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False, capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mount is not allowed here")
        self.addCleanup(subprocess.run, ["umount", disk], check=False)
        self.run_evenscore("score", FLIGHTS / "model.joblib", FLIGHTS / "flights.h5", "-o", disk / "out.h5", status=3)
        self.assertEqual(os.listdir(disk), [])


class Interrupting(CommandLine):
    def test_a_signal_ends_the_job_and_leaves_nothing(self):
        self.run_evenscore("generate", "-o", "rows.h5", "--rows", 6000000, "--like", FLIGHTS / "model.joblib")
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            job = subprocess.Popen([EVENSCORE, "score", FLIGHTS / "model.joblib", "rows.h5", "-o", "out.h5", "--device",
                                    "reference"], cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            while not (self.folder / "out.h5.part").exists() and job.poll() is None:
                pass
            job.send_signal(number)
            message = job.communicate(timeout=60)[1].decode()
            self.assertEqual(job.returncode, status, message)
            self.assertEqual(os.listdir(self.folder), ["rows.h5"])


class Schedules(CommandLine):
    """Large jobs go through a core's cache block by block, or by batches, or through chunks: never with other bits."""

    ROWS = 600_000  # nine blocks of 65,536 and a part of one

    def setUp(self):
        super().setUp()
        self.run_evenscore("generate", "-o", "rows.h5", "--rows", self.ROWS, "--like", FLIGHTS / "model.joblib")

    def bytes_of(self, rows, *options):
        self.run_evenscore("score", FLIGHTS / "model.joblib", rows, "-o", "out.h5", "--overwrite", "--output",
                           "label,proba,decision", *options)
        return (self.folder / "out.h5").read_bytes()

    def digests_of(self, rows, *options):
        result = json.loads(self.run_evenscore("score", FLIGHTS / "model.joblib", rows, "-o", "out.h5", "--overwrite",
                                               "--json", *options).stdout)
        return result["rows_digest"], result["outputs_digest"]

    def test_blocks_batches_and_the_reference_give_the_same_bytes(self):
        wanted = self.bytes_of("rows.h5", "--device", "reference")
        for options in (["--threads", 2], ["--threads", 1], ["--threads", 2, "--batch-rows", 7777]):
            self.assertTrue(self.bytes_of("rows.h5", *options) == wanted, options)

    def test_rows_with_bad_ones_too(self):
        with h5py.File(self.folder / "rows.h5", "r+") as file:
            for row in (70_000, 70_001, 400_000, self.ROWS - 1):
                file["X"][row, 3] = np.nan
        for options in (["--threads", 2], ["--threads", 2, "--batch-rows", 7777]):
            message = self.run_evenscore("score", FLIGHTS / "model.joblib", "rows.h5", "-o", "stop.h5", *options, status=2).stderr
            self.assertIn("row 70000", message.replace(",", ""), options)
            for left in self.folder.glob("stop.h5*"):
                left.unlink()
        marked = ["--bad-rows", "mark"]
        wanted = self.bytes_of("rows.h5", "--device", "reference", *marked)
        self.assertTrue(self.bytes_of("rows.h5", "--threads", 2, *marked) == wanted)
        with h5py.File(self.folder / "out.h5", "r") as out:
            self.assertEqual(list(np.flatnonzero(out["status"][()])), [70_000, 70_001, 400_000, self.ROWS - 1])

    def write_chunks(self, chunks):
        with h5py.File(self.folder / "rows.h5", "r") as plain, h5py.File(self.folder / "chunks.h5", "w") as file:
            rows = file.create_dataset("X", data=plain["X"][()], chunks=chunks, compression="gzip", compression_opts=1,
                                       shuffle=True)
            for name, value in plain["X"].attrs.items():
                rows.attrs[name] = value
            return rows.id.get_num_chunks(), rows.id.get_chunk_info(rows.id.get_num_chunks() // 2)

    def test_chunks_too(self):
        wanted = self.digests_of("rows.h5", "--threads", 2)
        with h5py.File(self.folder / "rows.h5", "r") as file:
            columns = file["X"].shape[1]
        for chunks in ((70_001, 2), (9_001, 1), (4_096, columns), (self.ROWS, 1)):
            self.write_chunks(chunks)
            for options in (["--threads", 2], ["--threads", 1], ["--threads", 4], ["--batch-rows", 50_000]):
                self.assertEqual(self.digests_of("chunks.h5", *options), wanted, (chunks, options))

    def test_columns_turned_rows_and_tables_too(self):
        wanted = self.digests_of("rows.h5", "--threads", 2)
        with h5py.File(self.folder / "rows.h5", "r") as file:
            rows, names = file["X"][()], [name for name in file["X"].attrs["feature_names"]]
        names = [name.decode() if isinstance(name, bytes) else name for name in names]
        with h5py.File(self.folder / "columns.h5", "w") as file:
            for i, name in enumerate(names):
                chunks = [{}, {"chunks": (9_001,), "compression": "lzf", "shuffle": True}, {"chunks": (40_000,)}][i % 3]
                file.create_dataset(f"X/{name}", data=rows[:, i], **chunks)
        with h5py.File(self.folder / "turned.h5", "w") as file:
            file["X"] = np.ascontiguousarray(rows.T)
        table = np.zeros(len(rows), dtype=[("id", "i8")] + [(name, rows.dtype) for name in reversed(names)])
        for i, name in enumerate(names):
            table[name] = rows[:, i]
        with h5py.File(self.folder / "table.h5", "w") as file:
            file["X"] = table
        for options in (["columns.h5", "--dataset", "X"], ["turned.h5", "--transpose"], ["table.h5"]):
            for more in (["--threads", 2], ["--threads", 4], ["--batch-rows", 50_000]):
                self.assertEqual(self.digests_of(*options, *more), wanted, options + more)

    def test_a_damaged_chunk_ends_the_run_whichever_thread_comes_to_it(self):
        _, chunk = self.write_chunks((9_001, 1))
        with open(self.folder / "chunks.h5", "r+b") as file:
            file.seek(chunk.byte_offset)
            file.write(bytes(chunk.size))
        messages = set()
        for options in (["--threads", 1], ["--threads", 4], ["--batch-rows", 50_000]):
            messages.add(self.run_evenscore("score", FLIGHTS / "model.joblib", "chunks.h5", "-o", "out.h5", *options,
                                            status=2).stderr)
            self.assertFalse((self.folder / "out.h5").exists())
            for left in self.folder.glob("out.h5.*"):
                left.unlink()
        self.assertEqual(len(messages), 1, messages)
        self.assertRegex(messages.pop(), r"chunks.h5.*/X chunk \d+.*gzip")


class Resuming(CommandLine):
    ROWS = 700_000  # ten blocks and a part of one

    def setUp(self):
        super().setUp()
        self.run_evenscore("generate", "-o", "rows.h5", "--rows", self.ROWS, "--like", FLIGHTS / "model.joblib")
        self.run_evenscore("score", *self.job("whole.h5"))
        self.whole = (self.folder / "whole.h5").read_bytes()
        (self.folder / "whole.h5").unlink()

    def job(self, output="out.h5", *more):
        return [FLIGHTS / "model.joblib", "rows.h5", "-o", output, "--output", "label,proba,decision", *more]

    def start(self, *more):
        return subprocess.Popen([EVENSCORE, "score", *map(str, self.job("out.h5", "--checkpoint", "0", *more))],
                                cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def unfinished(self, number=signal.SIGKILL, blocks=2):
        """A run that `number` ended after about so many blocks."""
        job = self.start("--device", "reference", "--threads", "1", "--batch-rows", "20000")
        journal = self.folder / "out.h5.journal"
        noted = 0
        while job.poll() is None and noted < blocks:
            content = journal.read_bytes() if journal.exists() else b""
            header = 36 + int.from_bytes(content[20:28], "little")  # a record of three outputs takes 80 bytes
            noted = (len(content) - header) // 80 if len(content) >= 28 else 0
        job.send_signal(number)
        message = job.communicate(timeout=60)[1].decode()
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.h5.journal", "out.h5.part", "rows.h5"], message)
        return job.returncode, message

    def resumed(self, *more):
        result = json.loads(self.run_evenscore("score", *self.job("out.h5", "--resume", "--json", *more)).stdout)
        self.assertEqual((self.folder / "out.h5").read_bytes(), self.whole)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.h5", "rows.h5"])
        (self.folder / "out.h5").unlink()
        return result["rows_resumed"]

    def test_a_run_killed_again_and_again_ends_in_the_same_bytes(self):
        random = np.random.default_rng(7)
        kills = 0
        while kills < 200:
            job = self.start("--resume", "--threads", str(random.integers(1, 4)), "--batch-rows",
                             str(random.integers(1_000, 200_000)), "--device", str(random.choice(["cpu", "cpu:baseline"])))
            try:
                job.wait(timeout=random.uniform(0, 0.1))
            except subprocess.TimeoutExpired:
                job.kill()
                kills += 1
            message = job.communicate(timeout=60)[1].decode()
            self.assertEqual(message, "")
            if (self.folder / "out.h5").exists():
                self.assertEqual((self.folder / "out.h5").read_bytes(), self.whole)
                (self.folder / "out.h5").unlink()
        self.resumed()

    def test_an_interruption_says_how_far_it_got_and_another_device_goes_on(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            returned, message = self.unfinished(number)
            self.assertEqual(returned, status, message)
            self.assertRegex(message, r"interrupted after \d+ of 700000 rows of out.h5; .*--resume")
            self.assertGreater(self.resumed("--device", "cpu", "--threads", "2", "--batch-rows", "7777"), 100_000)

    def test_without_an_unfinished_run_it_begins_at_the_first_row(self):
        self.assertEqual(self.resumed(), 0)

    def test_an_unfinished_run_of_another_job_is_refused_and_kept(self):
        self.unfinished()
        self.refused("score", *self.job(), says=["unfinished run", "--resume", "--overwrite"])
        self.refused("score", *self.job("out.h5", "--resume", "--output-dtype", "f32"),
                     says=["another type of outputs", "f64 then, f32 now"])
        self.refused("score", FLIGHTS / "model.joblib", "rows.h5", "-o", "out.h5", "--resume", "--output", "label",
                     says="another list of outputs")
        self.refused("score", *self.job("out.h5", "--resume", "--arithmetic", "sklearn"), says="arithmetic")
        self.assertGreater(self.resumed(), 100_000)

    def stopped_at_a_bad_row(self, row):
        """A run that ends at `row` with a feature of it that is NaN; gives the bytes of a run that marks it."""
        with h5py.File(self.folder / "rows.h5", "r+") as file:
            file["X"][row, 3] = np.nan
            name = text(file["X"].attrs["feature_names"][3])
        self.run_evenscore("score", *self.job("marked.h5", "--bad-rows", "mark"))
        marked = (self.folder / "marked.h5").read_bytes()
        (self.folder / "marked.h5").unlink()
        result = self.run_evenscore("score", *self.job("out.h5", "--batch-rows", "30000"), status=2)
        self.assertIn(f"row {row}", result.stderr)
        self.assertIn(name, result.stderr)
        return marked

    def test_a_run_that_stopped_at_a_bad_row_goes_on_marking_it(self):
        marked = self.stopped_at_a_bad_row(500_000)
        kept = {name: (self.folder / name).read_bytes() for name in ("out.h5.part", "out.h5.journal")}
        self.refused("score", *self.job("out.h5", "--resume"), says="row 500000")
        result = json.loads(self.run_evenscore("score", *self.job("out.h5", "--resume", "--bad-rows", "mark", "--json")).stdout)
        self.assertEqual((result["rows_resumed"], result["bad_rows"]), (7 * 65536, 1))
        self.assertEqual((self.folder / "out.h5").read_bytes(), marked)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.h5", "rows.h5"])
        # Damage of what was scored is seen here too.
        (self.folder / "out.h5").unlink()
        part = kept["out.h5.part"]
        for place, rows in ((100, 0), (3_000_000, None)):
            (self.folder / "out.h5.journal").write_bytes(kept["out.h5.journal"])
            (self.folder / "out.h5.part").write_bytes(part[:place] + bytes([part[place] ^ 1]) + part[place + 1:])
            result = json.loads(self.run_evenscore("score", *self.job("out.h5", "--resume", "--bad-rows", "mark", "--json")).stdout)
            self.assertEqual((self.folder / "out.h5").read_bytes(), marked)
            self.assertLess(result["rows_resumed"], 7 * 65536)
            if rows is not None:
                self.assertEqual(result["rows_resumed"], rows)
            (self.folder / "out.h5").unlink()

    def test_a_run_that_marks_is_not_gone_on_with_by_one_that_stops(self):
        job = self.start("--bad-rows", "mark", "--device", "reference", "--threads", "1", "--batch-rows", "20000")
        while job.poll() is None and not (self.folder / "out.h5.journal").exists():
            pass
        job.send_signal(signal.SIGINT)
        job.communicate(timeout=60)
        self.refused("score", *self.job("out.h5", "--resume"), says="another rule for bad rows: mark then, stop now")

    def test_the_change_from_stop_to_mark_killed_again_and_again(self):
        marked = self.stopped_at_a_bad_row(600_000)
        kept = {name: (self.folder / name).read_bytes() for name in ("out.h5.part", "out.h5.journal")}
        random = np.random.default_rng(8)
        for kill in range(40):
            if kill % 4 == 0:
                for name in set(os.listdir(self.folder)) - {"rows.h5"}:
                    (self.folder / name).unlink()
                for name, content in kept.items():
                    (self.folder / name).write_bytes(content)
            job = self.start("--resume", "--bad-rows", "mark", "--threads", "1")
            try:
                job.wait(timeout=random.uniform(0, 0.12))
            except subprocess.TimeoutExpired:
                job.kill()
            self.assertEqual(job.communicate(timeout=60)[1].decode(), "")
            if (self.folder / "out.h5").exists():
                self.assertEqual((self.folder / "out.h5").read_bytes(), marked)
                (self.folder / "out.h5").unlink()
        self.run_evenscore("score", *self.job("out.h5", "--resume", "--bad-rows", "mark"))
        self.assertEqual((self.folder / "out.h5").read_bytes(), marked)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.h5", "rows.h5"])

    def test_labels_without_a_missing_value_are_marked_by_index(self):
        random = np.random.default_rng(3)
        rows = random.normal(size=(200_000, 3))
        rows[150_000, 1] = np.inf
        self.rows_file(rows)
        model = sklearn.linear_model.LogisticRegression().fit(rows[:500, :], rows[:500, 0] > 0)
        joblib.dump(model, self.folder / "model.joblib")
        for outputs in ("label", "label,label_index", "label_index,log_proba,decision"):
            job = ["model.joblib", "rows.h5", "--output", outputs, "--batch-rows", "9999", "--output-dtype", "f32"]
            self.run_evenscore("score", *job, "-o", "marked.h5", "--bad-rows", "mark")
            self.run_evenscore("score", *job, "-o", "out.h5", status=2)
            result = self.run_evenscore("score", *job, "-o", "out.h5", "--resume", "--bad-rows", "mark", "--json")
            self.assertEqual(json.loads(result.stdout)["rows_resumed"], 131_072)
            self.assertEqual((self.folder / "out.h5").read_bytes(), (self.folder / "marked.h5").read_bytes())
            for name in ("out.h5", "marked.h5"):
                (self.folder / name).unlink()

    def test_other_rows_are_refused(self):
        self.unfinished()
        rows = self.folder / "rows.h5"
        stamp = rows.stat()
        with h5py.File(rows, "r+") as file:
            file["X"][5, 0] += 1
        self.refused("score", *self.job("out.h5", "--resume"), says="another state of the file of rows")
        os.utime(rows, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        self.refused("score", *self.job("out.h5", "--resume"), says=["rows 0 to 65536", "not those"])
        self.run_evenscore("score", *self.job("out.h5", "--overwrite"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.h5", "rows.h5"])

    def test_what_was_damaged_since_is_scored_again(self):
        self.unfinished(blocks=5)
        journal = (self.folder / "out.h5.journal").read_bytes()
        part = (self.folder / "out.h5.part").read_bytes()
        for cut in (0, 1, 20, 300, len(journal) // 2, len(journal) - 1):
            (self.folder / "out.h5.part").write_bytes(part)
            (self.folder / "out.h5.journal").write_bytes(journal[:cut])
            self.resumed()
        for place in (30, 400, len(journal) - 100):
            (self.folder / "out.h5.part").write_bytes(part)
            flipped = journal[:place] + bytes([journal[place] ^ 8]) + journal[place + 1:]
            (self.folder / "out.h5.journal").write_bytes(flipped)
            self.resumed()
        for place in (100, 3_000_000, 9_000_000, len(part) // 2):
            (self.folder / "out.h5.part").write_bytes(part[:place] + bytes([part[place] ^ 1]) + part[place + 1:])
            (self.folder / "out.h5.journal").write_bytes(journal)
            self.resumed()
        (self.folder / "out.h5.part").write_bytes(part[:len(part) // 2])
        (self.folder / "out.h5.journal").write_bytes(journal)
        self.resumed()

    def test_a_second_run_into_one_output_is_refused(self):
        job = self.start("--device", "reference", "--threads", "1")
        while not (self.folder / "out.h5.part").exists() and job.poll() is None:
            pass
        for more in ([], ["--resume"], ["--overwrite"]):
            result = self.run_evenscore("score", *self.job("out.h5", *more), status=2)
            self.assertIn("another run is writing it", result.stderr)
        job.communicate(timeout=60)
        self.assertEqual((self.folder / "out.h5").read_bytes(), self.whole)


class Verifying(CommandLine):
    def test_flights_are_predicted_as_scikit_learn_did(self):
        result = self.run_evenscore("verify", FLIGHTS / "model.joblib", FLIGHTS / "flights.h5", "--against",
                                    FLIGHTS / "predictions.h5", "--labels", f"{FLIGHTS / 'flights.h5'}:/y", "--json")
        report = json.loads(result.stdout)
        self.assertEqual(report["verdict"], "equal_within_rounding")
        self.assertEqual(int(report["label_flips"]), 0)
        self.assertEqual(report["before"]["confusion_matrix"], report["after"]["confusion_matrix"])
        with h5py.File(FLIGHTS / "flights.h5") as rows, h5py.File(FLIGHTS / "predictions.h5") as predictions:
            truth, predicted = rows["y"][()], predictions["label"][()]
        matrix = [[int(np.sum((truth == t) & (predicted == p))) for p in (0, 1)] for t in (0, 1)]
        self.assertEqual([[int(v) for v in row] for row in report["after"]["confusion_matrix"]], matrix)
        self.assertAlmostEqual(report["after"]["accuracy"], float(np.mean(truth == predicted)), 12)

    def test_engines_agree_bit_for_bit(self):
        rows, _ = self.fixture_rows("multinomial3")
        report = json.loads(self.run_evenscore("verify", FIXTURES / "multinomial3.joblib", rows, "--json").stdout)
        self.assertEqual(report["verdict"], "identical")

    def test_own_predictions_are_identical_and_one_flipped_bit_is_found(self):
        rows, _ = self.fixture_rows("binary")
        model = FIXTURES / "binary.joblib"
        self.run_evenscore("score", model, rows, "-o", "out.h5")
        report = json.loads(self.run_evenscore("verify", model, rows, "--against", "out.h5", "--json").stdout)
        self.assertEqual((report["verdict"], report["mode"]), ("identical", "bitwise"))
        with h5py.File(self.folder / "out.h5", "r+") as out:
            bits = out["proba"][5, 1:2].view("u8") ^ 1
            out["proba"][5, 1] = bits.view("f8")[0]
        report = json.loads(self.run_evenscore("verify", model, rows, "--against", "out.h5", "--json", status=1).stdout)
        self.assertEqual(report["verdict"], "different")
        first = report["first_differences"][0]
        self.assertEqual((int(first["row"]), int(first["column"])), (5, 1))

    def test_another_model_is_refuted(self):
        rows, expected = self.fixture_rows("binary")
        with h5py.File(rows, "r+") as file:
            file["proba"] = expected["proba"]
            file["label"] = expected["label"]
        self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, "--against", rows)
        result = self.run_evenscore("verify", FIXTURES / "newton_cholesky_binary.joblib", rows, "--against", rows, status=1)
        self.assertTrue(result.stdout.startswith("Different"), result.stdout[:200])

    def test_a_tolerance_is_what_was_asked_for(self):
        rows, expected = self.fixture_rows("binary")
        with h5py.File(rows, "r+") as file:
            file["proba"] = expected["proba"] + 1e-6
        arguments = ["verify", FIXTURES / "binary.joblib", rows, "--against", rows]
        self.run_evenscore(*arguments, status=1)
        self.run_evenscore(*arguments, "--atol", "1e-5")
        self.run_evenscore(*arguments, "--atol", "1e-7", status=1)

    def test_unequal_row_counts_are_refuted(self):
        rows, expected = self.fixture_rows("binary")
        with h5py.File(self.folder / "short.h5", "w") as file:
            file["proba"] = expected["proba"][:-1]
        self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, "--against", "short.h5", status=1)


class Benchmarking(CommandLine):
    """No time is asserted: only what is compared, listed and said."""

    def bench(self, *arguments):
        return json.loads(self.run_evenscore("bench", *arguments, "--seconds", 0, "--json").stdout)

    def test_every_engine_is_compared_timed_and_listed(self):
        report = self.bench(FIXTURES / "multinomial3.joblib", "--rows", 500)
        self.assertEqual((report["schema"], report["verdict"]), ("evenscore-bench-1", "same bits"))
        self.assertEqual((report["rows_source"], report["rows"], report["checked_rows"]), ("made up", 500, 500))
        self.assertEqual((report["dtype"], report["row_bytes"]), ("float32", 4 * report["features"]))
        self.assertEqual((report["classes"], report["result_bytes"]), (3, 4 + 3 * 4))
        self.assertGreaterEqual(report["rounds"], 3)
        doctor = json.loads(self.run_evenscore("doctor", "--json").stdout)
        self.assertEqual({(e["engine"], e["available"]) for e in report["engines"]},
                         {(e["engine"], e["available"]) for e in doctor["engines"]})
        limits = {(limit["way"], limit["where"], limit["name"]) for limit in report["limits"]}
        self.assertEqual({way for way, _, _ in limits} - {"resident"}, {"host_to_host", "file_to_file"})
        for engine in report["engines"]:
            if not engine["available"]:
                self.assertTrue(engine["detail"])
                continue
            self.assertTrue(engine["same_bits"])
            for name in engine["ratios"]:
                self.assertIn((engine["way"], engine["where"], name), limits)
            self.assertIn(engine["bound_by"], [*engine["ratios"], "none of these"])
            for spread in (engine["rows_per_second"], engine["bytes_per_second"], *engine["ratios"].values()):
                self.assertLessEqual(0, spread["min"])
                self.assertLessEqual(spread["min"], spread["median"])
                self.assertLessEqual(spread["median"], spread["max"])
        for kind in ("reference", "cpu"):
            latency = [e["latency"] for e in report["engines"] if e["engine"] == kind and e.get("latency")][-1]
            self.assertEqual([call["rows"] for call in latency], [1, 10, 100])
        self.assertEqual({e["threads"] for e in report["engines"] if e["engine"] == "cpu"}, {1, report["hardware_threads"]})

    def test_rows_of_a_file_and_one_engine(self):
        rows, expected = self.fixture_rows("binary")
        report = self.bench(FIXTURES / "binary.joblib", rows, "--device", "cpu", "--threads", 2, "--batch-rows", 3,
                            "--output", "proba,log_proba,decision", "--output-dtype", "f64")
        self.assertEqual([(e["engine"], e["threads"], e["batch_rows"], e["way"]) for e in report["engines"]],
                         [("cpu", 2, 3, "host_to_host"), ("cpu", 2, 3, "file_to_file")])
        self.assertEqual((report["rows"], report["rows_available"]), (len(expected["X"]),) * 2)
        self.assertEqual((report["dtype"], report["result_bytes"]), ("float64", 8 * 5))
        cut = self.bench(FIXTURES / "binary.joblib", rows, "--rows", 4)
        self.assertEqual(cut["rows"], 4)
        self.assertTrue(any("not all rows of the file" in what for what in cut["left_out"]))

    def test_one_way_and_a_sweep(self):
        report = self.bench(FIXTURES / "binary.joblib", "--rows", 5000, "--way", "host_to_host", "--sweep", "--device", "cpu",
                            "--threads", 1)
        self.assertEqual({e["way"] for e in report["engines"]}, {"host_to_host"})
        self.assertEqual([e["batch_rows"] for e in report["engines"]], [1, 64, 4096, 5000])

    def test_the_text_names_what_was_timed_and_what_was_not(self):
        text = self.run_evenscore("bench", FLIGHTS / "model.joblib", "--rows", 300, "--seconds", 0).stdout
        for part in ("300 float32", "plain read", "plain copy", "file read", "file write", "reference", "cpu", "bound by",
                     "on 300 of 300 rows"):
            self.assertIn(part, text)
        doctor = json.loads(self.run_evenscore("doctor", "--json").stdout)
        for engine in doctor["engines"]:
            if not engine["available"]:
                self.assertIn(f"{engine['engine']} is not here: {engine['detail']}", text)

    def test_requests_that_make_no_sense(self):
        rows, _ = self.fixture_rows("binary")
        model = FIXTURES / "binary.joblib"
        self.refused("bench", says="MODEL")
        self.refused("bench", model, "--output", "label", says="label_index")
        self.refused("bench", model, "--output-dtype", "f16", says="f16")
        self.refused("bench", model, "--seconds", "-1", says="--seconds")
        self.refused("bench", model, "--device", "tpu", says="tpu")
        self.refused("bench", model, "--way", "by_mail", says=["by_mail", "host_to_host"])
        self.refused("bench", model, "--dataset", "/X", says="ROWS")
        self.refused("bench", model, rows, "--dtype", "f64", says="--dtype")
        self.refused("bench", model, "nowhere.h5", says="nowhere.h5")
        self.refused("bench", model, "--rows", 10**12, says="--rows")
        self.rows_file(np.zeros((0, 5)), "none.h5")
        self.refused("bench", model, "none.h5", says=["none.h5", "no rows"])


class Comparing(CommandLine):
    def predictions(self, name, **datasets):
        with h5py.File(self.folder / name, "w") as file:
            for key, values in datasets.items():
                file[key] = values
        return name

    def test_two_files_of_predictions(self):
        label, proba = np.array([0, 1, 1]), np.array([[0.75, 0.25], [0.25, 0.75], [0.375, 0.625]])
        self.predictions("a.h5", label=label, proba=proba)
        self.predictions("b.h5", label=label, proba=proba)
        self.predictions("c.h5", label=[0, 1, 0], proba=proba[::-1])
        self.predictions("y.h5", y=[0, 1, 1])
        text = self.run_evenscore("compare", "a.h5", "b.h5", "--labels", "y.h5:/y").stdout
        for part in ("Identical", "a.h5 with b.h5", "accuracy", "Confusion matrix"):
            self.assertIn(part, text)
        report = json.loads(self.run_evenscore("compare", "a.h5", "c.h5", "--labels", "y.h5:/y", "--json", status=1).stdout)
        self.assertEqual((report["schema"], report["verdict"], report["label_flips"]), ("evenscore-compare-1", "different", "1"))
        self.assertEqual((report["before"]["accuracy"], report["sources"]), (1.0, ["a.h5", "c.h5"]))
        self.assertNotIn("labels_certified", report)
        self.run_evenscore("compare", "a.h5", "c.h5", "--atol", "1", status=1)
        self.predictions("d.h5", proba=proba.astype("float32"))
        self.assertIn("Equal within rounding", self.run_evenscore("compare", "a.h5", "d.h5").stdout)

    def test_arrays_that_numpy_saved(self):
        label, proba = np.array(["no", "yes", "yes"]), np.array([[0.75, 0.25], [0.25, 0.75], [0.375, 0.625]])
        self.predictions("a.h5", label=label.astype("S3"), proba=proba)
        for name, array in (("label", label), ("big", proba.astype(">f8")), ("swapped", label.astype(">U9")), ("bytes", label.astype("S")),
                            ("one", proba[:, 1]), ("columns", np.asfortranarray(proba)), ("objects", label.astype(object)),
                            ("complex", proba * 1j), ("cube", np.zeros((2, 2, 2)))):
            np.save(self.folder / f"{name}.npy", array)
        compare = lambda b, **status: json.loads(self.run_evenscore("compare", "a.h5", b, "--labels", "label.npy", "--json", **status).stdout)
        for b in ("label.npy", "swapped.npy", "bytes.npy", "big.npy", "big.npy:/proba", "columns.npy", "one.npy:/proba"):
            report = compare(b)
            self.assertEqual((report["verdict"], report["rows"]), ("identical", "3"), b)
        self.assertEqual(compare("label.npy")["after"]["accuracy"], 1.0)
        self.refused("compare", "a.h5", "one.npy", says=["one.npy", "FILE.npy:/proba"])
        self.refused("compare", "a.h5", "one.npy:/x", says=["one.npy", "label_index"])
        self.refused("compare", "a.h5", "label.npy:/proba", says=["label.npy", "float64"])
        self.refused("compare", "a.h5", "objects.npy", says=["objects.npy", "Python objects"])
        self.refused("compare", "a.h5", "complex.npy", says=["complex.npy", "<c16"])
        self.refused("compare", "a.h5", "cube.npy", says=["cube.npy", "(2, 2, 2)"])

    def test_rows_that_numpy_saved_score_like_the_same_rows_in_hdf5(self):
        rows, _ = self.fixture_rows("binary")
        with h5py.File(rows, "r") as file:
            X = file["X"][...]
        for name, array in (("rows", X), ("columns", np.asfortranarray(X)), ("big", X.astype(">f8")), ("turned", np.ascontiguousarray(X.T)), ("flat", X[:, 0])):
            np.save(self.folder / f"{name}.npy", array)
        model = FIXTURES / "binary.joblib"
        expected = json.loads(self.run_evenscore("score", model, rows, "-o", "h5.h5", "--json").stdout)
        for name, *options in (("rows",), ("columns",), ("big",), ("turned", "--transpose"), ("rows", "--batch-rows", "7"), ("columns", "--batch-rows", "7")):
            report = json.loads(self.run_evenscore("score", model, f"{name}.npy", "-o", "npy.h5", "--overwrite", *options, "--json").stdout)
            self.assertEqual(report["rows_digest"], expected["rows_digest"], name)
            self.assertEqual(report["outputs_digest"], expected["outputs_digest"], name)
        self.run_evenscore("audit", "npy.h5", model, "columns.npy")
        self.refused("score", model, "turned.npy", "-o", "o.h5", says=["turned.npy", "--transpose"])
        self.refused("score", model, "flat.npy", "-o", "o.h5", says=["flat.npy", "two dimensions"])
        self.refused("score", model, "rows.npy", "--dataset", "/X", "-o", "o.h5", says=["rows.npy", "--dataset"])

    def test_a_boolean_that_is_neither_true_nor_false_is_refused(self):
        X = np.zeros((3, 5), bool)
        np.save(self.folder / "X.npy", X)
        broken = bytearray((self.folder / "X.npy").read_bytes())
        broken[-1] = 7
        (self.folder / "broken.npy").write_bytes(broken)
        self.run_evenscore("score", FIXTURES / "binary.joblib", "X.npy", "-o", "o.h5")
        self.refused("score", FIXTURES / "binary.joblib", "broken.npy", "-o", "p.h5", says=["broken.npy", "neither true nor false"])

    def test_an_array_cut_short_is_refused_wherever_it_is_cut(self):
        self.predictions("a.h5", proba=np.full((2, 2), 0.5))
        np.save(self.folder / "whole.npy", np.full((2, 2), 0.5))
        whole = (self.folder / "whole.npy").read_bytes()
        for size in (*range(6, 14), 40, 127, 128, len(whole) - 1):
            (self.folder / "cut.npy").write_bytes(whole[:size])
            self.refused("compare", "a.h5", "cut.npy", says="cut.npy")
        (self.folder / "cut.npy").write_bytes(whole + b"x")
        self.refused("compare", "a.h5", "cut.npy", says="bytes after its header")

    def test_requests_that_make_no_sense(self):
        self.predictions("a.h5", label=[0, 1])
        self.predictions("e.h5", nothing=[0, 1])
        self.refused("compare", "a.h5", says="B")
        self.refused("compare", "a.h5", "nowhere.h5", says="nowhere.h5")
        self.refused("compare", "a.h5", "e.h5", says=["e.h5", "label"])
        self.refused("compare", "a.h5", "a.h5", "--mode", "bound", says=["--mode bound", "verify"])
        self.refused("compare", "a.h5", "a.h5", "--labels", "a.h5:/y", says="/y")


class Structure(CommandLine):
    """`verify --structure`: the same steps, parameters and fitted values, whatever the predictions say."""

    def verify(self, *options, status=0):
        rows, _ = self.fixture_rows("binary")
        return json.loads(self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, *options, "--json", status=status).stdout)

    def test_a_model_holds_against_its_import_and_not_against_another(self):
        self.run_evenscore("import", FIXTURES / "binary.joblib", "-o", "m.h5")
        same = self.verify("--structure", "m.h5", "--report", "r.html", "--junit", "r.xml")
        self.assertEqual((same["verdict"], same["structure"]), ("identical", {"against": "m.h5", "identical": True, "differences": []}))
        self.assertIn("bit for bit", (self.folder / "r.html").read_text())
        other = self.verify("--structure", FIXTURES / "no_mean.joblib", "--report", "s.html", "--junit", "s.xml", status=1)
        self.assertEqual((other["verdict"], other["structure"]["identical"]), ("different", False))
        self.assertTrue(any("with_mean" in difference["path"] for difference in other["structure"]["differences"]))
        for report in ("s.html", "s.xml"):
            self.assertIn("with_mean", (self.folder / report).read_text())

    def test_stored_predictions_say_which_pipeline_made_them(self):
        rows, _ = self.fixture_rows("binary")
        self.run_evenscore("score", FIXTURES / "binary.joblib", rows, "-o", "p.h5")
        self.assertTrue(self.verify("--against", "p.h5", "--structure")["structure"]["identical"])
        with h5py.File(self.folder / "p.h5", "r+") as file:
            file.attrs["pipeline_digest"] = np.bytes_("0" * 64)
        report = self.verify("--against", "p.h5", "--structure", status=1)
        self.assertEqual((report["verdict"], report["structure"]["differences"][0]["path"]), ("different", "pipeline_digest"))
        with h5py.File(self.folder / "p.h5", "r+") as file:
            del file.attrs["pipeline_digest"]
        self.refused("verify", FIXTURES / "binary.joblib", rows, "--against", "p.h5", "--structure", says=["p.h5", "--structure MODEL"])
        self.refused("verify", FIXTURES / "binary.joblib", rows, "--structure", says="--structure MODEL")


class Refereeing(CommandLine):
    """The true values that `verify` judges by are those of exact fractions and of 60-digit decimals."""

    def test_engines_can_be_named(self):
        rows, _ = self.fixture_rows("binary")
        verify = lambda *options, **status: self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, "--engines", *options, **status)
        self.assertEqual(json.loads(verify("cpu,reference", "--json").stdout)["sources"], ["cpu", "reference"])
        for names in ("cpu", "cpu,cpu", "cpu,tpu", ","):
            verify(names, status=2)

    def test_uncertified_rows_are_listed(self):
        rows, expected = self.fixture_rows("binary")
        report = json.loads(self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, "--uncertified", "u.txt", "--json").stdout)
        listed = [int(line) for line in (self.folder / "u.txt").read_text().split()]
        self.assertEqual(len(listed), len(expected["X"]) - int(report["labels_certified"]))
        self.refused("verify", FIXTURES / "binary.joblib", rows, "--uncertified", rows, says=str(rows))

    def test_correctly_rounded_predictions_are_found_to_be_so(self):
        self.run_evenscore("import", FIXTURES / "binary.joblib", "-o", "m.h5")
        with h5py.File(self.folder / "m.h5") as file:
            steps = [file["steps"][name]["fitted"] for name in sorted(file["steps"])]
            scaler = next(step for step in steps if "scale" in step)
            model = next(step for step in steps if "coef" in step)
            mean, scale, coef, intercept = (step[name][()].ravel() for step, name in
                                            ((scaler, "mean"), (scaler, "scale"), (model, "coef"), (model, "intercept")))
        rows, expected = self.fixture_rows("binary")
        true_scores = [sum((F(x) - F(m)) / F(s) * F(w) for x, m, s, w in zip(row, mean, scale, coef)) + F(intercept[0])
                       for row in expected["X"]]
        decimal.getcontext().prec = 60
        exponentials = [(-decimal.Decimal(z.numerator) / decimal.Decimal(z.denominator)).exp() for z in true_scores]
        p = [1 / (1 + e) for e in exponentials]
        q = [e / (1 + e) for e in exponentials]
        with h5py.File(self.folder / "true.h5", "w") as file:
            file["decision"] = np.array([float(z) for z in true_scores])
            file["proba"] = np.array([[float(a), float(b)] for a, b in zip(q, p)])
        result = self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, "--against", "true.h5", "--json")
        report = json.loads(result.stdout)
        self.assertEqual(report["verdict"], "equal_within_rounding" if report["rows_judged"] != "0" else "identical")
        self.assertGreater(int(report["rows_judged"]), 0)
        for judged in report["referee"]:
            self.assertEqual((judged["b_max_ulp"], judged["a_nearer"], judged["bounds_exceeded"]), ("0", "0", "0"), judged)
        self.assertEqual({judged["output"] for judged in report["referee"]}, {"decision", "proba"})
        text = self.run_evenscore("verify", FIXTURES / "binary.joblib", rows, "--against", "true.h5").stdout
        self.assertIn("Referee", text)

    def test_every_kind_of_step_keeps_its_bound(self):
        """All classes of steps: the engine is never further from the truth than its bound."""
        judged = 0
        for model in sorted((FIXTURES / "steps").rglob("*.joblib"))[:40]:
            rows = self.folder / "rows.h5"
            if self.run_any("generate", "-o", rows, "--rows", 200, "--like", model, "--dtype", "f64", "--overwrite").returncode:
                continue
            result = self.run_any("verify", model, rows, "--sample", 60, "--bad-rows", "mark", "--json")
            if result.returncode:
                continue
            for verdict in json.loads(result.stdout)["referee"]:
                judged += int(verdict["values"])
                self.assertEqual(verdict["bounds_exceeded"], "0", model)
        self.assertGreater(judged, 1000)


class Diffing(CommandLine):
    """Two models: what differs, and what it does to predictions."""

    def test_a_model_and_its_import_are_identical(self):
        self.run_evenscore("import", FIXTURES / "binary.joblib", "-o", "m.h5")
        self.assertIn("Identical", self.run_evenscore("diff", FIXTURES / "binary.joblib", "m.h5").stdout)

    def test_two_models_on_rows(self):
        rows, _ = self.fixture_rows("binary")
        report = json.loads(self.run_evenscore("diff", FIXTURES / "binary.joblib", FIXTURES / "no_mean.joblib", rows, "--json", status=1).stdout)
        self.assertEqual((report["schema"], report["verdict"]), ("evenscore-diff-1", "different"))
        self.assertTrue(any("with_mean" in difference["path"] for difference in report["differences"]))
        if report["predictions"]:
            self.assertEqual(report["predictions"]["schema"], "evenscore-compare-1")
        text = self.run_evenscore("diff", FIXTURES / "binary.joblib", FIXTURES / "no_mean.joblib", status=1).stdout
        self.assertIn("What may change predictions", text)

    def test_requests_that_make_no_sense(self):
        self.refused("diff", FIXTURES / "binary.joblib", says="B")
        self.refused("diff", FIXTURES / "binary.joblib", "nowhere.joblib", says="nowhere.joblib")
        self.refused("diff", FIXTURES / "binary.joblib", FIXTURES / "binary.joblib", "--dataset", "/X", says="ROWS")


class BalancedTags(html.parser.HTMLParser):
    """Whether every element is closed in order; and what the page refers to."""

    VOID = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.references, self.tags, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.references += [value for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        last = self.open.pop()
        assert last == tag, f"{tag} closes {last}"

    def handle_data(self, data):
        self.text.append(data)


class ReportFiles(CommandLine):
    """--report and --junit of verify and compare."""

    def hidden_loss(self):
        """98% accuracy before and after, recall of the rare class from 90% to 12%."""
        random = np.random.default_rng(1)
        truth = np.zeros(20000, "int64")
        truth[:400] = 1
        caught, missed = np.array(truth, "float64"), np.array(truth, "float64")
        caught[360:400], caught[400:760] = 0.25, 0.75
        missed[48:400], missed[400:448] = 0.25, 0.75
        for name, p in (("before.h5", caught), ("after.h5", missed)):
            p = np.clip(p + random.normal(0, 0.01, len(p)), 1e-6, 1 - 1e-6)
            with h5py.File(self.folder / name, "w") as file:
                file["proba"], file["label"] = np.stack([1 - p, p], 1), (p > 0.5).astype("int64")
                file["classes"], file["y"] = [0, 1], truth

    def test_the_verdict_and_the_hidden_loss_come_first(self):
        self.hidden_loss()
        result = self.run_evenscore("compare", "before.h5", "after.h5", "--labels", "before.h5:/y", "--report", "r.html", "--junit", "r.xml",
                                    status=1)
        self.assertLess(result.stdout.index("recall of class 1 fell from 0.900 to 0.120 while accuracy stayed 0.980"), 300)
        page = (self.folder / "r.html").read_text()
        parsed = BalancedTags(page)
        self.assertEqual(parsed.references, [])
        self.assertNotIn("script", parsed.tags)
        self.assertNotIn("http", page)
        text = "".join(parsed.text)
        for first, second in (("Different", "recall of class 1 fell from 0.900 to 0.120"), ("recall of class 1 fell", "What was compared"),
                              ("What was compared", "Confusion matrices"), ("ROC curve", "Precision-recall curve"),
                              ("Calibration", "rows of equal bits")):
            self.assertLess(text.index(first), text.index(second))
        suites = xml.etree.ElementTree.parse(self.folder / "r.xml").getroot()
        cases = {case.get("name"): case for case in suites.iter("testcase")}
        self.assertEqual(suites.get("tests"), str(len(cases)))
        self.assertEqual(suites.get("failures"), str(sum(len(case) for case in cases.values())))
        self.assertIn("recall of class 1 fell", cases["no loss that accuracy hides"][0].get("message"))

    def test_an_accepted_run_of_verify_is_reported_too(self):
        rows, expected = self.fixture_rows("multinomial3")
        with h5py.File(rows, "r+") as file:
            file["y"] = expected["label"]
        self.run_evenscore("verify", FIXTURES / "multinomial3.joblib", rows, "--labels", f"{rows}:/y", "--report", "r.html", "--junit", "r.xml")
        text = "".join(BalancedTags((self.folder / "r.html").read_text()).text)
        for part in ("Identical", "pipeline digest", "certified", "Confusion matrices", "before: reference", "after: cpu"):
            self.assertIn(part, text)
        self.assertEqual(xml.etree.ElementTree.parse(self.folder / "r.xml").getroot().get("failures"), "0")
        self.run_evenscore("verify", FIXTURES / "multinomial3.joblib", rows, "--report", "r.html")

    def test_names_out_of_a_file_are_only_text(self):
        for name in ("a.h5", "b.h5"):
            with h5py.File(self.folder / name, "w") as file:
                file["label"] = np.array(["<script>alert(1)</script>", "a & \"b\"", "\x01"], "S32")
                file["classes"] = np.array(["<script>alert(1)</script>", "a & \"b\"", "\x01"], "S32")
        self.run_evenscore("compare", "a.h5", "b.h5", "--labels", "a.h5:/label", "--report", "r.html", "--junit", "r.xml")
        self.assertNotIn("script", BalancedTags((self.folder / "r.html").read_text()).tags)
        xml.etree.ElementTree.parse(self.folder / "r.xml")

    def test_a_report_never_replaces_an_input_and_says_at_once_where_it_cannot_be_written(self):
        self.hidden_loss()
        before = (self.folder / "before.h5").read_bytes()
        for option in ("--report", "--junit"):
            self.refused("compare", "before.h5", "after.h5", option, "before.h5", says="before.h5")
            self.refused("compare", "before.h5", "after.h5", option, "nowhere/r.html", says="nowhere")
        self.assertEqual((self.folder / "before.h5").read_bytes(), before)
        rows, _ = self.fixture_rows("binary")
        self.refused("verify", FIXTURES / "binary.joblib", rows, "--report", rows, says=str(rows))
        self.assertEqual([name for name in os.listdir(self.folder) if "part" in name or "nowhere" in name], [])


class Auditing(CommandLine):
    """A file that `score` wrote is what its model computes from its rows, or it is refuted."""

    def scored(self, name, *options):
        rows, _ = self.fixture_rows(name)
        self.run_evenscore("score", FIXTURES / f"{name}.joblib", rows, "-o", "out.h5", "--overwrite", *options)
        return FIXTURES / f"{name}.joblib", rows

    def audit(self, model, rows, *options, status=0):
        report = json.loads(self.run_evenscore("audit", "out.h5", model, rows, "--json", *options, status=status).stdout)
        self.assertEqual(report["verdict"], "refuted" if status else "accepted")
        return {check["name"]: check["passed"] for check in report["checks"]}

    def test_an_untouched_file_is_accepted_whatever_its_labels_and_types(self):
        for name in ("binary", "multinomial3", "object_string_classes", "bool_classes", "float_classes", "uint8_classes"):
            for options in ((), ("--output-dtype", "f32"), ("--arithmetic", "sklearn"), ("--bad-rows", "mark")):
                with self.subTest(name=name, options=options):
                    model, rows = self.scored(name, *options)
                    self.assertEqual(set(self.audit(model, rows).items()), {("pipeline", True), ("rows", True), ("outputs", True), ("sample", True)})

    def test_one_changed_number_is_refuted(self):
        model, rows = self.scored("binary")
        with h5py.File(self.folder / "out.h5", "r+") as file:
            file["proba"][3, 1] = np.nextafter(file["proba"][3, 1], 0)
        checks = self.audit(model, rows, "--sample", "1000000", status=1)
        self.assertEqual((checks["outputs"], checks["sample"], checks["rows"]), (False, False, True))
        self.assertIn("Refuted", self.run_evenscore("audit", "out.h5", model, rows, status=1).stdout)

    def test_a_changed_number_with_a_changed_digest_is_refuted_by_the_sample(self):
        model, rows = self.scored("binary")
        with h5py.File(self.folder / "out.h5", "r+") as file:
            file["proba"][3, 1] = 0.5
        found = json.loads(self.run_evenscore("audit", "out.h5", model, rows, "--json", status=1).stdout)
        digest = next(check["detail"] for check in found["checks"] if check["name"] == "outputs").split()[3].rstrip(",")
        with h5py.File(self.folder / "out.h5", "r+") as file:
            file.attrs["outputs_digest"] = np.bytes_(digest)
        checks = self.audit(model, rows, status=1)
        self.assertEqual((checks["outputs"], checks["sample"]), (True, False))

    def test_another_model_and_other_rows_are_refuted(self):
        model, rows = self.scored("binary")
        self.assertFalse(self.audit(FIXTURES / "newton_cholesky_binary.joblib", rows, status=1)["pipeline"])
        with h5py.File(rows, "r+") as file:
            file["X"][0, 0] += 1
        self.assertFalse(self.audit(model, rows, status=1)["rows"])

    def test_the_certificate_is_written_and_must_agree(self):
        model, rows = self.scored("binary", "--certificate")
        certificate = self.folder / "out.h5.run.json"
        said = json.loads(certificate.read_text())
        self.assertEqual((said["schema"], said["output"], said["arithmetic"]), ("evenscore-certificate-1", "out.h5", "exact"))
        self.assertTrue(self.audit(model, rows)["certificate"])
        said["outputs_digest"] = "0" * 64
        certificate.write_text(json.dumps(said))
        self.assertFalse(self.audit(model, rows, status=1)["certificate"])
        self.refused("score", model, rows, "-o", "new.h5", "--certificate", "--output", "nothing", says="nothing")
        self.assertFalse((self.folder / "new.h5.run.json").exists())
        certificate.rename(self.folder / "new.h5.run.json")
        self.refused("score", model, rows, "-o", "new.h5", "--certificate", says="new.h5.run.json")
        self.assertFalse((self.folder / "new.h5").exists())

    def test_a_sample_is_the_same_for_the_same_seed(self):
        model, rows = self.scored("binary")
        verify = lambda *options: json.loads(self.run_evenscore("verify", model, rows, "--json", *options).stdout)
        report = verify("--sample", "7", "--seed", "5")
        self.assertEqual((report["rows_compared"], report["sample_seed"], report["verdict"]), ("7", "5", "identical"))
        self.assertEqual(report, verify("--sample", "7", "--seed", "5"))
        self.assertIsNone(verify("--sample", "1000000")["sample_seed"])

    def test_requests_that_make_no_sense(self):
        model, rows = self.scored("binary")
        self.refused("audit", "nowhere.h5", model, rows, says="nowhere.h5")
        with h5py.File(self.folder / "foreign.h5", "w") as file:
            file["label"] = [0, 1]
        self.refused("audit", "foreign.h5", model, rows, says=["foreign.h5", "verify --against"])
        self.refused("audit", "out.h5", model, rows, "--sample", "0", says="--sample")


class AgainstTheModelAsItWas(CommandLine):
    """Predictions that scikit-learn made before, and the model as it is now: healthy, or damaged in one place."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(20)
        self.X = rng.normal(3, 10, (3000, 6)) * np.array([1, 1e-3, 1e3, 1, 1, 1])
        self.y = (self.X[:, 0] - self.X[:, 3] + rng.normal(0, 5, 3000) > 0).astype(int)
        self.pipeline = sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(), sklearn.preprocessing.MinMaxScaler((-2, 2), clip=True),
                                                       sklearn.linear_model.LogisticRegression(C=10)).fit(self.X, self.y)
        np.save(self.folder / "before.npy", self.pipeline.predict_proba(self.X))
        self.rows_file(self.X, y=self.y)

    def verify(self, *options, status=0, rows="rows.h5"):
        joblib.dump(self.pipeline, self.folder / "now.joblib")
        return json.loads(self.run_evenscore("verify", "now.joblib", rows, "--against", "before.npy", *options, "--json", status=status).stdout)

    def different(self):
        report = self.verify(status=1)
        self.assertEqual(report["verdict"], "different")
        self.assertTrue(report["first_rejected"])

    def test_a_healthy_model_is_equal_within_rounding(self):
        report = self.verify("--labels", "rows.h5:/y")
        self.assertEqual(report["verdict"], "equal_within_rounding")
        self.assertEqual(report["outputs"][0]["rejected"], "0")
        accuracy = sklearn.metrics.accuracy_score(self.y, self.pipeline.predict(self.X))
        self.assertAlmostEqual(report["after"]["accuracy"], accuracy, delta=1e-12)

    def test_the_tail_where_scikit_learn_keeps_no_digits_is_equal_within_rounding(self):
        self.pipeline = sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(), sklearn.linear_model.LogisticRegression(C=1e6)).fit(self.X, self.y)
        self.X[:3, 0] = 3e4
        self.rows_file(self.X)
        proba = self.pipeline.predict_proba(self.X)
        self.assertEqual(proba[:, 0].min(), 0.0)
        np.save(self.folder / "before.npy", proba)
        self.assertEqual(self.verify()["verdict"], "equal_within_rounding")

    def test_one_flipped_bit_in_the_exponent_of_a_coefficient(self):
        bits = self.pipeline[-1].coef_.view(np.uint64)
        bits[0, 3] ^= np.uint64(1 << 52)
        self.different()

    def test_two_steps_swapped(self):
        self.pipeline.steps[0], self.pipeline.steps[1] = self.pipeline.steps[1], self.pipeline.steps[0]
        self.different()

    def test_the_scale_of_one_feature_replaced(self):
        self.pipeline[0].scale_[3] = 1.0
        self.different()

    def test_the_mean_dropped(self):
        self.pipeline[0].with_mean, self.pipeline[0].mean_ = False, None
        self.different()

    def test_the_mean_lost_but_asked_for_is_refused(self):
        self.pipeline[0].mean_ = None
        joblib.dump(self.pipeline, self.folder / "now.joblib")
        self.refused("verify", "now.joblib", "rows.h5", "--against", "before.npy", says=["now.joblib", "mean"])

    def test_float32_rows_scored_as_float64(self):
        narrow = self.X.astype("float32")
        self.rows_file(narrow, "narrow.h5")
        np.save(self.folder / "before.npy", self.pipeline.predict_proba(narrow.astype("float64")))
        self.assertEqual(self.verify(rows="narrow.h5")["verdict"], "equal_within_rounding")

    def test_rows_that_were_rounded_to_float32_on_the_way(self):
        self.rows_file(self.X.astype("float32").astype("float64"), "rounded.h5")
        self.assertEqual(self.verify(rows="rounded.h5", status=1)["verdict"], "different")

    def test_one_ulp_in_one_of_ten_million_rows(self):
        scores = np.random.default_rng(7).normal(size=10_000_000)
        np.save(self.folder / "a.npy", scores)
        scores[7_654_321] = np.nextafter(scores[7_654_321], np.inf)
        np.save(self.folder / "b.npy", scores)
        report = json.loads(self.run_evenscore("compare", "a.npy:/decision", "b.npy:/decision", "--json", status=1).stdout)
        (first,), output = report["first_differences"], report["outputs"][0]
        self.assertEqual((first["row"], first["ulp"], output["rows_equal_bits"], output["max_ulp"]), ("7654321", "1", "9999999", "1"))


class QualityBesideScikitLearn(CommandLine):
    """Metrics with --labels against sklearn.metrics, ties and runs in temporary files included."""

    def metrics(self, truth, label, proba, *options):
        with h5py.File(self.folder / "p.h5", "w") as file:
            file["label"], file["proba"], file["y"] = label, proba, truth
            file["classes"] = np.arange(max(2, proba.shape[1]) if proba.ndim == 2 else 2)
        return json.loads(self.run_evenscore("compare", "p.h5", "p.h5", "--labels", "p.h5:/y", "--json", *options).stdout)["after"]

    def expect(self, ours, truth, label, proba):
        m = sklearn.metrics
        classes = np.arange(proba.shape[1])
        precision, recall, f1, support = m.precision_recall_fscore_support(truth, label, labels=classes, zero_division=0)
        for c in classes:
            self.assertAlmostEqual(ours["classes"][c]["precision"], precision[c], delta=1e-12)
            self.assertAlmostEqual(ours["classes"][c]["recall"], recall[c], delta=1e-12)
            self.assertAlmostEqual(ours["classes"][c]["f1"], f1[c], delta=1e-12)
            self.assertEqual(int(ours["classes"][c]["support"]), support[c])
        for average in ("macro", "weighted", "micro"):
            values = m.precision_recall_fscore_support(truth, label, labels=classes, average=average, zero_division=0)
            for name, value in zip(("precision", "recall", "f1"), values):
                self.assertAlmostEqual(ours[average][name], value, delta=1e-12)
        self.assertAlmostEqual(ours["accuracy"], m.accuracy_score(truth, label), delta=1e-12)
        self.assertAlmostEqual(ours["balanced_accuracy"], m.balanced_accuracy_score(truth, label), delta=1e-12)
        self.assertAlmostEqual(ours["matthews"], m.matthews_corrcoef(truth, label), delta=1e-12)
        quality = ours["probabilities"]
        self.assertEqual(int(quality["rows"]), len(truth))
        self.assertAlmostEqual(quality["log_loss"], m.log_loss(truth, proba, labels=classes), delta=1e-12)
        if len(classes) == 2:
            self.assertAlmostEqual(quality["brier"], m.brier_score_loss(truth, proba[:, 1]), delta=1e-12)
            self.assertAlmostEqual(quality["roc_auc"], m.roc_auc_score(truth, proba[:, 1]), delta=1e-12)
            self.assertAlmostEqual(quality["average_precision"], m.average_precision_score(truth, proba[:, 1]), delta=1e-12)
            self.assertEqual((quality["curve"][-1]["recall"], quality["curve"][-1]["false_positive_rate"]), (1.0, 1.0))
            self.assertEqual(sum(int(b["rows"]) for b in quality["calibration"]), len(truth))
        else:
            one_hot = truth[:, None] == classes
            self.assertAlmostEqual(quality["brier"], ((proba - one_hot) ** 2).sum(1).mean(), delta=1e-12)
            self.assertAlmostEqual(quality["roc_auc"], m.roc_auc_score(truth, proba, multi_class="ovr"), delta=1e-12)
            self.assertAlmostEqual(quality["average_precision"], m.average_precision_score(one_hot, proba, average="macro"), delta=1e-12)

    def case(self, rows, classes, digits, *options):
        random = np.random.default_rng(rows + classes)
        truth = random.integers(0, classes, rows)
        scores = random.normal(size=(rows, classes)) + (truth[:, None] == np.arange(classes))
        proba = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        if digits:  # ties
            proba = np.round(proba * 8) / 8
            proba[:, 0] = 1 - proba[:, 1:].sum(1)
        label = proba.argmax(1)
        self.expect(self.metrics(truth, label, proba, *options), truth, label, proba)

    def test_two_classes(self):
        self.case(5000, 2, 0)

    def test_two_classes_with_ties(self):
        self.case(5000, 2, 1)

    def test_several_classes(self):
        self.case(4000, 4, 0)

    def test_more_rows_than_memory_go_through_temporary_files(self):
        self.case(200_000, 2, 0, "--memory", "1")
        self.assertEqual([name for name in os.listdir(self.folder) if name != "p.h5"], [])

    def test_ranking_can_be_left_out(self):
        quality = self.metrics(np.array([0, 1]), np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]), "--no-ranking")["probabilities"]
        self.assertIsNone(quality["roc_auc"])
        self.assertGreater(quality["log_loss"], 0)

    def test_one_true_class_has_no_roc_auc(self):
        quality = self.metrics(np.array([1, 1]), np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))["probabilities"]
        self.assertIsNone(quality["roc_auc"])
        self.assertEqual(quality["average_precision"], 1.0)


class Importing(CommandLine):
    def test_expectations_are_checked_and_embedded(self):
        rows, expected = self.fixture_rows("binary")
        with h5py.File(rows, "r+") as file:
            for name in ("label", "proba", "decision"):
                file[name] = expected[name]
        self.run_evenscore("import", FIXTURES / "binary.joblib", "-o", "m.h5", "--expect", rows)
        with h5py.File(self.folder / "m.h5") as file:
            self.assertEqual(set(file["expected"]), {"rows", "label", "proba", "decision"})
            n = file["expected/rows"].shape[0]
            self.assertEqual(file["expected/proba"].shape, (n, 2))
        self.refused("import", FIXTURES / "newton_cholesky_binary.joblib", "-o", "n.h5", "--expect", rows, says="nothing was written", status=1)

    def test_equal_imports_are_equal_bytes_and_a_damaged_one_is_refused(self):
        for name in ("a.h5", "b.h5"):
            self.run_evenscore("import", FIXTURES / "binary.joblib", "-o", name)
        content = (self.folder / "a.h5").read_bytes()
        self.assertEqual(content, (self.folder / "b.h5").read_bytes())
        with h5py.File(self.folder / "b.h5", "r+") as file:
            step = next(name for name in file["steps"] if "coef" in file["steps"][name]["fitted"])
            file["steps"][step]["fitted/coef"][0, 0] *= 1.5
        self.refused("inspect", "b.h5", says=["b.h5", "digest"])

    def test_a_newer_format_is_refused_by_name(self):
        self.run_evenscore("import", FIXTURES / "binary.joblib", "-o", "m.h5")
        with h5py.File(self.folder / "m.h5", "r+") as file:
            file.attrs["encoding-version"] = np.bytes_("2.0.0")
        self.refused("inspect", "m.h5", says="2.0.0")


class Describing(CommandLine):
    def test_inspect_shows_names_classes_and_rules(self):
        text = self.run_evenscore("inspect", FIXTURES / "object_string_classes.joblib", "-v").stdout
        for part in ("StandardScaler", "LogisticRegression", "softmax", "1.9.1", "float32 rows"):
            self.assertIn(part, text)
        report = json.loads(self.run_evenscore("inspect", FIXTURES / "binary.joblib", "--json").stdout)
        self.assertEqual([s["class"].rsplit(".")[-1] for s in report["steps"]], ["StandardScaler", "LogisticRegression"])
        self.assertEqual(report["loading"], [{"source_name": "binary.joblib", "verdict": "supported", "code": []}])

    def test_doctor_finds_the_arithmetic_right(self):
        report = json.loads(self.run_evenscore("doctor", "--json").stdout)
        self.assertEqual(report["vectors_wrong"], 0)
        self.assertGreater(report["vectors_checked"], 9000)
        self.assertIn("to the bit", self.run_evenscore("doctor").stdout)
        self.assertNotEqual(bool(report["gpus"]), "no_gpus" in report)
        for engine in report["engines"]:
            if engine["available"] and engine["engine"] != "reference":
                self.assertGreater(engine["rows_checked"], 4000)
                self.assertEqual(engine["rows_wrong"], 0)

    def test_generated_rows_do_not_depend_on_their_layout(self):
        self.run_evenscore("generate", "-o", "a.h5", "--rows", 5000, "--features", 7)
        self.run_evenscore("generate", "-o", "b.h5", "--rows", 5000, "--features", 7, "--chunk-rows", 900, "--compress", "gzip:1")
        self.run_evenscore("generate", "-o", "c.h5", "--rows", 5000, "--features", 7, "--seed", 1)
        with h5py.File(self.folder / "a.h5") as a, h5py.File(self.folder / "b.h5") as b, h5py.File(self.folder / "c.h5") as c:
            x = a["X"][()]
            self.assertEqual(x.dtype, np.float32)
            np.testing.assert_array_equal(x, b["X"][()])
            self.assertFalse(np.array_equal(x, c["X"][()]))
            self.assertLess(abs(x.mean()), 0.02)
            self.assertLess(abs(x.std() - 1.0), 0.02)

    def test_rows_like_a_min_max_scaler_lie_in_its_range_and_a_little_beyond(self):
        model = FIXTURES / "min_max/min_max_clip.joblib"
        self.run_evenscore("generate", "-o", "rows.h5", "--rows", 20000, "--like", model, "--dtype", "f64")
        self.run_evenscore("import", model, "-o", "m.h5")
        with h5py.File(self.folder / "rows.h5") as rows, h5py.File(self.folder / "m.h5") as file:
            x = rows["X"][()]
            low, high = (file["steps/000_step_0/fitted"][name][()] for name in ("data_min", "data_max"))
        place = (x - low) / (high - low)
        self.assertLess(abs(place.mean() - 0.5), 0.01)
        self.assertTrue(((place > -0.4) & (place < 1.4)).all())
        beyond = ((place < 0) | (place > 1)).mean()
        self.assertTrue(0.02 < beyond < 0.08, beyond)

    def test_json_is_all_there_is_on_stdout(self):
        rows, _ = self.fixture_rows("binary")
        for command in (["score", FIXTURES / "binary.joblib", rows, "-o", "out.h5"], ["import", FIXTURES / "binary.joblib", "-o", "m.h5"],
                        ["verify", FIXTURES / "binary.joblib", rows], ["generate", "-o", "g.h5", "--rows", 3, "--features", 2],
                        ["inspect", FIXTURES / "binary.joblib"], ["bench", FIXTURES / "binary.joblib", "--rows", 9, "--seconds", 0],
                        ["doctor"]):
            report = json.loads(self.run_evenscore(*command, "--json").stdout)
            self.assertTrue(report["schema"].startswith("evenscore-"))

    def test_every_command_has_help_with_its_options(self):
        for command in ("import", "inspect", "score", "verify", "compare", "diff", "audit", "bench", "generate", "doctor"):
            text = self.run_evenscore(command, "--help").stdout
            self.assertIn("--json", text)
        self.assertIn("0.1.0", self.run_evenscore("--version").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
