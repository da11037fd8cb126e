"""Which clauses are checked, in which order, and what came of each."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import docker.errors
import requests

from smscaffold.contract.catalogue import PROFILES, Rule, known_as
from smscaffold.contract.clause import BrokenError, Evidence, SkipError, UnprovenError, short
from smscaffold.contract.injection import Fixtures
from smscaffold.contract.waiting import ended, in_vain, load, without_pings
from smscaffold.errors import CannotCheckError, did_you_mean
from smscaffold.sagemaker_local import LocalError, TimeUpError
from smscaffold.staging import STOPS

Outcome = Literal["pass", "fail", "skip", "error"]
_A_MOMENT = 0.25  # seconds between two looks at the clock
_TO_END = 5  # seconds for a check to end by itself once its containers have ended
_SHOWN = 2000  # characters of a text in a report
_TIMED_OUT = re.compile(r"no answer after [\d.]+ s: timed out$")
_SHOWN_LOG = 8000  # of the end of a log


@dataclass(frozen=True)
class Result:
    """What came of checking a clause."""

    rule: Rule
    outcome: Outcome
    #: what was seen, why it was skipped, or the error that ended the check itself
    seen: str = ""
    #: why it is broken, the worst first
    findings: tuple[Evidence, ...] = ()
    seconds: float = 0
    #: False: the clause may be broken, it could not be told
    proven: bool = True
    #: the broken clause without which this one tells nothing
    blocked_by: str = ""
    #: who accepts it as it is, until when and why; empty if nobody does, or no longer
    accepted: str = ""

    @property
    def evidence(self) -> Evidence | None:
        """The worst finding, if there is one."""
        return self.findings[0] if self.findings else None

    @property
    def unproven_must(self) -> bool:
        """Whether nobody knows if a MUST holds, and nobody accepts that."""
        return self.rule.strength == "MUST" and not self.proven and not self.accepted

    @property
    def broken_must(self) -> bool:
        """Whether a MUST is broken, and nobody accepts that."""
        return self.rule.strength == "MUST" and self.outcome == "fail" and not self.accepted


def chosen(
    rules: Iterable[Rule], select: Collection[str], ignore: Collection[str], profiles: Collection[str]
) -> list[Rule]:
    """The rules with a check that are asked for, by ids, letters of families and profiles; all of them by default.

    In a profile that is named, the clauses that the contract lists for it count as MUST (contract 13.5).
    """
    known = {rule.id: rule for rule in rules}
    names = set(PROFILES) | {rule.profile for rule in known.values() if rule.checked}
    for profile in profiles:
        if profile not in names:
            raise CannotCheckError(f"no clauses with a check in profile {profile!r}{did_you_mean(profile, names)}")
    select, ignore = ([known_as(word, known) for word in words] for words in (select, ignore))
    selected, ignored = _matching(select, known), _matching(ignore, known)
    without = [name for name in select if name in known and not known[name].checked]
    if without:
        raise CannotCheckError(f"{', '.join(without)}: known, but without a check (smscaffold check --list)")
    found = [
        dataclasses.replace(rule, strength="MUST") if rule.claimed and rule.profile in profiles else rule
        for rule in known.values()
        if rule.checked
        and (not select or rule.id in selected)
        and (not profiles or rule.profile in profiles)
        and rule.id not in ignored
    ]
    return found


def _matching(words: Collection[str], known: Collection[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        ids = {name for name in known if name == word or (len(word) == 1 and name.startswith(word.upper()))}
        if not ids:
            raise CannotCheckError(f"there is no clause {word}{did_you_mean(word, known)}")
        found |= ids
    return found


class Progress:
    """Hears what goes on while clauses are checked; this one keeps it to itself."""

    def running(self, ids: list[str], done: int) -> None:
        """Clauses are being checked, and so many are done. Called several times a second."""

    def done(self, result: Result, done: int) -> None:
        """A clause was checked, and so many are done now."""


def run(
    rules: list[Rule],
    fixtures: Fixtures,
    *,
    stop: Callable[[], None],
    progress: Progress | None = None,
    workers: int | None = None,
    done: dict[str, Result] | None = None,
) -> list[Result]:
    """Checks the rules and returns a result for each, in their order.

    Several at a time, a timed one alone, each after those that it requires. Before an interruption passes on, `stop` is
    called so that containers end, and the checks that run have a few seconds to end. `done` is filled meanwhile, so
    that an interruption loses no result.
    """
    workers = workers or max(2, os.cpu_count() or 1)
    progress = progress or Progress()
    done = {} if done is None else done
    running: dict[Future[Result], Rule] = {}
    waiting = sorted(rules, key=lambda rule: -_clause(rule).seconds)
    try:
        while waiting or running:
            for rule in _next(waiting, list(running.values()), done, workers):
                waiting.remove(rule)
                running[_start(rule, fixtures, dict(done))] = rule
            progress.running([rule.id for rule in running.values()], len(done))
            for future in wait(running, timeout=_A_MOMENT, return_when=FIRST_COMPLETED).done:
                result = future.result()
                done[running.pop(future).id] = result
                progress.done(result, len(done))
    except BaseException:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        stop()
        wait(running, timeout=_TO_END)
        raise
    return [done[rule.id] for rule in rules]


def _clause(rule: Rule) -> Any:
    return rule.clause


def _start(rule: Rule, fixtures: Fixtures, done: dict[str, Result]) -> Future[Result]:
    """Checks a rule in a thread that leaves signals to the main one, and that the program does not wait for at its end.

    A thread of a pool would be waited for, and one that computes for ever would keep the program from ending.
    """
    future: Future[Result] = Future()

    def work() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            future.set_result(_check(rule, fixtures, done))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


def _next(waiting: list[Rule], running: list[Rule], done: dict[str, Result], workers: int) -> list[Rule]:
    """Which rules can be started now, in their order.

    One that runs `alone` starts beside nothing but an `idle` one, and of those that are `timed` one at a time.
    """
    ahead = {rule.id for rule in [*waiting, *running]}
    ready = [rule for rule in waiting if not ahead & set(_clause(rule).requires)]
    if not (ready or running):
        raise CannotCheckError(f"these clauses require each other: {', '.join(rule.id for rule in waiting)}")
    busy = [rule for rule in running if not _clause(rule).idle]
    if any(_clause(rule).alone for rule in busy):
        return []
    together = [rule for rule in ready if not _clause(rule).alone]
    if not together and not busy:
        return ready[:1]
    chosen: list[Rule] = []
    for rule in together:
        timed = _clause(rule).timed and any(_clause(each).timed for each in [*running, *chosen])
        if len(busy) + len(chosen) < workers and not timed:
            chosen.append(rule)
    return chosen


def _check(rule: Rule, fixtures: Fixtures, done: dict[str, Result]) -> Result:
    for name in _clause(rule).requires:
        before = done.get(name)
        if before and (cause := name if before.outcome == "fail" else before.blocked_by):
            return Result(rule, "skip", f"{cause} does not hold", proven=False, blocked_by=cause)
    started = time.monotonic()
    given: dict[str, Any] = {}
    try:
        check = _clause(rule)().check
        given = fixtures.of(check)
        seen = check(**given)
        if not seen:
            raise RuntimeError("the check returned no evidence")
        result = Result(rule, "pass", short(seen, _SHOWN))
    except BrokenError as broken:
        result = _broken(rule, broken.findings, given)
    except SkipError as skipped:
        result = Result(rule, "skip", short(str(skipped), _SHOWN), proven=not isinstance(skipped, UnprovenError))
    except TimeUpError as problem:
        result = Result(rule, "skip", short(in_vain(problem), _SHOWN), proven=False)
    except LocalError as problem:
        result = Result(rule, "fail", findings=(ended(problem),))
    except (CannotCheckError, requests.ConnectionError):
        raise
    except Exception as error:
        result = Result(rule, "error", short(f"the check itself failed: {_where(error)}", _SHOWN), proven=False)
    bounded = tuple(map(_bounded, result.findings))
    return dataclasses.replace(result, findings=bounded, seconds=time.monotonic() - started)


def _broken(rule: Rule, findings: tuple[Evidence, ...], given: dict[str, Any]) -> Result:
    """A clause that is broken; unproven where nothing but time ran out, unless the clause is about that time."""
    measures = _clause(rule).alone or _clause(rule).timed
    if not measures and all(_TIMED_OUT.match(each.came) for each in findings):
        worst = findings[0]
        return Result(rule, "skip", short(f"{worst.sent}: {worst.came}; {load()}", _SHOWN), proven=False)
    return Result(rule, "fail", findings=_with_logs(findings, given))


def _bounded(evidence: Evidence) -> Evidence:
    """The evidence without most of what is too long to be read: labels and lines of a log may have megabytes."""
    sent, expected, came = (short(text, _SHOWN) for text in (evidence.sent, evidence.expected, evidence.came))
    return Evidence(sent, expected, came, evidence.logs[-_SHOWN_LOG:])


def _with_logs(findings: tuple[Evidence, ...], given: dict[str, Any]) -> tuple[Evidence, ...]:
    """The findings, the first one with the log of the shared container that was looked at, if none has one."""
    for value in () if any(each.logs for each in findings) else given.values():
        logs = getattr(value, "logs", "")
        try:
            text = logs() if callable(logs) else logs
        except docker.errors.APIError:
            continue
        if isinstance(text, str) and text:
            return (dataclasses.replace(findings[0], logs=without_pings(text)), *findings[1:])
    return findings


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error!r} in {Path(frame.filename).name}:{frame.lineno}"
