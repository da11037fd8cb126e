"""Without a Docker engine, tests that need one are skipped with the reason, or fail where there must be one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
import pytest

@pytest.fixture
def image():
    raise AssertionError("nothing is built without an engine")

@pytest.mark.docker
def test_container(image): ...
"""


@pytest.mark.parametrize(
    ("variables", "outcome"),
    [
        ({"DOCKER_HOST": "tcp://127.0.0.1:1"}, "1 skipped"),
        ({"PATH": "/nowhere"}, "1 skipped"),
        ({"DOCKER_HOST": "tcp://127.0.0.1:1", "SMSCAFFOLD_REQUIRE_DOCKER": "1"}, "1 error"),
    ],
)
def test_no_engine(tmp_path: Path, variables: dict[str, str], outcome: str) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = docker: needs an engine\n")
    (tmp_path / "test_it.py").write_text(TEST)
    environment = {name: value for name, value in os.environ.items() if name != "SMSCAFFOLD_REQUIRE_DOCKER"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "test_it.py"],
        cwd=tmp_path,
        env={**environment, **variables},
        capture_output=True,
        text=True,
    )
    assert outcome in done.stdout
    assert "docker is not installed" in done.stdout or "no Docker engine: " in done.stdout
    assert "nothing is built" not in done.stdout
