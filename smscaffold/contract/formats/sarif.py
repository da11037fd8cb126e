"""SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

import json
from typing import Any

from smscaffold import __version__
from smscaffold.contract.report import Report, level, sentence
from smscaffold.contract.runner import Result
from smscaffold.visible import visible


def write(report: Report) -> str:
    """The log: a rule for each clause that was checked, a result for each that is broken or could not be proven."""
    told = [each for each in report.results if each.outcome == "fail" or (each.unproven_must and not each.blocked_by)]
    driver = {
        "name": "smscaffold",
        "semanticVersion": __version__,
        "rules": [_rule(report, result) for result in report.results],
    }
    run = {"tool": {"driver": driver}, "results": [_result(report, result) for result in told]}
    whole = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2)


def _rule(report: Report, result: Result) -> dict[str, Any]:
    return {
        "id": result.rule.id,
        "shortDescription": {"text": visible(result.rule.title)},
        "fullDescription": {"text": visible(result.rule.texts.get("Rule") or result.rule.title)},
        "help": {"text": visible(report.mend(result) or result.rule.title)},
        "properties": {"strength": result.rule.strength, "profile": result.rule.profile},
    }


def _result(report: Report, result: Result) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": report.place().replace("\\", "/")},
        "region": {"startLine": report.line(result)},
    }
    found = {
        "ruleId": result.rule.id,
        "level": "error" if result.unproven_must else level(result),
        "message": {"text": visible(sentence(result), 2000)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"clause/v1": result.rule.id},
    }
    if result.accepted:
        found["suppressions"] = [{"kind": "external", "justification": visible(result.accepted)}]
    return found
