"""Jinja for templates that nobody trusts: their expressions reach plain data, and nothing that could run code.

Jinja's own sandbox refuses what is known to be harmful. Here only what is known to be harmless is let through, so that
an object that a newer version of copier hands to templates opens nothing.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.filters import _GroupTuple
from jinja2.runtime import BlockReference, LoopContext, Macro, StrictUndefined, TemplateReference, Undefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup

_SCALARS = (str, int, float, complex, bool, type(None), bytes, range, Markup)
_TIMES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone, time.struct_time)
_COLLECTIONS = (list, tuple, dict, set, frozenset)
_PATHS = (PurePath, PurePosixPath, PureWindowsPath)
_RUNTIME = (BlockReference, LoopContext, Macro, StrictUndefined, TemplateModule, TemplateReference, Undefined)
_JINJAS = frozenset((*_RUNTIME, Cycler, Joiner, Namespace))

#: the types of data whose public attributes and methods do no harm
PLAIN = frozenset((*_SCALARS, *_TIMES, *_COLLECTIONS))
# the public attributes and methods that may be used of objects of other types
_PATH = (
    "anchor as_posix as_uri drive is_absolute is_relative_to joinpath match name parent parents parts relative_to root "
    "stem suffix suffixes with_name with_stem with_suffix"
)
_ALLOWED: dict[type, frozenset[str]] = {
    **dict.fromkeys(_PATHS, frozenset(_PATH.split())),
    _GroupTuple: frozenset(("grouper", "list", "count", "index")),
}
_MAPPING = frozenset(("get", "items", "keys", "values"))


class PlainEnvironment(SandboxedEnvironment):
    """A sandbox in which expressions use attributes and methods of plain data and of Jinja's own objects alone.

    Anything else raises what `refuse` makes of a description of the deed.
    """

    refuse: Callable[[str], Exception] = SecurityError

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return super().is_safe_attribute(obj, attr, value) and _is_allowed(obj, attr)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        # Jinja's undefined value would pass for nothing in `or` and in a condition
        raise self.refuse(f"uses {attribute!r} of an object of the type {type(obj).__name__}, which is no plain data")

    def is_safe_callable(self, obj: Any) -> bool:
        if super().is_safe_callable(obj) and (any(obj is each for each in self.globals.values()) or _is_harmless(obj)):
            return True
        raise self.refuse(f"calls an object of the type {type(obj).__name__}, which is no plain data")


def restrict(environment: SandboxedEnvironment, refuse: Callable[[str], Exception]) -> None:
    """Gives an environment that somebody else has made the rules of PlainEnvironment."""
    kind = type(environment)
    environment.__class__ = type("Restricted", (PlainEnvironment, kind), {"refuse": staticmethod(refuse)})


def plain(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """A copy of a value that is plain data throughout; None stands for what has no plain form.

    Nothing that a template changes in it changes the value itself. `seen` holds the copies so far, by identity, since a
    collection may contain itself.
    """
    seen = {} if seen is None else seen
    if id(value) in seen:
        return seen[id(value)]
    if type(value) in PLAIN and not isinstance(value, _COLLECTIONS):
        return value
    if isinstance(value, Enum):
        return plain(value.value, seen)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, PurePath):
        return PurePath(value)
    copied: Any = None
    if _is_lazy(value):
        copied = type(value)({name: _later(value, name) for name in value})
    elif isinstance(value, Mapping):
        copied = seen[id(value)] = {}
        copied.update((plain(key, seen), plain(each, seen)) for key, each in value.items())
    elif isinstance(value, list):
        copied = seen[id(value)] = []
        copied.extend(plain(each, seen) for each in value)
    elif isinstance(value, tuple):
        copied = seen[id(value)] = tuple(plain(each, seen) for each in value)
    elif isinstance(value, (set, frozenset)):
        copied = seen[id(value)] = frozenset(plain(each, seen) for each in value)
    return copied


def _later(values: Mapping[str, Any], name: str) -> Callable[[], Any]:
    return lambda: plain(values[name])


def _is_allowed(obj: object, attribute: str) -> bool:
    kind = type(obj)
    if kind in PLAIN or kind in _JINJAS:
        return True
    return attribute in _ALLOWED.get(kind, _MAPPING if _is_lazy(obj) else ())


def _is_harmless(function: object) -> bool:
    """Whether it is a macro or the like, or a method of an object whose methods may be used."""
    if type(function) in _JINJAS:
        return True
    method = getattr(function, "__wrapped__", function)  # Jinja wraps `format` and `format_map` of texts
    if not isinstance(method, (BuiltinMethodType, MethodType)):
        return False
    owner = method.__self__
    if isinstance(owner, Extension):  # the tag `yield`
        return True
    return (isinstance(owner, type) and owner in PLAIN) or _is_allowed(owner, method.__name__)


def _is_lazy(obj: object) -> bool:
    """Whether it is copier's own mapping, whose values are computed when they are used."""
    from copier._types import LazyDict

    return type(obj) is LazyDict
