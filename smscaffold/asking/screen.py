"""Asks on a screen: one question at a time below those that are settled, drawn anew as answers change."""

from __future__ import annotations

import shutil
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from smscaffold.asking import background
from smscaffold.asking.prompt import Prompt, Settled
from smscaffold.asking.view import POINTER, View
from smscaffold.console import paint, wipe


class Screen:
    """A Prompter for terminals that can move their cursor.

    Its first question is there before the library that reads keys is loaded, and copier loads while the user reads.
    """

    def ask(self, prompt: Prompt, settled: Sequence[Settled], *, back: bool) -> Any:
        """See Prompter."""
        view = View(prompt, settled, back)
        if "smscaffold.asking.keys" not in sys.modules:
            height = _paint(view)
            from smscaffold.asking import keys  # takes as long as everything before it

            wipe(height)
        from smscaffold.asking import keys

        answer = keys.read(view, background.start)
        background.wait()
        return answer


@contextmanager
def keys_kept() -> Iterator[None]:
    """Keys pressed while nobody reads them are neither shown nor lost."""
    before = termios.tcgetattr(sys.stdin)
    silent = termios.tcgetattr(sys.stdin)
    silent[0] &= ~termios.ICRNL
    silent[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _paint(view: View) -> int:
    """Draws the question for the time being, and returns how many lines the cursor went down."""
    width, height = shutil.get_terminal_size()
    foot = view.foot(width - 1, checked=False)
    if view.prompt.choices:
        body = [line for lines in view.choices(width - 1) for line in lines]
    else:
        body = [[("chosen", POINTER), ("more", view.proposed)]]
    lines = [*view.head(width - 1, height - len(body) - len(foot)), *body, *foot][: height - 1]
    paint(lines)
    return len(lines) - 1
