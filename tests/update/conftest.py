"""Two versions of the package, made of this checkout, and a machine with each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shared_helpers import write
from update_helpers import Machine, append, build_wheel, copy_checkout, machine, release

NEW_QUESTION = "\nowner:\n  type: str\n  help: Who answers for it?\n  default: nobody\n"


@pytest.fixture(scope="session")
def version_a(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of the package with its first release, 1.0.0."""
    sources = copy_checkout(tmp_path_factory.mktemp("a") / "smscaffold")
    shared = sources / "templates" / "_shared" / "template"
    write(shared / "local_test" / "dropped.md", "A file that the next version has no more.\n")
    write(shared / "local_test" / "tool.sh", "#!/bin/sh\n").chmod(0o644)
    write(shared / "notes.md", "".join(f"line {number}\n" for number in range(1, 21)))
    assert release(sources, "1.0.0").returncode == 0
    return sources


@pytest.fixture(scope="session")
def version_b(version_a: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same later, 1.1.0: another Dockerfile, a new question, a file more, one less, one with a run bit."""
    sources = tmp_path_factory.mktemp("b") / "smscaffold"
    subprocess.run(["cp", "-a", str(version_a), str(sources)], check=True)
    shared = sources / "templates" / "_shared"
    append(sources / "templates" / "python-flask" / "template" / "Dockerfile.jinja", 'LABEL template="1.1.0"\n')
    append(sources / "templates" / "python-flask" / "template" / "program" / "requirements-server.txt", "# checked\n")
    append(shared / "questions" / "common.yml", NEW_QUESTION)
    write(shared / "template" / "added.md.jinja", "For {{ owner }}.\n" + "\n" * 9)
    (shared / "template" / "local_test" / "dropped.md").unlink()
    (shared / "template" / "local_test" / "tool.sh").chmod(0o755)
    notes = shared / "template" / "notes.md"
    notes.write_text(notes.read_text().replace("line 10\n", "line ten\n"))
    assert release(sources, "1.1.0").returncode == 0
    return sources


@pytest.fixture(scope="session")
def wheels(version_a: Path, version_b: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    return build_wheel(version_a, folder / "a"), build_wheel(version_b, folder / "b")


@pytest.fixture(scope="session")
def machine_a(wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with version 1.0.0."""
    return machine(tmp_path_factory.mktemp("machine-a"), wheels[0])


@pytest.fixture(scope="session")
def machine_b(wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Another machine, with version 1.1.0."""
    return machine(tmp_path_factory.mktemp("machine-b"), wheels[1])


@pytest.fixture(scope="session")
def machine_b_oldest(wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One more with version 1.1.0, and with the oldest copier that is supported."""
    root = tmp_path_factory.mktemp("machine-oldest")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(root / "oldest"), "copier==9.19.0"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"copier 9.19.0 cannot be installed here: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return machine(root, wheels[1], root / "oldest")


@pytest.fixture(scope="session")
def first(machine_a: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A container folder that version 1.0.0 made; clone it."""
    return machine_a.new(tmp_path_factory.mktemp("first") / "model")


@pytest.fixture
def folder(first: Path, tmp_path: Path) -> Path:
    """A clone of it, as a colleague has it."""
    subprocess.run(["git", "clone", "--quiet", str(first), str(tmp_path / "model")], check=True, env={**os.environ})
    return tmp_path / "model"
