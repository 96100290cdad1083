"""Every call on the output's files fails once, in every way; so do reads of the rows.

usage: fault_test.py EVENSCORE REPOSITORY FAULT_SHIM

A run ends in the bytes of an undisturbed one, or with status 3 (2 for a path) and a message that names the file, no
OUT.h5, and something that --resume ends in those bytes.
"""

import errno
import os
import shutil
import struct
import sys

import job as jobs

NAMES = ["pwrite", "write", "pread", "read", "fsync", "fdatasync", "fallocate", "rename", "ftruncate", "unlink", "open"]
SPACE = {"pwrite", "write", "fallocate"}  # of these a lasting error is a full disk
ERRORS = {
    "pwrite": ["EIO", "ENOSPC", "EDQUOT", "EINTR", "SHORT"],
    "write": ["EIO", "ENOSPC", "EDQUOT", "EINTR", "SHORT"],
    "pread": ["EIO", "EINTR", "SHORT"],
    "read": ["EIO", "EINTR", "SHORT"],
    "fsync": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "fdatasync": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "fallocate": ["EIO", "ENOSPC", "EDQUOT", "EFBIG", "EINTR", "EOPNOTSUPP"],
    "rename": ["EIO", "ENOSPC", "EDQUOT", "EINTR", "EACCES", "EINVAL"],
    "ftruncate": ["EIO", "ENOSPC", "EINTR"],
    "unlink": ["EIO", "EACCES", "EINTR"],
    "open": ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EACCES", "EINTR"],
}
HARMLESS = {"EINTR", "SHORT"}


def harmless(function, error):
    return error in HARMLESS or (function, error) in {("fallocate", "EOPNOTSUPP"), ("rename", "EINVAL")}


def number(error):
    return error if error == "SHORT" else getattr(errno, error)


class Faults:
    def __init__(self, job, shim):
        self.job, self.shim = job, shim
        self.runs = self.survived = 0

    def run(self, output, *more, folder=None, **faults):
        counts = output.with_suffix(".counts")
        result = self.job.run(output, *more, LD_PRELOAD=self.shim, FAULT_FOLDER=folder or output, FAULT_COUNTS=counts, **faults)
        seen = dict(zip(NAMES, struct.unpack("<16Q", counts.read_bytes())))
        counts.unlink()
        return result, seen

    def cases(self, start, *more, folder=None):
        """Each call of each function with each error, also as one that lasts where that could matter."""
        output = self.job.new_output(start)
        result, seen = self.run(output, *more, folder=folder)
        assert result.returncode == 0, result.stderr
        assert self.job.digest(output) == self.job.whole
        shutil.rmtree(output)
        for function in NAMES:
            for error in ERRORS[function]:
                for at in range(1, seen[function] + 1):
                    yield start, more, function, error, at, False
                    if error == ("ENOSPC" if function in SPACE else "EIO"):
                        yield start, more, function, error, at, True

    def check(self, case):
        start, more, function, error, at, lasts = case
        output = self.job.new_output(start)
        name = f"{' '.join(more) or 'a new run'}, {function} number {at}{' and all after it' if lasts else ''}: {error}"
        result, _ = self.run(output, *more, FAULT_CALL=function, FAULT_AT=at, FAULT_ERROR=number(error),
                             **({"FAULT_LASTS": 1} if lasts else {}))
        wrong = self.judge(name, output, result, must_succeed=harmless(function, error), resumes=error != "EDQUOT")
        shutil.rmtree(output)
        self.runs += 1
        return wrong

    def judge(self, name, output, result, must_succeed, resumes):
        left = sorted(os.listdir(output))
        if not set(left) <= {*jobs.FILES, *(jobs.MARKING if result.returncode else [])}:
            return f"{name}: leaves {left}"
        if result.returncode == 0:
            self.survived += 1
            if left[:1] != ["out.h5"] or self.job.digest(output) != self.job.whole:
                return f"{name}: other bytes"
            return None
        if must_succeed or result.returncode not in (2, 3):
            return f"{name}: status {result.returncode}: {result.stderr}"
        if "out.h5" in left:
            return f"{name}: status {result.returncode} and an OUT.h5: {result.stderr}"
        if not result.stderr.startswith(f"evenscore: {output}/out.h5"):
            return f"{name}: names no file: {result.stderr}"
        if not resumes:  # what is left is what ENOSPC leaves
            return None
        again = self.job.run(output, "--resume")
        if again.returncode != 0 or self.job.digest(output) != self.job.whole:
            return f"{name}: --resume: status {again.returncode}: {again.stderr}"
        if sorted(os.listdir(output)) != ["out.h5"]:
            return f"{name}: --resume leaves {sorted(os.listdir(output))}"
        return None

    def unfinished(self):
        """A run that its second block could not end."""
        output = self.job.new_output()
        result, _ = self.run(output, FAULT_CALL="pwrite", FAULT_AT=10, FAULT_ERROR=errno.EIO)
        assert result.returncode == 3 and (output / "out.h5.journal").exists(), result.stderr
        return output

    def input_cases(self):
        counts = self.run(self.job.new_output(), folder=self.job.input)[1]
        for function in ("pread", "read"):
            for error in ERRORS[function]:
                for at in range(1, counts[function] + 1):
                    yield function, error, at

    def check_input(self, case):
        function, error, at = case
        output = self.job.new_output()
        name = f"the rows, {function} number {at}: {error}"
        result, _ = self.run(output, folder=self.job.input, FAULT_CALL=function, FAULT_AT=at, FAULT_ERROR=number(error))
        self.runs += 1
        if result.returncode == 0 and self.job.digest(output) != self.job.whole:
            return f"{name}: other bytes"
        if result.returncode != 0 and (error in HARMLESS or result.returncode not in (2, 3)):
            return f"{name}: status {result.returncode}: {result.stderr}"
        if result.returncode != 0 and (str(self.job.rows) not in result.stderr or (output / "out.h5").exists()):
            return f"{name}: {sorted(os.listdir(output))}: {result.stderr}"
        shutil.rmtree(output)
        return None


def main():
    evenscore, repository, shim = sys.argv[1:]
    with jobs.Job(evenscore, repository, bad_row=140_000) as job:
        marking = Faults(job, shim)
        cases = [case for case in marking.cases(job.stopped(), "--resume") if case[3] in ("EIO", "EINTR") and not case[5]]
        wrong = jobs.for_each(marking.check, cases)
    with jobs.Job(evenscore, repository, by_blocks=True) as job:
        blocks = Faults(job, shim)
        wrong += jobs.for_each(blocks.check, [case for case in blocks.cases(None) if case[3] in ("EIO", "ENOSPC", "EINTR", "SHORT")])
        wrong += jobs.for_each(blocks.check_input, list(blocks.input_cases()))
    with jobs.Job(evenscore, repository) as job:
        faults = Faults(job, shim)
        cases = list(faults.cases(None))
        unfinished = faults.unfinished()
        cases += faults.cases(unfinished, "--resume")
        wrong += jobs.for_each(faults.check, cases)
        wrong += jobs.for_each(faults.check_input, list(faults.input_cases()))
        survived = marking.survived + blocks.survived + faults.survived
        jobs.end(f"{marking.runs} runs with a call that fails in marking a stopped run, {blocks.runs} by blocks, {faults.runs} others, {survived} of them to the end", wrong)


if __name__ == "__main__":
    main()
