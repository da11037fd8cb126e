"""A page in Markdown, such as the summary of a job: the verdict, what to do first, and a table of what is broken."""

from __future__ import annotations

import html
import re

from smscaffold.contract.report import Report, briefly
from smscaffold.contract.runner import Result
from smscaffold.visible import visible

_MOST = 300  # characters of a cell
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@:])")


def write(report: Report) -> str:
    """The page. What the container said is escaped: it makes no link, no image and no further row."""
    sign = {0: "✅", 1: "❌"}.get(report.exit_code, "❔")
    images = ", ".join(dict.fromkeys(report.images.values()))
    parts = [f"## {sign} smscaffold check: {_plain(images)}", _plain(report.verdict)]
    if first := list(report.first()):
        parts.append("**Do first**\n\n" + "\n".join(f"1. {_own(text)}" for text in first))
    unproven = [each for each in report.results if each.unproven_must and not each.blocked_by]
    accepted = [each for each in report.results if each.accepted and each.outcome != "skip"]
    broken = [*report.broken(), *unproven]
    if broken:
        parts.append(_table(report, broken))
    parts += [_plain(text) for text in (*report.not_checked(), *report.notes)]
    for name, results in (("accepted", accepted), ("hold", [r for r in report.results if r.outcome == "pass"])):
        if results:
            rows = "\n".join(f"- {_line(result)}" for result in results)
            parts.append(f"<details><summary>{len(results)} {name}</summary>\n\n{rows}\n\n</details>")
    return "\n\n".join(parts)


def _table(report: Report, results: list[Result]) -> str:
    rows = [
        f"| {result.rule.id} | {result.rule.strength} | {_own(result.rule.title)}. {_plain(briefly(result), 500)} "
        f"| {_own(report.mend(result))} |"
        for result in results
    ]
    return "\n".join(["| clause | strength | what came | how to mend it |", "|---|---|---|---|", *rows])


def _line(result: Result) -> str:
    return f"{result.rule.id} {_own(result.rule.title)}: {_plain(result.accepted or result.seen)}"


def _own(text: str) -> str:
    """A text of the clauses themselves, whose backquotes mark code."""
    return html.escape(visible(text), quote=False).replace("|", r"\|")


def _plain(text: str, limit: int = _MOST) -> str:
    """The text so that Markdown shows it as it is."""
    return _SPECIAL.sub(r"\\\1", html.escape(visible(text, limit), quote=False)).replace("\\:", "&#58;")
