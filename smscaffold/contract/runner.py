"""Which clauses are checked, in which order, and what came of each."""

from __future__ import annotations

import dataclasses
import os
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
from smscaffold.errors import CannotCheckError, did_you_mean
from smscaffold.sagemaker_local import LocalError
from smscaffold.staging import STOPS

Outcome = Literal["pass", "fail", "skip", "error"]
_A_MOMENT = 0.25  # seconds between two looks at the clock
_TO_END = 5  # seconds for a check to end by itself once its containers have ended
_SHOWN = 2000  # characters of a text in a report
_SHOWN_LOG = 8000  # of the end of a log
_LOG_FOLLOWS = "The log ends with:\n"


@dataclass(frozen=True)
class Result:
    """What came of checking a clause."""

    rule: Rule
    outcome: Outcome
    #: what was seen, why it was skipped, or the error that ended the check itself
    seen: str = ""
    evidence: Evidence | None = None
    seconds: float = 0
    #: False: the clause may be broken, it could not be told
    proven: bool = True
    #: the broken clause without which this one tells nothing
    blocked_by: str = ""


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


def run(
    rules: list[Rule],
    fixtures: Fixtures,
    *,
    stop: Callable[[], None],
    progress: Callable[[list[str], int], None] = lambda running, done: None,
    workers: int | None = None,
) -> list[Result]:
    """Checks the rules and returns a result for each, in their order.

    Several at a time, a timed one alone, each after those that it requires. Before an interruption passes on, `stop` is
    called so that containers end, and the checks that run have a few seconds to end. `progress` hears which run, and
    how many are done.
    """
    workers = workers or max(2, os.cpu_count() or 1)
    done: dict[str, Result] = {}
    running: dict[Future[Result], Rule] = {}
    waiting = sorted(rules, key=lambda rule: -_clause(rule).seconds)
    try:
        while waiting or running:
            for rule in _next(waiting, list(running.values()), done, workers):
                waiting.remove(rule)
                running[_start(rule, fixtures, dict(done))] = rule
            progress([rule.id for rule in running.values()], len(done))
            for future in wait(running, timeout=_A_MOMENT, return_when=FIRST_COMPLETED).done:
                done[running.pop(future).id] = future.result()
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
    """What can be started now: as many as may run, or one that has to run alone."""
    if any(_clause(rule).alone for rule in running):
        return []
    ahead = {rule.id for rule in [*waiting, *running]}
    ready = [rule for rule in waiting if not ahead & set(_clause(rule).requires)]
    if not (ready or running):
        raise CannotCheckError(f"these clauses require each other: {', '.join(rule.id for rule in waiting)}")
    together = [rule for rule in ready if not _clause(rule).alone]
    return together[: workers - len(running)] if together or running else ready[:1]


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
        result = Result(rule, "fail", evidence=_with_logs(broken.evidence, given))
    except SkipError as skipped:
        result = Result(rule, "skip", short(str(skipped), _SHOWN), proven=not isinstance(skipped, UnprovenError))
    except LocalError as problem:
        came, _, logs = str(problem).partition(_LOG_FOLLOWS)
        result = Result(rule, "fail", evidence=Evidence("", rule.title, came.strip(), logs))
    except (CannotCheckError, requests.ConnectionError):
        raise
    except Exception as error:
        result = Result(rule, "error", short(f"the check itself failed: {_where(error)}", _SHOWN), proven=False)
    shown = result.evidence and _bounded(result.evidence)
    return dataclasses.replace(result, evidence=shown, seconds=time.monotonic() - started)


def _bounded(evidence: Evidence) -> Evidence:
    """The evidence without most of what is too long to be read: labels and lines of a log may have megabytes."""
    sent, expected, came = (short(text, _SHOWN) for text in (evidence.sent, evidence.expected, evidence.came))
    return Evidence(sent, expected, came, evidence.logs[-_SHOWN_LOG:])


def _with_logs(evidence: Evidence, given: dict[str, Any]) -> Evidence:
    """The evidence with the log of the shared container that was looked at, if it has none of its own."""
    for value in () if evidence.logs else given.values():
        logs = getattr(value, "logs", "")
        try:
            text = logs() if callable(logs) else logs
        except docker.errors.APIError:
            continue
        if isinstance(text, str) and text:
            return dataclasses.replace(evidence, logs=text)
    return evidence


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error!r} in {Path(frame.filename).name}:{frame.lineno}"
