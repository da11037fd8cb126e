"""What a clause tells: all of its findings, and nothing where only time ran out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import ClassVar

import pytest

from smscaffold.contract import Clause, Each, Mend, catalogue, expect, injection, skip, unproven, waiting
from smscaffold.contract.clause import BrokenError, SkipError, UnprovenError, shown
from smscaffold.contract.lab import spoken
from smscaffold.contract.runner import Progress, Result, run
from smscaffold.sagemaker_local import LocalError, TimeUpError


def broken(what: str) -> None:
    expect(False, sent=what, expected="", came=what)


def several(*parts: Callable[[], object], weights: Sequence[int] = (), last: BaseException | None = None) -> None:
    """A check of these parts, which ends by `last` if there is one."""
    with Each() as each:
        for number, part in enumerate(parts):
            with each(weights[number] if weights else 0):
                part()
        if last:
            raise last


def finding(what: str) -> Callable[[], object]:
    return lambda: broken(what)


def test_the_worst_finding_comes_first_and_none_is_lost() -> None:
    with pytest.raises(BrokenError) as found:
        several(*map(finding, "abca"), weights=(0, 1, 0, 0))
    assert [each.came for each in found.value.findings] == ["b", "a", "c"]


@pytest.mark.parametrize("last", [UnprovenError("x"), LocalError("the container ended"), ValueError()])
def test_findings_count_more_than_what_ends_the_check(last: Exception) -> None:
    with pytest.raises(BrokenError, match="a"):
        several(finding("a"), last=last)
    with pytest.raises(type(last)):
        several(last=last)


def test_a_part_that_is_left_out_counts_without_findings_alone() -> None:
    with pytest.raises(UnprovenError, match="who knows"):
        several(lambda: skip("not here"), lambda: unproven("who knows"))
    with pytest.raises(SkipError, match="not here"):
        several(lambda: skip("not here"))
    with pytest.raises(BrokenError):
        several(lambda: unproven("who knows"), finding("a"))


def test_an_end_by_the_user_is_never_held_back() -> None:
    with pytest.raises(KeyboardInterrupt):
        several(finding("a"), last=KeyboardInterrupt())


def test_no_more_findings_than_people_read() -> None:
    with pytest.raises(BrokenError) as found:
        several(*map(finding, map(str, range(100))))
    assert len(found.value.findings) == 12


# --- time ------------------------------------------------------------------------------------------------------------


class Example(Clause):
    """It holds."""

    strength: ClassVar[str] = "MUST"
    profile = "example"
    mend = Mend("Nothing to mend.")
    came = "no answer after 2.0 s: timed out"

    def check(self) -> str:
        expect(False, sent="GET /", expected="200", came=self.came)
        return ""


def checked(*clauses: type[Clause]) -> dict[str, Result]:
    rules = [catalogue._with_check(None, clause) for clause in clauses]
    return {r.rule.id: r for r in run(rules, injection.Fixtures(), stop=lambda: None)}


def test_an_answer_that_comes_too_late_proves_nothing_unless_the_clause_measures_time() -> None:
    timed = type("Timed", (Example,), {"__doc__": "Timed.", "timed": True})
    refused = type("Refused", (Example,), {"__doc__": "Refused.", "came": "500"})
    found = checked(Example, timed, refused)
    assert {name: (each.outcome, each.proven) for name, each in found.items()} == {
        "Example": ("skip", False),
        "Timed": ("fail", True),
        "Refused": ("fail", True),
    }
    assert found["Example"].seen.startswith("GET /: no answer after 2.0 s: timed out; the load of this machine is ")


def test_waiting_in_vain_proves_nothing_and_an_end_is_a_finding() -> None:
    class Late(Example):
        """Late."""

        def check(self) -> str:
            raise TimeUpError("Waiting for a 200 from /ping: 60 s passed. The log ends with:\nsecret")

    class Ended(Example):
        """Ended."""

        def check(self) -> str:
            raise LocalError(
                "Waiting for a 200 from /ping: the container ended with exit code 0. The log ends with:\n"
                'x "GET /ping HTTP/1.1" 502\nTraceback (most recent call last):\n  File "a.py"\n    import flask\n'
                "ModuleNotFoundError: No module named 'flask'\nsee you\n"
            )

    found = checked(Late, Ended)
    assert not found["Late"].proven
    assert found["Late"].seen.startswith("Waiting for a 200 from /ping: 60 s passed; the load of this machine is ")
    evidence = found["Ended"].evidence
    assert evidence is not None
    assert evidence.expected == "a 200 from /ping"
    cause = "ModuleNotFoundError: No module named 'flask'"
    assert evidence.came == f"the container ended with exit code 0: {cause}"
    assert "/ping" not in evidence.logs


@pytest.mark.parametrize(
    ("log", "error"),
    [
        ("", ""),
        ("starting\nlistening\n", ""),
        ('1.2.3.4 "GET /ping HTTP/1.1" error\nstarting\n', ""),
        ("starting\nError: cannot open file 'model.rds'\nmore error\n", "Error: cannot open file 'model.rds'"),
        ("Traceback (most recent call last):\n  File x\nValueError: no\n", "ValueError: no"),
        ("Traceback (most recent call last):\n", "Traceback (most recent call last):"),
        (
            "Error: class not found:\n\n[Traceback (most recent call last):\n  x\nModuleNotFoundError: a\n]\n",
            "ModuleNotFoundError: a",
        ),
        ("java.lang.IllegalStateException: port in use\n\tat x\n", "java.lang.IllegalStateException: port in use"),
        ("nginx: [emerg] open() failed\n", "nginx: [emerg] open() failed"),
        ("x" * 1000 + " error", "x" * 200 + "... (1006 characters)"),
    ],
)
def test_the_first_error_of_a_log(log: str, error: str) -> None:
    assert waiting.first_error(log) == error


def test_an_answer_that_never_came_is_told_in_words() -> None:
    for text in ("TimeoutError('timed out')", "ConnectionRefusedError(111, 'timed out')"):
        answer = SimpleNamespace(status=0, seconds=2, text=text)
        assert shown(answer) == "no answer after 2.0 s: timed out"


def test_a_command_is_spoken_as_people_write_it() -> None:
    options = {"environment": {"A": 1, "B": "x" * 100, "C": "", "D": "", "E": ""}, "user": "1000", "mem_limit": "1g"}
    said = f"docker run -e A=1 -e B={'x' * 40} -e C= (and 2 more variables) --user 1000 --memory 1g IMAGE serve"
    assert spoken("serve", options) == said


# --- order -----------------------------------------------------------------------------------------------------------


class _Meeting:
    """Notes which clauses run at the same time."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.met: set[frozenset[str]] = set()
        self._lock = threading.Lock()

    def clause(self, name: str, **about: object) -> type[Clause]:
        def check(clause: Example) -> str:
            with self._lock:
                self.running.add(name)
                self.met.add(frozenset(self.running))
            threading.Event().wait(0.1)
            with self._lock:
                self.running.remove(name)
            return "seen"

        return type(name, (Example,), {"__doc__": "It meets others.", "check": check, **about})


