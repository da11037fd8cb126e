"""What a clause is: one small class, whose name is its id in the contract.

    class H11(Serve):
        \"\"\"`/ping` is 200 with an empty body, within 2 s.

        The platform sends it all the time, also while predictions run, and gives up after 2 s.
        \"\"\"

        requires = ("H1",)
        mend = Mend("Answer /ping ...", python="...", r="...", java="...")

        def check(self, endpoint: Endpoint) -> str:
            answer = endpoint.ping()
            expect(answer.status == 200, sent="GET /ping", expected="200 within 2 s", came=answer)
            return f"200 after {answer.seconds * 1000:.0f} ms"

`check` gets fixtures by the names of its parameters and returns what it saw: there is no pass without evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from smscaffold.visible import cut

_SHORT = 400  # characters of an answer that are shown
_MOST = 12  # findings of a clause that are kept


@dataclass(frozen=True)
class Mend:
    """How to mend what fails: for everybody, and where the languages differ, in each."""

    general: str
    python: str = ""
    r: str = ""
    java: str = ""

    @property
    def languages(self) -> dict[str, str]:
        """What is special in a language, by its name."""
        return {name: text for name, text in (("Python", self.python), ("R", self.r), ("Java", self.java)) if text}


class Clause:
    """A rule that a container keeps or breaks. Subclass it, and name the class as the clause is called.

    The docstring's first line is the title, the rest is the rule. What the contract's own text says of a clause of that
    name (strength, profile, limit, source, test) need not be said again; clauses of others state at least `strength`
    and `profile`.
    """

    #: MUST, SHOULD or MAY
    strength: ClassVar[str] = ""
    #: the group in which it is shown and selected
    profile: ClassVar[str] = ""
    #: clauses without which this one tells nothing: when one of them does not hold, it is skipped
    requires: ClassVar[tuple[str, ...]] = ()
    #: the strength for an image that smscaffold did not generate, where the contract asks less of it
    foreign: ClassVar[str] = ""
    #: it measures tenths of a second, so nothing else runs meanwhile, except what is `idle`
    alone: ClassVar[bool] = False
    #: it measures seconds, so no other clause that does runs meanwhile
    timed: ClassVar[bool] = False
    #: it waits nearly all of its time, and disturbs no measurement
    idle: ClassVar[bool] = False
    #: `smscaffold check --quick` checks it too
    quick: ClassVar[bool] = False
    #: an expression for the line of a Dockerfile that it is about, where there is such a line
    dockerfile: ClassVar[str] = ""
    #: about how long it takes beside its shared fixtures; long ones are started first
    seconds: ClassVar[float] = 1
    mend: ClassVar[Mend]
    limit: ClassVar[str] = ""
    source: ClassVar[str] = ""
    test: ClassVar[str] = ""

    #: fixtures in, what was seen out; breaks off by `expect`, `skip` or `unproven`
    check: Callable[..., str]

    @classmethod
    def id(cls) -> str:
        return cls.__name__


@dataclass(frozen=True)
class Evidence:
    """What proves that a clause is broken."""

    sent: str
    expected: str
    came: str
    logs: str = ""


class BrokenError(Exception):
    """The clause does not hold, for one or more reasons, the worst first."""

    def __init__(self, *findings: Evidence) -> None:
        super().__init__(findings[0].came)
        self.findings = findings


class SkipError(Exception):
    """The clause does not apply to this container."""


class UnprovenError(SkipError):
    """Whether the clause holds cannot be told here: something is missing."""


def expect(condition: object, *, sent: str, expected: str, came: object) -> None:
    """Ends the check unless `condition` is true, with what was done, what had to come of it, and what came.

    `came` may be a text, an answer of the server, or what a container left.
    """
    if not condition:
        raise BrokenError(Evidence(sent, expected, shown(came), _logs(came)))


class Each(AbstractContextManager["Each"]):
    """Goes on after a finding, so that the first one hides no worse one.

        with Each() as each:
            with each(weight=1):
                expect(answer.status == 200, ...)
            with each():
                expect(answer.body == b"", ...)

    The end of the outer block raises BrokenError with the findings in the order of their weights, and in the order of
    the code where weights are equal. A part that had to be skipped, or could not be proven, counts only without one.
    """

    def __init__(self) -> None:
        self._found: list[tuple[int, Evidence]] = []
        self._left_out: list[SkipError] = []

    @contextmanager
    def __call__(self, weight: int = 0) -> Iterator[None]:
        """A part of the check. Ends quietly when `expect`, `skip` or `unproven` ends the part."""
        try:
            yield
        except BrokenError as broken:
            known = [(each.sent, each.came) for _, each in self._found]
            self._found += [(weight, each) for each in broken.findings if (each.sent, each.came) not in known]
        except SkipError as left_out:
            self._left_out.append(left_out)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SkipError | BrokenError):
            with self():
                raise error
        elif error is not None and not (self._found and isinstance(error, Exception)):
            return
        if self._found:
            worst = sorted(self._found, key=lambda each: -each[0])
            raise BrokenError(*(evidence for _, evidence in worst[:_MOST])) from None
        if self._left_out:
            raise next((each for each in self._left_out if isinstance(each, UnprovenError)), self._left_out[0])


def skip(reason: str) -> NoReturn:
    """Ends the check: the clause does not apply to this container."""
    raise SkipError(reason)


def unproven(reason: str) -> NoReturn:
    """Ends the check: something is missing to tell. A MUST that stays unproven makes the command exit with 2."""
    raise UnprovenError(reason)


def shown(came: object) -> str:
    """An answer, or what a container left, in a line."""
    if hasattr(came, "status"):
        return _answer(came)
    if hasattr(came, "exit_code"):
        failure = getattr(came, "failure", None)
        return f"exit code {came.exit_code}" + (f", failure file: {short(failure)}" if failure else "")
    return short(str(came)) if isinstance(came, str) else short(repr(came))


def short(text: str, limit: int = _SHORT) -> str:
    """The beginning of a text."""
    return cut(text, limit)


def _answer(answer: Any) -> str:
    if not answer.status:
        return f"no answer after {answer.seconds:.1f} s: {_plainly(answer.text)}"
    media = answer.headers.get("Content-Type") or "no Content-Type"
    return f"{answer.status} after {answer.seconds:.2f} s, {media}: {short(answer.text) or '(empty)'}"


def _logs(came: object) -> str:
    logs = getattr(came, "logs", "")
    return logs if isinstance(logs, str) else ""


def _plainly(error: str) -> str:
    """Why no answer came, in the words of the exception that Python raised."""
    found = re.match(r"\w+\((?:\d+, )?['\"](.*)['\"]\)$", error, re.DOTALL)
    return found[1] if found else error
