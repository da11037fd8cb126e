"""The benchmark of the first question, which kills what it has started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


def test_it_leaves_no_temporary_folder(tmp_path: Path) -> None:
    if not (Path(sys.executable).parent / "smscaffold").exists():
        pytest.skip("smscaffold is not installed beside this Python")
    environment = {**os.environ, "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    command = [sys.executable, BENCH / "first_prompt.py", "--runs", "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "| `smscaffold new -t` |" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []
