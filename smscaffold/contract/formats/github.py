"""GitHub's workflow commands: an annotation for each broken clause, at a line of the Dockerfile."""

from __future__ import annotations

from smscaffold.contract.report import Report, level, sentence
from smscaffold.contract.runner import Result
from smscaffold.visible import without_active

_MOST = 900  # characters of a message
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def write(report: Report) -> str:
    """The commands, in the order of their weight: GitHub shows the first ten of each kind."""
    unproven = [each for each in report.results if each.unproven_must and not each.blocked_by]
    accepted = [each for each in report.results if each.outcome == "fail" and each.accepted]
    return "\n".join(_annotation(report, each) for each in [*report.broken(), *unproven, *accepted])


def _annotation(report: Report, result: Result) -> str:
    kind = "error" if result.unproven_must else _COMMANDS[level(result)]
    rule = result.rule
    title = f"{rule.id} ({rule.strength}) {'could not be proven' if result.unproven_must else 'is broken'}"
    mend = f"\n{report.mend(result)}" if result.findings else ""
    accepted = f"\n{result.accepted}" if result.accepted else ""
    where = {"file": report.place(), "line": str(report.line(result)), "title": title}
    properties = ",".join(f"{name}={_property(text)}" for name, text in where.items())
    return f"::{kind} {properties}::{_message(sentence(result)[:_MOST] + mend + accepted)}"


def _message(text: str) -> str:
    """The text as the runner takes it in a command's message: with these escapes, none can begin another command."""
    clean = without_active(text, keep="\n")
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
