"""What the tests of ``smscaffold check`` share."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from registry import Registry

from smscaffold.check import Request, examine
from smscaffold.contract.preparing import Given
from smscaffold.contract.runner import Result
from smscaffold.contract.subject import MEDIA

CHECKOUT = Path(__file__).resolve().parents[2]
LOCAL = CHECKOUT / "templates" / "_shared" / "template" / "local_test"
FAULTY = CHECKOUT / "tests" / "faulty"

#: lines of a Dockerfile that break one clause; `# platform: os/architecture` stands before a Dockerfile of its own
Fault = str


def fault(name: str) -> Fault:
    """The one that tests/faulty has a switch for."""
    return f"ENV FAULT={name}"


def pushed_as(media: str) -> Fault:
    """In its registry the image has a manifest of this type."""
    return f"# pushed as {media}"


class StandIns:
    """Images that keep the contract but for what is asked for; built when needed, removed at the end."""

    def __init__(self) -> None:
        self._repository = f"smscaffold-test/stand-in-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._made: dict[Fault, str] = {}
        self._one_at_a_time = threading.Lock()
        self._registry: Registry | None = None

    def build(self, fault: Fault = "") -> str:
        """The image with these further lines in its Dockerfile; its name."""
        text = f"FROM {self.build()}\n{fault}\n" if fault else (FAULTY / "Dockerfile").read_text()
        platform = re.match("# platform: (.*)", fault)
        options = ["--platform", platform[1]] if platform else []
        with self._one_at_a_time:
            if fault not in self._made:
                name = f"{self._repository}:{len(self._made)}"
                command = ["docker", "build", "--quiet", "--tag", name, "--file", "-", *options, str(FAULTY)]
                subprocess.run(command, input=fault if platform else text, text=True, check=True, capture_output=True)
                self._made[fault] = self._in_registry(name, fault)
        return self._made[fault]

    def _in_registry(self, name: str, fault: Fault) -> str:
        """The image's name in the registry if it was pushed into one."""
        pushed = re.match("# pushed as (.*)", fault)
        if not pushed:
            return name
        self._registry = self._registry or Registry()
        there = self._registry.name(pushed[1])
        subprocess.run(["docker", "tag", name, there], check=True)
        subprocess.run(["docker", "image", "rm", name], check=True, capture_output=True)
        return there

    def remove(self) -> None:
        """Removes them."""
        names = list(self._made.values())[::-1]
        subprocess.run(["docker", "image", "rm", "--force", *names], check=False, capture_output=True)
        if self._registry:
            self._registry.close()


def check(
    image: str, *clauses: str, profiles: Sequence[str] = (), start_timeout: float | None = None, **given: object
) -> dict[str, Result]:
    """What comes of checking an image, by clause; fed with what the templates bring unless something else is given."""
    inputs: dict[str, object] = {
        "target": image,
        "train_data": [str(LOCAL / "opt_ml/input/data/train")],
        "hyperparameters": FAULTY / "hyperparameters.json",
        "slow_hyperparameters": FAULTY / "slow.json",
        "metric": "validation:accuracy=(.*?);",
        "payloads": [LOCAL / "payloads" / f"iris{ending}" for ending in MEDIA],
    }
    everything = Given(**{**inputs, **given})  # type: ignore[arg-type]
    request = Request(everything, select=list(clauses), profiles=list(profiles), start_timeout=start_timeout)
    return {result.rule.id: result for result in examine(request).results}


class Family:
    """The clauses of some profiles, on the stand-in that keeps them and on those that break one each."""

    def __init__(
        self,
        clauses: Sequence[str],
        faults: Sequence[tuple[str, Fault]],
        stand_ins: StandIns,
        model: Path | None,
        keeps: Fault = "",
    ) -> None:
        self._keeps = keeps
        self._clauses, self._faults, self._stand_ins = clauses, faults, stand_ins
        self._given = {"model": model} if model else {}
        self._pool = ThreadPoolExecutor(3)
        self._kept: Future[dict[str, Result]] | None = None
        self._broken: dict[tuple[str, Fault], Future[Result]] = {}

    def keeps(self, clause: str) -> Result:
        """What comes of a clause on the stand-in without a fault; all clauses of the family are checked at once."""
        self._kept = self._kept or self._pool.submit(check, self._stand_ins.build(self._keeps), *self._clauses)
        return self._kept.result()[clause]

    def breaks(self, clause: str, fault: Fault) -> Result:
        """What comes of a clause on the stand-in with this fault; the next ones are tried meanwhile."""
        place = list(self._faults).index((clause, fault))
        for each in self._faults[place : place + 3]:
            self._broken[each] = self._broken.get(each) or self._pool.submit(self._try, *each)
        return self._broken[clause, fault].result()

    def _try(self, clause: str, fault: Fault) -> Result:
        return check(self._stand_ins.build(f"{self._keeps}\n{fault}" if self._keeps else fault), clause, **self._given)[
            clause
        ]
