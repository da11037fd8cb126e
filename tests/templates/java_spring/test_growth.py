"""Requests of a nasty shape cost CPU time and memory in proportion to their size."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from ..growth_tests import (  # noqa: F401
    CPU_NOISE,
    FACTOR,
    Limited,
    cost,
    limited,
    sizes,
    test_the_cost_of_a_request_grows_with_its_size_only,
    used,
)
from ..nasty_bodies import CSV, JSON, ROW

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """With these the JVM takes little more memory than what is alive; else it takes what it may before it collects."""
    return {"JAVA_TOOL_OPTIONS": "-XX:+UseSerialGC -Xmn16m"}


def digits_and_a_letter(size: int) -> bytes:
    """A cell that looks like a number until its last character."""
    return b"1" * size + b"x,1,1,1"


def names_with_one_hash_code(size: int) -> bytes:
    """Names that are all the same to String.hashCode, in one object."""
    names = map("".join, itertools.product(("Aa", "BB"), repeat=20))
    return ("[{" + ",".join(f'"{name}":1' for name in itertools.islice(names, size // 45)) + "}]").encode()


@pytest.mark.parametrize(
    ("media", "body"), [(CSV, digits_and_a_letter), (JSON, names_with_one_hash_code)], ids=["digits", "names"]
)
def test_what_java_reads_slowly_costs_in_proportion_to_its_size(
    limited: Limited,  # noqa: F811
    media: str,
    body: Callable[[int], bytes],
) -> None:
    small, large = (cost(limited, body(size), media) for size in (100_000, 400_000))
    assert {small.status, large.status} <= {200, 400}
    assert large.cpu <= FACTOR * small.cpu + CPU_NOISE


def test_quotes_in_a_header_cost_in_proportion_to_their_number(limited: Limited) -> None:  # noqa: F811
    """20 requests: each of them is short, as nginx takes no header of more than 8 KiB."""

    def cpu(quotes: int) -> float:
        before, _ = used(limited.served)
        for _ in range(20):
            assert limited.served.invoke(ROW, CSV + "; header=x" + '"' * quotes + "x").status == 200
        return used(limited.served)[0] - before

    small, large = cpu(1900), cpu(7600)
    assert large <= FACTOR * small + CPU_NOISE
