"""The two tests of every family of clauses. A module takes them in by name; conftest.py tries them with its FAULTS."""

from __future__ import annotations

from check_helpers import Family, Fault


def test_it_holds(clause: str, family: Family) -> None:
    result = family.keeps(clause)
    assert (result.outcome, bool(result.seen)) == ("pass", True), result


def test_it_is_broken(clause: str, fault: Fault, family: Family) -> None:
    result = family.breaks(clause, fault)
    assert result.outcome == "fail", result
    assert result.evidence
    assert result.evidence.expected
    assert result.evidence.came
