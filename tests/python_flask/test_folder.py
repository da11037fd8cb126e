"""The container folder itself: what is in it, and that its own tests pass."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import Render, run_tests


@pytest.mark.parametrize("layout", ["single", "split"])
def test_has_at_most_30_files(render: Render, layout: str) -> None:
    files = [path for path in render(layout=layout).rglob("*") if path.is_file()]
    assert len(files) <= 30, sorted(map(str, files))


def test_readmes_tables_are_whole(folder: Path) -> None:
    lines = (folder / "README.md").read_text().splitlines()
    start = lines.index("| file | what it is |")
    assert "`tests/`" in next(lines[i - 1] for i in range(start, len(lines)) if not lines[i])


def test_readme_fits_two_pages(folder: Path) -> None:
    assert len((folder / "README.md").read_text().splitlines()) <= 150


@pytest.mark.docker
def test_the_readmes_test_line_passes(render: Render) -> None:
    """In a virtual environment of its own, as its reader has none."""
    folder = render(project_name="smscaffold-test/readme", layout="split")
    (line,) = re.findall(r"^python3 -m venv .*pytest.*$", (folder / "README.md").read_text(), re.MULTILINE)
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.docker
def test_its_tests_pass(folder: Path, image: str) -> None:
    done = run_tests(folder, TRAIN_IMAGE=image, SERVE_IMAGE=image)
    assert done.returncode == 0, done.stdout + done.stderr
