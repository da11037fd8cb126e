"""Where reports are kept: files are written whole or not at all, and a folder keeps its last report."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from smscaffold.errors import CannotCheckError
from smscaffold.staging import temporary_folder

#: the last report on a container folder, for other commands to read
KEPT = Path(".smscaffold") / "check.json"


def refuse_unwritable(path: Path) -> None:
    """Raises CannotCheckError where no file can be written: before the check, since after it the report is lost."""
    if path.is_dir():
        raise CannotCheckError(f"{path} is a folder: name a file")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise CannotCheckError(f"{path} cannot be written: there is no folder {folder}")
    place = path if _is_special(path) else folder
    if not os.access(place, os.W_OK):
        raise CannotCheckError(f"{path} cannot be written: {place} is not open to you")


def write(path: Path, text: str) -> None:
    """Writes a file whole or not at all; raises CannotCheckError when that fails."""
    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
            return
        file = Path(os.path.realpath(path))
        with temporary_folder(file.parent) as stage:
            whole = stage / file.name
            whole.write_text(text, encoding="utf-8")
            if file.exists():
                shutil.copymode(file, whole)
            whole.replace(file)
    except OSError as error:
        raise CannotCheckError(f"{path} cannot be written: {error.strerror}") from error


def _is_special(path: Path) -> bool:
    """Whether there is a device or a pipe: it is written to, a file is replaced."""
    return path.exists() and not path.is_file()


def keep(folder: Path, text: str) -> None:
    """Keeps the report in the folder, out of git's sight; leaves alone whatever else than a file is in its place."""
    place = folder / KEPT.parent
    files = place / ".gitignore", folder / KEPT
    with suppress(OSError, CannotCheckError):
        place.mkdir(exist_ok=True)
        if not any(path.is_symlink() or _is_special(path) for path in files) and not place.is_symlink():
            write(files[0], "*\n")
            write(files[1], text)
