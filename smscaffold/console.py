"""What the user sees: results on stdout, everything else on stderr, colour only where it helps.

No other module prints. Whatever is printed here is escaped first (`visible`): it may hold the text of strangers. The
styles and the cursor's movements that smscaffold adds come after that.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from smscaffold.staging import uninterrupted
from smscaffold.visible import escaped, visible, visible_lines

_A_MOMENT, _A_MINUTE = 1.0, 60.0  # seconds
_CLEAR = "\r\x1b[K"  # the line that the cursor stands in

#: pieces of one line, each after the name of its style
Line = list[tuple[str, str]]
#: how a terminal itself writes the styles
SGR = {
    "done": "32",
    "error": "31",
    "warning": "33",
    "place": "36",
    "chosen": "1;36",
    "ask": "1",
    "more": "2",
    "left out": "90",
}


class Console:
    """Prints for people; with `quiet`, nothing but errors."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet

    def say(self, text: str | Line = "") -> None:
        """Prints a line of the result; what would begin another line is escaped."""
        if not self.quiet:
            print(drawn([("", text)] if isinstance(text, str) else text))

    def say_text(self, text: str) -> None:
        """Prints a result of several lines; what strangers wrote in it is `visible` already, and so in one line."""
        for line in text.split("\n"):
            self.say(line)

    def heading(self, text: str) -> None:
        """Prints a line of the result that stands out, where the terminal can show it."""
        self.say([("ask", visible(text))])

    def note(self, text: str) -> None:
        """Prints something to know that is not part of the result."""
        if not self.quiet:
            _tell("smscaffold: ", text)

    def error(self, text: str, program: str = "smscaffold") -> None:
        """Prints why the command fails."""
        _tell(f"{program}: error: ", text)

    def stopped(self, text: str) -> None:
        """Prints, on a line of its own, that the user has stopped the command."""
        print(file=sys.stderr)
        _tell("smscaffold: stopped", text)

    def quote(self, text: str) -> None:
        """Prints what another program has said, all of it, as it is no part of the result."""
        print(escaped(text.replace("\r\n", "\n"), keep="\n\t"), end="", file=sys.stderr)

    @contextmanager
    def moment(self, text: str) -> Iterator[None]:
        """Says what goes on in work that takes long.

        On a terminal `text` is shown after a moment, and taken away in the end. Elsewhere it becomes a line a minute.
        Both say since when, and for how long, once that is a minute.
        """
        if self.quiet:
            yield
            return
        redraws = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        done = threading.Event()
        teller = threading.Thread(target=_tell_meanwhile, args=(text, done, redraws), daemon=True)
        with uninterrupted():  # its thread takes over that no signal reaches it: one could get past `uninterrupted` so
            teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()
            if redraws:
                _show_progress("")


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """A line on a terminal that each call replaces and the end takes away."""
    shows = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    try:
        yield _show_progress if shows else lambda text: None
    finally:
        if shows:
            _show_progress("")


def read_line(question: str) -> str:
    """Prints a question and returns the line that the user types; raises EOFError when there is none."""
    return input(visible(question))


def paint(lines: Iterable[Line]) -> None:
    """Draws lines at the cursor of a terminal; the cursor stays at the end of the last one."""
    print("\r\n".join(map(drawn, lines)), end="", flush=True)


def wipe(lines: int) -> None:
    """Takes away what stands in the cursor's line of a terminal and in so many `lines` above it."""
    print(f"\r\x1b[{lines}A\x1b[J" if lines else "\r\x1b[J", end="", flush=True)


def drawn(line: Line) -> str:
    """A line as a terminal takes it, with its styles where colour is shown."""
    colour = shows_colour()
    pieces = ((style, escaped(text, keep="\t")) for style, text in line)
    return "".join(f"\x1b[{SGR[style]}m{text}\x1b[0m" if style and colour else text for style, text in pieces)


def show_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints a fault of smscaffold's own as Python does: its message may quote a stranger. For `sys.excepthook`."""
    import traceback

    text = "".join(traceback.format_exception(kind, error, trace)).rstrip("\n")
    print("\n".join(visible_lines(text, most=500)), file=sys.stderr)


def show_warning(message: Warning | str, *where: Any, **more: Any) -> None:
    """Prints what a library warns of. For `warnings.showwarning`."""
    Console().note(str(message))


def _tell(begin: str, text: str) -> None:
    """Prints on stderr; further lines of `text` are indented, so that none looks like the beginning of one of ours."""
    print(begin + "\n  ".join(visible_lines(text)), file=sys.stderr)


def _tell_meanwhile(text: str, done: threading.Event, redraws: bool) -> None:
    """Says until the work is done what goes on."""
    since, minutes = time.strftime("%H:%M:%S"), 0
    if redraws and not done.wait(_A_MOMENT):
        _show_progress(text)
    while not done.wait(_A_MINUTE):
        minutes += 1
        line = f"{text} since {since}, {minutes} min"
        if redraws:
            _show_progress(line)
        else:
            _tell("smscaffold: ", line)


def _show_progress(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    print(f"{_CLEAR}{visible(text)[:width]}", end="", file=sys.stderr, flush=True)


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
    files = sorted(visible(path.name) for path in root.iterdir() if not path.is_dir())
    column = max((len(visible(folder.name)) for folder in folders), default=0) + 5
    lines = [f"{visible(name)}/", *textwrap.wrap("  ".join(files), width, initial_indent="  ", subsequent_indent="  ")]
    for folder in folders:
        inside = sorted(visible(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())
        lines.append(f"  {visible(folder.name)}/".ljust(column) + _as_many_as_fit(inside, width - column))
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
        yield indent + style[last] + visible(entry.name) + ("/" if below else "")
        if below:
            yield from _branches(entry, indent + ("    " if last else style[2]), style)
