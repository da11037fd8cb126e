"""Where ``smscaffold.toml`` is looked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from smscaffold.errors import SmscaffoldError
from smscaffold.history import git_remote

NAME = "smscaffold.toml"
VARIABLE = "SMSCAFFOLD_CONFIG"
ENTRY_POINTS = "smscaffold.config"


@dataclass(frozen=True)
class Place:
    """A configuration file, and the name and version of the package that brings it, if one does."""

    file: Path
    package: str = ""

    def __str__(self) -> str:
        """What to call it in a sentence."""
        home = str(Path.home())
        file = str(self.file)
        return self.package or (f"~{file.removeprefix(home)}" if file.startswith(f"{home}/") else file)


def expand(path: str | Path) -> Path:
    """The path with a home folder in place of its leading ``~``; as it is where there is no such folder."""
    with suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)


def places(option: Path | None) -> Iterator[Place]:
    """The configuration files there are; what an earlier one says wins over what a later one says.

    `option` is the one of ``--config``. Then come the one of $SMSCAFFOLD_CONFIG, the user's, the system's, and those of
    installed packages by the names of their entry points; none of their code is imported.
    Raises SmscaffoldError when the option or the variable names a file that is not there.
    """
    variable = os.environ.get(VARIABLE)
    for named, how in ((option, "--config"), (Path(variable) if variable else None, f"${VARIABLE}")):
        if named:
            file = expand(named).absolute()
            if not file.is_file():
                raise SmscaffoldError(f"{how} names {named}, and there is no such file")
            yield Place(file)
    yield from (Place(file) for file in usual_files() if file.is_file())
    yield from _packages()


def usual_files() -> list[Path]:
    """Where the user's file and the system's ones would lie."""
    from platformdirs import PlatformDirs

    return [folder / NAME for folder in PlatformDirs("smscaffold", appauthor=False, multipath=True).iter_config_paths()]


def _packages() -> Iterator[Place]:
    found = sorted(git_remote.registered(ENTRY_POINTS), key=lambda each: each[0].name)
    for entry, folder in found:
        if (file := Path(folder, NAME)).is_file():
            yield Place(file, f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.name)
