"""Clauses on what a serverless endpoint needs."""

from __future__ import annotations

import pytest
from check_helpers import Family, Fault, fault

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H5", fault("needs_root")),
    ("H5", fault("spools")),
    ("H31", fault("hungry")),
    ("H31", fault("hungry_for_bodies")),
]


@pytest.mark.parametrize("clause", dict(FAULTS))
def test_it_holds(clause: str, family: Family) -> None:
    result = family.keeps(clause)
    assert (result.outcome, bool(result.seen)) == ("pass", True), result


@pytest.mark.parametrize(("clause", "fault"), FAULTS)
def test_it_is_broken(clause: str, fault: Fault, family: Family) -> None:
    result = family.breaks(clause, fault)
    assert result.outcome == "fail", result
    assert result.evidence
    assert result.evidence.expected
    assert result.evidence.came
