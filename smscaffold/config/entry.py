"""One value of a configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smscaffold.config.places import Place
from smscaffold.errors import SmscaffoldError

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
