"""Completion, in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from ask_helpers import Terminal
from hostile_text import HOSTILE, quoted

from smscaffold.cli import _parser
from smscaffold.completion import SCRIPTS, candidates
from smscaffold.visible import visible


def words(line: str) -> list[str]:
    return [word for word, _ in candidates(line, _parser())]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("smscaffold n", ["new"]),
        ("smscaffold completion ", ["bash", "zsh", "fish"]),
        ("smscaffold new --data-", ["--data-file"]),
        ("smscaffold new -t python-fl", ["python-flask"]),
        ("smscaffold new --template=python-fl", ["--template=python-flask"]),
        ("smscaffold new -t python-flask -d lay", ["layout="]),
        ("smscaffold new -t python-flask --data layout=", ["layout=single", "layout=split"]),
        ("smscaffold new -t python-flask --data layout=sp", ["layout=split"]),
        ("smscaffold new -t python-flask -d gpu=", ["gpu=yes", "gpu=no"]),
        ("smscaffold new --data=aws", ["--data=aws_region="]),
        ("smscaffold new 'a b' -d 'lay", ["layout="]),
        ("smscaffold new ", []),
        ("smscaffold new --data-file ", []),
        ("smscaffold new -t nothing -d ", []),
        ("smscaffold nonsense ", []),
        ("smscaffold check --train-d", ["--train-data"]),
        ("smscaffold check --format ", ["text", "json", "junit", "github", "markdown", "sarif", "gitlab"]),
        ("smscaffold check my-model --profile=stat", ["--profile=static"]),
        ("smscaffold check my-model --profile static,serve-", ["static,serve-plus"]),
        ("smscaffold check my-model --select T1,H11", ["T1,H11"]),
        ("smscaffold check --explain M1", ["M1", "M10", "M11", "M12", "M13"]),
        ("smscaffold check --select M1", []),
        ("smscaffold check ", []),
        ("smscaffold check --payload ", []),
    ],
)
def test_candidates(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_the_organisations_templates_and_nothing_fetched(tmp_path: Path) -> None:
    config = tmp_path / "smscaffold.toml"
    config.write_text('[templates.sources]\nchurn = {source = "https://127.0.0.1:1/churn", language = "Python"}\n')
    assert words(f"smscaffold new --config {config} -t ch") == ["churn"]
    assert words(f"smscaffold new --config {config} -t churn -d ") == []
    config.write_text("no toml")
    assert words(f"smscaffold new --config {config} -t python-fl") == ["python-flask"]


def test_every_command_and_option_that_is_shown() -> None:
    assert {"new", "update", "check", "list", "completion"} <= set(words("smscaffold "))
    assert words("smscaffold _") == []
    assert {"--template", "--data", "--defaults", "--no-git", "--help"} <= set(words("smscaffold new --"))


def test_every_key_of_a_template() -> None:
    keys = words("smscaffold new -t python-flask -d ")
    assert keys[:2] == ["project_name=", "layout="]
    assert "unit_test_command=" not in keys


EVIL = [
    "$(touch hacked)",
    "`touch hacked`",
    "a;touch hacked",
    "a b",
    "*",
    "~root",
    "a\nb",
    "a\tb",
    HOSTILE,
    "a\u202eb",
    "'",
]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A template whose choices and whose questions' names would do something in the user's shell."""
    choices = ", ".join(quoted(f"small{choice}") for choice in EVIL)
    keys = "".join(f"? {quoted(f'size{key}')}\n: {{type: str, help: {quoted(HOSTILE)}}}\n" for key in EVIL)
    root = tmp_path / "hostile"
    root.mkdir()
    (root / "copier.yml").write_text(
        f"size: {{type: str, help: {quoted('Size ' + HOSTILE)}, choices: [{choices}, small-größe_1.0/x:y@z]}}\n"
        f"many: {{type: int, choices: [{', '.join(map(str, range(5000)))}]}}\n{keys}"
    )
    return root


def test_a_word_that_a_shell_would_run_or_show_wrongly_is_left_out(hostile: Path) -> None:
    assert words(f"smscaffold new -t {hostile} -d size=") == ["size=small-größe_1.0/x:y@z"]
    assert words(f"smscaffold new -t {hostile} -d size") == ["size="]
    assert len(words(f"smscaffold new -t {hostile} -d many=")) == 1000


