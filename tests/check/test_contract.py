"""The parts of the suite: fixtures, order, the ways into a container's network, clauses of others."""

from __future__ import annotations

import importlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar
from xml.etree import ElementTree

import pytest
from check_helpers import StandIns

from smscaffold import sagemaker_local as local
from smscaffold.contract import Clause, Mend, catalogue, expect, fixture, injection, inside, report, skip, unproven
from smscaffold.contract.formats import written
from smscaffold.contract.runner import Result, chosen, run
from smscaffold.errors import SmscaffoldError

FAMILIES = [importlib.import_module(path.stem) for path in sorted(Path(__file__).parent.glob("test_*_clauses.py"))]


def test_each_clause_has_a_container_that_breaks_it() -> None:
    checked = {rule.id for rule in catalogue.rules().values() if rule.checked}
    assert {clause for family in FAMILIES for clause, _ in family.FAULTS} == checked


class Example(Clause):
    """It holds."""

    strength: ClassVar[str] = "MUST"
    profile = "example"
    mend = Mend("Nothing to mend.")

    def check(self) -> str:
        return "seen"


def checked(*clauses: type[Clause], **given: object) -> dict[str, Result]:
    """What comes of clauses made up for a test."""
    rules = [catalogue._with_check(None, clause) for clause in clauses]
    return {r.rule.id: r for r in run(rules, injection.Fixtures(**given), stop=lambda: None)}


def test_pass_fail_skip_and_unproven() -> None:
    class Broken(Example):
        """It is broken."""

        def check(self) -> str:
            expect(False, sent="a", expected="b", came="c")
            return "never"

    class Inapplicable(Example):
        """It does not apply."""

        def check(self) -> str:
            skip("not here")

    class Unproven(Example):
        """It cannot be told."""

        def check(self) -> str:
            unproven("nothing to look at")

    class Silent(Example):
        """It passes for want of evidence."""

        def check(self) -> str:
            return ""

    class Faulty(Example):
        """Its check has a bug."""

        def check(self) -> str:
            return {}["nothing"]

    found = checked(Example, Broken, Inapplicable, Unproven, Silent, Faulty)
    assert {name: (result.outcome, result.proven) for name, result in found.items()} == {
        "Example": ("pass", True),
        "Broken": ("fail", True),
        "Inapplicable": ("skip", True),
        "Unproven": ("skip", False),
        "Silent": ("error", False),
        "Faulty": ("error", False),
    }
    assert [report.Report({}, [each], 0).exit_code for each in found.values()] == [0, 1, 2, 2, 2, 2]
    assert "no evidence" in found["Silent"].seen
    assert "KeyError('nothing') in test_contract.py" in found["Faulty"].seen


