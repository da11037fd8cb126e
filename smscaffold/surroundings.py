"""What a process is started in: it may lack a home folder, streams or letters, and the system may refuse it a thing."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

_NO_HOME = "/nonexistent"  # as Debian calls it


def make_do() -> None:
    """Makes up for what is missing: without a home the user has no files there, what is closed takes and gives nothing.

    Letters that stdout does not know are shown as escapes.
    """
    try:
        Path.home()
    except RuntimeError:  # a user whom the machine does not know
        os.environ["HOME"] = _NO_HOME
    for name in ("stdin", "stdout", "stderr"):  # in this order each gets back the number that it lacks
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def refusal(error: OSError) -> str:
    """What the operating system refuses, in one sentence."""
    if isinstance(error, FileNotFoundError) and not error.filename:
        return "the folder that you stand in is gone: change to another one"
    if error.strerror:
        return f"{error.strerror}: {error.filename or 'standard output, or temporary files'}"
    return " ".join(str(error).split())


def drop_output() -> None:
    """Drops what stdout holds and cannot get rid of: Python's own flush at exit would fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
