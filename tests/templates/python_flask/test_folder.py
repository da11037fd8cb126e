"""The container folder itself, and the test command of its README."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from shared_helpers import free_port

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


@pytest.mark.exhaustive  # installs all libraries
@pytest.mark.parametrize("template", ["python-flask", "python-fastapi"])
def test_the_readmes_lines_without_docker(render: Render, template: str, tmp_path: Path) -> None:
    folder = render(template)
    text = (folder / "README.md").read_text().partition("**Without Docker**")[2]
    unit_tests, train, serve = text.partition("```sh\n")[2].partition("```")[0].strip().splitlines()
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    lists = [
        f"--requirement={path}" for path in (*folder.glob("*.txt"), folder / "program" / "requirements-server.txt")
    ]
    subprocess.run([tmp_path / "venv/bin/pip", "install", "--quiet", *lists, "pytest"], check=True)
    environment = {**os.environ, "PATH": f"{tmp_path / 'venv/bin'}:{os.environ['PATH']}"}
    here: dict[str, Any] = {"cwd": folder, "env": environment}
    for line in (unit_tests, "PYTHONPATH=program pytest tests/unit", train):
        subprocess.run(line, shell=True, check=True, **here)
    port = free_port()
    with subprocess.Popen(serve.replace("8080", str(port)), shell=True, start_new_session=True, **here) as server:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", b"5.1,3.5,1.4,0.2", {"Content-Type": "text/csv"}
        )
        try:
            assert answer_to(request) == b"setosa\n"
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def answer_to(request: urllib.request.Request) -> bytes:
    """The answer, as soon as somebody listens."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bytes(answer.read())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
