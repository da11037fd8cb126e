"""What an organisation has settled: all configuration files as one."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from smscaffold.address import doubt, is_address, matches, plain_address
from smscaffold.config.entry import Entry, Key
from smscaffold.config.places import Place, expand, places
from smscaffold.config.read import entries
from smscaffold.config.values import certificates


@dataclass(frozen=True)
class Source:
    """A template that the configuration names."""

    name: str
    address: str  # of a git repository, or the path of a folder
    ref: str
    about: dict[str, str]
    entry: Entry


@dataclass(frozen=True)
class Standard:
    """The values of all configuration files, each from the first file that has it; without a file there are none."""

    places: tuple[Place, ...] = ()
    entries: Mapping[Key, Entry] = field(default_factory=dict)

    def answers(self, table: str, names: Container[str], questions: Container[str]) -> dict[str, Entry]:
        """The `defaults` or `fixed` answers for the template of these names; what it does not ask for is left out.

        What stands in the template's own table wins.
        Raises SmscaffoldError when that table answers a question that the template does not ask.
        """
        found: dict[str, Entry] = {}
        for key, entry in sorted(self.entries.items(), key=lambda each: len(each[0])):
            if key[0] != table or (len(key) == 3 and key[1] not in names):
                continue
            if key[-1] in questions:
                found[key[-1]] = entry
            elif len(key) == 3:
                raise entry.wrong("answers no question of that template")
        return found

    @property
    def organisation(self) -> dict[str, Any]:
        """What the files of every container folder say of the organisation, as templates take it.

        As it stands in the configuration, but for `certificates`: a mapping of file names to PEM text in one line.
        """
        told: dict[str, Any] = {}
        for key, entry in sorted(self.entries.items()):
            if key[0] != "organisation":
                continue
            if len(key) == 2:
                told[key[1]] = certificates(entry) if key[1] == "certificates" else entry.value
            else:
                told.setdefault(key[1], {})[key[2]] = entry.value
        return told

    @property
    def default(self) -> str:
        """The name of the template to take where nobody names one; empty if that is left open."""
        return str(self._value("default", ""))

    def sources(self) -> Iterator[Source]:
        """The templates that the configuration names."""
        for key, entry in self.entries.items():
            if key[:2] == ("templates", "sources"):
                told = entry.value if isinstance(entry.value, dict) else {"source": entry.value}
                about = {name: told.get(name, "") for name in ("language", "framework", "title")}
                address = told["source"]
                if not is_address(address):
                    address = os.path.normpath(entry.place.file.parent / expand(address))
                yield Source(key[2], address, told.get("ref", ""), about, entry)

    def ref(self, source: str) -> str:
        """The version that the configuration wants of the template that a container folder remembers as `source`."""
        return next((each.ref for each in self.sources() if plain_address(each.address) == plain_address(source)), "")

    def refusal(self, names: Sequence[str], source: str) -> str:
        """Why a template of these names, from that source, is not to be used; empty when it is allowed.

        A template that has no name is called by its source. Without names only the source counts.
        """
        allowed = self._value("allowed")
        if allowed is not None and names:
            doubtful = self._doubt("allowed", source) if source in names else ""
            if doubtful or not any(_allows(each, name, source) for name in names for each in allowed):
                return doubtful or (
                    f"is not among the templates that {self._where('allowed')} allows ({', '.join(allowed)})"
                )
        return self.source_refusal(source)

    def source_refusal(self, source: str) -> str:
        """Why nothing that comes from there is to be used; empty when it is allowed."""
        sources = self._value("allowed_sources")
        if sources is None:
            return ""
        if doubtful := self._doubt("allowed_sources", source):
            return doubtful
        if any(matches(source, each) for each in sources):
            return ""
        where = self._where("allowed_sources")
        return f"comes from {plain_address(source)}, which {where} does not allow ({', '.join(sources)})"

    @property
    def limits_sources(self) -> bool:
        """Whether only some sources are allowed."""
        return self._value("allowed_sources") is not None

    def _doubt(self, setting: str, source: str) -> str:
        found = doubt(source)
        what = f"cannot be compared with what {self._where(setting)} allows, because it has {found}"
        return f"comes from {plain_address(source)!r}, which {what}" if found else ""

    @property
    def allowing(self) -> str:
        """What says which templates are allowed."""
        keys = (("templates", name) for name in ("allowed", "allowed_sources"))
        return " and ".join(str(self.entries[key]) for key in keys if key in self.entries)

    def _value(self, name: str, default: Any = None) -> Any:
        entry = self.entries.get(("templates", name))
        return entry.value if entry else default

    def _where(self, name: str) -> Entry:
        return self.entries["templates", name]


NO_STANDARD = Standard()


def load(option: Path | None = None) -> Standard:
    """The organisation's standard; `option` names one more file, whose values win.

    Raises SmscaffoldError when a file is not there or not valid.
    """
    found = tuple(places(option))
    merged: dict[Key, Entry] = {}
    for place in found:
        for entry in entries(place):
            merged.setdefault(entry.key, entry)
    return Standard(found, merged)


def _allows(pattern: str, name: str, source: str) -> bool:
    return matches(source, pattern) if name == source else fnmatchcase(name, pattern)
