"""Clauses on what makes a good endpoint."""

from __future__ import annotations

import pytest
from check_helpers import Family, Fault, fault

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H20", fault("html_500")),
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
