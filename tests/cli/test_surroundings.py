"""What the command line is started in: streams that are closed, full or of few letters, files of somebody else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import Result, Run, command, files
from shared_helpers import refused, write

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")


class Shell:
    """A shell of the user's."""

    def __init__(self, work: Path, environment: dict[str, str]) -> None:
        self._work, self._environment = work, environment

    def run(self, line: str, *words: str | Path, **variables: str) -> Result:
        """Runs a line, in which ``"$@"`` stands for ``smscaffold WORDS``."""
        return subprocess.run(
            ["sh", "-c", line, "sh", *command(*words)],
            cwd=self._work,
            env={**self._environment, **variables},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def shell(work: Path, environment: dict[str, str]) -> Shell:
    return Shell(work, environment)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(shell: Shell, template: Path, work: Path, closed: str) -> None:
    done = shell.run(f'"$@" {closed}', "new", "x", "-y", "-t", template)
    assert (done.returncode, done.stderr) == (0, "" if "2" in closed else done.stderr)
    assert "Traceback" not in done.stderr
    assert {"x/README.md", "x/.copier-answers.yml"} <= files(work)


def test_a_closed_stdin_answers_no_question(shell: Shell, template: Path) -> None:
    refused(shell.run('"$@" <&-', "new", "x", "-t", template), "there is no terminal to ask in")


@FULL
def test_output_that_cannot_be_written(shell: Shell, template: Path, work: Path) -> None:
    reason = "smscaffold: error: No space left on device: standard output, or temporary files\n"
    refused(shell.run('"$@" >/dev/full', "list"), reason)
    done = shell.run('"$@" >/dev/full', "new", "x", "-y", "-t", template)
    assert (done.returncode, done.stderr.splitlines(keepends=True)[-1]) == (1, reason)
    assert "Traceback" not in done.stderr
    assert {"x/README.md", "x/.copier-answers.yml"} <= files(work)
    done = shell.run('"$@" >/dev/full', "check", "--list")
    assert (done.returncode, done.stderr) == (2, reason)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_stdout_does_not_know(shell: Shell, template: Path, work: Path, encoding: str) -> None:
    done = shell.run('"$@"', "new", "模型", "-y", "-t", template, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout.partition("\n")[0]) == (0, r"Made \u6a21\u578b/ (3 files) from stub")
    assert (work / "模型" / "README.md").is_file()
    done = shell.run('"$@"', "check", "--explain", "H40", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("H40. ")


def test_what_is_for_programs_is_whole_on_any_stdout(shell: Shell, template: Path, tmp_path: Path) -> None:
    config = write(
        tmp_path / "smscaffold.toml", f"[templates.sources]\nx = {{source = '{template}', title = 'Modèle 🙂'}}\n"
    )
    listed = shell.run('"$@"', "list", "--json", "--config", config, PYTHONIOENCODING="ascii")
    assert "Modèle 🙂" in [each["title"] for each in json.loads(listed.stdout)]
    shown = shell.run('"$@"', "config", "--json", "--config", config, PYTHONIOENCODING="ascii")
    assert json.loads(shown.stdout)[0]["value"]["title"] == "Modèle 🙂"


def test_a_folder_that_is_gone(shell: Shell) -> None:
    gone = 'mkdir gone && cd gone && rmdir ../gone && "$@"'
    refused(shell.run(gone, "update"), "the folder that you stand in is gone: change to another one")
    refused(shell.run(gone, "config", "--config", "x.toml"), "the folder that you stand in is gone")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["list"], "smscaffold.toml"),
        (["config"], "smscaffold.toml"),
        (["update"], "smscaffold.toml"),
        (["new", "x", "-y"], "smscaffold.toml"),
        (["config", "--config", "mine"], "mine"),
        (["update"], ".copier-answers.yml"),
    ],
)
def test_files_of_somebody_else(run_here: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], name: str) -> None:
    is_file = Path.is_file

    def forbidden(path: Path, **options: Any) -> bool:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path, **options)

    monkeypatch.setattr(Path, "is_file", forbidden)
    refused(run_here(*words), "Permission denied: /", name)


def test_an_engine_that_goes_away(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No exit code of a check says that a MUST is broken where nothing could be told."""

    def examine(*_: object) -> None:
        raise ConnectionError("Connection aborted.")

    monkeypatch.setattr("smscaffold.check.examine", examine)
    done = run_here("check", "x")
    assert (done.returncode, done.stderr) == (2, "smscaffold: error: Connection aborted.\n")
