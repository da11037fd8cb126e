"""``smscaffold check``: proves the container contract on an image or a folder."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from smscaffold.console import Console, speaks_unicode, status
from smscaffold.contract import catalogue, owner
from smscaffold.contract.preparing import Given, prepare
from smscaffold.errors import CannotCheckError
from smscaffold.staging import STOPS, remove, temporary_folder

if TYPE_CHECKING:
    from smscaffold.contract.report import Report
    from smscaffold.contract.subject import Subject

#: profiles that need an image that trains; all others but the static one need one that serves
_TRAINING = ("train", "train-plus")


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    given: Given
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)
    format: str = "text"
    output: Path | None = None


def check(request: Request, console: Console) -> int:
    """Checks a container, reports, and returns the exit code: 0 all MUST hold, 1 some are broken.

    Raises CannotCheckError, which means 2, without an engine, an image or a build.
    """
    if request.output:
        _refuse_unwritable(request.output)
    report = examine(request)
    from smscaffold.contract.report import FORMATS, as_lines

    try:
        if request.output or request.format == "text":
            for line in as_lines(report, unicode=speaks_unicode()):
                console.say(line)
        else:
            console.say_text(FORMATS[request.format](report))
        sys.stdout.flush()  # before the file, which may be /dev/stdout
    finally:  # one of the two may fail, and the other still tells what was found
        if request.output:
            _write(request.output, FORMATS[request.format](report) + "\n")
    return report.exit_code


def examine(request: Request) -> Report:
    """Checks a container; nothing that it started or wrote is left, also of runs before it that were killed."""
    from smscaffold.contract.fixtures import fixtures
    from smscaffold.contract.lab import Lab, remove_leftovers
    from smscaffold.contract.report import Report
    from smscaffold.contract.runner import chosen, run

    rules = chosen(catalogue.rules().values(), request.select, request.ignore, request.profiles)
    with temporary_folder() as scratch:
        owner.mark(scratch)
        _remove_left_behind(scratch.parent)
        subject = prepare(request.given, scratch)
        remove_leftovers()
        if not request.select:
            rules = [rule for rule in rules if _applies(rule.profile, subject)]
        names = {"train": subject.train_image, "serve": subject.serve_image}
        images = {use: name for use, name in names.items() if name}
        lab = Lab(subject, scratch)
        for name in images.values():
            lab.image(name)
        shared = fixtures(subject, lab)
        started = time.monotonic()
        try:
            with _progress(len(rules)) as progress:
                results = run(rules, shared, stop=lab.close, progress=progress)
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
            shared.close()
            lab.close()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        shown = {use: subject.names.get(name, name) for use, name in images.items()}
        return Report(shown, results, time.monotonic() - started)


def _remove_left_behind(parent: Path) -> None:
    """Removes the temporary folders of checks that were killed."""
    for folder in filter(owner.left_behind, parent.glob(".smscaffold-*")):
        remove(folder)


def _applies(profile: str, subject: Subject) -> bool:
    if profile in _TRAINING:
        return subject.train_image is not None
    return profile == "static" or profile not in catalogue.PROFILES or subject.serve_image is not None


@contextmanager
def _progress(total: int) -> Iterator[Callable[[list[str], int], None]]:
    started = time.monotonic()
    with status() as show:
        yield lambda running, done: show(
            f"{done} of {total} clauses, {time.monotonic() - started:.0f} s: {' '.join(running)}"
        )


def _refuse_unwritable(path: Path) -> None:
    """Raises CannotCheckError where no report can be written: said before the check, nothing is lost."""
    if path.is_dir():
        raise CannotCheckError(f"{path} is a folder: --output takes a file")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise CannotCheckError(f"{path} cannot be written: there is no folder {folder}")
    place = path if _is_special(path) else folder
    if not os.access(place, os.W_OK):
        raise CannotCheckError(f"{path} cannot be written: {place} is not open to you")


def _is_special(path: Path) -> bool:
    """Whether there is a device or a pipe: it is written to, a file is replaced."""
    return path.exists() and not path.is_file()


def _write(path: Path, text: str) -> None:
    """The file, whole or not at all."""
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
