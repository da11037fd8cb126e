"""The stand-ins, shared by all tests of ``smscaffold check`` in a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from check_helpers import LOCAL, Family, StandIns

from smscaffold.sagemaker_local import engine, train

pytest.register_assert_rewrite("family_tests")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tests of a family: each of its clauses, and each fault that breaks one."""
    if metafunc.definition.name in ("test_it_holds", "test_it_is_broken"):
        faults = metafunc.module.FAULTS
        if "fault" in metafunc.fixturenames:
            metafunc.parametrize(("clause", "fault"), faults)
        else:
            metafunc.parametrize("clause", dict(faults))


def _fault_of(item: pytest.Item) -> tuple[str, str] | None:
    """The clause and the fault that a test of a family is about."""
    params = getattr(item, "callspec", None) and item.callspec.params  # type: ignore[attr-defined]
    return (params["clause"], params["fault"]) if params and {"clause", "fault"} <= params.keys() else None


# before those with a mark are left out
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the faults that break a clause, all but the first one are for exhaustive tests."""
    seen = set()
    for item in items:
        if about := _fault_of(item):
            if (item.path, about[0]) in seen:
                item.add_marker(pytest.mark.exhaustive)
            seen.add((item.path, about[0]))


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[StandIns]:
    # Checks of the next faults run in threads while pytest takes PYTEST_CURRENT_TEST out of the environment. The client
    # must not read all variables for each request then, as it does to look for proxies: a KeyError would end the check.
    engine().api.trust_env = False
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
    about = [_fault_of(item) for item in request.session.items if item.path == request.path]
    chosen = [fault for fault in about if fault]
    keeps = getattr(request.module, "KEEPS", "")
    return Family(list(dict(request.module.FAULTS)), chosen, stand_ins, model if request.module.SERVES else None, keeps)
