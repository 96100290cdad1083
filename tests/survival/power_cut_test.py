"""The power fails at every call that changes the output's files, and what was not synced is lost by chance.

usage: power_cut_test.py EVENSCORE REPOSITORY POWER_CUT_SHIM

An OUT.h5 that is there afterwards has the bytes of an undisturbed run, or those it replaces; what the journal says
durably is taken over; --resume ends in the same bytes, also where the power fails again in it.
"""

import os
import shutil
import sys

import job as jobs

CUT = 99
SEEDS = 2


class PowerCuts:
    def __init__(self, job, shim):
        self.job, self.shim = job, shim
        self.cuts = self.resumed = self.complete = 0

    def run(self, output, *more, at=0, seed=0):
        report = output.with_suffix(".report")
        result = self.job.run(output, *more, LD_PRELOAD=self.shim, CUT_FOLDER=output, CUT_AT=at, CUT_SEED=seed, CUT_REPORT=report)
        assert result.returncode in (0, CUT), result.stderr
        lines = report.read_text().splitlines()
        report.unlink()
        return result, int(lines[0]), dict((name, int(size)) for name, size in (line.split() for line in lines[1:]))

    def calls(self, start, *more):
        output = self.job.new_output(start)
        result, calls, durable = self.run(output, *more)
        assert result.returncode == 0 and self.job.digest(output) == self.job.whole, result.stderr
        assert list(durable) == ["out.h5"], durable
        shutil.rmtree(output)
        return calls

    def cases(self, start, *more, seeds=SEEDS):
        for at in range(1, self.calls(start, *more) + 1):
            for seed in range(seeds):
                yield start, more, at, seed

    def check(self, case):
        start, more, at, seed = case
        name = f"{' '.join(more) or 'a new run'}, cut at call {at}, seed {seed}"
        output = self.job.new_output(start)
        result, _, durable = self.run(output, *more, at=at, seed=seed)
        self.cuts += 1
        wrong = f"{name}: not cut" if result.returncode != CUT else self.judge(name, output, durable, "--overwrite" in more)
        shutil.rmtree(output)
        return wrong

    def judge(self, name, output, durable, overwrites):
        out = output / "out.h5"
        if out.exists():
            if self.job.digest(output) == self.job.whole:
                self.complete += 1
                return None
            if not overwrites or out.read_bytes() != b"an older file":
                return f"{name}: OUT.h5 has other bytes"
            out.unlink()
        noted = 0
        if "out.h5.journal" in durable and (output / "out.h5.part").exists():
            journal = output / "out.h5.journal"
            noted = jobs.journal_records(journal, durable["out.h5.journal"]) if journal.exists() else 0
        again = self.job.run(output, "--resume", "--json")
        if again.returncode != 0 or self.job.digest(output) != self.job.whole:
            return f"{name}: --resume: status {again.returncode}: {again.stderr}"
        if sorted(os.listdir(output)) != ["out.h5"]:
            return f"{name}: --resume leaves {sorted(os.listdir(output))}"
        rows = jobs.rows_resumed(again)
        self.resumed += rows > 0
        return f"{name}: {rows} rows resumed, {noted} blocks noted" if rows < noted * jobs.BLOCK else None

    def unfinished(self):
        """What a cut left that one block outlived."""
        for at in range(1, 1000):
            output = self.job.new_output()
            result, _, durable = self.run(output, at=at, seed=1)
            assert result.returncode == CUT
            if durable.get("out.h5.journal", 0) > 0 and (output / "out.h5.part").exists():
                if jobs.journal_records(output / "out.h5.journal", durable["out.h5.journal"]) >= 1:
                    return output
            shutil.rmtree(output)
        raise AssertionError("no cut leaves anything")


def main():
    evenscore, repository, shim = sys.argv[1:]
    with jobs.Job(evenscore, repository, bad_row=140_000) as job:
        marking = PowerCuts(job, shim)
        wrong = jobs.for_each(marking.check, list(marking.cases(job.stopped(), "--resume", seeds=1)))
    with jobs.Job(evenscore, repository, by_blocks=True) as job:
        blocks = PowerCuts(job, shim)
        wrong += jobs.for_each(blocks.check, list(blocks.cases(None)))
        wrong += [] if blocks.resumed > 5 else [f"{blocks.resumed} resumed by blocks: too few"]
    with jobs.Job(evenscore, repository) as job:
        cuts = PowerCuts(job, shim)
        older = job.new_output()
        (older / "out.h5").write_bytes(b"an older file")
        cases = list(cuts.cases(None))
        cases += cuts.cases(older, "--overwrite", seeds=1)
        cases += cuts.cases(cuts.unfinished(), "--resume")
        wrong += jobs.for_each(cuts.check, cases)
        wrong += [] if cuts.resumed > 20 and cuts.complete > 2 else [f"{cuts.resumed} resumed, {cuts.complete} complete: too few"]
        jobs.end(f"{marking.cuts} power cuts in marking a stopped run, {blocks.cuts} by blocks, {cuts.cuts} others, {cuts.resumed} of them resumed behind the first row, {cuts.complete} complete", wrong)


if __name__ == "__main__":
    main()
