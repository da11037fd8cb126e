"""The last proof of an update: the folder's own tests pass against the images built of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from update_helpers import Machine, append

NAME = "smscaffold-test/updated"


@pytest.fixture
def image_name() -> Iterator[str]:
    yield NAME
    subprocess.run(["docker", "image", "rm", "--force", NAME], capture_output=True, check=False)


@pytest.mark.docker
@pytest.mark.exhaustive  # an updated folder is the same as a new one (test_old_releases.py), and those are tested
def test_an_updated_folder_passes_its_own_tests(
    machine_a: Machine, machine_b: Machine, image_name: str, tmp_path: Path
) -> None:
    folder = machine_a.new(tmp_path / "model", "-d", f"project_name={image_name}")
    append(folder / "program" / "algorithm.py", "\n# mine\n")
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(f"# mine\n{dockerfile.read_text()}")
    machine_a.commit(folder)
    clone = tmp_path / "clone"
    machine_b.git(tmp_path, "clone", "--quiet", str(folder), str(clone))
    machine_b.run("copier", "update", "--defaults", "--quiet", cwd=clone, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider"],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert " passed" in done.stdout
    inspect = ["docker", "image", "inspect", "--format", "{{.Config.Labels.template}}", image_name]
    assert subprocess.run(inspect, capture_output=True, text=True, check=True).stdout == "1.1.0\n"