def test_a_check_that_fails_is_no_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even of a clause that is no MUST, and not where the error comes in a thread that the check has started."""

    def fails(*_: object, **__: object) -> None:
        raise KeyError("PYTEST_CURRENT_TEST")

    api = SimpleNamespace(exec_create=lambda *_, **__: {"Id": "x"}, exec_start=fails)
    monkeypatch.setattr(inside, "engine", lambda: SimpleNamespace(api=api))

    class InThread(Example):
        """It looks into a container."""

        strength = "SHOULD"

        def check(self) -> str:
            return str(inside._Executed.of(SimpleNamespace(id="x")))  # type: ignore[arg-type]

    found = checked(Example, InThread)
    assert (found["InThread"].outcome, found["InThread"].proven) == ("error", False)
    made = report.Report({}, list(found.values()), 0)
    assert made.exit_code == 2
    assert made.verdict.startswith(
        "1 hold, 0 broken (0 of them MUST), 0 skipped; the check itself failed at InThread; "
    )
    said = "? InThread SHOULD It looks into a container: the check itself failed: KeyError('PYTEST_CURRENT_TEST')"
    assert said in " ".join(written(made, "text").split())
    (suite,) = ElementTree.fromstring(written(made, "junit"))
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "0")
    assert len(suite.findall("testcase/error")) == 1


def test_what_requires_a_broken_clause_is_skipped_also_at_second_hand() -> None:
    class A(Example):
        """A."""

        def check(self) -> str:
            expect(False, sent="", expected="", came="")
            return "never"

    class B(Example):
        """B."""

        requires = ("A",)

    class C(Example):
        """C."""

        requires = ("B",)

    found = checked(C, B, A)
    assert (found["B"].seen, found["C"].seen) == ("A does not hold", "A does not hold")


def test_a_timed_clause_runs_alone() -> None:
    running: set[str] = set()
    met: set[frozenset[str]] = set()
    lock = threading.Lock()

    class Together(Example):
        """With others."""

        def check(self) -> str:
            with lock:
                running.add(self.id())
                met.add(frozenset(running))
            threading.Event().wait(0.05)
            with lock:
                running.remove(self.id())
            return "seen"

    others = [type(f"Other{n}", (Together,), {"__doc__": "Another."}) for n in range(4)]
    timed = type("Timed", (Together,), {"__doc__": "Timed.", "alone": True})
    checked(timed, *others)
    assert {each for each in met if "Timed" in each} == {frozenset({"Timed"})}
    assert max(map(len, met)) > 1


def test_fixtures_are_made_once_when_asked_for_and_closed_in_reverse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injection, "_known", {})
    events: list[str] = []

    @fixture
    def first() -> Iterator[str]:
        events.append("first")
        yield "one"
        events.append("first closed")

    @fixture
    def second(first: str) -> Iterator[str]:
        events.append("second")
        yield first + "two"
        events.append("second closed")

    @fixture
    def missing() -> str:
        events.append("missing")
        unproven("nobody gave it")

    made = injection.Fixtures()
    assert [made.get("second"), made.get("second"), made.get("first")] == ["onetwo", "onetwo", "one"]
    for _ in range(2):
        with pytest.raises(Exception, match="nobody gave it"):
            made.get("missing")
    made.close()
    assert events == ["first", "second", "missing", "second closed", "first closed"]
    with pytest.raises(SmscaffoldError, match="no fixture is called 'secon' \\(did you mean 'second'\\?\\)"):
        made.get("secon")


def test_who_names_a_profile_makes_its_clauses_a_must() -> None:
    rules = list(catalogue.rules().values())
    strength = {rule.id: rule.strength for rule in chosen(rules, [], [], [])}
    claimed = {rule.id: rule.strength for rule in chosen(rules, [], [], ["serve-plus"])}
    assert (strength["H20"], claimed["H20"]) == ("SHOULD", "MUST")


def test_clauses_of_others_come_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(value="theirs", load=lambda: Example)
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [entry] if group == "smscaffold.clauses" else [])
    catalogue.rules.cache_clear()
    try:
        rule = catalogue.rules()["Example"]
        assert (rule.title, rule.strength, rule.profile, rule.checked) == ("It holds", "MUST", "example", True)
    finally:
        catalogue.rules.cache_clear()


def test_contract_fields_are_read() -> None:
    rules = catalogue.rules()
    assert rules["H11"].texts["Limit"] == "2 s per attempt."
    assert rules["M5"].texts["Container"].startswith("`{")
    assert rules["M5"].texts["Test"].startswith("both cases")
    assert (rules["B5"].strength, rules["B5"].profile, rules["B3"].claimed) == ("MUST", "batch", True)


# --- inside a container ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(stand_ins: StandIns, model: Path) -> Iterator[local.Endpoint]:
    """An endpoint that nothing reaches from outside (G2)."""
    options = {"network_mode": "none", "ports": None, "ready_within": None}
    with local.endpoint(stand_ins.build(), model, **options) as served:
        yield served


@pytest.fixture(params=["entered", "python3", "bash"])
def way(request: pytest.FixtureRequest, closed: local.Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this way into containers is left."""
    if request.param != "entered":
        monkeypatch.setattr(inside._Entered, "into", lambda container: None)
        scripts = [script for script in inside._SCRIPTS if script[0][0] == request.param]
        monkeypatch.setattr(inside, "_SCRIPTS", scripts)
    elif inside._Entered.into(closed.container) is None:
        pytest.skip("only root on the engine's machine enters a network")


@pytest.mark.docker
@pytest.mark.usefixtures("way")
def test_ways_into_a_container(closed: local.Endpoint) -> None:
    seen = inside.Inside(closed.container)
    closed.until(lambda: seen.request("GET", "/ping").status == 200, "a 200")
    ping = seen.request("GET", "/ping")
    assert (ping.status, ping.body) == (200, b"")
    assert 0 < ping.accepted < ping.seconds < 10
    answer = seen.request("POST", "/invocations", b"5.1,3.5,1.4,0.2\n", timeout=5, Content_Type="text/csv")
    assert (answer.status, answer.text) == (200, "setosa\n")
    assert {(str(address), port) for address, port in seen.listeners()} == {("0.0.0.0", 8080)}
    assert seen.request("GET", "/ping", port=1).status == 0
    assert (seen.hears(signal.SIGTERM), seen.hears(signal.SIGUSR1)) == (True, False)


@pytest.mark.docker
@pytest.mark.usefixtures("way")
def test_in_a_container_that_has_ended_nothing_listens(stand_ins: StandIns, model: Path) -> None:
    with local.endpoint(stand_ins.build(), model, ready_within=None) as served:
        seen = inside.Inside(served.container)
        served.stop(0)
        assert seen.listeners() == set()


@pytest.mark.docker
def test_a_program_that_waits_for_a_signal_hears_it(stand_ins: StandIns, model: Path) -> None:
    script = "import signal; signal.sigtimedwait({signal.SIGTERM}, 60)"
    waiting = stand_ins.build(f'ENTRYPOINT ["python3", "-c", "{script}"]')
    with local.endpoint(waiting, model, ready_within=None) as served:
        seen = inside.Inside(served.container)
        served.until(lambda: seen.hears(signal.SIGTERM), "it to wait", 10)
