"""What a hostile image says reaches the terminal and the reports escaped; the files for programs stay what they are."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hostile_text import HOSTILE, SHOWN, harmful

from smscaffold import check as command
from smscaffold.check import Request
from smscaffold.console import Console
from smscaffold.contract.catalogue import Rule
from smscaffold.contract.clause import Evidence
from smscaffold.contract.formats import FORMATS, written
from smscaffold.contract.preparing import Given
from smscaffold.contract.report import Report
from smscaffold.contract.runner import Result


@pytest.fixture
def report() -> Report:
    """Of an image whose name, labels, log, answers and metrics are hostile."""
    rule = Rule("EX1", f"Keeps quiet {HOSTILE}", "MUST", f"example{HOSTILE}")
    evidence = Evidence(
        f"GET /{HOSTILE}", "200", f"500, {HOSTILE}", f"first\n\tat {HOSTILE}\n{HOSTILE}\ud800\x00\r\r\n"
    )
    return Report(
        {"serve": f"image{HOSTILE}"},
        [
            Result(rule, "fail", findings=(evidence,)),
            Result(rule, "pass", f"label {HOSTILE}\n  ✓ EX2  MUST   a forged line"),
            Result(rule, "skip", HOSTILE),
        ],
        0,
    )


def test_the_text(report: Report) -> None:
    text = written(report, "text")
    assert harmful(text) == []
    for words in (f"serve: image{SHOWN}", f"GET /{SHOWN}", f"500, {SHOWN}", f"        at {SHOWN}", f"label {SHOWN}"):
        assert words in text
    assert "\n  ✓ EX2" not in text


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_printed_and_what_is_written(
    report: Report,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    format: str,
) -> None:
    monkeypatch.setattr(command, "examine", lambda request, *_, **__: report)
    command.check(Request(Given("x"), reports=((format, None),)), Console())
    command.check(Request(Given("x"), reports=(("text", None), (format, tmp_path / "report"))), Console())
    assert harmful(capsys.readouterr().out) == []
    assert harmful((tmp_path / "report").read_text()) == []


def test_colours_are_those_of_the_signs_alone(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("smscaffold.console.shows_colour", lambda: True)
    monkeypatch.setattr(command, "examine", lambda request, *_, **__: report)
    command.check(Request(Given("x")), Console())
    printed = capsys.readouterr().out
    for sign in ("\x1b[31m✗\x1b[0m", "\x1b[32m✓\x1b[0m", "\x1b[90m-\x1b[0m"):
        printed = printed.replace(sign, "", 1) if sign in printed else printed + "\x1b missing"
    assert harmful(printed) == []


def test_a_log_of_megabytes_is_cut(report: Report) -> None:
    evidence = Evidence("x" * 5_000_000, "200", "\n" * 100_000, "y" * 5_000_000)
    text = written(Report({}, [Result(report.results[0].rule, "fail", findings=(evidence,))], 0), "text")
    assert text.count("more lines: --format json") == 3
    assert len(text) < 20_000


def test_files_for_programs_keep_what_was_said(report: Report) -> None:
    assert written(report, "json").isascii()
    assert json.loads(written(report, "json"))["clauses"][0]["evidence"]["came"] == f"500, {HOSTILE}"
    junit = written(report, "junit")
    assert junit.isascii()
    suite = ElementTree.fromstring(junit).find("testsuite")
    assert suite is not None
    assert suite.get("name") == f"example{HOSTILE}".replace("\x1b", "?").replace("\x07", "?").replace("\x7f", "?")
