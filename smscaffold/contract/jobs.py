"""Training jobs that are unusual: in several ways at once, on two hosts, stopped.

A training takes seconds and the ways are many, so they are tried together; only where that fails, each by itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import tarfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smscaffold.contract.clause import BrokenError, UnprovenError, expect, skip, unproven
from smscaffold.contract.injection import fixture
from smscaffold.contract.lab import Lab
from smscaffold.contract.load import throttled
from smscaffold.contract.subject import MEDIA
from smscaffold.contract.wording import RUN, files, left_instead
from smscaffold.sagemaker_local import LocalError, Training, TrainingResult, engine

ONE_HOST = "it is said to train on one host only (`hosts = 1` in smscaffold-check.toml)"
LATE = 3  # seconds that the second host is alone
_SHARE, _FOUND = 0.25, 4  # of a CPU that the first host gets, and the seconds for which it does
_FILE_MODE = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
_BELOW = "its data in `year=2024/part one` below the channel"
_IDENTITY = {"current_host": "algo-1", "hosts": ["algo-1"]}
_ARN = "arn:aws:sagemaker:us-east-1:111122223333:training-job/t-1"


@dataclass(frozen=True)
class Job:
    """What a training job is started with."""

    channels: Mapping[str, Path]
    hyperparameters: Mapping[str, object]
    #: what inputdataconfig.json says of each channel
    shape: Mapping[str, str] = field(default_factory=lambda: _FILE_MODE)
    #: further files of /opt/ml/input/config
    config: Mapping[str, Any] = field(default_factory=dict)
    #: of the container
    options: Mapping[str, Any] = field(default_factory=dict)

    def but(self, **changes: Mapping[str, Any]) -> Job:
        """The job with these entries more, or changed."""
        merged = {name: {**getattr(self, name), **entries} for name, entries in changes.items()}
        return dataclasses.replace(self, **merged)

    def run(self, lab: Lab) -> TrainingResult:
        """What it leaves."""
        config = {"inputdataconfig.json": {name: dict(self.shape) for name in self.channels}, **self.config}
        return lab.train(self.channels, hyperparameters=self.hyperparameters, config=config, **self.options)


@dataclass(frozen=True)
class Way:
    """A way in which a job is unusual: in words, and what it changes."""

    words: str
    change: Callable[[Job], Job]


class Unusual:
    """What jobs left that are unusual in some ways."""

    def __init__(self, lab: Lab, **ways: Way) -> None:
        channels = lab.subject.channels or unproven("give the data to train on: --train-data DIR")
        self._lab, self._ways = lab, ways
        self._job = Job(channels, lab.subject.hyperparameters)
        with contextlib.suppress(LocalError, BrokenError, UnprovenError):  # by itself, each way says why
            self._together: TrainingResult | None = None
            self._together = self._left(*ways)

    def holds(self, way: str) -> str:
        """What is unusual in this way, in words; ends the check unless training goes well all the same."""
        result = self.result(way)
        asked = f"{RUN}, {self._ways[way].words}"
        expect(result.exit_code == 0, sent=asked, expected="exit code 0", came=result)
        expect(files(result.model), sent=asked, expected="files in /opt/ml/model", came=left_instead(result))
        return self._ways[way].words

    def result(self, way: str) -> TrainingResult:
        """What the job left that is unusual in all ways if it went well, else what one left that is so in this way."""
        if self._together and self._together.exit_code == 0 and files(self._together.model):
            return self._together
        return self._left(way)

    def alone(self, way: str) -> TrainingResult:
        """What a job left that is unusual in this way only."""
        return self._left(way)

    def _left(self, *names: str) -> TrainingResult:
        job = self._job
        for name in names:
            job = self._ways[name].change(job)
        return job.run(self._lab)


@fixture
def bare(lab: Lab) -> Unusual:
    """Jobs that get less than usual."""
    nothing = {"tmpfs": {"/opt/ml/output": ""}, "strict": True}
    return Unusual(
        lab,
        T10=Way("without hyperparameters.json", lambda job: job.but(config={"hyperparameters.json": None})),
        T11=Way(
            "inputdataconfig.json as local mode writes it: only TrainingInputMode",
            lambda job: dataclasses.replace(job, shape={"TrainingInputMode": "File"}),
        ),
        T12=Way(
            "resourceconfig.json with nothing but current_host and hosts",
            lambda job: job.but(config={"resourceconfig.json": _IDENTITY}),
        ),
        T14=Way("no variable of the platform's", lambda job: job.but(options={"environment": {}})),
        T23=Way("/opt/ml/output without data in it", lambda job: job.but(options=nothing)),
        T35=Way("1 MiB of /dev/shm", lambda job: job.but(options={"shm_size": "1m"})),
    )


@fixture
def crowded(lab: Lab, trained: TrainingResult) -> Unusual:
    """Jobs that get more than usual."""
    media = {path.suffix for source in lab.subject.channels.values() for path in files(source)} & set(MEDIA)
    full = {**_FILE_MODE, **({"ContentType": MEDIA[media.pop()]} if len(media) == 1 else {})}
    odd = {"TRAINING_JOB_NAME": "t-1", "TRAINING_JOB_ARN": _ARN, "ODD": "spaces, 'quotes\" and\na newline"}
    return Unusual(
        lab,
        T10=Way("100 hyperparameters: JSON in the strings, unknown ones, one of 2500 characters", _hyperparameters),
        T16=Way(f"{'its data' if lab.subject.flat else _BELOW}, an empty and a hidden file beside", _nested(lab)),
        T11=Way(
            "a further channel odd.name-1_b, and all keys in inputdataconfig.json",
            lambda job: dataclasses.replace(
                job.but(channels={"odd.name-1_b": next(iter(job.channels.values()))}), shape=full
            ),
        ),
        T12=Way(
            "the host is called ip-10-0-94-1.example, and all keys in resourceconfig.json",
            lambda job: job.but(config={"resourceconfig.json": _host("ip-10-0-94-1.example")}),
        ),
        T13=Way(
            "files in input/config that no documentation names, one of random bytes", lambda job: job.but(config=_FILES)
        ),
        T14=Way(
            "a variable with spaces, quotes and a newline", lambda job: job.but(options={"environment": odd})
        ),
        T17=Way("TrainingInputMode FastFile, read-only", lambda job: job.but(shape={"TrainingInputMode": "FastFile"})),
        T21=Way("the model before as model.tar.gz in the channel model", _earlier(lab, trained.model)),
    )  # fmt: skip


def _hyperparameters(job: Job) -> Job:
    encoded = {name: json.dumps(value) for name, value in job.hyperparameters.items()}
    many = {**encoded, "sagemaker_program": '"algo.py"', "long": "y" * 2500}
    return job.but(hyperparameters={**many, **{f"unknown-{n}": "x" for n in range(100 - len(many))}})


def _nested(lab: Lab) -> Callable[[Job], Job]:
    def change(job: Job) -> Job:
        folder = lab.folder()
        for name, source in job.channels.items():
            below = "." if lab.subject.flat else "year=2024/part one"
            shutil.copytree(source, folder / name / below, symlinks=True)
            (folder / name / "_SUCCESS").touch()
            (folder / name / ".hidden").write_text("not data")
        return job.but(channels={name: folder / name for name in job.channels})

    return change


def _earlier(lab: Lab, model: Path) -> Callable[[Job], Job]:
    def change(job: Job) -> Job:
        folder = lab.folder()
        with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
            for path in model.iterdir() if model.is_dir() else ():
                archive.add(path, path.name)
        return job.but(channels={"model": job.channels.get("model", folder)})

    return change


def _host(name: str) -> dict[str, object]:
    """A resourceconfig.json of one host, with all keys that were seen in real jobs (T12)."""
    kind = "ml.c5.xlarge"
    group = {"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": [name]}
    return {
        "current_host": name,
        "hosts": [name],
        "network_interface_name": "eth0",
        "topology": None,
        "current_instance_type": kind,
        "current_group_name": "homogeneousCluster",
        "instance_groups": [group],
    }


_FILES: dict[str, object] = {
    "init-config.json": {"inputMode": "FILE", "channels": {}, "hostConfig": {"clusterSize": 1, "hostNumber": 0}},
    "trainingjobconfig.json": {"TrainingJobName": "t-1", "TrainingJobArn": _ARN, "HyperParameters": {}, "Tags": []},
    "checkpointconfig.json": {"LocalPath": "/state"},
    "metric-definition-regex.json": [],
    "upstreamoutputdataconfig.json": [],
    "tensorboardoutputconfig.json": {"LocalPath": "/opt/ml/output/tensorboard/"},
    "debughookconfig.json": {},
    "profilerconfig.json": {},
    "random.bin": bytes(range(256)),
}


# --- two hosts -------------------------------------------------------------------------------------------------------


@fixture
def cluster(lab: Lab) -> dict[str, TrainingResult]:
    """Returns the result of each of two hosts. The first one starts late: until then nobody finds it by its name."""
    if lab.subject.one_host:
        skip(ONE_HOST)
    hosts = ["ann", "zoe"]

    def start(host: str, network: str) -> AbstractContextManager[Training]:
        resources = {"current_host": host, "hosts": hosts, "network_interface_name": "eth0"}
        named = {network: engine().api.create_endpoint_config(aliases=[host])}
        # the engine asks further servers for a name that it does not know, and these may not be reached for 10 s
        options: dict[str, Any] = {
            "network": network,
            "networking_config": named,
            "dns_opt": ["timeout:1", "attempts:1"],
        }
        return lab.training(config={"resourceconfig.json": resources}, **options)

    with lab.network() as network, start(hosts[1], network) as second:
        second.ends(LATE)  # or it waits for the first one
        with start(hosts[0], network) as first:
            with throttled(first, _SHARE):  # a training of a second is over before others have found it by its name
                first.ends(_FOUND)
            return {hosts[0]: first.wait(), hosts[1]: second.wait()}
