"""The terminal for the questions that copier asks itself, where a template uses what only copier knows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prompt_toolkit.application.current import create_app_session
from prompt_toolkit.output.vt100 import Vt100_Output

from smscaffold.visible import without_active


class _HarmlessOutput(Vt100_Output):
    """Leaves out what a terminal would act on or hide: each character has its column already, an escape has no room.

    The library itself shows control characters as ``^[``.
    """

    def write(self, data: str) -> None:
        super().write(without_active(data, keep="\r\n"))


@contextmanager
def harmless_terminal() -> Iterator[None]:
    """Questions that prompt_toolkit asks meanwhile are drawn without characters that would drive the terminal."""
    with create_app_session(output=_HarmlessOutput.from_pty(sys.stdout, term=os.environ.get("TERM"))):
        yield
