"""Several hosts of one job: the others outlive the first, which trains alone, in any language (T40, L4)."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from smscaffold import catalog
from smscaffold.sagemaker_local import Training, engine, training

from .conftest import Build, Render
from .serving_tests import ESTABLISHED

pytestmark = pytest.mark.docker
HOSTS = ["algo-1", "algo-2"]
#: hyperparameters of a job that goes on until it is stopped
SLOW = {"max_depth": 100, "folds": 50}
PEERS_PORT = 10040
#: where the machine's own name server cannot be reached, each look for a host that is not there yet would take 10 s
RESOLVER = ["timeout:1", "attempts:1"]
BUILT_IN = [template.name for template in catalog.templates() if template.origin == catalog.BUILT_IN]
# python-fastapi has python-flask's `train`
TEMPLATES = [pytest.param(name, marks=[pytest.mark.exhaustive] * (name == "python-fastapi")) for name in BUILT_IN]
SAMPLE = "the sample of `template new`"
#: starts the job on one of the two hosts
Start = Callable[..., AbstractContextManager[Training]]


@pytest.fixture(scope="module", params=[*TEMPLATES, pytest.param(SAMPLE, marks=pytest.mark.exhaustive)])
def job(
    request: pytest.FixtureRequest, render: Render, build: Build, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The image of a template, and the job's data."""
    template = request.param
    if template == SAMPLE:
        package = tmp_path_factory.mktemp("package") / "acme-templates"
        new = [sys.executable, "-m", "smscaffold", "template", "new", str(package), "--defaults", "--quiet"]
        subprocess.run(new, check=True)
        template = str(package / "acme_templates" / "python-http")
    folder = render(template)
    data = folder / "local_test" / "opt_ml" / "input" / "data" / "train"
    return build(folder, tag=f"hosts-{Path(template).name}"), data


@pytest.fixture
def start(job: tuple[str, Path], tmp_path: Path) -> Iterator[Start]:
    """On a network where the hosts find each other by name, as soon as they are there."""
    network = engine().networks.create(f"smscaffold-test-{uuid.uuid4().hex[:12]}", internal=True)
    image, data = job

    def start(host: str, **hyperparameters: object) -> AbstractContextManager[Training]:
        return training(
            image,
            tmp_path / host,
            {"train": data},
            hyperparameters=hyperparameters,
            config={"resourceconfig.json": {"current_host": host, "hosts": HOSTS, "network_interface_name": "eth0"}},
            network=network.name,
            network_mode=None,
            dns_opt=RESOLVER,
            networking_config={network.name: engine().api.create_endpoint_config(aliases=[host])},
        )

    yield start
    network.remove()


def ended_at(job: Training) -> str:
    """When the container ended, in a form that sorts by time."""
    return str(job.container.attrs["State"]["FinishedAt"]).ljust(30, "0")


def is_connected(job: Training) -> bool:
    """Whether this host holds a connection to the first one."""
    lines = (line.split() for line in job.execute("sh", "-c", "cat /proc/net/tcp*").splitlines())
    return any(line[2].endswith(f":{PEERS_PORT:04X}") and line[3] == ESTABLISHED for line in lines)


@pytest.mark.parametrize("way", ["stopped early", "killed"])
def test_the_others_outlive_the_first_whatever_ends_it(start: Start, way: str) -> None:
    with start("algo-2") as second, start("algo-1", **SLOW) as first:
        second.until(lambda: is_connected(second), "a connection to the first host")
        if way == "killed":
            first.kill()
        else:
            first.stop(grace=60)
        waited = second.wait(timeout=30)
        trained = first.wait()
    stopped = way == "stopped early"
    assert (trained.exit_code, waited.exit_code) == (0 if stopped else 137, 0), trained.logs + waited.logs
    assert any(trained.model.iterdir()) == stopped, "what it had learned by then is saved"
    assert "ends after algo-1" in waited.logs
    assert ended_at(first) < ended_at(second)
    assert not any(waited.model.iterdir())


@pytest.mark.exhaustive  # where the first one ends before the second finds it, that takes a minute
def test_the_others_outlive_the_first(start: Start) -> None:
    with start("algo-2") as second:
        second.wait_for_log("waits for its end")
        with start("algo-1") as first:
            trained = first.wait()
            waited = second.wait()
    assert (trained.exit_code, waited.exit_code) == (0, 0), trained.logs + waited.logs
    assert ended_at(first) < ended_at(second)
    assert (any(trained.model.iterdir()), any(waited.model.iterdir())) == (True, False)


@pytest.mark.exhaustive
def test_they_outlive_a_first_one_that_fails(start: Start) -> None:
    with start("algo-2") as second:
        second.wait_for_log("waits for its end")
        with start("algo-1", max_depth="many") as first:
            failed = first.wait()
            waited = second.wait()
    assert (failed.exit_code, waited.exit_code) == (1, 0), failed.logs + waited.logs
    assert ended_at(first) < ended_at(second)


def test_one_that_is_asked_to_stop_ends_at_once(start: Start) -> None:
    with start("algo-2") as second:
        second.wait_for_log("waits for its end")
        assert second.stop(grace=20) == 0, second.logs()


@pytest.mark.exhaustive
def test_one_that_does_not_find_the_first_ends_after_a_minute(start: Start) -> None:
    with start("algo-2") as second:
        waited = second.wait(timeout=90)
    assert waited.exit_code == 0
    assert waited.seconds > 55
    assert "could not be reached" in waited.logs
