"""Writes a folder whole or not at all: made beside its place, then moved there."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smscaffold.errors import SmscaffoldError

#: what ends a program before its time; by the last one a stop comes again that was lost
STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM}
#: how the name of each temporary folder of ours begins
TEMPORARY = ".smscaffold-"
#: what this program has done and leaves behind, even if it is stopped now: "my-model was written"
deeds: list[str] = []


def check_destination(dest: Path) -> None:
    """Raises SmscaffoldError unless `dest` is a folder that is empty, or is not there and can be made."""
    if dest.is_dir():
        if any(dest.iterdir()):
            raise SmscaffoldError(f"{dest} is not empty: choose another folder, or empty it first")
    elif os.path.lexists(dest):
        raise SmscaffoldError(f"{dest} is there already, and is not a folder: choose another one")
    elif not nearest_folder(dest).is_dir():
        raise SmscaffoldError(f"{nearest_folder(dest)} is not a folder, so {dest} cannot be made in it")


def nearest_folder(dest: Path) -> Path:
    """`dest` itself, or what exists closest above it: on that file system `dest` will lie."""
    return next(path for path in (dest.absolute(), *dest.absolute().parents) if path.exists())


@contextmanager
def uninterrupted(deed: str = "") -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until the end of this; `deed` is what is done then and stays, for `deeds`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
        if deed:
            deeds.append(deed)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A hidden folder in `parent` (default: the system's place for such), gone afterwards, whatever happens.

    Ctrl-C and SIGTERM wait while it is being made and removed, so that neither leaves it behind.
    """
    with uninterrupted():
        folder = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=parent))
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            yield folder
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
            remove(folder)


def remove(folder: Path) -> None:
    """Removes a folder and all in it, however deep; what cannot be removed stays, and no error is raised.

    Python's own ways call themselves once for each level, so that a stranger's folders could end them (RecursionError).
    Where a path would become too long for the system, what lies there is moved up into `folder` first.
    """
    longest = len(str(folder)) + 1000
    found = [] if folder.is_symlink() else [folder]
    for place in found:  # it grows meanwhile
        with suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                with suppress(OSError):
                    path = Path(entry.path)
                    if not entry.is_dir(follow_symlinks=False):
                        path.unlink()
                    else:
                        found.append(path.rename(folder / uuid.uuid4().hex) if len(entry.path) > longest else path)
    for place in reversed(found):
        with suppress(OSError):
            place.rmdir()


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Has Python make temporary files in the new folder `folder` for a while, so that they go with it."""
    folder.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def move_into_place(folder: Path, dest: Path) -> None:
    """Moves `folder` to `dest`, on the same file system, and nothing at all if that fails.

    An empty folder at `dest` is filled rather than replaced: somebody's shell may stand in it.
    """
    with uninterrupted(f"{dest} was written"):
        if dest.is_dir():
            _fill(dest, folder)
        else:
            _rename(folder, dest)


def plain_modes(folder: Path) -> None:
    """Gives files the mode 0755 if their owner may run them, else 0644, and folders 0755, as git has them."""
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for path in (Path(place, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)


def replace(folder: Path, dest: Path, before: Path) -> None:
    """The same where something is in its place: that goes to `before`, and comes back if the rest fails."""
    with uninterrupted():
        dest.rename(before)
        try:
            move_into_place(folder, dest)
        except BaseException:
            before.rename(dest)
            raise


def _fill(dest: Path, folder: Path) -> None:
    moved: list[Path] = []
    try:
        for entry in sorted(folder.iterdir()):
            target = dest / entry.name
            if os.path.lexists(target):
                raise SmscaffoldError(f"{target} has appeared meanwhile: nothing was written")
            entry.rename(target)
            moved.append(target)
    except BaseException:
        for target in moved:
            target.rename(folder / target.name)
        raise


def _rename(folder: Path, dest: Path) -> None:
    parents = [path for path in dest.absolute().parents if not path.exists()]
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(dest)
    except BaseException:
        for path in parents:
            with suppress(OSError):
                path.rmdir()
        raise
