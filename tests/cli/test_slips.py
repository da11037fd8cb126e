"""A slip of the finger, or a word that other programs know, gets an answer that leads on."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from cli_helpers import Run, command
from shared_helpers import refused, write

from smscaffold import __version__
from smscaffold.cli import _parser
from smscaffold.errors import did_you_mean

COMMANDS = ["new", "update", "check", "list", "config", "doctor", "template", "completion"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nwe"], f"there is no command 'nwe' (did you mean 'new'?): there is {', '.join(COMMANDS)}"),
        (["NEW"], "there is no command 'NEW' (did you mean 'new'?): there is new, "),
        (["template", "relase"], "there is no command 'relase' (did you mean 'release'?): there is new, test, "),
        (["--hlep"], "there is no option --hlep (did you mean '--help'?)"),
        (["--hlep", "new"], "there is no option --hlep (did you mean '--help'?)"),
        (["new", "--templte=r-plumber"], "there is no option --templte (did you mean '--template'?)"),
        (["template", "test", "--no-dokcer"], "there is no option --no-dokcer (did you mean '--no-docker'?)"),
        (["new", "one", "two"], "'two' is one argument too many"),
        (["train"], "there is no command 'train': a container folder has a script for that, local_test/train_local.sh"),
        (["Serve", "x"], "has a script for that, local_test/serve_local.sh"),
        (["predict", "--help"], "has a script for that, local_test/predict.sh"),
    ],
)
def test_wrong_usage(run_here: Run, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("r", "'r-plumber'"),
        ("R", "'r-plumber'"),
        ("python", "'python-flask' or 'python-fastapi'"),
        ("Flask", "'python-flask'"),
        ("JAVA-SPRNG", "'java-spring'"),
    ],
)
def test_a_template_by_half_its_name(run_here: Run, name: str, meant: str) -> None:
    refused(run_here("new", "x", "-y", "-t", name), f"there is no template {name!r} (did you mean {meant}?)")


def test_a_beginning_of_many_names_means_none_of_them() -> None:
    assert did_you_mean("T", ["T1", "T2", "T3", "T4"]) == ""
    assert did_you_mean("", ["a", "b"]) == ""
    either = [did_you_mean("se", names) for names in (["serve", "sets", "seta"], ["seta", "serve", "sets"])]
    assert either[0] == either[1]  # as the order of a set is no order
    assert did_you_mean("Layuot", ["layout", "workers"]) == " (did you mean 'layout'?)"


@pytest.mark.parametrize("words", [["-V"], ["--version"], ["version"]])
def test_version(run: Run, words: list[str]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (0, f"smscaffold {__version__}\n")


@pytest.mark.parametrize("words", [[], ["new"], ["template", "release"]])
def test_help(run: Run, words: list[str]) -> None:
    done = run("help", *words)
    assert (done.returncode, done.stdout) == (0, run(*words, "--help").stdout)


def test_each_help_ends_with_two_examples_that_parse() -> None:
    below = ["new", "test", "build", "release"]
    for words in ([], *([name] for name in COMMANDS), *(["template", name] for name in below)):
        parser = _parser()
        for word in words:
            (commands,) = (action for action in parser._actions if isinstance(action.choices, dict))
            parser = commands.choices[word]  # type: ignore[index, assignment]
        *_, title, first, second, empty, documentation = parser.format_help().splitlines()
        assert (title, empty, documentation.split(":")[0]) == ("examples:", "", "documentation"), words
        for example in (first, second):
            program, *arguments = example.partition(" > ")[0].split()
            assert program == "smscaffold"
            assert "run" in _parser().parse_args(arguments)


def test_hidden_commands_are_in_no_list(run: Run) -> None:
    listed = [line.split()[0] for line in run("--help").stdout.splitlines() if line.startswith("    ")]
    assert set(COMMANDS) <= set(listed)
    assert not {"_complete", "help", "version"} & set(listed)


@pytest.mark.parametrize("columns", [40, 80])
def test_the_list_fits_the_terminal(environment: dict[str, str], work: Path, template: Path, columns: int) -> None:
    text = (template / "copier.yml").read_text().replace("A stub", "A stub of a template " + "and more " * 20)
    write(template / "copier.yml", text)
    standard = write(work / "smscaffold.toml", f"[templates.sources]\nstub = '{template}'\n")
    ours, theirs = pty.openpty()
    variables = {**environment, "COLUMNS": str(columns)}
    subprocess.run(command("list", "--config", standard), env=variables, stdout=theirs, check=True)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # nobody holds the other end any more
        os.close(ours)
    lines = shown.decode().splitlines()
    assert max(map(len, lines)) <= columns
    assert "more and" in " ".join(" ".join(lines).split())


def test_check_of_a_folder_that_is_none(run: Run, work: Path) -> None:
    done = run("check", ".")
    assert done.returncode == 2
    assert done.stderr.startswith(f"smscaffold: error: {work} is not a container folder: it has no Dockerfile; ")


def test_config_says_where_it_has_looked(run: Run, work: Path, environment: dict[str, str]) -> None:
    head, *looked = run("config").stdout.splitlines()
    assert head == "There is no smscaffold.toml. Looked for in:"
    assert f"  {environment['HOME']}/.config/smscaffold/smscaffold.toml" in looked
    assert "  /etc/xdg/smscaffold/smscaffold.toml" in looked
