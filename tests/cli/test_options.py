"""Options that mean the same before the command and after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run
from shared_helpers import write

from smscaffold.cli import _parser
from smscaffold.completion import candidates


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    return write(tmp_path / "standard.toml", "[defaults]\nworkers = 9\n")


@pytest.mark.parametrize("command", [["config"], ["list"], ["list", "--json"]])
def test_config_before_the_command(run: Run, standard: Path, command: list[str]) -> None:
    before, after = run("--config", standard, *command), run(*command, "--config", standard)
    assert before.returncode == 0, before.stderr
    assert (before.stdout, before.stderr) == (after.stdout, after.stderr)
    assert ("defaults.workers = 9" in before.stdout) == (command == ["config"])


def test_both_before_new(run: Run, template: Path, standard: Path, work: Path) -> None:
    done = run(f"--config={standard}", "--quiet", "new", "x", "-t", template, "-y", "--no-git")
    assert (done.returncode, done.stdout) == (0, "")
    assert (work / "x/README.md").read_text() == "# my-model\nsingle 9 False\n"


def test_the_one_after_the_command_wins(run: Run, standard: Path) -> None:
    assert run("--config", "/nowhere", "config", "--config", standard).returncode == 0
    assert "--config names /nowhere" in run("--config", standard, "config", "--config", "/nowhere").stderr


def test_a_package_of_templates_follows_the_standard(run: Run, work: Path) -> None:
    standard = write(work / "standard.toml", "[fixed]\nframework = 'Acme'\n")
    done = run("template", "new", "acme", "-y", "--no-git", "--config", standard)
    assert done.returncode == 0, done.stderr
    assert (work / "acme" / "acme" / "python-acme").is_dir()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--config", "x", "check", "image"], "check takes no --config"),
        (["--config", "x", "completion", "bash"], "completion takes no --config"),
        (["--quiet", "list"], "list takes no --quiet"),
    ],
)
def test_a_command_that_takes_none(run: Run, words: list[str], said: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"smscaffold: error: {said}")


def test_completion_goes_on_behind_them(tmp_path: Path) -> None:
    standard = write(tmp_path / "standard.toml", '[templates.sources]\nchurn = "https://127.0.0.1:1/churn"\n')

    def words(line: str) -> list[str]:
        return [word for word, _ in candidates(line, _parser())]

    assert words("smscaffold --quiet comp") == ["completion"]
    assert words("smscaffold --config ") == []
    assert words("smscaffold --config x li") == ["list"]
    for option in (f"--config {standard}", f"--config={standard}"):
        assert words(f"smscaffold {option} new -t chu") == ["churn"]
        assert words(f"smscaffold new {option} -t chu") == ["churn"]
