"""One ``smscaffold.toml``: read and checked, every value with the line it stands in."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from smscaffold.config.places import Place, expand
from smscaffold.errors import SmscaffoldError, did_you_mean

#: the tables of answers, each with tables of its own for single templates
ANSWERS = ("defaults", "fixed")
#: the settings that are tables of names: each name in them is a value by itself
_NAMED = ("sources", "mirrors", "labels", "tags")
_SOURCE_KEYS = ("source", "ref", "language", "framework", "title")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")

Key = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One value of a configuration file."""

    key: Key
    value: Any
    place: Place
    line: int

    def __str__(self) -> str:
        """Where it stands."""
        return f"{self.place.file}, line {self.line}"

    def wrong(self, reason: str) -> SmscaffoldError:
        """The error that says where this value stands and what it must be."""
        return SmscaffoldError(f"{self}: {'.'.join(self.key)} {reason}")


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
        return place.file.read_text(encoding="utf-8")
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
        raise entry.wrong(_unknown(table, (*ANSWERS, *SETTINGS)))
    if not names:
        raise entry.wrong(f"must be a table, [{table}]")
    if table in ANSWERS:
        _answer(entry)
    elif names[0] not in SETTINGS[table]:
        raise entry.wrong(_unknown(names[0], SETTINGS[table]))
    else:
        SETTINGS[table][names[0]](entry)


def _unknown(name: str, known: Iterable[str]) -> str:
    *first, last = known
    return f"is not known{did_you_mean(name, [*first, last])}: there is {', '.join(first)} and {last}"


def _answer(entry: Entry) -> None:
    listed = entry.value if isinstance(entry.value, list) else [entry.value]
    if not all(isinstance(value, (str, int, float, bool)) for value in listed):
        raise entry.wrong("must be text, a number, true, false, or a list of these")


def _text_value(entry: Entry) -> None:
    if not isinstance(entry.value, str) or not entry.value:
        raise entry.wrong(f"must be text, not {entry.value!r}")


def _patterns(entry: Entry) -> None:
    if not isinstance(entry.value, list) or not all(isinstance(each, str) and each for each in entry.value):
        raise entry.wrong(f"must be a list of names or patterns, not {entry.value!r}")


def _source(entry: Entry) -> None:
    _in_table(entry)
    if not _NAME.fullmatch(entry.key[-1]):
        raise entry.wrong("is no name for a template: letters, digits, and . _ - after the first")
    if isinstance(entry.value, str) and entry.value:
        return
    if not isinstance(entry.value, dict) or not all(isinstance(each, str) for each in entry.value.values()):
        raise entry.wrong("must be an address or a folder, or a table such as {source = 'gh:acme/churn', ref = 'v1'}")
    for name in entry.value:
        if name not in _SOURCE_KEYS:
            raise entry.wrong(f"has a key {name!r} that {_unknown(name, _SOURCE_KEYS)}")
    if not entry.value.get("source"):
        raise entry.wrong("has no source: give an address or a folder")


def _in_table(entry: Entry) -> None:
    if len(entry.key) == 2:
        raise entry.wrong(f"must be a table, [{'.'.join(entry.key)}]")


def _one_line(entry: Entry) -> None:
    """Text that can stand in a Dockerfile and in a shell script as it is."""
    if not isinstance(entry.value, str) or not re.fullmatch(r"[^\n\r\"'\\$`]+", entry.value.strip()):
        raise entry.wrong(f"must be one line of text without quotes, $, ` and \\, not {entry.value!r}")


def _named_line(entry: Entry, names: str, what: str) -> None:
    _in_table(entry)
    if not re.fullmatch(names, entry.key[-1]):
        raise entry.wrong(what)
    _one_line(entry)


def _registry(entry: Entry) -> None:
    if not isinstance(entry.value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9._-]+)*", entry.value):
        raise entry.wrong(
            f"must be a registry's host, with a path if it has one, such as registry.example/docker-hub, "
            f"not {entry.value!r}"
        )


def _mirror(entry: Entry) -> None:
    _named_line(entry, r"[A-Z][A-Z0-9_]*", "is no build argument: those of the Dockerfiles are such as PIP_INDEX_URL")
    if not re.fullmatch(r"https?://\S+", entry.value):
        raise entry.wrong(f"must be an address such as https://pypi.example/simple, not {entry.value!r}")


def _label(entry: Entry) -> None:
    _named_line(entry, r"[a-z0-9]+([._/-][a-z0-9]+)*", "is no label: a-z and 0-9, with single . - _ / between them")


def _tag(entry: Entry) -> None:
    legal = "letters, digits, spaces and . : / + @ - _"
    _named_line(entry, r"(?!aws:)[\w .:/+@-]{1,128}", f"is no tag: up to 128 {legal}, not aws: at its start")
    if not re.fullmatch(r"[\w .:/+@-]{1,256}", entry.value):
        raise entry.wrong(f"must be up to 256 {legal}, not {entry.value!r}")


def _owners(entry: Entry) -> None:
    _patterns(entry)
    for owner in entry.value:
        if not re.fullmatch(r"@[\w.-]+(/[\w.-]+)*|[^\s@]+@[^\s@]+", owner):
            raise entry.wrong(f"must list people or teams such as @example/ml or ml@example.com, not {owner!r}")


def _header(entry: Entry) -> None:
    _text_value(entry)
    if "*/" in entry.value or "--" in entry.value:
        raise entry.wrong("must do without */ and --, which would end a comment")


def _certificates(entry: Entry) -> None:
    _patterns(entry)
    names = [PurePath(name).name for name in entry.value]
    for name in names:
        if not _NAME.fullmatch(name) or not name.endswith(".crt") or names.count(name) > 1:
            raise entry.wrong(f"must list files with names of their own that end in .crt, not {name}")
    certificates(entry)


def certificates(entry: Entry) -> dict[str, str]:
    """The files that a value lists, from its own file's folder on: their names, and their PEM text as one line.

    Raises SmscaffoldError when one of them is not there, or is not one certificate.
    """
    found = {}
    for file in (entry.place.file.parent / expand(name) for name in entry.value):
        try:
            parts = _CERTIFICATE.findall(file.read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise entry.wrong(f"names {file}: {error.strerror}") from error
        if len(parts) != 1:
            raise entry.wrong(f"names {file}, which must hold one certificate as PEM text, and holds {len(parts)}")
        found[file.name] = "".join(parts[0].split())
    return found


#: the tables of settings, and what checks each setting
SETTINGS: dict[str, dict[str, Callable[[Entry], None]]] = {
    "templates": {"default": _text_value, "allowed": _patterns, "allowed_sources": _patterns, "sources": _source},
    "organisation": {
        "base_images": _registry,
        "mirrors": _mirror,
        "certificates": _certificates,
        "labels": _label,
        "tags": _tag,
        "owners": _owners,
        "licence_header": _header,
    },
}


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
