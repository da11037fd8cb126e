"""The picture of a session in the README."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def text(svg: Path) -> str:
    return "\n".join("".join(line.itertext()) for line in ET.parse(svg).iter("{http://www.w3.org/2000/svg}text"))


def test_it_is_made_by_one_command(tmp_path: Path) -> None:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    subprocess.run([sys.executable, CHECKOUT / "docs" / "make_session.py", tmp_path / "session.svg"], check=True)
    for svg in (tmp_path / "session.svg", CHECKOUT / "docs" / "session.svg"):
        for words in ("(R1)", "> split", "Write it, or change an answer?", "Made churn/", "local_test/serve_local.sh"):
            assert words in text(svg)
    assert "docs/session.svg" in (CHECKOUT / "README.md").read_text()
