"""Long work says what goes on, also where no terminal is."""

from __future__ import annotations

import io
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from smscaffold import console
from smscaffold.console import Console
from smscaffold.staging import STOPS


def test_a_line_a_minute_where_no_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()  # reading pytest's capture loses a line that is written meanwhile
    monkeypatch.setattr(sys, "stderr", said)
    monkeypatch.setattr(console, "_A_MINUTE", 0.01)
    deadline = time.monotonic() + 20
    with Console().moment("Building it ..."):
        while said.getvalue().count("\n") < 2:
            assert time.monotonic() < deadline
    lines = [re.sub(r"\d\d:\d\d:\d\d", "#", line) for line in said.getvalue().splitlines()]
    assert lines[:2] == ["smscaffold: Building it ... since #, 1 min", "smscaffold: Building it ... since #, 2 min"]
    assert not tellers()


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_A_MINUTE", 0.01)
    with Console(quiet=True).moment("Building it ..."):
        assert not tellers()


def test_no_stop_reaches_whoever_tells() -> None:
    """The program's own thread holds stops back while something must be whole; another one would let them in."""
    with Console().moment("Building it ..."):
        (teller,) = tellers()
        status = Path(f"/proc/self/task/{teller.native_id}/status").read_text()
    blocked = int(re.findall(r"SigBlk:\s*(\w+)", status)[0], 16)
    assert all(blocked & 1 << signal.Signals(stop) - 1 for stop in STOPS)


def tellers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "_tell_meanwhile" in thread.name]
