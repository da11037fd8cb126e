"""smscaffold-check.toml: what it may say, and what is said of a mistake in it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from shared_helpers import write

from smscaffold import check as command
from smscaffold.check import Request
from smscaffold.console import Console
from smscaffold.contract.accepting import accept_all, apply
from smscaffold.contract.catalogue import rules
from smscaffold.contract.clause import Evidence
from smscaffold.contract.preparing import Given
from smscaffold.contract.report import Report
from smscaffold.contract.runner import Result
from smscaffold.contract.settings import NAME, Accepted, Settings, read
from smscaffold.errors import CannotCheckError

ENTRY = "[[accepted]]\nclause = 'H11'\nreason = 'old'\nowner = 'the team'\nexpires = 2030-01-31\n"
TODAY = date(2026, 11, 27)


def said(tmp_path: Path, text: str) -> Settings:
    return read(write(tmp_path / NAME, text))


def test_all_keys(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        "metric = 'a=(.*)'\nslow_hyperparameters = {n = 9}\nprofiles = ['serve', 'batch']\nhosts = 1\n"
        f"channels = 'flat'\n[samples]\n'local_test/cat.jpg' = 'image/jpeg'\n{ENTRY}",
    )
    assert (found.metric, found.slow, found.profiles) == ("a=(.*)", {"n": 9}, ("serve", "batch"))
    assert (found.one_host, found.flat) == (True, True)
    assert found.samples == ((tmp_path / "local_test/cat.jpg", "image/jpeg"),)
    assert found.accepted == (Accepted("H11", "old", "the team", date(2030, 1, 31)),)
    assert said(tmp_path, "hosts = 2\nchannels = 'folders'\n") == Settings(tmp_path / NAME)
    assert read(tmp_path / "nowhere") == Settings(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\nprofile = 1\n", ", line 2 has no setting 'profile': those that exist are metric, slow_hyperparameters, "),
        ("profiles = 'serve'\n", ", line 1: profiles must be a list of profiles: static, train, "),
        ("profiles = ['serv']\n", ", line 1: profiles has no profile 'serv' (did you mean 'serve', "),
        ("a.b = 1\n", ", line 1 has no setting 'a'"),
        ("\n\nhosts = 3\n", ", line 3: hosts must be 1 (one host only) or 2 (several)"),
        ("hosts = true\n", ", line 1: hosts must be 1"),
        ("channels = []\n", ", line 1: channels must be 'flat' or 'folders'"),
        ("samples = 1\n", ", line 1: samples must be a table of files and their media types: "),
        ("[samples]\n'a' = 'csv'\n", ", line 2: samples: a must be a media type such as 'image/jpeg'"),
        ("[samples]\n'../a' = 'text/csv'\n", ", line 2: samples: ../a must be a file below the folder of these"),
        ("[samples]\n'/a' = 'text/csv'\n", ", line 2: samples: /a must be a file below the folder"),
        ("accepted = 1\n", ", line 1: accepted must be tables, each beginning with [[accepted]]"),
        (f"{ENTRY}{ENTRY.replace('H11', 'H1111')}", ", line 7: clause names 'H1111', and there is no such clause (did"),
        (f"{ENTRY}{ENTRY}", ", line 7: clause names H11 a second time"),
        (ENTRY.replace("2030-01-31", "'2030-01-31'"), ", line 5: expires must be a date such as 2027-01-31, without"),
        (ENTRY.replace("2030-01-31", "2030-01-31T00:00:00"), ", line 5: expires must be a date"),
        (ENTRY.replace("'old'", "''"), ", line 3: reason must be a text of 1 to 500 characters"),
        (
            ENTRY.replace("owner", "owned"),
            ", line 4: owned is no key of [[accepted]]: there is clause, reason, ",
        ),
        ("[[accepted]]\nclause = 'H11'\n", ", line 1: reason is missing: it must be a text of 1 to 500 characters"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CannotCheckError) as refused:
        said(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / NAME}{reason}"), refused.value


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(CannotCheckError, match="there is no file .*nowhere: --settings names one in the shape of"):
        read(tmp_path / "nowhere", required=True)


# --- accepted findings -----------------------------------------------------------------------------------------------


def result(clause: str, outcome: str = "fail", **more: object) -> Result:
    findings = (Evidence("a", "b", "c\x1b \"'\n\\ é", ""),) if outcome == "fail" else ()
    return Result(rules()[clause], outcome, findings=findings, **more)  # type: ignore[arg-type]


def entry(clause: str, expires: date = date(2030, 1, 31)) -> Accepted:
    return Accepted(clause, "old", "the team", expires)


def test_what_is_accepted_breaks_nothing_until_it_is_over() -> None:
    broken = [result("H11"), result("H1", "pass")]
    assert Report({}, broken, 0).exit_code == 1
    found, notes = apply(broken, [entry("H11")], TODAY)
    assert (Report({}, found, 0).exit_code, notes) == (0, [])
    assert found[0].accepted == "accepted until 2030-01-31 by the team: old"
    found, notes = apply(broken, [entry("H11", TODAY)], TODAY)
    assert (Report({}, found, 0).exit_code, notes) == (0, [])
    found, notes = apply(broken, [entry("H11", TODAY - timedelta(1))], TODAY)
    assert Report({}, found, 0).exit_code == 1
    assert notes == ["H11 was accepted until 2026-11-26, and that is over (the team)"]


def test_an_accepted_clause_that_holds_again_is_said() -> None:
    found, notes = apply([result("H11", "pass")], [entry("H11")], TODAY)
    assert (found[0].accepted, notes) == ("", [f"H11 is accepted and holds again: remove it from {NAME}"])


def test_what_waits_for_an_accepted_clause_is_accepted_with_it() -> None:
    waits = result("H14", "skip", proven=False, blocked_by="H1")
    found, _ = apply([result("H1"), waits], [entry("H1")], TODAY)
    assert Report({}, found, 0).exit_code == 0
    assert found[1].accepted == "H1 is accepted"


def test_all_findings_of_today_are_written_once(tmp_path: Path) -> None:
    file = write(tmp_path / NAME, "# mine\nmetric = 'a'")
    results = [
        result("H11"),
        result("H20"),
        result("H1", "pass"),
        result("T1", "skip", proven=False, seen="no data"),
        result("T30", "skip", proven=False, blocked_by="T1"),
        result("H51", "skip"),
    ]
    new = accept_all(results, file, read(file).accepted, TODAY)
    assert [each.clause for each in new] == ["H11", "H20", "T1"]
    assert file.read_text().startswith("# mine\nmetric = 'a'\n\n")
    again = read(file)
    assert (again.metric, list(again.accepted)) == ("a", new)
    assert again.accepted[0].reason == "found by --accept-all: c \"' \\ é"
    assert again.accepted[0].expires == TODAY + timedelta(90)
    before = file.read_text()
    assert accept_all(results, file, again.accepted, TODAY) == []
    assert file.read_text() == before
    assert Report({}, apply(results, again.accepted, TODAY)[0], 0).exit_code == 0


def test_a_file_that_would_be_too_large_stays_as_it_is(tmp_path: Path) -> None:
    file = write(tmp_path / NAME, "#" * 16_000)
    with pytest.raises(CannotCheckError, match="would be larger than 16 KiB"):
        accept_all([result("H11"), result("H20"), result("H14")], file, (), TODAY)
    assert file.read_text() == "#" * 16_000


def test_the_longest_list_of_findings_fits(tmp_path: Path) -> None:
    checked = [result(rule.id) for rule in rules().values() if rule.checked]
    accept_all(checked, tmp_path / NAME, (), TODAY)
    assert len(read(tmp_path / NAME).accepted) == len(checked) > 80


def test_a_file_that_cannot_be_written_is_refused_before_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: pytest.fail("the check has begun"))
    request = Request(Given("x"), settings=tmp_path / "nowhere" / NAME, accept_all=True)
    with pytest.raises(CannotCheckError, match="cannot be written: there is no folder"):
        command.check(request, Console())


def test_findings_that_cannot_be_accepted_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: Report({}, [result("H11")], 0))
    file = write(tmp_path / NAME, "#" * 16_380)
    with pytest.raises(CannotCheckError, match="would be larger than 16 KiB"):
        command.check(Request(Given("x"), settings=file, accept_all=True), Console())
    assert "1 broken" in capsys.readouterr().out
