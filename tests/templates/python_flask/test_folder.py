"""The container folder itself, and the test command of its README."""

from __future__ import annotations

import re
import subprocess

import pytest

from ..conftest import Render


@pytest.mark.parametrize("layout", ["single", "split"])
def test_has_at_most_30_files(render: Render, layout: str) -> None:
    files = [path for path in render("python-flask", layout=layout).rglob("*") if path.is_file()]
    assert len(files) <= 30, sorted(map(str, files))


@pytest.mark.docker
def test_the_readmes_test_line_passes(render: Render) -> None:
    """In a virtual environment of its own, as its reader has none."""
    folder = render("python-flask", project_name="smscaffold-test/readme", layout="split")
    (line,) = re.findall(r"^python3 -m venv .*pytest.*$", (folder / "README.md").read_text(), re.MULTILINE)
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
