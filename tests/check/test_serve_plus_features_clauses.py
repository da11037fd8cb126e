"""Clauses on what the platform's further features expect of an endpoint."""

from __future__ import annotations

import pytest
from check_helpers import Family, Fault, fault

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H43", fault("host_threads")),
    ("H50", fault("logs_payload")),
    ("H50", fault("logs_much")),
    ("H50", fault("logs_late")),
    ("H51", fault("json_metrics")),
    ("H52", fault("needs_network")),
    ("H52", fault("fetches")),
    ("H53", fault("json_as_csv")),
    ("H53", fault("csv_as_html")),
    ("H55", fault("refuses_accept")),
    ("H55", fault("one_word_type")),
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
