"""The formats of reports: what each of their readers needs, and that no text of a container harms them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hostile_text import HOSTILE, harmful
from shared_helpers import write

from smscaffold import check as command
from smscaffold.check import Request, reports
from smscaffold.console import Console
from smscaffold.contract.catalogue import rules
from smscaffold.contract.clause import Evidence
from smscaffold.contract.formats import FORMATS, text, written
from smscaffold.contract.preparing import Given
from smscaffold.contract.report import Dockerfile, Report
from smscaffold.contract.runner import Result
from smscaffold.errors import CannotCheckError

NASTY = f"a|b <img src=x> [link](http://x) `code` @team\n::error::no\r\n# head{HOSTILE}"
LINES = ("FROM a", "LABEL com.amazonaws.sagemaker.capabilities.multi-models=true", "USER 1000")


def result(clause: str, outcome: str = "fail", **more: object) -> Result:
    findings = (Evidence("docker run IMAGE", "200", NASTY, "the log"),) if outcome == "fail" else ()
    return Result(rules()[clause], outcome, **{"findings": findings, **more})  # type: ignore[arg-type]


@pytest.fixture
def report() -> Report:
    """Of a container with a fault of each kind."""
    results = [
        result("T8"),
        result("R20"),
        result("H4", accepted="accepted until 2030-01-31 by the team: old"),
        result("T1", "skip", seen="give the data", proven=False),
        result("T30", "skip", seen="T1 does not hold", proven=False, blocked_by="T1"),
        result("H51", "skip", seen="there is none"),
        result("H1", "pass", seen="200"),
    ]
    return Report({"serve": "an image"}, results, 3.0, ("a note",), "Python", Dockerfile("model/Dockerfile", LINES))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(report: Report, width: int) -> None:
    lines = ["".join(part for _, part in line) for line in text.lines(report, width=width)]
    assert max(map(len, lines)) <= width


def test_the_text_ends_with_what_to_do_first(report: Report) -> None:
    said = written(report, "text")
    assert said.rstrip().splitlines()[-1].startswith("  T8: Remove USER from the Dockerfile")
    assert said.count("T1 does not hold, so this clause was not checked: T30") == 1
    assert "a note" in said
    assert "- T30" not in said


def test_a_mend_is_told_in_the_language_of_the_container(report: Report) -> None:
    assert "In Python: gunicorn does it with --graceful-timeout" in " ".join(written(report, "text").split())
    found = {each["id"]: each for each in json.loads(written(report, "json"))["clauses"]}
    assert "In Python: gunicorn" in found["H4"]["evidence"]["mend"]


def test_long_evidence_is_cut_in_the_text_alone() -> None:
    evidence = Evidence("GET /", "\n".join(f"prediction {n}" for n in range(45)), "500", "")
    one = Report({}, [result("H14", findings=(evidence,))], 0)
    said = written(one, "text")
    assert "prediction 1\n" in said
    assert "prediction 2\n" not in said
    assert "... (43 more lines: --format json)" in said
    assert "prediction 44" in written(one, "json")


def test_all_findings_are_told() -> None:
    findings = tuple(Evidence(f"GET /{n}", "200", "500", f"log {n}") for n in range(3))
    one = Report({}, [result("H14", findings=findings)], 0)
    said = written(one, "text")
    assert [f"finding {n} of 3" in said for n in (1, 2, 3)] == [True] * 3
    assert ("log 0" in said, "log 1" in said) == (True, False)
    assert len(json.loads(written(one, "json"))["clauses"][0]["findings"]) == 3
    assert "; and 2 more findings)" in written(one, "github")


def test_annotations_stand_at_lines_of_the_dockerfile(report: Report) -> None:
    lines = written(report, "github").splitlines()
    assert [line.partition("::T")[0].partition(" file=")[0] for line in lines] == [
        "::error",
        "::warning",
        "::error",
        "::notice",
    ]
    assert lines[0].startswith("::error file=model/Dockerfile,line=3,title=T8 (MUST) is broken::")
    assert lines[1].startswith("::warning file=model/Dockerfile,line=2,title=R20 (SHOULD) is broken::")
    assert lines[2].startswith("::error file=model/Dockerfile,line=1,title=T1 (MUST) could not be proven::")
    assert harmful("\n".join(lines)) == []


def test_a_summary_shows_text_and_nothing_else(report: Report) -> None:
    page = written(report, "markdown")
    assert harmful(page) == []
    assert page.startswith("## ❌ smscaffold check: an image\n")
    assert "<img" not in page
    assert not re.search(r"(?<!\\)\[link|(?<!\\)@team|(?<!\\)`code|http:", page)
    assert not re.search(r"^# head|^::error", page, re.MULTILINE)
    rows = [line for line in page.splitlines() if line.startswith("| T8")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 5


def test_sarif(report: Report) -> None:
    (run,) = json.loads(written(report, "sarif"))["runs"]
    known = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found = {each["ruleId"]: each for each in run["results"]}
    assert set(found) == {"T8", "R20", "H4", "T1"} <= set(known)
    levels = {name: each["level"] for name, each in found.items()}
    assert levels == {"T8": "error", "R20": "warning", "H4": "note", "T1": "error"}
    place = found["T8"]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "model/Dockerfile"}, "region": {"startLine": 3}}
    assert found["H4"]["suppressions"][0]["justification"].startswith("accepted until 2030-01-31")
    assert "suppressions" not in found["T8"]


def test_gitlab(report: Report) -> None:
    found = json.loads(written(report, "gitlab"))
    severities = {each["check_name"]: each["severity"] for each in found}
    assert severities == {
        "smscaffold/T8": "critical",
        "smscaffold/R20": "minor",
        "smscaffold/H4": "info",
        "smscaffold/T1": "critical",
    }
    assert len({each["fingerprint"] for each in found}) == 4
    assert found[0]["location"] == {"path": "model/Dockerfile", "lines": {"begin": 3}}


def test_junit_shows_an_unproven_must_as_an_error(report: Report) -> None:
    root = ElementTree.fromstring(written(report, "junit"))
    kinds = {str(case.get("name")).partition(" ")[0]: [child.tag for child in case] for case in root.iter("testcase")}
    assert kinds == {
        "T8": ["failure"],
        "R20": ["system-out"],
        "H4": ["system-out"],
        "T1": ["error"],
        "T30": ["error"],
        "H51": ["skipped"],
        "H1": [],
    }


# --- where they go ---------------------------------------------------------------------------------------------------


def test_formats_and_files() -> None:
    assert reports([], None) == (("text", None),)
    assert reports(["json"], None) == (("json", None),)
    assert reports(["junit=a.xml"], None) == (("text", None), ("junit", Path("a.xml")))
    assert reports(["junit"], Path("a.xml")) == (("text", None), ("junit", Path("a.xml")))
    assert reports(["github", "sarif=a=b"], None) == (("github", None), ("sarif", Path("a=b")))


@pytest.mark.parametrize(
    ("formats", "output", "reason"),
    [
        (["xml"], None, "there is no format 'xml': --format takes text, json, junit, github, markdown, sarif, gitlab"),
        (["sarf"], None, "there is no format 'sarf' (did you mean 'sarif'?)"),
        (["junit="], None, "there is no format 'junit='"),
        (["junit=a", "json"], Path("b"), "--output takes the report of one --format"),
    ],
)
def test_formats_that_cannot_be(formats: list[str], output: Path | None, reason: str) -> None:
    with pytest.raises(CannotCheckError) as refused:
        reports(formats, output)
    assert str(refused.value).startswith(reason)


def test_several_at_once_and_the_summary_of_a_job(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = write(tmp_path / "summary", "before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setattr(command, "examine", lambda *_, **__: report)
    files = [(name, tmp_path / name) for name in FORMATS]
    request = Request(Given("x"), reports=(("text", None), ("github", None), *files[:-1]))
    assert command.check(request, Console()) == 1
    said = capsys.readouterr().out
    assert "Do first:" in said
    assert "\n::error file=" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*list(FORMATS)[:-1], "summary"])
    assert summary.read_text().startswith("before\n## ❌ smscaffold check")


def test_a_folder_keeps_its_last_report_out_of_sight(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: report)
    command.check(Request(Given(str(tmp_path))), Console())
    kept = tmp_path / ".smscaffold"
    assert json.loads((kept / "check.json").read_text())["exit_code"] == 1
    assert (kept / ".gitignore").read_text() == "*\n"


def test_a_pipe_in_its_place_is_left_alone(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: report)
    (tmp_path / ".smscaffold").mkdir()
    os.mkfifo(tmp_path / ".smscaffold" / "check.json")  # opening it would wait for a reader
    assert command.check(Request(Given(str(tmp_path))), Console()) == 1


def test_a_link_in_its_place_is_not_followed(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: report)
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / ".smscaffold").symlink_to(elsewhere)
    command.check(Request(Given(str(folder))), Console())
    assert list(elsewhere.iterdir()) == []
