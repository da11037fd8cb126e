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
_LONGEST = 3  # parts of the keys that `entries` has
# what a TOML text consists of, as far as its keys and the ends of its values go; a string may hold all of it
_TOKEN = re.compile(
    r"""(?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5})"""
    r"""|(?P<key>"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\w-]+)"""
    r"""|(?P<comment>\#[^\n]*)|(?P<sign>[][{}=,\n])""",
    re.DOTALL,
)


def entries(place: Place) -> list[Entry]:
    """All values of a file.

    Raises SmscaffoldError with file, line, key and reason when it is not TOML, or says something that is not known.
    """
    text = _text(place)
    document = _parse(text, place)
    lines = _Lines(text)
    found = []
    for key, value in _leaves(document):
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
    try:
        return _loads(text)
    except ValueError as error:
        reason, _, position = str(error).partition(" (at ")
        line = int(known[1]) if (known := re.match(r"line (\d+)", position)) else text.count("\n") + 1
        raise SmscaffoldError(f"{place.file}, line {line}: not TOML: {reason}") from error
    except RecursionError as error:
        raise SmscaffoldError(f"{place.file}: not TOML: lists or tables lie too deep in each other") from error


def _loads(text: str) -> dict[str, Any]:
    """The value of a TOML text. Raises ValueError or RecursionError for what is none."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    document: dict[str, Any] = tomllib.loads(text)
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
    """Where the keys of a TOML text stand, in which a parser has found no fault: a parser does not tell that."""

    def __init__(self, text: str) -> None:
        self._found: dict[Key, int] = {}
        line, header = 1, False
        table: Key = ()
        noted: Key = ()  # the last key before a =
        inside: list[Key | None] = []  # the inline tables that are open, by their keys, and the lists, which have none
        key: Key | None = ()  # the one that is being read, None in a value
        for token in _TOKEN.finditer(text):
            piece = token[0]
            if token.lastgroup == "key" and key is not None:
                key = (*key, _name(piece))[:_LONGEST]
            elif piece == "[" and key == () and not inside:
                header = True
            elif piece == "]" and header and key:
                table = key
                self._note(table, line)
            elif piece == "=" and key is not None:
                noted, key = (*(inside[-1] or () if inside else table), *key)[:_LONGEST], None
                self._note(noted, line)
            elif piece in ("[", "{") and key is None:
                inside.append(noted if piece == "{" else None)
                key = () if piece == "{" else None
            elif piece in ("]", "}") and inside:
                inside.pop()
                key = None
            elif piece == "," and inside and inside[-1] is not None:
                key = ()
            elif piece == "\n" and not inside:
                key, header = (), False
            line += piece.count("\n")

    def _note(self, key: Key, line: int) -> None:
        """A key, and the tables above it, which need no line of their own."""
        for length in range(1, len(key) + 1):
            self._found.setdefault(key[:length], line)

    def of(self, key: Key) -> int:
        """The line of a key, else of the table that it stands in."""
        above = (key[:length] for length in range(len(key), 0, -1))
        return next((self._found[part] for part in above if part in self._found), 1)


def _name(piece: str) -> str:
    """A part of a key as it is meant."""
    if "\\" in piece and piece[0] == '"':
        return str(next(iter(_loads(f"{piece} = 0"))))
    return piece[1:-1] if piece[0] in "\"'" else piece
