"""What was found: for people, for programs, and for continuous integration."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from smscaffold import __version__
from smscaffold.console import Line
from smscaffold.contract.catalogue import PROFILES
from smscaffold.contract.runner import Result
from smscaffold.visible import visible, visible_lines

_LOG_LINES = 8
_NOT_IN_XML = re.compile(r"[^\t\n\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Report:
    """The results of one run, for these images."""

    images: dict[str, str]
    results: list[Result]
    seconds: float

    @property
    def exit_code(self) -> int:
        """0: all MUST hold. 1: some are broken. 2: that could not be told of some or of all, or a check failed."""
        must = [result for result in self.results if result.rule.strength == "MUST"]
        if any(result.outcome == "fail" for result in must):
            return 1
        nothing = all(result.outcome == "skip" for result in self.results)
        failed = any(result.outcome == "error" for result in self.results)
        return 2 if nothing or failed or not all(result.proven for result in must) else 0

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        count = {kind: sum(each.outcome == kind for each in self.results) for kind in ("pass", "fail", "skip")}
        must = sum(each.outcome == "fail" and each.rule.strength == "MUST" for each in self.results)
        failed = [each.rule.id for each in self.results if each.outcome == "error"]
        must_hold = [each for each in self.results if each.rule.strength == "MUST" and each.outcome != "error"]
        unproven = [each.rule.id for each in must_hold if not each.proven]
        text = f"{count['pass']} hold, {count['fail']} broken ({must} of them MUST), {count['skip']} skipped"
        if unproven:
            text += f"; whether {', '.join(unproven)} hold could not be told"
        if failed:
            text += f"; the check itself failed at {', '.join(failed)}"
        return f"{text}; {self.seconds:.0f} s"

    def by_profile(self) -> Iterator[tuple[str, list[Result]]]:
        """The results in groups, those of others last."""
        names = list(dict.fromkeys([*PROFILES, *(result.rule.profile for result in self.results)]))
        for name in names:
            if group := [result for result in self.results if result.rule.profile == name]:
                yield name, group


def as_text(report: Report, *, unicode: bool = True) -> str:
    """One line a clause, grouped by profile; under a broken one the evidence, and how to mend it.

    What the container said is escaped, as somebody will read the text in a terminal.
    """
    return "\n".join("".join(text for _, text in line) for line in as_lines(report, unicode=unicode))


def as_lines(report: Report, *, unicode: bool = True) -> Iterator[Line]:
    """The same text in lines that a console can colour."""
    for use, name in report.images.items():
        yield [("", visible(f"{use}: {name}"))]
    for profile, results in report.by_profile():
        yield []
        yield [("", visible(profile))]
        for result in results:
            yield _line(result, unicode)
            yield from ([("", f"        {line}")] for line in _details(result))
    yield []
    yield [("", report.verdict)]


def _line(result: Result, unicode: bool) -> Line:
    rule = result.rule
    weak = result.outcome == "fail" and rule.strength != "MUST"
    sign, plain, style = {
        "pass": ("✓", "ok", "done"),
        "fail": ("!", "!!", "warning") if weak else ("✗", "XX", "error"),
        "skip": ("-", "--", "left out"),
        "error": ("?", "??", "error"),
    }[result.outcome]
    seen = f": {result.seen}" if result.outcome in ("skip", "error") else f" ({result.seen})" if result.seen else ""
    about = f" {rule.id:<4} {rule.strength:<6} {rule.title}{seen}"
    return [("", "  "), (style, sign if unicode else plain), ("", visible(about))]


def _details(result: Result) -> Iterator[str]:
    for name, text in _evidence(result).items():
        wrapped = [part for line in visible_lines(text) for part in textwrap.wrap(line, 100) or [""]]
        for number, line in enumerate(wrapped):
            yield f"{'' if number else name:<10}{line}"


def _evidence(result: Result) -> dict[str, str]:
    if result.evidence is None:
        return {}
    mend = result.rule.mend
    told = {
        "sent": result.evidence.sent,
        "expected": result.evidence.expected,
        "came": result.evidence.came,
        "log": "\n".join(result.evidence.logs.rstrip().splitlines()[-_LOG_LINES:]),
        "mend": mend.general if mend else "",
        "more": f"smscaffold check --explain {result.rule.id}",
    }
    return {name: text for name, text in told.items() if text}


def as_json(report: Report) -> str:
    """All that is known, as one JSON object."""
    clauses = [
        {
            "id": result.rule.id,
            "title": result.rule.title,
            "strength": result.rule.strength,
            "profile": result.rule.profile,
            "outcome": result.outcome,
            "seen": result.seen,
            "proven": result.proven,
            "seconds": round(result.seconds, 3),
            "evidence": _evidence(result) or None,
        }
        for result in report.results
    ]
    whole = {
        "smscaffold": __version__,
        "images": report.images,
        "exit_code": report.exit_code,
        "verdict": report.verdict,
        "seconds": round(report.seconds, 3),
        "clauses": clauses,
    }
    return json.dumps(whole, indent=2)


def as_junit(report: Report) -> str:
    """A JUnit file: a suite for each profile. What is broken but no MUST stands as passed, with the evidence in it."""
    root = ElementTree.Element("testsuites", name="smscaffold check", time=f"{report.seconds:.3f}")
    for profile, results in report.by_profile():
        broken = [each for each in results if each.outcome == "fail" and each.rule.strength == "MUST"]
        skipped = [each for each in results if each.outcome == "skip"]
        failed = [each for each in results if each.outcome == "error"]
        counts = {"tests": len(results), "failures": len(broken), "skipped": len(skipped), "errors": len(failed)}
        suite = ElementTree.SubElement(root, "testsuite", {name: str(n) for name, n in counts.items()}, name=profile)
        for result in results:
            _case(suite, result)
    for element in root.iter():
        element.text = _clean(element.text or "")
        element.attrib = {name: _clean(value) for name, value in element.items()}
    ElementTree.indent(root)
    return ElementTree.tostring(root, xml_declaration=True).decode()


def _case(suite: ElementTree.Element, result: Result) -> None:
    name = f"{result.rule.id} {result.rule.title}"
    case = ElementTree.SubElement(
        suite, "testcase", classname=result.rule.profile, name=name, time=f"{result.seconds:.3f}"
    )
    if result.outcome in ("skip", "error"):
        ElementTree.SubElement(case, "skipped" if result.outcome == "skip" else "error", message=result.seen)
    elif result.evidence:
        must = result.rule.strength == "MUST"
        told = ElementTree.SubElement(case, "failure" if must else "system-out")
        if must:
            told.set("message", result.evidence.came)
        told.text = "\n".join(f"{name}: {text}" for name, text in _evidence(result).items())


def _clean(text: str) -> str:
    """The text without characters that an XML file may not hold, or that it would hold raw."""
    return _NOT_IN_XML.sub("?", text.replace("\r\n", "\n"))


FORMATS: dict[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "junit": as_junit}
