"""The stand-ins, shared by all tests of ``smscaffold check`` in a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from check_helpers import LOCAL, Family, StandIns

from smscaffold.sagemaker_local import train


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[StandIns]:
    made = StandIns()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def model(stand_ins: StandIns, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stand-in learned: serving it needs no training."""
    into = tmp_path_factory.mktemp("trained") / "result"
    return train(stand_ins.build(), into, {"train": LOCAL / "opt_ml/input/data/train"}).model


@pytest.fixture(scope="module")
def family(request: pytest.FixtureRequest, stand_ins: StandIns, model: Path) -> Family:
    """The clauses that the module names in FAULTS; SERVES says that a model is given instead of trained."""
    return Family(request.module.FAULTS, stand_ins, model if request.module.SERVES else None)
