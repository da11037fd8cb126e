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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from smscaffold.visible import cut

_SHORT = 400  # characters of an answer that are shown


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
    #: it measures time, so nothing else runs meanwhile
    alone: ClassVar[bool] = False
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
    """The clause does not hold."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.came)
        self.evidence = evidence


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
        return f"no answer after {answer.seconds:.1f} s: {answer.text}"
    media = answer.headers.get("Content-Type") or "no Content-Type"
    return f"{answer.status} after {answer.seconds:.2f} s, {media}: {short(answer.text) or '(empty)'}"


def _logs(came: object) -> str:
    logs = getattr(came, "logs", "")
    return logs if isinstance(logs, str) else ""
