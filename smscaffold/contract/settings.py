"""What a user says of a container to `smscaffold check`: the file smscaffold-check.toml.

Its keys `metric` and `slow_hyperparameters` count for the folder's own tests too; `sagemaker_local` reads them there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from smscaffold.contract import catalogue
from smscaffold.errors import CannotCheckError, did_you_mean

NAME = "smscaffold-check.toml"
_MEDIA = re.compile(r"[-\w.+]+/[-\w.+]+(\s*;.*)?")
_LONGEST = 500  # characters of a reason


@dataclass(frozen=True)
class Accepted:
    """A finding that somebody accepts for a while."""

    clause: str
    reason: str
    owner: str
    expires: date


@dataclass(frozen=True)
class Settings:
    """What the file says; what it leaves out is None or empty."""

    file: Path | None = None
    metric: str | None = None
    slow: Mapping[str, object] | None = None
    #: the profiles whose clauses count as MUST
    profiles: tuple[str, ...] = ()
    #: training runs on one host only
    one_host: bool = False
    #: the files of a channel lie in it directly
    flat: bool = False
    #: files with good requests, and the media types of these
    samples: tuple[tuple[Path, str], ...] = ()
    accepted: tuple[Accepted, ...] = ()


def read(file: Path, *, required: bool = False) -> Settings:
    """Returns what the file says; nothing where there is no such file, unless it is required.

    Raises CannotCheckError, which names the line, the key and what is allowed there.
    """
    from smscaffold.sagemaker_local import LocalError, document_of, settings_of  # here: to list clauses nobody needs it

    if required and not file.exists():
        raise CannotCheckError(f"there is no file {file}: --settings names one in the shape of {NAME}")
    try:
        document = document_of(file)
        said = settings_of(file, document)
    except LocalError as error:
        raise CannotCheckError(str(error).rstrip(".")) from error
    if not document:
        return Settings(file)
    reader = _Reader(file, document)
    return Settings(
        file=file,
        metric=(said["metric"] or "") if "metric" in said else None,
        slow=(said["slow_hyperparameters"] or {}) if "slow_hyperparameters" in said else None,
        profiles=reader.profiles(),
        one_host=reader.one_of("hosts", {1: True, 2: False}, "1 (one host only) or 2 (several)", False),
        flat=reader.one_of("channels", {"flat": True, "folders": False}, "'flat' or 'folders'", False),
        samples=tuple(reader.samples()),
        accepted=tuple(reader.accepted()),
    )


@dataclass(frozen=True)
class _Reader:
    """The keys that only the check reads, from a document; `_refuse` says where one is wrong."""

    file: Path
    document: Mapping[str, Any]

    def profiles(self) -> tuple[str, ...]:
        """`profiles`: a list of names."""
        found, known = self.document.get("profiles", []), catalogue.PROFILES
        if not isinstance(found, list):
            self._refuse("profiles", f"must be a list of profiles: {', '.join(known)}")
        for name in found:
            if name not in known:
                close = did_you_mean(str(name)[:50], known)
                self._refuse("profiles", f"has no profile {str(name)[:50]!r}{close}: there is {', '.join(known)}")
        return tuple(found)

    def one_of(self, key: str, values: Mapping[Any, bool], allowed: str, default: bool) -> bool:
        """A key with few values."""
        value = self.document.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | str) or value not in values:
            self._refuse(key, f"must be {allowed}")
        return values[value]

    def samples(self) -> Iterator[tuple[Path, str]]:
        """`samples`: a table of files, from the file's own folder, and their media types."""
        found = self.document.get("samples", {})
        if not isinstance(found, dict):
            self._refuse("samples", "must be a table of files and their media types: 'cat.jpg' = 'image/jpeg'")
        for name, media in found.items():
            if not isinstance(media, str) or not _MEDIA.fullmatch(media):
                self._refuse(name, "must be a media type such as 'image/jpeg'", "samples: ")
            path = self.file.parent / name
            if Path(name).is_absolute() or ".." in Path(name).parts:
                self._refuse(name, "must be a file below the folder of these settings", "samples: ")
            yield path, media

    def accepted(self) -> Iterator[Accepted]:
        """`accepted`: tables with a clause each."""
        found, seen = self.document.get("accepted", []), set()
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self._refuse("accepted", "must be tables, each beginning with [[accepted]]")
        known = catalogue.rules()
        for number, table in enumerate(found, start=1):
            for key in table:
                if key not in _ACCEPTED:
                    self._refuse(key, f"is no key of [[accepted]]: there is {', '.join(_ACCEPTED)}", table=number)
            for key, (right, allowed) in _ACCEPTED.items():
                if not right(table.get(key)):
                    missing = "" if key in table else "is missing: it "
                    self._refuse(key, f"{missing}must be {allowed}", table=number)
            clause = catalogue.known_as(table["clause"], known)
            if clause not in known:
                close = did_you_mean(clause, known)
                self._refuse("clause", f"names {clause[:50]!r}, and there is no such clause{close}", table=number)
            if clause in seen:
                self._refuse("clause", f"names {clause} a second time", table=number)
            seen.add(clause)
            yield Accepted(clause, table["reason"].strip(), table["owner"].strip(), table["expires"])

    def _refuse(self, key: str, problem: str, before: str = "", table: int = 0) -> Any:
        from smscaffold.sagemaker_local import line_of

        where = line_of(self.file, key, table) or line_of(self.file, "[[accepted]]", table)
        raise CannotCheckError(f"{self.file}{where}: {before}{key[:50]} {problem}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST


def _is_date(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


#: each key of [[accepted]], whether a value is right, and what is allowed
_ACCEPTED: dict[str, tuple[Callable[[object], bool], str]] = {
    "clause": (_is_text, "the id of a clause, such as 'H11'"),
    "reason": (_is_text, f"a text of 1 to {_LONGEST} characters"),
    "owner": (_is_text, "who answers for it, such as a name or an address"),
    "expires": (_is_date, "a date such as 2027-01-31, without quotes"),
}
