"""Clauses on what an image says of itself."""

from __future__ import annotations

import pytest
from check_helpers import Family, Fault

pytestmark = pytest.mark.docker
SERVES = False
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("T2", "RUN chmod 0644 /opt/program/train"),
    ("T2", r"RUN sed -i 's/$/\r/' /opt/program/serve"),
    ("T2", "RUN rm /opt/program/serve"),
    ("T3", "ENTRYPOINT python3 -c pass"),
    ("T5", "VOLUME /opt/ml/model"),
    ("T5", "RUN mkdir -p /opt/ml/code && touch /opt/ml/code/train.py"),
    ("T8", "USER 1000"),
    ("R14", "ENV AWS_SECRET_ACCESS_KEY=x"),
    ("R14", "RUN : AKIAABCDEFGHIJKLMNOP"),
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
