"""Compares a container folder with what the version of the template that it names renders from its answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from smscaffold.folder import ANSWERS_FILE, Folder
from smscaffold.render import render
from smscaffold.small_file import load_yaml, read_small
from smscaffold.trust import Trust

_SHOWN = 5  # names in a sentence


@dataclass(frozen=True)
class Comparison:
    """The number of files that were compared, and the names of those that the folder has otherwise, or not at all."""

    looked_at: int
    others: list[str]

    def told(self, name: str) -> str:
        """Says how the folder differs, and leaves the cause open: edits look the same as another template's files."""
        names = ", ".join(self.others[:_SHOWN] + ["..."] * (len(self.others) > _SHOWN))
        return (
            f"{name} differs from what this version renders in {len(self.others)} of {self.looked_at} files ({names}): "
            f"by edits, or because it was not made from what its {ANSWERS_FILE} names"
        )


def compare(folder: Folder, root: Path, trust: Trust, work: Path) -> Comparison:
    """Compares a folder with what the template in `root` renders from the folder's answers; `work` is a new folder.

    Files that the template leaves to the user alone are not looked at; line ends may be those of any system.
    Raises SmscaffoldError when the template cannot be rendered with these answers.
    """
    work.mkdir()
    data = {name: value for name, value in folder.answers.items() if not name.startswith("_")}
    rendered = render(root, work / "folder", data, work / "cache", trust, tasks=False)
    rendered_files = [path for path in sorted((work / "folder").rglob("*")) if path.is_symlink() or path.is_file()]
    names = [path.relative_to(work / "folder") for path in rendered_files]
    looked_at = [name for name in names if not rendered.left_alone(name)]
    others = [str(name) for name in looked_at if not _same(work / "folder" / name, folder.path / name)]
    return Comparison(len(looked_at), others)


def _same(rendered: Path, mine: Path) -> bool:
    if rendered.is_symlink() or mine.is_symlink():
        return rendered.is_symlink() and mine.is_symlink() and rendered.readlink() == mine.readlink()
    if not mine.is_file():
        return False
    if mine.name == ANSWERS_FILE:
        return _answers(rendered) == _answers(mine)
    # a carriage return a line is the most that may have come to it
    return mine.stat().st_size <= 2 * rendered.stat().st_size and _lines(rendered) == _lines(mine)


def _lines(file: Path) -> bytes:
    return file.read_bytes().replace(b"\r\n", b"\n")


def _answers(file: Path) -> dict[str, Any] | None:
    """The answers in a file, without what it says of the template; None when it cannot be read."""
    try:
        recorded = load_yaml(read_small(file))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return None
    return {str(name): value for name, value in recorded.items() if not str(name).startswith("_")}
