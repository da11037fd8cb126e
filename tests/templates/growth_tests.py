"""Request bodies of a nasty shape: four times the size costs at most about four times the CPU time and memory.

A module takes the tests in by name, and the fixture `limited`. It has the fixtures `image` and `model`.

CPU time is what the container's cgroup has used, so that work of every process counts, also after the answer, and other
programs on the machine do not. Memory is the highest that the processes of the container had during the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint

from .cost import cost, used
from .nasty_bodies import (
    CSV,
    HEADERS,
    JSON,
    LINES,
    OTHER_HEADERS,
    OTHERS,
    ROW,
    SHAPES,
    WORST,
    WORST_HEADERS,
)

# How many times the cost of the small body the large one, of four times its size, may cost at most. A batch job keeps a
# message for every record, and R's garbage collector looks at all of them again and again.
FACTOR = {"endpoint": 5, "batch": 6}
CPU_NOISE = 0.5  # seconds of CPU time that any request may take: two collections of garbage in R take as much
MEMORY_NOISE = 64  # MB by which the memory of the server may grow in any request
MEMORY_PER_MB = {"endpoint": 200, "batch": 1200}  # MB that each MB of a body may take, whatever its shape
TIMEOUT = 100  # seconds after which the server gives up: a body that takes longer is answered with 504

MODES = {"endpoint": "false", "batch": "true"}
# The bytes of the small body. The large one has four times as many. A batch job says of every record what is wrong with
# it, so that a body of line ends takes seconds, but in proportion.
SMALL = {"endpoint": 10**6, "batch": 100_000}


class Limited(NamedTuple):
    """A server with one worker: as an endpoint, or in a batch job."""

    served: Endpoint
    mode: str
    idle: float  # MB that its processes have after a few requests


@pytest.fixture(scope="module", params=["endpoint", pytest.param("batch", marks=pytest.mark.exhaustive)])
def limited(request: pytest.FixtureRequest, image: str, model: Path) -> Iterator[Limited]:
    environment = {
        "MODEL_SERVER_WORKERS": "1",
        "MODEL_SERVER_TIMEOUT": str(TIMEOUT),
        "SAGEMAKER_BATCH": MODES[request.param],
    }
    with endpoint(image, model, environment=environment, mem_limit="6g") as served:
        for media, body in ((CSV, f"{ROW}\n" * 2000), (JSON, f"[[{ROW}]]"), (LINES, f"[{ROW}]\n" * 2000), (CSV, "x")):
            assert served.invoke(body, media).status in (200, 400)
        yield Limited(served, request.param, used(served)[1])


def worst_first(worst: Iterable[str], others: Iterable[str]) -> list[Any]:
    """Return the names as parameters: the others are for exhaustive tests."""
    return [*worst, *(pytest.param(name, marks=pytest.mark.exhaustive) for name in others)]


@pytest.mark.parametrize("name", worst_first(WORST, OTHERS))
def test_the_cost_of_a_request_grows_with_its_size_only(limited: Limited, name: str) -> None:
    media, body = SHAPES[name]
    sizes = SMALL[limited.mode], 4 * SMALL[limited.mode]
    small, large = (cost(limited.served, body(size), limited.idle, **{"Content-Type": media}) for size in sizes)
    print(small, large)  # pytest shows it where the test fails
    assert {small.status, large.status} <= {200, 400}
    assert large.cpu <= FACTOR[limited.mode] * small.cpu + CPU_NOISE
    assert large.memory <= FACTOR[limited.mode] * small.memory + MEMORY_NOISE
    assert large.memory <= MEMORY_PER_MB[limited.mode] * sizes[1] / 10**6 + MEMORY_NOISE


@pytest.mark.parametrize("name", worst_first(WORST_HEADERS, OTHER_HEADERS))
@pytest.mark.parametrize("header", ["Content-Type", "Accept"])
def test_the_cost_of_a_header_grows_with_its_size_only(limited: Limited, header: str, name: str) -> None:
    """With sizes that every front end lets pass; one such header takes little time, so ten are sent."""
    before, piece, after = HEADERS[name]
    values = [before + piece * (size // len(piece)) + after for size in (1800, 7200)]
    small, large = (
        [cost(limited.served, ROW.encode(), limited.idle, **{"Content-Type": CSV, header: value}) for _ in range(10)]
        for value in values
    )
    assert {each.status for each in [*small, *large]} <= {200, 400, 406, 415}
    assert sum(each.cpu for each in large) <= FACTOR[limited.mode] * sum(each.cpu for each in small) + CPU_NOISE
