"""JSON and lines from strangers, taken apart only as far as honest ones go: each value costs time and memory."""

from __future__ import annotations

import json
from typing import Any

_LEVELS = 100  # lists and objects in each other
_VALUES = 2**18  # separators of a text that is taken apart
_EACH = 2**11  # and as many more for each record: a thousand classes with their names
_SEPARATORS = ",:[{\n"


def json_value(text: str | bytes) -> Any:
    """The value that a JSON text is; NaN and its like are strings.

    Raises ValueError when the text is not JSON, or is nested more than 100 levels deep.
    """
    try:
        value = json.loads(text, parse_constant=str)
    except RecursionError:
        raise ValueError(f"it is nested more than {_LEVELS} levels deep") from None
    level = [value]
    for _ in range(_LEVELS):
        level = [part for each in level if isinstance(each, list | dict) for part in _parts(each)]
        if not level:
            return value
    raise ValueError(f"it is nested more than {_LEVELS} levels deep")


def _parts(value: list[Any] | dict[str, Any]) -> list[Any]:
    return value if isinstance(value, list) else list(value.values())


def has_too_much(text: str, records: int = 1) -> bool:
    """Whether a text has more lines or JSON values than an honest answer to so many records."""
    return sum(map(text.count, _SEPARATORS)) > _VALUES + _EACH * records
