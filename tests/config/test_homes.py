"""Users without a home folder, and folders of users that do not exist."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from config_helpers import Machine, Result
from shared_helpers import refused, write


def without_home(machine: Machine, *words: str | Path) -> Result:
    """Runs ``smscaffold WORDS`` as a user whom the machine does not know, as containers have them."""
    program = (
        "import os, pwd, sys\n"
        "def unknown(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = unknown\n"
        "del os.environ['HOME']\n"
        "from smscaffold.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    return machine.command(sys.executable, "-c", program, *words)


def test_without_a_home_there_is_no_configuration_of_the_user(machine: Machine, template: Path) -> None:
    write(machine.work / "~" / ".config" / "smscaffold" / "smscaffold.toml", "[fixd]\n")
    assert without_home(machine, "config").stdout.startswith("There is no smscaffold.toml")
    option = write(machine.root / "option.toml", "[fixed]\nregion = 'there'\n")
    assert f"{option}\n" in without_home(machine, "config", "--config", option).stdout
    done = without_home(machine, "new", "x", "-y", "-t", template, "--config", option)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Made x/ (2 files) from churn 1.0.0\n")
    assert (machine.work / "x" / "README.md").read_text() == "# x there 2\n"


@pytest.mark.parametrize(
    ("text", "words", "reason"),
    [
        ("", ["-t", "~nosuch/x"], "there is no template '~nosuch/x'"),
        ("", ["--config", "~nosuch/x"], "--config names ~nosuch/x, and there is no such file"),
        ("[templates.sources]\na = '~nosuch/x'\n", [], "line 2: templates.sources.a names {}/~nosuch/x, which is no"),
        (
            "[organisation]\ncertificates = ['~nosuch/x.crt']\n",
            [],
            "line 2: organisation.certificates names {}/~",
        ),
    ],
)
def test_the_home_of_nobody(machine: Machine, text: str, words: list[str], reason: str) -> None:
    write(machine.users, text)
    refused(machine.run("new", "x", "-y", *words), reason.format(machine.users.parent))
