"""The sample that `smscaffold template new` writes passes the linters of its languages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from authoring_helpers import Machine

from smscaffold import catalog
from smscaffold.authoring.lint import check
from smscaffold.compile import compile_template

RUFF = ("check", "--isolated", "--line-length=120", "--select=B,C4,E,F,I,SIM,UP,W")


def lint(tool: str, *arguments: str | Path) -> None:
    program = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    assert program, f"{tool} is not installed: pip install -e '.[test]'"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("layout", ["single", "split"])
def test_its_container_folder(author: Machine, template: Path, tmp_path: Path, layout: str) -> None:
    folder = author.new(tmp_path / "model", "-t", str(template), "--no-git", "-d", f"layout={layout}")
    lint("hadolint", folder / "Dockerfile")
    lint("ruff", *RUFF, *folder.glob("program/*.py"), *(folder / "program" / name for name in ("train", "serve")))
    lint("ruff", *RUFF, folder / "tests" / "unit")


def test_its_tests(package: Path) -> None:
    lint("ruff", *RUFF, package / "tests")


@pytest.mark.parametrize(
    "template", [each for each in catalog.templates() if each.origin == catalog.BUILT_IN], ids=lambda each: each.name
)
def test_the_built_in_templates_keep_the_same_promises(template: catalog.Template, tmp_path: Path) -> None:
    assert template.folder
    compile_template(template.folder, tmp_path / "template")
    check(template.folder, tmp_path / "template")
