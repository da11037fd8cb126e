"""Where the report goes: what ``--output`` names is written whole, and never replaced by something else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from smscaffold import check as command
from smscaffold.check import Request
from smscaffold.console import Console
from smscaffold.contract.catalogue import Rule
from smscaffold.contract.clause import Evidence
from smscaffold.contract.formats import written
from smscaffold.contract.preparing import Given
from smscaffold.contract.report import Report
from smscaffold.contract.runner import Result
from smscaffold.errors import CannotCheckError

VERDICT = "0 hold, 0 broken (0 of them MUST), 0 skipped; 0 s"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What was asked of the engine, which finds nothing to check."""
    requests: list[Request] = []

    def examine(request: Request, *_: object, **__: object) -> Report:
        requests.append(request)
        return Report({}, [], 0)

    monkeypatch.setattr(command, "examine", examine)
    return requests


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the reports; nothing temporary is left in it."""
    yield tmp_path
    assert not list(tmp_path.rglob(".smscaffold-*"))


def report_to(file: Path) -> None:
    command.check(Request(Given("x"), reports=(("text", None), ("text", file))), Console())


@pytest.mark.usefixtures("asked")
def test_a_file_is_replaced_as_it_is_and_links_lead_to_it(folder: Path) -> None:
    file, link = folder / "there" / "report", folder / "link"
    file.parent.mkdir()
    link.symlink_to("there/report")
    report_to(link)
    file.chmod(0o600)
    file.write_text("old")
    report_to(link)
    assert link.is_symlink()
    assert file.read_text().endswith(f"{VERDICT}\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.usefixtures("asked")
def test_a_pipe_gets_the_report_and_stays_one(folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    report_to(pipe)
    assert os.read(reader, 1000).decode().endswith(f"{VERDICT}\n")
    os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.usefixtures("asked")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_the_text_is_shown_although_the_file_cannot_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "full").symlink_to("/dev/full")
    with pytest.raises(CannotCheckError, match="full cannot be written: No space left on device"):
        report_to(folder / "full")
    assert VERDICT in capsys.readouterr().out
    assert Path("/dev/full").is_char_device()


@pytest.mark.usefixtures("asked")
def test_the_file_is_written_although_nobody_reads_the_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(console: Console, text: str = "") -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Console, "say", say)
    with pytest.raises(BrokenPipeError):
        report_to(folder / "report")
    assert VERDICT in (folder / "report").read_text()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("here", "is a folder: name a file"),
        ("nowhere/report", "cannot be written: there is no folder {}/nowhere"),
        ("astray", "cannot be written: there is no folder {}/nowhere"),
        ("mine/report", "cannot be written: {}/mine is not open to you"),
        ("mine.xml", "cannot be written: {}/mine.xml is not open to you"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_check(
    folder: Path, asked: list[Request], monkeypatch: pytest.MonkeyPatch, place: str, reason: str
) -> None:
    (folder / "here").mkdir()
    (folder / "mine").mkdir()
    os.mkfifo(folder / "mine.xml")
    (folder / "astray").symlink_to("nowhere/report")
    access = os.access  # root may write everywhere
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).stem != "mine" and access(path, mode))
    with pytest.raises(CannotCheckError) as refused:
        report_to(folder / place)
    assert str(refused.value) == f"{folder / place} {reason.format(folder)}"
    assert asked == []


def test_what_is_for_programs_is_right_in_any_encoding() -> None:
    rule = Rule("EX1", "Says naïve things 🙂", "MUST", "example")
    report = Report({}, [Result(rule, "fail", findings=(Evidence("", "", "ï", ""),))], 0)
    assert json.loads(written(report, "json").encode("ascii"))["clauses"][0]["title"] == rule.title
    case = ElementTree.fromstring(written(report, "junit").encode("ascii")).find("testsuite/testcase")
    assert case is not None
    assert case.get("name") == f"EX1 {rule.title}"
