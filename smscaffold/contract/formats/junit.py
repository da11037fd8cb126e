"""JUnit's XML: a suite for each profile."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from smscaffold.contract.report import Report, told
from smscaffold.contract.runner import Result

_NOT_IN_XML = re.compile(r"[^\t\n\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report) -> str:
    """The file. A MUST that could not be proven is an error; a broken SHOULD or MAY stands as passed, with its text."""
    root = ElementTree.Element("testsuites", name="smscaffold check", time=f"{report.seconds:.3f}")
    for profile, results in report.by_profile():
        kinds = [_kind(result) for result in results]
        counts = {"tests": len(results), "failures": kinds.count("failure")}
        counts |= {"skipped": kinds.count("skipped"), "errors": kinds.count("error")}
        suite = ElementTree.SubElement(root, "testsuite", {name: str(n) for name, n in counts.items()}, name=profile)
        for result in results:
            _case(suite, report, result)
    for element in root.iter():
        element.text = _clean(element.text or "")
        element.attrib = {name: _clean(value) for name, value in element.items()}
    ElementTree.indent(root)
    return ElementTree.tostring(root, xml_declaration=True).decode()


def _kind(result: Result) -> str:
    """The element that tells how a case ended; empty for one that passed."""
    if result.outcome == "fail":
        return "failure" if result.broken_must else "system-out"
    if result.outcome == "error" or result.unproven_must:
        return "error" if not result.accepted else "skipped"
    return "skipped" if result.outcome == "skip" else ""


def _case(suite: ElementTree.Element, report: Report, result: Result) -> None:
    about = {"classname": result.rule.profile, "name": f"{result.rule.id} {result.rule.title}"}
    case = ElementTree.SubElement(suite, "testcase", about, time=f"{result.seconds:.3f}")
    if not (kind := _kind(result)):
        return
    element = ElementTree.SubElement(case, kind)
    if kind != "system-out":
        element.set("message", result.evidence.came if result.evidence else result.seen)
    parts = [f"{name}: {text}" for evidence in result.findings for name, text in told(evidence).items()]
    parts += [result.accepted] if result.accepted else []
    if result.findings:
        element.text = "\n".join([*parts, f"mend: {report.mend(result)}"])


def _clean(text: str) -> str:
    """The text without characters that an XML file may not hold, or that it would hold raw."""
    return _NOT_IN_XML.sub("?", text.replace("\r\n", "\n"))
