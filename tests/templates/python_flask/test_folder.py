"""The container folder itself, and the test command of its README."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ..conftest import Render, run_tests


@pytest.mark.parametrize("layout", ["single", "split"])
def test_has_at_most_34_files(render: Render, layout: str) -> None:
    files = [path for path in render("python-flask", layout=layout).rglob("*") if path.is_file()]
    assert len(files) <= 34, sorted(map(str, files))


@pytest.mark.docker
def test_the_readmes_test_line_passes(render: Render) -> None:
    """In a virtual environment of its own, as its reader has none."""
    folder = render("python-flask", project_name="smscaffold-test/readme", layout="split")
    (line,) = re.findall(r"^python3 -m venv .*pytest.*$", (folder / "README.md").read_text(), re.MULTILINE)
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.docker
def test_its_tests_know_models_without_rounds_and_without_samples(folder: Path, image: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "folder"))
    conftest = copy / "tests" / "conftest.py"
    conftest.write_text(re.sub(r"(?m)^SLOW = .*", "SLOW = None", conftest.read_text()))
    options = ["-k", "resumes or truncated or first_supported"]
    done = run_tests(copy, *options, TRAIN_IMAGE=image, SERVE_IMAGE=image)
    assert (done.returncode, "1 passed, 2 skipped" in done.stdout) == (0, True), done.stdout
    (copy / "local_test" / "payloads" / "iris.jsonl").unlink()
    done = run_tests(copy, *options, TRAIN_IMAGE=image, SERVE_IMAGE=image)
    assert done.returncode == 1
    assert "local_test/payloads needs a sample of each content type: there is no *.jsonl" in done.stdout
