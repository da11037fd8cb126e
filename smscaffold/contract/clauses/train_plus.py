"""What makes a good training job (profile `train-plus`)."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, ClassVar

from smscaffold.contract.clause import Clause, Each, Mend, expect, short, skip, unproven
from smscaffold.contract.wording import (
    NO_METRIC,
    RUN,
    changes,
    files,
    first_sentence_problem,
    left_instead,
    metric_lines,
    metrics,
)

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.injection import Fixtures
    from smscaffold.contract.jobs import Unusual
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.long_jobs import Interrupted, Piped, Stopped
    from smscaffold.sagemaker_local import TrainingResult

_ARGUMENT = "--no-such-argument"
_CACHE = "/opt/ml/sagemaker/warmpoolcache"
_WENT_ON = re.compile(r"resum|restor|continu|(load|found)\w* .*checkpoint|checkpoint.* (load|found)", re.IGNORECASE)


class T6(Clause):
    """An argument that it does not know ends it at once, with a word on how to use it; there is a shell.

    A job can replace the word `train` by arguments, and the program by another one. A program that ignores a misspelt
    argument trains for hours on what nobody asked for.
    """

    requires = ("T1",)
    seconds = 3
    mend = Mend(
        "Check the arguments first: print the usage to stderr, exit with 2.",
        python="argparse.ArgumentParser().parse_args()",
        r='if (length(commandArgs(trailingOnly = TRUE))) { message("usage: train"); quit(status = 2) }',
        java='if (args.length > 0) { System.err.println("usage: train"); System.exit(2); }',
    )

    timed = True
    #: seconds
    within: ClassVar[float] = 60

    def check(self, lab: Lab) -> str:
        words = lab.image(lab.train_image).attrs["Config"]["Entrypoint"] or ["train"]
        asked = f"docker run IMAGE with the argument {_ARGUMENT}, the job's data in place"
        with lab.training(entrypoint=[*words, _ARGUMENT]) as job:
            came = f"it still runs after {self.within:g} s"
            expect(job.ends(self.within), sent=asked, expected="its end at once", came=came)
            result = job.wait()
        expect(result.exit_code != 0, sent=asked, expected="an exit code that is not 0", came=result)
        said = re.search(rf"usage|argument|option|{_ARGUMENT}", result.logs, re.IGNORECASE)
        came = f"exit code {result.exit_code} with the log: {short(result.logs)}"
        expect(said, sent=asked, expected="the usage, or the argument, in the log", came=came)
        with lab.archive(lab.train_image, "/bin/sh") as shell:
            expect(shell, sent="a look into the image", expected="/bin/sh, for jobs with a script", came="none")
        return f"exit code {result.exit_code} after {result.seconds:.1f} s; /bin/sh is there"


class T18(Clause):
    """Pipe mode: it reads the streams of the epochs as they come, or says clearly that it cannot.

    The channel is no directory then, but a FIFO an epoch, of which each can appear late.
    """

    requires = ("T1",)
    seconds = 6
    mend = Mend(
        "Read /opt/ml/input/data/<channel>_0, _1 ... to their ends, and wait while one is missing; or check "
        "TrainingInputMode, and end with a sentence on Pipe mode in /opt/ml/output/failure."
    )

    def check(self, piped: Piped) -> str:
        result, asked = piped.result, f"{RUN} in Pipe mode, each FIFO a second late"
        if result.exit_code == 0:
            came = f"exit code 0 and {left_instead(result)}"
            expect(files(result.model), sent=asked, expected="files in /opt/ml/model", came=came)
            expect(piped.read, sent=asked, expected="a FIFO that is read", came="exit code 0, and none was opened")
            return f"trained from {piped.read} streams"
        failure = result.failure or ""
        clear = not first_sentence_problem(failure) and re.search("pipe", failure[:1024], re.IGNORECASE)
        expect(clear, sent=asked, expected="exit code 0, or a failure file that speaks of Pipe mode", came=result)
        return f"refused: {failure.strip().splitlines()[0][:100]}"


class T21(Clause):
    """The model of an earlier job in a channel `model` is made use of, or does no harm.

    It comes as model.tar.gz, not unpacked: so training goes on from one job to the next.
    """

    strength = "MAY"
    requires = ("T1",)
    mend = Mend("Leave the channel model out where you read data; unpack its model.tar.gz if you can go on from it.")

    def check(self, crowded: Unusual) -> str:
        return crowded.holds("T21")


class T23(Clause):
    """`/opt/ml/output/data` is made if it is missing, and two hosts do not write the same names there.

    The platform packs it as output.tar.gz, with several hosts all of them together.
    """

    requires = ("T1",)
    mend = Mend(
        "Make the directory before writing to it, and put the host's name into the names of files.",
        python="path.mkdir(parents=True, exist_ok=True)",
        r="dir.create(path, recursive = TRUE, showWarnings = FALSE)",
        java="Files.createDirectories(path)",
    )

    def check(self, bare: Unusual, lab: Lab, fixtures: Fixtures) -> str:
        with Each() as each:
            with each():
                seen = bare.holds("T23")
            with each():
                twice = "" if lab.subject.one_host else self._names(fixtures.get("cluster"))
        return f"{seen}{twice}"

    def _names(self, cluster: dict[str, TrainingResult]) -> str:
        first, second = (
            {path.relative_to(result.output) for path in files(result.output / "data")} for result in cluster.values()
        )
        asked, wanted = f"{RUN} on the hosts {' and '.join(cluster)}", "no file of the same name from both"
        expect(not first & second, sent=asked, expected=wanted, came=", ".join(map(str, first & second)))
        return f"; {len(first | second)} files from two hosts"


class T26(Clause):
    """The log comes while it trains, not at its end.

    There is no terminal, so most languages keep lines back until some kilobytes have come together.
    """

    requires = ("T1",)
    seconds = 8
    mend = Mend(
        "Flush after each line, or switch buffering off.",
        python="ENV PYTHONUNBUFFERED=1 in the Dockerfile, or print(..., flush=True)",
        r="message(), which writes to stderr, or flush(stdout())",
        java="System.out.println flushes; a logger needs immediateFlush",
    )

    def check(self, stopped: Stopped, lab: Lab) -> str:
        asked, wanted = f"{RUN}, long hyperparameters", "lines while it runs"
        if stopped.heard is None:
            if not lab.subject.slow or not stopped.ages:
                unproven("it was over too soon, or logged nothing: --slow-hyperparameters FILE makes it long")
            age = max(stopped.ages)
            came = f"the first one {age:.1f} s before its end, after {stopped.seconds:.0f} s"
            expect(age > stopped.seconds / 10, sent=asked, expected=wanted, came=came)
            return f"the first line {age:.1f} s before the end"
        if not stopped.before:
            learned = metrics(lab.subject.metric, stopped.result.logs) if lab.subject.metric and stopped.result else []
            expect(
                len(learned) < 2, sent=asked, expected=wanted, came=f"{len(learned)} metrics only when it was stopped"
            )
            unproven("it logged nothing for a while, and too little when it was stopped")
        return f"{len(stopped.before.splitlines())} lines while it ran"


class T27(Clause):
    """Each metric is a number in a line of the log that a regular expression finds.

    A progress bar puts all its lines into one, and a comma for a point is no number.
    """

    requires = ("T1",)
    mend = Mend("Print one metric a line, such as `validation:rmse=0.4321;`, with \\n at its end and a decimal point.")

    def check(self, trained: TrainingResult, lab: Lab) -> str:
        if lab.subject.metric == "":
            skip("training is said to print no metric")
        metric = lab.subject.metric or unproven(NO_METRIC)
        asked = f"the log of {RUN}, searched for {metric}"
        expect(len(metric) <= 500, sent=asked, expected="at most 500 characters", came=f"{len(metric)}")
        matches = metric_lines(metric, trained.logs)
        found = [value for _, values in matches for value in values]
        expect(found, sent=asked, expected="a match", came=trained)
        wrong = [value for value in found if not _is_number(value)]
        expect(not wrong, sent=asked, expected="numbers", came=", ".join(wrong[:5]))
        returned = [line for line, _ in matches if "\r" in line.rstrip("\r")]
        expect(not returned, sent=asked, expected="lines without carriage returns", came=repr(returned[:1]))
        return f"{len(found)} numbers, {found[-1]} the last"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class T32(Clause):
    """Training goes on from the newest complete checkpoint in `/opt/ml/checkpoints`.

    When a spot instance is taken away, that directory is all that is left. A file may have been cut off, and others may
    lie there too.
    """

    requires = ("T1",)
    seconds = 10
    mend = Mend(
        "After each round write the state to a temporary name in /opt/ml/checkpoints and rename it; at the start load "
        "the newest one that can be read."
    )

    def check(self, interrupted: Interrupted, lab: Lab) -> str:
        asked = f"{RUN} with the checkpoints of one that was killed after a few rounds"
        checkpoints, before = interrupted.checkpoints, interrupted.lines
        came = f"none, after {len(before)} metrics"
        came = "; ".join(interrupted.odd[:5]) or came
        expect(files(checkpoints), sent=RUN, expected="a file in /opt/ml/checkpoints", came=came)
        log, line = interrupted.again(checkpoints)
        counted = len(set(before)) > 1  # each line is another one, so that the first one tells where it began
        came = f"the same first metric: {line}"
        expect(line != before[0] or not counted, sent=asked, expected="a start where the other was", came=came)
        said = next((each for each in log.splitlines() if _WENT_ON.search(each) and each not in interrupted.log), "")
        further = counted and (_round(line) or 0) > (_round(before[0]) or 0)
        if not said and not further:
            unproven(f"it does not say whether it went on: {line}")
        interrupted.again(self._damaged(checkpoints, lab))
        return f"{said.strip() or line}; a truncated file and one of somebody else are passed over"

    def _damaged(self, checkpoints: Path, lab: Lab) -> Path:
        """The checkpoints with the newest file cut off, and one that nobody knows."""
        folder = lab.folder() / "checkpoints"
        shutil.copytree(checkpoints, folder, symlinks=True)
        newest = max(files(folder), key=lambda path: (path.stat().st_mtime, path.name))
        os.truncate(newest, newest.stat().st_size // 2)
        (folder / "somebody-elses-file").write_text("?")
        return folder


def _round(line: str) -> int | None:
    """The first whole number of a line, which counts the rounds where there is one."""
    found = re.search(r"(?<![\d.:-])\d+(?![\d.:-])", line)
    return int(found[0]) if found else None


class T33(Clause):
    """In a warm pool, what a job before left in the cache directory and in /tmp does no harm.

    The instance is kept for the next job. The directory is named by SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY.
    """

    strength = "MAY"
    requires = ("T1",)
    seconds = 5
    mend = Mend("Make temporary files by names of their own, and take what lies in the cache only if it is whole.")

    def check(self, lab: Lab) -> str:
        environment = {"TRAINING_JOB_NAME": "t-1", "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY": _CACHE}
        with lab.volume() as cache, lab.volume() as scratch:
            volumes = {cache: {"bind": _CACHE, "mode": "rw"}, scratch: {"bind": "/tmp", "mode": "rw"}}
            for time in ("first", "second"):
                result = lab.train(environment=environment, volumes=volumes)
                asked = f"{RUN}, the {time} time with the same {_CACHE} and /tmp"
                expect(result.exit_code == 0 and files(result.model), sent=asked, expected="a model", came=result)
        return "trains a second time with the same cache directory and /tmp"


class T34(Clause):
    """It writes in `/opt/ml` and `/tmp` only.

    These lie on the job's volume; all else is the small root file system.
    """

    requires = ("T1",)
    mend = Mend(
        "Write temporary files to /tmp, and let caches go there too.",
        python="ENV PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp HF_HOME=/tmp in the Dockerfile",
    )

    def check(self, lab: Lab) -> str:
        with lab.training() as job:
            job.wait()
            changed, misplaced = changes(job.container)
        asked, came = f"docker diff after {RUN}", ", ".join(misplaced[:10])
        expect(not misplaced, sent=asked, expected="nothing outside of /opt/ml and /tmp", came=came)
        return f"{len(changed)} paths changed, all of them where they may"


class T35(Clause):
    """It works with little shared memory.

    Nobody states how much there is; Docker gives 64 MiB.
    """

    strength = "MAY"
    requires = ("T1",)
    mend = Mend(
        "Let workers exchange data by files in /tmp where /dev/shm is small, or have fewer of them.",
        python='torch.multiprocessing.set_sharing_strategy("file_system"); joblib with temp_folder="/tmp"',
    )

    def check(self, bare: Unusual) -> str:
        return f"trains with 64 MiB, and {bare.holds('T35')}"


class T40(Clause):
    """Of several hosts each ends with 0, also if one is there late and not to be found by its name at first."""

    requires = ("T1",)
    seconds = 8
    mend = Mend(
        "Try to reach other hosts again and again for minutes, not once; a host with nothing to do waits for the end "
        "of the first one, and exits with 0: Docker Compose in the SDK's local mode stops all hosts when one ends."
    )

    def check(self, cluster: dict[str, TrainingResult]) -> str:
        asked = f"{RUN} on the hosts {' and '.join(cluster)}, the first one late"
        for host, result in cluster.items():
            expect(result.exit_code == 0, sent=asked, expected=f"exit code 0 of {host}", came=result)
        return ", ".join(f"{host}: exit code 0 after {result.seconds:.1f} s" for host, result in cluster.items())


class T45(Clause):
    """It trains without a network, and without credentials.

    With EnableNetworkIsolation there is none; the platform brings the data and takes the model away.
    """

    requires = ("T1",)
    mend = Mend("Install and download while the image is built; let telemetry and clients of the cloud fail quietly.")

    def check(self, offline: TrainingResult, trained: TrainingResult) -> str:
        if offline is trained and offline.exit_code:
            skip("it does not train, with a network neither")
        expect(
            offline.exit_code == 0, sent="docker run --network none IMAGE train", expected="exit code 0", came=offline
        )
        return f"exit code 0 after {offline.seconds:.1f} s with --network none"
