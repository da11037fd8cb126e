"""Training jobs that are watched, stopped, killed or fed while they run."""

from __future__ import annotations

import io
import itertools
import os
import re
import signal
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import docker.errors

from smscaffold.contract.clause import UnprovenError, unproven
from smscaffold.contract.injection import fixture
from smscaffold.contract.lab import Lab
from smscaffold.contract.subject import Subject
from smscaffold.contract.wording import NO_METRIC, files, metric_lines, metrics, odd_in
from smscaffold.sagemaker_local import Training, TrainingResult, archive

_LAST = 2  # seconds that the end of a program takes
_SILENT = 30  # seconds after which no first line is waited for
_A_MOMENT = 0.5  # seconds
_ROUNDS = 3  # metrics after which a training is killed
_UNSAVED = 10  # seconds after these in which a checkpoint has to be there
_ENTRIES = 10_000  # files among which one that is not empty is looked for
_LATE = 1  # seconds after which the next FIFO is there
_OVER = "the training was over before it could be killed: --slow-hyperparameters FILE makes it long"


@dataclass(frozen=True)
class Stopped:
    """A long training that was told to stop."""

    #: its log when it was told so
    before: str
    #: whether PID 1 handles SIGTERM; None: it had ended before
    heard: bool | None
    #: what it left; None: it was not told, since it would not have heard
    result: TrainingResult | None
    #: when each line of the log came, in seconds before the end
    ages: list[float]
    #: how long it ran
    seconds: float = 0


@fixture
def stopped(lab: Lab, subject: Subject) -> Stopped:
    """A long training, told to stop after its first metric, or its first line where none was given (T30)."""
    slow = {**subject.hyperparameters, **subject.slow}
    with lab.training(hyperparameters=slow) as job:
        before = _first_lines(job, subject.metric)
        heard = _hears(lab, job)
        if heard is None:
            result = job.wait()
            return Stopped(before, None, result, _ages(job), result.seconds)
        if not heard:
            return Stopped(before, False, None, [])
        job.stop(120)
        return Stopped(before, True, job.wait(), _ages(job))


def _hears(lab: Lab, job: Training) -> bool | None:
    """Whether PID 1 handles SIGTERM; None: it has ended, or is about to."""
    try:
        if lab.inside(job).hears(signal.SIGTERM):
            return True
    except (UnprovenError, OSError, KeyError):  # of a program that has just ended there is nothing to be seen
        if not job.ends(_LAST):
            raise
    # some give up their handlers as the last thing they do
    return None if job.ends(_LAST) else False


def _first_lines(job: Training, metric: str | None) -> str:
    """The log as soon as something is learned; after a while without a line, or at the end, as it is."""
    silent = time.monotonic() + _SILENT

    def enough() -> str | None:
        log = job.logs()
        if not job.running:
            return log or "\n"
        found = len(metrics(metric, log)) if metric else len(log)
        return (log or "\n") if found or (not log and time.monotonic() > silent) else None

    log = job.until(enough, "the first metric in the log" if metric else "the first line of the log", 120).strip()
    later = time.monotonic() + _A_MOMENT  # what is kept back to the end comes a moment before it
    job.until(lambda: not job.running or time.monotonic() > later, "a moment to pass")
    return log


def _ages(job: Training) -> list[float]:
    def moment(text: str) -> float:
        return datetime.fromisoformat(f"{text[:26].rstrip('Z')}+00:00").timestamp()

    job.container.reload()
    end = moment(job.container.attrs["State"]["FinishedAt"])
    stamps = re.findall(r"^(\d{4}-\d\d-\d\dT[\d:.]+Z) ", job.logs(timestamps=True), re.MULTILINE)
    return [end - moment(stamp) for stamp in stamps]


