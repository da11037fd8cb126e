"""For programs: all that is known, as one JSON object."""

from __future__ import annotations

import json

from smscaffold import __version__
from smscaffold.contract.report import Report, told
from smscaffold.contract.runner import Result


def write(report: Report) -> str:
    """The object. `evidence` is the first of the `findings`, with how to mend it."""
    whole = {
        "smscaffold": __version__,
        "images": report.images,
        "language": report.language or None,
        "exit_code": report.exit_code,
        "verdict": report.verdict,
        "notes": list(report.notes),
        "first": list(report.first()),
        "seconds": round(report.seconds, 3),
        "clauses": [_clause(report, result) for result in report.results],
    }
    return json.dumps(whole, indent=2)


def _clause(report: Report, result: Result) -> dict[str, object]:
    more = {"mend": report.mend(result), "more": f"smscaffold check --explain {result.rule.id}"}
    return {
        "id": result.rule.id,
        "title": result.rule.title,
        "strength": result.rule.strength,
        "profile": result.rule.profile,
        "outcome": result.outcome,
        "seen": result.seen,
        "proven": result.proven,
        "accepted": result.accepted or None,
        "seconds": round(result.seconds, 3),
        "evidence": {**told(result.evidence), **more} if result.evidence else None,
        "findings": [told(each) for each in result.findings],
    }
