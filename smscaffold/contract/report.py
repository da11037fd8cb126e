"""What was found, for all formats: the verdict, the order, where in a Dockerfile, and what to do first."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smscaffold.contract.catalogue import PROFILES
from smscaffold.contract.clause import Evidence
from smscaffold.contract.runner import Result
from smscaffold.visible import cut

_FIRST = 3  # clauses of which it is said that they come first
_LOG_LINES = 8
_BRIEF = 120  # characters of each part of a finding in one line
_STRENGTHS = ("MUST", "SHOULD", "MAY")


@dataclass(frozen=True)
class Dockerfile:
    """The file that a checked image was built from."""

    #: as it is seen from the current directory
    path: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path) -> Dockerfile:
        """The one of a container folder."""
        file = folder / "Dockerfile"
        path = os.path.relpath(file)
        return cls(path if not path.startswith("..") else "Dockerfile", _lines(file))

    def line(self, expression: str) -> int:
        """The number of the last line that an expression matches; 1 if there is none, or no expression."""
        found = [n for n, line in enumerate(self.lines, start=1) if expression and re.search(expression, line)]
        return found[-1] if found else 1


def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return ()


@dataclass(frozen=True)
class Report:
    """The results of one run, for these images."""

    images: dict[str, str]
    results: list[Result]
    seconds: float
    #: what there is to say besides, such as accepted findings that are over
    notes: tuple[str, ...] = ()
    #: the language of the container, as mends name it; empty if it cannot be seen
    language: str = ""
    dockerfile: Dockerfile | None = None
    #: how many clauses were to be checked, if the run was stopped before that
    stopped_of: int = 0

    @property
    def exit_code(self) -> int:
        """0: all MUST hold. 1: some are broken. 2: that could not be told of some or of all, or a check failed."""
        if any(result.broken_must for result in self.results):
            return 1
        nothing = all(result.outcome == "skip" and not result.accepted for result in self.results)
        failed = any(result.outcome == "error" and not result.accepted for result in self.results)
        unproven = any(result.unproven_must for result in self.results)
        return 2 if nothing or failed or unproven or self.stopped_of else 0

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        count = Counter(each.outcome for each in self.results)
        must = sum(each.broken_must for each in self.results)
        text = f"{count['pass']} hold, {count['fail']} broken ({must} of them MUST), {count['skip']} skipped"
        if accepted := sum(bool(each.accepted) for each in self.results):
            text += f", {accepted} accepted"
        unproven = [each.rule.id for each in self.results if each.unproven_must and not each.blocked_by]
        if unproven:
            unproven = [name for name in unproven if self.by_id[name].outcome != "error"]
        if unproven:
            text += f"; whether {', '.join(unproven)} hold could not be told"
        if failed := [each.rule.id for each in self.results if each.outcome == "error"]:
            text += f"; the check itself failed at {', '.join(failed)}"
        if self.stopped_of:
            text += f"; stopped after {len(self.results)} of {self.stopped_of} clauses"
        return f"{text}; {self.seconds:.0f} s"

    @property
    def by_id(self) -> dict[str, Result]:
        """The results by their clauses."""
        return {result.rule.id: result for result in self.results}

    def by_profile(self) -> Iterator[tuple[str, list[Result]]]:
        """The results in groups, those of others last."""
        names = list(dict.fromkeys([*PROFILES, *(result.rule.profile for result in self.results)]))
        for name in names:
            if group := [result for result in self.results if result.rule.profile == name]:
                yield name, group

    def waiting(self) -> dict[str, list[str]]:
        """The clauses that tell nothing before another one holds, by that one."""
        found: dict[str, list[str]] = {}
        for result in self.results:
            if result.blocked_by:
                found.setdefault(result.blocked_by, []).append(result.rule.id)
        return found

    def not_checked(self) -> Iterator[str]:
        """In a sentence for each broken clause, which others were not checked because they need it."""
        for cause, others in self.waiting().items():
            these = f"these {len(others)} clauses were" if len(others) > 1 else "this clause was"
            yield f"{cause} does not hold, so {these} not checked: {', '.join(others)}"

    def broken(self) -> list[Result]:
        """The broken clauses that nobody accepts: MUST first, and those first for which most others wait."""
        waiting = self.waiting()
        found = [result for result in self.results if result.outcome == "fail" and not result.accepted]
        return sorted(found, key=lambda each: (_rank(each), -len(waiting.get(each.rule.id, ()))))

    def first(self) -> Iterator[str]:
        """What to do first, in a sentence each: only of clauses that keep the exit code from being 0."""
        waiting = self.waiting()
        for result in [each for each in self.broken() if each.broken_must][:_FIRST]:
            others = len(waiting.get(result.rule.id, ()))
            more = f" (and {others} {'others' if others > 1 else 'other'}, not checked without it)" if others else ""
            yield f"{result.rule.id}{more}: {self.mend(result) or result.rule.title}"

    def mend(self, result: Result) -> str:
        """How to mend a clause: for everybody, and in the container's language where that is known."""
        mend = result.rule.mend
        if mend is None:
            return ""
        own = mend.languages.get(self.language, "")
        return f"{mend.general} In {self.language}: {own}" if own else mend.general

    def line(self, result: Result) -> int:
        """The line of the Dockerfile that a clause is about."""
        return self.dockerfile.line(getattr(result.rule.clause, "dockerfile", "")) if self.dockerfile else 1

    def place(self) -> str:
        """The path of the Dockerfile; of an image that was not built here, the usual name."""
        return self.dockerfile.path if self.dockerfile else "Dockerfile"


def level(result: Result) -> str:
    """How bad a broken clause is: `error`, `warning` or `note`; an accepted one is a note."""
    if result.accepted:
        return "note"
    return {"MUST": "error", "SHOULD": "warning"}.get(result.rule.strength, "note")


def told(evidence: Evidence) -> dict[str, str]:
    """What proves that a clause is broken, by the words that reports use."""
    log = "\n".join(evidence.logs.rstrip().splitlines()[-_LOG_LINES:])
    parts = {"sent": evidence.sent, "expected": evidence.expected, "came": evidence.came, "log": log}
    return {name: text for name, text in parts.items() if text}


def sentence(result: Result) -> str:
    """A finding in one line: the clause's title, and `briefly` what came."""
    return f"{result.rule.title}. {briefly(result)}"


def briefly(result: Result) -> str:
    """The worst finding in one line: what was sent, what came, and what had to come."""
    evidence = result.evidence
    if evidence is None:
        return result.seen
    sent, came, expected = (
        " ".join(cut(text, _BRIEF).split()) for text in (evidence.sent, evidence.came, evidence.expected)
    )
    more = f"; and {len(result.findings) - 1} more findings" if len(result.findings) > 1 else ""
    return f"{sent}{': ' if sent else ''}{came} (expected: {expected}{more})"


def _rank(result: Result) -> int:
    return _STRENGTHS.index(result.rule.strength) if result.rule.strength in _STRENGTHS else len(_STRENGTHS)
