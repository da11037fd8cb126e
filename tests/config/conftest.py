"""A user of an organisation: an own HOME, own folders for configuration, and a small template that asks little."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from config_helpers import CHECKOUT, COPIER_YML, Machine, commit
from shared_helpers import write


@pytest.fixture
def machine(tmp_path: Path, work: Path) -> Machine:
    """A machine with the checkout, where nothing is configured yet."""
    home = tmp_path / "home"
    write(home / ".gitconfig", "[user]\nname = A User\nemail = user@example.com\n[init]\ndefaultBranch = main\n")
    dropped = ("GIT_", "COPIER_", "XDG_", "SMSCAFFOLD_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment = {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_DIRS": str(tmp_path / "etc"),
        "PYTHONPATH": str(CHECKOUT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return Machine(tmp_path, work, environment)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template by others, in a git repository of its own with the release v1.0.0."""
    root = tmp_path / "templates" / "churn"
    write(root / "copier.yml", COPIER_YML)
    write(root / "template" / "README.md.jinja", "# {{ project_name }} {{ region }} {{ workers }}\n")
    write(root / "template" / "{{ _copier_conf.answers_file }}.jinja", "{{ _copier_answers | to_nice_yaml -}}\n")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    commit(root, "v1.0.0")
    return root


@pytest.fixture
def released(machine: Machine) -> Machine:
    """The machine with a copy of the checkout in which the templates are released as they are."""
    sources = machine.root / "sources"
    for name in ("smscaffold", "templates"):
        shutil.copytree(CHECKOUT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__", "*.bundle"))
    (sources / "smscaffold" / "history" / "releases.txt").unlink()
    helper = f'#!/bin/sh\nexec {sys.executable} {sources}/smscaffold/history/git_remote.py "$@"\n'
    write(machine.root / "bin" / "git-remote-smscaffold", helper).chmod(0o755)
    environment = {
        **machine.environment,
        "PYTHONPATH": str(sources),
        "PATH": f"{machine.root / 'bin'}:{machine.environment['PATH']}",
    }
    machine = Machine(machine.root, machine.work, environment)
    assert machine.command(sys.executable, "-m", "smscaffold.history.release", "1.0.0").returncode == 0
    return machine
