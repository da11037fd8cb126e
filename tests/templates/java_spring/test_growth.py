"""Requests of a nasty shape cost CPU time and memory in proportion to their size."""

from __future__ import annotations

import itertools

import pytest

from .. import growth_tests
from ..conftest import Build
from ..growth_tests import (  # noqa: F401
    CPU_NOISE,
    FACTOR,
    Limited,
    limited,
    test_the_cost_of_a_request_grows_with_its_size_only,
    used,
)
from ..nasty_bodies import CSV, JSON, ROW
from ..serving_tests import exhaustive

pytestmark = pytest.mark.docker


@pytest.fixture(scope="session", name="image")
def image_with_a_small_heap(image: str, build: Build, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image with a JVM that takes little more memory than is in use: others clean up late."""
    folder = tmp_path_factory.mktemp("small-heap")
    (folder / "Dockerfile").write_text(f'FROM {image}\nENV JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -Xmn16m"\n')
    return build(folder, tag="small-heap")


def digits_and_a_letter(size: int) -> str:
    """Make a cell that looks like a number until its last character."""
    return "1" * size + "x,1,1,1"


def names_with_one_hash_code(size: int) -> str:
    """Make an object whose names are all the same to String.hashCode."""
    names = map("".join, itertools.product(("Aa", "BB"), repeat=20))
    return "[{" + ",".join(f'"{name}":1' for name in itertools.islice(names, size // 45)) + "}]"


# a quicker one is below
test_the_cost_of_a_header_grows_with_its_size_only = exhaustive(
    growth_tests.test_the_cost_of_a_header_grows_with_its_size_only
)

BODIES = {"digits": (CSV, digits_and_a_letter), "names": (JSON, names_with_one_hash_code)}


@pytest.mark.parametrize("name", BODIES)
def test_what_a_jvm_reads_slowly_costs_in_proportion_to_its_size(limited: Limited, name: str) -> None:  # noqa: F811
    media, body = BODIES[name]
    small, large = (cpu(limited, media, body(size), requests=1) for size in (100_000, 400_000))
    assert large <= FACTOR * small + CPU_NOISE


def test_quotes_in_a_header_cost_in_proportion_to_their_number(limited: Limited) -> None:  # noqa: F811
    """20 requests: nginx takes no header of more than 8 KiB, so that one of them takes little time."""
    small, large = (cpu(limited, f"{CSV}; header=x{quotes}x", ROW, 20) for quotes in ('"' * 1900, '"' * 7600))
    assert large <= FACTOR * small + CPU_NOISE


def cpu(at: Limited, media: str, body: str, requests: int) -> float:
    """Return the CPU time in s that the container takes for a request, sent so many times."""
    before, _ = used(at.served)
    for _ in range(requests):
        assert at.served.invoke(body, media).status in (200, 400)
    return used(at.served)[0] - before