def test_timed_clauses_meet_others_but_not_each_other() -> None:
    meeting = _Meeting()
    timed = [meeting.clause(f"Timed{n}", timed=True) for n in range(3)]
    checked(*timed, *(meeting.clause(f"Other{n}") for n in range(3)))
    assert all(sum(name.startswith("Timed") for name in names) < 2 for names in meeting.met)
    assert any(len(names) > 1 for names in meeting.met)


def test_what_runs_alone_meets_an_idle_one_only() -> None:
    meeting = _Meeting()
    event = threading.Event()

    def waits(clause: Example) -> str:
        with meeting._lock:
            meeting.running.add("Idle")
        event.wait(30)
        return "seen"

    idle = type("Idle", (Example,), {"__doc__": "It waits.", "check": waits, "idle": True, "seconds": 60})
    alone = meeting.clause("Alone", alone=True)
    other = meeting.clause("Other")

    class Last(Progress):
        def done(self, result: Result, done: int) -> None:
            if done == 2:
                event.set()

    rules = [catalogue._with_check(None, clause) for clause in (idle, alone, other)]
    run(rules, injection.Fixtures(), stop=lambda: None, progress=Last())
    assert frozenset({"Idle", "Alone"}) in meeting.met
    assert not any({"Alone", "Other"} <= names for names in meeting.met)


def test_an_interruption_loses_no_result() -> None:
    class Stops(Progress):
        def done(self, result: Result, done: int) -> None:
            raise KeyboardInterrupt

    done: dict[str, Result] = {}
    rules = [catalogue._with_check(None, Example)]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        with pytest.raises(KeyboardInterrupt):
            run(rules, injection.Fixtures(), stop=lambda: None, progress=Stops(), done=done)
    finally:  # it leaves signals blocked, so that its caller can clean up
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert list(done) == ["Example"]
