"""For people, in the width of a terminal: a line for each clause, under a broken one the evidence and the mend."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from smscaffold.console import Line
from smscaffold.contract.report import Report, told
from smscaffold.contract.runner import Result
from smscaffold.visible import visible, visible_lines

_NARROWEST, _WIDEST = 40, 120  # columns
_INDENT = 8  # columns before evidence
_LINES = {"sent": 3, "expected": 3, "came": 6, "log": 8, "mend": 20}  # of each part that are shown
_FINDINGS = 5  # of a clause that are shown


def write(report: Report) -> str:
    """The text. What the container said is escaped, as somebody will read it in a terminal."""
    return "\n".join("".join(text for _, text in line) for line in lines(report))


def lines(report: Report, *, unicode: bool = True, width: int = 0) -> Iterator[Line]:
    """The text in lines that a console can colour, in so many columns; 0: as many as the terminal has."""
    columns = min(max(width or shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    for use, name in report.images.items():
        yield [("", visible(f"{use}: {name}"))]
    for profile, results in report.by_profile():
        shown = [result for result in results if not result.blocked_by]
        if shown:
            yield []
            yield [("", visible(profile))]
        for result in shown:
            yield from _clause(result, unicode, columns)
            yield from ([("", line)] for line in _details(report, result, columns))
    yield from ([("", line)] for line in _end(report, columns))


def _clause(result: Result, unicode: bool, width: int) -> Iterator[Line]:
    rule = result.rule
    weak = result.outcome == "fail" and (rule.strength != "MUST" or result.accepted)
    sign, plain, style = {
        "pass": ("✓", "ok", "done"),
        "fail": ("!", "!!", "warning") if weak else ("✗", "XX", "error"),
        "skip": ("?", "??", "warning") if result.unproven_must else ("-", "--", "left out"),
        "error": ("?", "??", "error"),
    }[result.outcome]
    seen = f": {result.seen}" if result.outcome in ("skip", "error") else f" ({result.seen})" if result.seen else ""
    accepted = f" [{result.accepted}]" if result.accepted else ""
    head = "  " + (sign if unicode else plain)
    text = visible(f"{rule.title}{accepted}{seen}")
    begin = f" {rule.id:<4} {rule.strength:<6} "
    indent = len(head) + len(begin)
    first, *rest = textwrap.wrap(text, max(width - indent, 20)) or [""]
    yield [("", "  "), (style, sign if unicode else plain), ("", begin + first)]
    yield from ([("", " " * indent + line)] for line in rest)


def _details(report: Report, result: Result, width: int) -> Iterator[str]:
    for number, evidence in enumerate(result.findings[:_FINDINGS], start=1):
        if len(result.findings) > 1:
            yield f"{' ' * _INDENT}finding {number} of {len(result.findings)}"
        parts = told(evidence)
        if number > 1:
            parts.pop("log", None)
        for name, text in parts.items():
            yield from _part(name, text, width)
    if result.findings:
        yield from _part("mend", report.mend(result), width)
        yield from _part("more", f"smscaffold check --explain {result.rule.id}", width)


def _part(name: str, text: str, width: int) -> Iterator[str]:
    """A part of the evidence, with its name before its first line; what is longer than people read is left out."""
    room = max(width - _INDENT - 10, 20)
    wrapped = [part for line in visible_lines(text) for part in textwrap.wrap(line, room) or [""]]
    most = _LINES.get(name, len(wrapped))
    if len(wrapped) > most:
        left_out = f"... ({len(wrapped) - most + 1} more lines: --format json)"
        note, kept = textwrap.wrap(left_out, room), most - 1
        wrapped = [*note, *wrapped[-kept:]] if name == "log" else [*wrapped[:kept], *note]
    for number, line in enumerate(wrapped if text else []):
        yield f"{' ' * _INDENT}{'' if number else name:<10}{line}"


def _end(report: Report, width: int) -> Iterator[str]:
    """What waits for a broken clause, what else is to be said, the verdict, and what to do first."""
    yield ""
    for text in [*report.not_checked(), *report.notes, report.verdict]:
        yield from textwrap.wrap(visible(text), width, subsequent_indent="  ")
    first = list(report.first())
    yield from ["", "Do first:"] if first else []
    for text in first:
        yield from textwrap.wrap(visible(text), width, initial_indent="  ", subsequent_indent="    ")
