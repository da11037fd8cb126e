"""What the tests of updating share: two versions of the package, and machines that have one of them installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import yaml
from shared_helpers import write

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON_FLASK = "git+smscaffold://python-flask"
GIT_CONFIG = "[user]\nname = A User\nemail = user@example.com\n[init]\ndefaultBranch = main\n"

Result = subprocess.CompletedProcess[str]


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def users_files(template: Path) -> list[str]:
    """The files of a template that no update touches."""
    first = (template / "copier.yml").read_text().split("\n---\n")[0]
    return list(yaml.safe_load(first)["_skip_if_exists"])


def copy_checkout(target: Path) -> Path:
    """The sources of the package, without any release: what is made of them depends on nothing that was released."""
    for name in ("smscaffold", "templates", "tests/vectors"):
        shutil.copytree(CHECKOUT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.bundle"))
    (target / "docs").mkdir()
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "docs/contract.md"):
        shutil.copy(CHECKOUT / name, target / name)
    (target / "smscaffold" / "history" / "releases.txt").unlink(missing_ok=True)
    return target


def release(sources: Path, version: str, **environment: str) -> Result:
    """``make release VERSION=`` in a copy of the sources."""
    return subprocess.run(
        [sys.executable, "-m", "smscaffold.history.release", version],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources), **environment},
        capture_output=True,
        text=True,
    )


@dataclass(frozen=True)
class Machine:
    """A user's machine: an own HOME, and a virtual environment with smscaffold and copier, activated."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COPIER_", "PYTHON"))}
        path = f"{self.root / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "HOME": str(self.root), "PATH": path, "XDG_CACHE_HOME": str(self.root / "cache")}

    def run(self, *words: str | Path, cwd: Path, check: bool = False, **environment: str) -> Result:
        """Runs a command without a terminal; with `check` it has to succeed."""
        done = subprocess.run(
            [*map(str, words)],
            cwd=cwd,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not check or done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done

    def new(self, folder: Path, *options: str) -> Path:
        """A container folder, committed."""
        self.run("smscaffold", "new", folder, "--defaults", "--quiet", *options, cwd=folder.parent, check=True)
        return folder

    def update(self, folder: Path, *options: str, check: bool = True, **environment: str) -> Result:
        return self.run("smscaffold", "update", *options, cwd=folder, check=check, **environment)

    def commit(self, folder: Path, message: str = "Edit") -> None:
        self.run("git", "add", "--all", cwd=folder, check=True)
        self.run("git", "commit", "--quiet", "--message", message, cwd=folder, check=True)

    def git(self, folder: Path, *words: str) -> str:
        return self.run("git", *words, cwd=folder, check=True).stdout

    def status(self, folder: Path) -> str:
        return self.git(folder, "status", "--porcelain", "--untracked-files=all")


def machine(root: Path, wheel: Path, *before: Path) -> Machine:
    """A machine with that wheel; what it depends on comes from the folders `before`, then the tests' environment."""
    write(root / ".gitconfig", GIT_CONFIG)
    venv.create(root / "venv", symlinks=True)
    python = root / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, text=True)
    (site,) = (root / "venv" / "lib").glob("python*/site-packages")
    write(site / "dependencies.pth", "".join(f"{path}\n" for path in [*before, sysconfig.get_path("purelib")]))
    copier = write(root / "venv" / "bin" / "copier", f'#!/bin/sh\nexec {python} -m copier "$@"\n')
    copier.chmod(0o755)
    return Machine(root)


def build_wheel(sources: Path, into: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(build, cwd=sources, check=True, capture_output=True, text=True)
    (wheel,) = into.glob("*.whl")
    return wheel
