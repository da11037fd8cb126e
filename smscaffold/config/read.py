"""One ``smscaffold.toml``: read and checked, every value with the line it stands in."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from smscaffold.config.entry import Entry, Key
from smscaffold.config.places import Place
from smscaffold.config.values import SETTINGS, answer, unknown
from smscaffold.errors import SmscaffoldError
from smscaffold.small_file import read_small

#: the tables of answers, each with tables of its own for single templates
ANSWERS = ("defaults", "fixed")
#: the settings that are tables of names: each name in them is a value by itself
_NAMED = ("sources", "mirrors", "labels", "tags")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def entries(place: Place) -> list[Entry]:
    """All values of a file.

    Raises SmscaffoldError with file, line, key and reason when it is not TOML, or says something that is not known.
    """
    text = _text(place)
    lines = _Lines(text)
    found = []
    for key, value in _leaves(_parse(text, place)):
        entry = Entry(key, value, place, lines.of(key))
        _check(entry)
        found.append(entry)
    return found


def _text(place: Place) -> str:
    try:
        return read_small(place.file).decode("utf-8")
    except OSError as error:
        raise SmscaffoldError(f"cannot read {place.file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SmscaffoldError(f"{place.file}, line {line}: not UTF-8 text, so it is not TOML") from error


def _parse(text: str, place: Place) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        document: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, position = str(error).partition(" (at ")
        line = int(known[1]) if (known := re.match(r"line (\d+)", position)) else text.count("\n") + 1
        raise SmscaffoldError(f"{place.file}, line {line}: not TOML: {reason}") from error
    except RecursionError as error:
        raise SmscaffoldError(f"{place.file}: not TOML: lists or tables lie too deep in each other") from error
    return document


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    """The values that win or lose against other files' one by one, with their keys."""
    for table, content in document.items():
        if not isinstance(content, dict) or table not in (*ANSWERS, *SETTINGS):
            yield (table,), content
            continue
        for name, value in content.items():
            deeper = isinstance(value, dict) and (table in ANSWERS or name in _NAMED)
            if deeper:
                yield from (((table, name, below), inner) for below, inner in value.items())
            else:
                yield (table, name), value


def _check(entry: Entry) -> None:
    table, *names = entry.key
    if table not in (*ANSWERS, *SETTINGS):
        raise entry.wrong(unknown(table, (*ANSWERS, *SETTINGS)))
    if not names:
        raise entry.wrong(f"must be a table, [{table}]")
    if table in ANSWERS:
        answer(entry)
    elif names[0] not in SETTINGS[table]:
        raise entry.wrong(unknown(names[0], SETTINGS[table]))
    else:
        SETTINGS[table][names[0]](entry)


class _Lines:
    """Where the keys of a TOML text stand: what a parser does not tell."""

    def __init__(self, text: str) -> None:
        self._found: dict[Key, int] = {}
        table: Key = ()
        for number, line in enumerate(text.split("\n"), 1):
            if header := re.match(r"\s*\[\[?([^\]]+)\]", line):
                table = _parts(header[1])
                self._found.setdefault(table, number)
            elif assigned := re.match(r"\s*([^=#]+?)\s*=", line):
                self._found.setdefault((*table, *_parts(assigned[1])), number)

    def of(self, key: Key) -> int:
        """The line of a key, else of the table that it stands in."""
        above = (key[:length] for length in range(len(key), 0, -1))
        return next((self._found[part] for part in above if part in self._found), 1)


def _parts(dotted: str) -> Key:
    return tuple(double or single or bare for double, single, bare in _PART.findall(dotted))
