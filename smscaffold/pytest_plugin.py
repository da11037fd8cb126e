"""A plugin for pytest: one test for each clause of the container contract.

    pytest --smscaffold-image my-model:latest
    pytest --smscaffold-folder . --smscaffold-check="--quick --strict"

All clauses are checked together when the first of these tests runs, as `smscaffold check` does. A broken MUST fails,
and so does one that could not be proven. A broken SHOULD or MAY, and an accepted finding, is an expected failure.
"""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from smscaffold.check import Request
    from smscaffold.contract.catalogue import Rule
    from smscaffold.contract.report import Report

_OPTIONS = ("--smscaffold-image", "--smscaffold-folder")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that name what is checked; without one of them, the plugin does nothing."""
    group = parser.getgroup("smscaffold", "smscaffold check: the container contract of Amazon SageMaker")
    image, folder = _OPTIONS
    group.addoption(image, metavar="IMAGE", help="check this image, a test for each clause")
    group.addoption(folder, metavar="DIR", help="build this container folder, and check its image in the same way")
    group.addoption(
        "--smscaffold-check",
        metavar="OPTIONS",
        default="",
        help="further options of `smscaffold check`: --smscaffold-check='--quick --train-data data/'",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Adds a test for each clause, before -k and the like choose among all tests."""
    image, folder = (config.getoption(name) for name in _OPTIONS)
    if image and folder:
        raise pytest.UsageError(f"give {' or '.join(_OPTIONS)}, not both")
    if target := image or folder:
        items += _Clause.all_of(session, str(target), shlex.split(config.getoption("--smscaffold-check")))


class _Check:
    """One check for all tests of a session."""

    def __init__(self, session: pytest.Session, request: Request) -> None:
        self._session, self._request = session, request
        self._report: Report | None = None
        self._problem: Exception | None = None

    def report(self) -> Report:
        """What was found. Raises SmscaffoldError where nothing could be checked, for the first one that asks."""
        import dataclasses

        from smscaffold.check import examine
        from smscaffold.errors import SmscaffoldError
        from smscaffold.visible import visible

        if self._problem:
            pytest.skip(visible(f"nothing could be checked: {self._problem}"))
        if self._report is None:
            wanted = frozenset(item.rule.id for item in self._session.items if isinstance(item, _Clause))
            try:
                self._report = examine(dataclasses.replace(self._request, only=wanted))
            except SmscaffoldError as problem:
                self._problem = problem
                raise
        return self._report


class _BrokenError(Exception):
    """The clause is broken, or could not be proven; the text says all about that."""


class _Clause(pytest.Item):
    """The test of a clause."""

    def __init__(self, *, rule: Rule, check: _Check, **more: Any) -> None:
        super().__init__(**more)
        self.rule, self._check = rule, check

    @classmethod
    def all_of(cls, session: pytest.Session, target: str, options: list[str]) -> Iterator[_Clause]:
        """A test for each clause that these options of `smscaffold check` ask for."""
        from smscaffold.check import Request
        from smscaffold.cli import parse
        from smscaffold.contract import catalogue
        from smscaffold.contract.runner import chosen
        from smscaffold.errors import SmscaffoldError

        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                request = Request.of(parse(["check", target, *options]))
            rules = chosen(catalogue.rules().values(), request.select, request.ignore, request.profiles)
        except SystemExit:
            raise pytest.UsageError(said.getvalue().strip().rpartition("\n")[2]) from None
        except SmscaffoldError as error:
            raise pytest.UsageError(f"--smscaffold-check: {error}") from None
        check = _Check(session, request)
        for rule in rules if not request.quick else filter(catalogue.is_quick, rules):
            yield cls.from_parent(session, name=f"smscaffold::{rule.id}", rule=rule, check=check)

    def runtest(self) -> None:
        """Tells what came of the clause; the first test that runs checks all of them."""
        from smscaffold.contract.report import sentence
        from smscaffold.visible import visible

        report = self._check.report()
        result = report.by_id.get(self.rule.id)
        if result is None:
            pytest.skip("it does not apply to this container")
        seen, accepted = visible(result.seen), visible(result.accepted)
        if seen:
            self.add_report_section("call", "smscaffold", seen)
        if result.broken_must or (result.outcome == "error" and not accepted):
            raise _BrokenError(_told(report, self.rule.id))
        if result.unproven_must:
            raise _BrokenError(f"{self.rule.id} could not be proven: {seen}")
        if result.outcome == "fail":
            pytest.xfail(accepted or visible(f"{result.rule.strength}: {sentence(result)}"))
        if result.outcome != "pass":
            pytest.skip(accepted or seen)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding without a traceback, which would lead into smscaffold."""
        from smscaffold.errors import SmscaffoldError
        from smscaffold.visible import visible_lines

        if isinstance(excinfo.value, _BrokenError | SmscaffoldError):
            return "\n".join(visible_lines(str(excinfo.value)))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the test stands, and its name."""
        return "smscaffold check", None, f"{self.rule.id} {self.rule.title}"


def _told(report: Report, clause: str) -> str:
    """All about one clause, as the text of `smscaffold check` has it."""
    import dataclasses

    from smscaffold.contract.formats.text import lines

    alone = dataclasses.replace(report, images={}, results=[report.by_id[clause]], notes=())
    text = ["".join(part for _, part in line) for line in lines(alone)]
    return "\n".join(text[2 : text.index("", 2)])
