"""``make new`` asks in a terminal, and takes the defaults where there is nobody to ask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ask_helpers import Terminal

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make(tmp_path: Path, work: Path) -> list[str]:
    """`make new` with a virtual environment whose smscaffold is this checkout's."""
    command = tmp_path / "venv" / "bin" / "smscaffold"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m smscaffold "$@"\n')
    command.chmod(0o755)
    options = [f"VENV={tmp_path}/venv", f"DEST={work}/churn", "ARGS=--no-git"]
    return ["make", "--directory", str(CHECKOUT), "--old-file", f"{tmp_path}/venv/installed", "new", *options]


def test_in_a_terminal(make: list[str], tmp_path: Path, work: Path, environment: dict[str, str]) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "venv" / "installed").write_text("")
    terminal = Terminal(tmp_path / "t", make, work, environment, (80, 24))
    try:
        terminal.wait("Which language")
    finally:
        terminal.close()


def test_without_a_terminal(make: list[str], tmp_path: Path, work: Path, environment: dict[str, str]) -> None:
    (tmp_path / "venv" / "installed").write_text("")
    done = subprocess.run(make, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    assert "Made " in done.stdout
    assert (work / "churn" / "Dockerfile").is_file()
