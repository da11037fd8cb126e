"""GitLab's report of code quality: an array with an object for each finding."""

from __future__ import annotations

import hashlib
import json

from smscaffold.contract.report import Report, sentence
from smscaffold.contract.runner import Result
from smscaffold.visible import visible

_SEVERITIES = {"MUST": "critical", "SHOULD": "minor"}


def write(report: Report) -> str:
    """The array. Findings that somebody accepts are `info`."""
    unproven = [each for each in report.results if each.unproven_must and not each.blocked_by]
    broken = [each for each in report.results if each.outcome == "fail"]
    return json.dumps([_finding(report, each) for each in [*broken, *unproven]], indent=2)


def _finding(report: Report, result: Result) -> dict[str, object]:
    severity = "info" if result.accepted else _SEVERITIES.get(result.rule.strength, "info")
    return {
        "description": visible(f"{result.rule.id}: {sentence(result)}"),
        "check_name": f"smscaffold/{result.rule.id}",
        "fingerprint": hashlib.sha256(f"{report.place()} {result.rule.id}".encode()).hexdigest(),
        "severity": severity,
        "location": {"path": report.place(), "lines": {"begin": report.line(result)}},
    }
