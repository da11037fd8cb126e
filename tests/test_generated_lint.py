"""What the templates generate passes the linters of its languages, in every layout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from smscaffold import catalog
from smscaffold.console import Console
from smscaffold.new import Request, create

TEMPLATES = [template.name for template in catalog.templates() if template.origin == catalog.BUILT_IN]


@pytest.fixture(scope="module", params=[f"{name} {layout}" for name in TEMPLATES for layout in ("single", "split")])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A container folder of each template and layout."""
    name, layout = request.param.split()
    dest = tmp_path_factory.mktemp("generated") / "my-model"
    options = Request(dest=dest, template=name, data=[f"layout={layout}"], defaults=True, git=False)
    create(options, Console(quiet=True))
    return dest


def lint(tool: str, *arguments: str | Path) -> None:
    beside_python = shutil.which(tool, path=str(Path(sys.executable).parent))
    program = beside_python or shutil.which(tool)
    assert program, f"{tool} is not installed: pip install -e '.[test]'"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def scripts(folder: Path, *interpreters: str) -> list[Path]:
    """The files that start with a line naming one of these interpreters."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        first = path.read_bytes().split(b"\n", 1)[0].decode(errors="replace")
        if first.startswith("#!") and first.replace("/", " ").split()[-1] in interpreters:
            found.append(path)
    return found


def test_dockerfile(folder: Path) -> None:
    lint("hadolint", folder / "Dockerfile")


def test_shell_scripts(folder: Path) -> None:
    shell = scripts(folder, "sh", "bash")
    assert {path.suffix for path in folder.rglob("*.sh")} <= {path.suffix for path in shell}
    lint("shellcheck", "--external-sources", *shell)


def test_scripts_can_be_run(folder: Path) -> None:
    interpreted = scripts(folder, "sh", "bash", "python3", "Rscript")
    assert interpreted
    assert [path for path in interpreted if not path.stat().st_mode & 0o100] == []


def test_python(folder: Path) -> None:
    python = [*folder.rglob("*.py"), *scripts(folder, "python3")]
    lint("ruff", "check", "--isolated", "--line-length=120", "--select=B,C4,E,F,SIM,UP,W", *python)


def test_text_is_tidy(folder: Path) -> None:
    """Templates leave neither blanks at line ends nor a missing newline at the end."""
    untidy = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".csv", ".jsonl")):
        text = path.read_text(encoding="utf-8")
        if text and (not text.endswith("\n") or text.endswith("\n\n") or "\r" in text):
            untidy.append(f"{path.name}: end")
        untidy += [f"{path.name}:{number}" for number, line in enumerate(text.splitlines(), 1) if line != line.rstrip()]
    assert untidy == []
