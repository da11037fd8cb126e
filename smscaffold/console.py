"""What the user sees: results on stdout, everything else on stderr, colour only where it helps."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_A_MOMENT = 1.0  # seconds


class Console:
    """Prints for people; with `quiet`, nothing but errors."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet

    def say(self, text: str = "") -> None:
        """A line of the result."""
        if not self.quiet:
            print(text)

    def heading(self, text: str) -> None:
        """A line of the result that stands out, where the terminal can show it."""
        self.say(f"\x1b[1m{text}\x1b[0m" if shows_colour() else text)

    def note(self, text: str) -> None:
        """Something to know that is not part of the result."""
        if not self.quiet:
            print(f"smscaffold: {text}", file=sys.stderr)

    @contextmanager
    def moment(self, text: str) -> Iterator[None]:
        """Shows `text` on a terminal if the work takes more than a moment, and takes it away afterwards."""
        if self.quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            yield
            return
        timer = threading.Timer(_A_MOMENT, lambda: print(text, end="", file=sys.stderr, flush=True))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """A line on a terminal that each call replaces and the end takes away."""
    shows = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(text: str) -> None:
        if shows:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if shows:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def shows_colour() -> bool:
    """Whether stdout is a terminal on which colour and bold letters are shown and wanted."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def speaks_unicode() -> bool:
    """Whether stdout shows more than ASCII: ``LANG=C`` does not say so, though Python goes on in UTF-8 there."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LANG", "LC_CTYPE"))
    locale = next((name for name in named if name), "")
    return all("utf" in name.lower() for name in (locale, sys.stdout.encoding or ""))


def tree(root: Path) -> list[str]:
    """The files below `root` as lines of a tree, in plain ASCII where stdout cannot show lines."""
    branches = ("├── ", "└── ", "│   ") if speaks_unicode() else ("|-- ", "`-- ", "|   ")
    return list(_branches(root, "", branches))


def compact_tree(root: Path, name: Path, width: int) -> list[str]:
    """The files below `root`, which is shown as `name`, in few lines: one for each folder in it."""
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    files = sorted(path.name for path in root.iterdir() if not path.is_dir())
    column = max((len(folder.name) for folder in folders), default=0) + 5
    lines = [f"{name}/", *textwrap.wrap("  ".join(files), width, initial_indent="  ", subsequent_indent="  ")]
    for folder in folders:
        inside = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        lines.append(f"  {folder.name}/".ljust(column) + _as_many_as_fit(inside, width - column))
    return lines


def _as_many_as_fit(names: list[str], width: int) -> str:
    line = "  ".join(names)
    for left in range(1, len(names)):
        if len(line) <= width:
            break
        line = "  ".join([*names[:-left], f"... {left} more"])
    return line


def _branches(folder: Path, indent: str, style: tuple[str, str, str]) -> Iterator[str]:
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_file(), entry.name))
    for entry in entries:
        last = entry == entries[-1]
        below = entry.is_dir() and not entry.is_symlink()
        yield indent + style[last] + entry.name + ("/" if below else "")
        if below:
            yield from _branches(entry, indent + ("    " if last else style[2]), style)
