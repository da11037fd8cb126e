"""The command line as a user runs it: a process of its own, with an own HOME and an own git identity."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import forked
import pytest
from cli_helpers import CHECKOUT, COPIER_YML, Result, Run
from shared_helpers import write

from smscaffold.cli import main


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A small template in a folder of its own."""
    root = tmp_path / "stub"
    write(root / "copier.yml", COPIER_YML)
    write(root / "template" / "README.md.jinja", "# {{ project_name }}\n{{ layout }} {{ workers }} {{ gpu }}\n")
    write(root / "template" / "local_test" / "train_local.sh", "#!/bin/sh\n").chmod(0o755)
    write(
        root / "template" / "{{ _copier_conf.answers_file }}.jinja",
        "# The recorded answers.\n{{ _copier_answers | to_nice_yaml -}}\n",
    )
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The variables of a user with a git identity and nothing else."""
    home = tmp_path / "home"
    write(home / ".gitconfig", "[user]\nname = A User\nemail = user@example.com\n[init]\ndefaultBranch = main\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COPIER_", "XDG_"))}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(CHECKOUT)}


@pytest.fixture
def run_here(work: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs ``smscaffold ARGUMENTS`` in this process: quicker, for many runs that differ little."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    monkeypatch.chdir(work)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path) -> Result:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
        return Result(arguments, code, out.getvalue(), err.getvalue())

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def run(work: Path, environment: dict[str, str]) -> Run:
    """Runs ``smscaffold ARGUMENTS`` to its end, without a terminal."""

    def run(*arguments: str | Path, cwd: Path = work, env: dict[str, str] | None = None) -> Result:
        variables = {**environment, **(env or {})}
        return forked.run([*map(str, arguments)], cwd, variables)

    return run


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """The file that a template's code makes when it is run."""
    return tmp_path / "ran"