def test_what_a_word_means_is_shown_escaped(hostile: Path) -> None:
    line = f"smscaffold new -t {hostile} -d size"
    done = subprocess.run([sys.executable, "-m", "smscaffold", "_complete", line], capture_output=True, text=True)
    assert done.stdout == f"size=\tSize {visible(HOSTILE.splitlines()[0])}\n"


@pytest.fixture
def shells(tmp_path: Path) -> dict[str, list[str]]:
    """How to start each shell with its script, `smscaffold` on its PATH."""
    command = tmp_path / "bin" / "smscaffold"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m smscaffold "$@"\n')
    command.chmod(0o755)
    for shell, script in SCRIPTS.items():
        (tmp_path / f"script.{shell}").write_text(script)
    (tmp_path / ".zshrc").write_text(f"PS1='ready> '; autoload -U compinit; compinit -u -D; . {tmp_path}/script.zsh\n")
    (tmp_path / "bashrc").write_text(
        f"PS1='ready> '; bind 'set enable-bracketed-paste off'; . {tmp_path}/script.bash\n"
    )
    fish = f"function fish_prompt; echo 'ready> '; end; . {tmp_path}/script.fish"
    return {
        "bash": ["bash", "--rcfile", f"{tmp_path}/bashrc", "-i"],
        "zsh": ["zsh", "-i"],
        "fish": ["fish", "--private", "--init-command", fish],
    }


@pytest.mark.parametrize("shell", SCRIPTS)
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("smscaffold comp", "smscaffold completion "),
        ("smscaffold new -t python-fl", "smscaffold new -t python-flask "),
        ("smscaffold new -t python-flask -d front", "smscaffold new -t python-flask -d front_end="),
        ("smscaffold new -t python-flask -d layout=sp", "smscaffold new -t python-flask -d layout=split "),
        ("smscaffold new --data-file answ", "smscaffold new --data-file answers.yml "),
        ("smscaffold check --select T1,H11", "smscaffold check --select T1,H11 "),
        ("smscaffold check answ", "smscaffold check answers.yml "),
    ],
)
def test_in_the_shell(
    shells: dict[str, list[str]],
    work: Path,
    tmp_path: Path,
    environment: dict[str, str],
    shell: str,
    typed: str,
    completed: str,
) -> None:
    if not (shutil.which(shell) and shutil.which("tmux")):
        pytest.skip(f"{shell} or tmux is not installed")
    (work / "answers.yml").write_text("")
    env = {**environment, "PATH": f"{tmp_path}/bin:{environment['PATH']}", "HOME": str(tmp_path)}
    with tempfile.TemporaryDirectory() as place:
        terminal = Terminal(Path(place), shells[shell], work, env, (100, 24))
        try:
            terminal.wait("ready>")
            terminal.type(typed)
            terminal.wait(typed)
            terminal.press("Tab")
            terminal.wait(f"ready> {completed}".rstrip())
            terminal.type("@")
            terminal.wait(f"ready> {completed}@")
        finally:
            terminal.close()


@pytest.mark.parametrize("shell", SCRIPTS)
def test_completing_a_hostile_template_runs_nothing(
    shells: dict[str, list[str]], work: Path, tmp_path: Path, environment: dict[str, str], shell: str
) -> None:
    if not (shutil.which(shell) and shutil.which("tmux")):
        pytest.skip(f"{shell} or tmux is not installed")
    root = work / "t"
    root.mkdir()
    (root / "copier.yml").write_text(f"size: {{type: str, choices: [{quoted('$(touch hacked)')}]}}\n")
    env = {**environment, "PATH": f"{tmp_path}/bin:{environment['PATH']}", "HOME": str(tmp_path)}
    with tempfile.TemporaryDirectory() as place:
        terminal = Terminal(Path(place), shells[shell], work, env, (100, 24))
        try:
            terminal.wait("ready>")
            terminal.type("echo; smscaffold new -t t -d si")
            terminal.press("Tab")
            terminal.wait("-d size=")
            terminal.press("Tab")
            terminal.type("; echo done'-'here")
            terminal.press("Enter")
            terminal.wait("done-here")
        finally:
            terminal.close()
    assert not (work / "hacked").exists()


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_scripts_are_what_the_shells_take(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([sys.executable, "-m", "smscaffold", "completion", shell], capture_output=True, text=True)
    (tmp_path / "script").write_text(done.stdout)
    assert subprocess.run([shell, "-n", tmp_path / "script"], capture_output=True, text=True).stderr == ""