# --- a job that is killed --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interrupted:
    """A long training that was killed after some rounds, as when a spot instance is taken away."""

    lab: Lab
    metric: str
    hyperparameters: dict[str, object]
    checkpoints: Path
    log: str
    #: what lay in the checkpoints and is no plain file, in words
    odd: list[str]

    @property
    def lines(self) -> list[str]:
        """The lines with a metric."""
        return _with_metric(self.metric, self.log)

    def again(self, checkpoints: Path) -> tuple[str, str]:
        """The log of a training that finds these checkpoints, up to its first line with a metric, and that line."""
        with self.lab.training(hyperparameters=self.hyperparameters, checkpoints=checkpoints) as job:
            line = job.until(lambda: _with_metric(self.metric, job.logs())[:1], "a metric in the log", 120)[0]
            return job.logs(), line


@fixture
def interrupted(lab: Lab, subject: Subject) -> Interrupted:
    """A long training, killed after its first rounds and checkpoints (T32)."""
    metric = subject.metric or unproven(NO_METRIC)
    slow = {**subject.hyperparameters, **subject.slow}
    nothing = lab.folder()
    with lab.training(hyperparameters=slow, checkpoints=nothing) as job:
        job.until(lambda: not job.running or len(metrics(metric, job.logs())) >= _ROUNDS, "the first metrics", 120)
        deadline = time.monotonic() + _UNSAVED
        job.until(lambda: not job.running or _saved(job) or time.monotonic() > deadline, "a checkpoint")
        if not job.running or not job.kill():
            unproven(_OVER)
        result = job.wait()
    return Interrupted(lab, metric, slow, result.checkpoints, result.logs, odd_in(result, "checkpoints"))


def _with_metric(metric: str, log: str) -> list[str]:
    return [line for line, _ in metric_lines(metric, log)]


def _saved(job: Training) -> bool:
    """Whether there is a file in the job's checkpoints."""
    with suppress(docker.errors.APIError, tarfile.TarError), archive(job.container, "/opt/ml/checkpoints") as members:
        return any(member.isfile() and member.size for member in islice(members, _ENTRIES))
    return False


# --- a job in Pipe mode ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piped:
    """A training in Pipe mode."""

    result: TrainingResult
    #: how many streams it opened
    read: int


@fixture
def piped(lab: Lab, subject: Subject) -> Piped:
    """A training whose channels are streams, of which each comes late (T18)."""
    if sys.platform != "linux":
        unproven("a FIFO can be passed into a container on Linux only")
    channels = subject.channels or unproven("give the data to train on: --train-data DIR")
    shape = {"TrainingInputMode": "Pipe", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    config = {"inputdataconfig.json": dict.fromkeys(channels, shape)}
    pipes, over = lab.folder(), threading.Event()
    with (
        ThreadPoolExecutor(len(channels)) as pool,
        lab.training({}, config=config, mounts={"/smscaffold": pipes}) as job,
    ):
        feeds = [pool.submit(_feed, job, name, source, pipes, over) for name, source in channels.items()]
        try:
            result = job.wait(120)
        finally:
            over.set()
    return Piped(result, sum(feed.result() for feed in feeds))


def _feed(job: Training, channel: str, source: Path, pipes: Path, over: threading.Event) -> int:
    """Offers a channel's data once an epoch until the job is over; how often they were taken."""
    data = b"".join(path.read_bytes() for path in sorted(files(source)))
    for epoch in itertools.count():
        name = f"{channel}_{epoch}"
        os.mkfifo(pipes / name)
        if over.wait(_LATE) or not _linked(job, name) or not _written(pipes / name, data, over):
            return epoch
    return 0


def _linked(job: Training, name: str) -> bool:
    """Lets a FIFO appear in the job's input, by a link: for that nothing is needed in the image."""
    entry = tarfile.TarInfo(f"opt/ml/input/data/{name}")
    entry.type, entry.linkname = tarfile.SYMTYPE, f"/smscaffold/{name}"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as members:
        members.addfile(entry)
    with suppress(docker.errors.APIError):
        return bool(job.container.put_archive("/", archive.getvalue()))
    return False


def _written(fifo: Path, data: bytes, over: threading.Event) -> bool:
    """Writes to whoever opens the FIFO, who may close it early; False if nobody does until all is over."""
    while not over.wait(0.05):
        with suppress(OSError):  # nobody has it open
            handle = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(handle, True)
            with suppress(BrokenPipeError), os.fdopen(handle, "wb") as stream:
                stream.write(data)
            return True
    return False
