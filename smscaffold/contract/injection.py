"""Fixtures: what checks share. A check, or another fixture, gets one by naming a parameter like it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from smscaffold.errors import SmscaffoldError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])

_known: dict[str, Callable[..., Any]] = {}


def fixture(function: F) -> F:
    """Registers a fixture under the function's name.

    It is made when a check first asks for it and shared by all of them. One that yields is closed at the end. One that
    cannot be made ends every check that asks for it in the same way: broken, skipped or unproven.
    """
    _known[function.__name__] = function
    return function


class Fixtures:
    """The fixtures of one run; safe to use from several threads."""

    def __init__(self, **given: object) -> None:
        self._made: dict[str, Callable[[], Any]] = {name: _giver(value) for name, value in given.items()}
        self._made["fixtures"] = _giver(self)
        self._locks = {name: threading.RLock() for name in _known}
        self._closing = ExitStack()

    def call(self, function: Callable[..., Any]) -> Any:
        """Calls a function with the fixtures that its parameters name."""
        return function(**self.of(function))

    def of(self, function: Callable[..., Any]) -> dict[str, Any]:
        """The fixtures that a function's parameters name."""
        return {name: self.get(name) for name in inspect.signature(function).parameters}

    def get(self, name: str) -> Any:
        """The fixture of that name, made now if nobody asked before."""
        if name not in self._made:
            if name not in _known:
                raise SmscaffoldError(f"no fixture is called {name!r}{did_you_mean(name, [*_known, *self._made])}")
            with self._locks[name]:
                if name not in self._made:
                    self._made[name] = self._make(_known[name])
        return self._made[name]()

    def _make(self, function: Callable[..., Any]) -> Callable[[], Any]:
        try:
            if inspect.isgeneratorfunction(function):
                value = self._closing.enter_context(contextmanager(function)(**self.of(function)))
            else:
                value = self.call(function)
        except Exception as problem:
            return _raiser(problem)
        return _giver(value)

    def close(self) -> None:
        """Closes what was made, the last one first."""
        self._closing.close()


def _giver(value: object) -> Callable[[], Any]:
    return lambda: value


def _raiser(problem: Exception) -> Callable[[], Any]:
    def again() -> Any:
        raise problem

    return again
