"""The wheel: what ``pip install``, ``pipx install`` and ``uv tool install`` put on a machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_helpers import CHECKOUT, Run, files


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as its wheel installs it; what it depends on comes from the tests' environment."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(wheel)], check=True, capture_output=True, text=True)
    for history in (folder / "site").glob("smscaffold/history/*.bundle"):
        history.unlink()  # so that it renders what it was built of, as a checkout does, released or not
    return folder / "site"


def test_it_brings_the_templates(run: Run, installed: Path, work: Path) -> None:
    environment = {"PYTHONPATH": str(installed), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    templates = json.loads(run("list", "--json", env=environment).stdout)
    assert templates == json.loads(run("list", "--json").stdout)
    shipped = installed / "smscaffold" / "_templates"
    assert {path.name for path in shipped.iterdir()} == {"_shared", *(each["name"] for each in templates)}


def test_a_folder_made_by_it_equals_one_made_in_a_checkout(run: Run, installed: Path, work: Path) -> None:
    for place, environment in (("one", {"PYTHONPATH": str(installed)}), ("two", {})):
        assert run("new", f"{place}/same", "--defaults", "--no-git", env=environment).returncode == 0
    assert files(work / "one") == files(work / "two")
    for name in files(work / "one"):
        one, two = work / "one" / name, work / "two" / name
        assert one.stat().st_mode & 0o111 == two.stat().st_mode & 0o111, name
        assert one.is_dir() or one.read_bytes() == two.read_bytes(), name


def test_the_command_is_installed(installed: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [installed / "bin" / "smscaffold", "--version"],
        env={**environment, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("smscaffold ")


def test_make_wheel(tmp_path: Path, environment: dict[str, str]) -> None:
    """In a copy of the checkout, with the tests' own tools in place of those that pip would fetch."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
    subprocess.run(["cp", str(CHECKOUT / "Makefile"), str(clone)], check=True)
    (clone / ".venv" / "bin").mkdir(parents=True)
    python = clone / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "false"}
    make = ["make", "--directory", str(clone), "wheel"]
    done = subprocess.run(make, env={**environment, **offline}, capture_output=True, text=True, check=True)
    (wheel,) = (clone / "dist").glob("smscaffold-*.whl")
    assert f"dist/{wheel.name}\n" in done.stdout
