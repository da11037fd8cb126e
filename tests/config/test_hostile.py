"""Templates that want to do harm: refused by name each, nothing is run and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_helpers import Machine, commit
from shared_helpers import refused, write


@pytest.fixture(autouse=True)
def _secret(machine: Machine) -> None:
    """The user's secret, which no template may read."""
    write(machine.root / "secret.yml", "stolen: {type: str, default: x}\n")


def hostile(machine: Machine, template: Path, *words: str) -> None:
    """As a folder and as a git repository, shown and written: it is refused each time."""
    commit(template, "v2.0.0")
    for source in (str(template), f"git+file://{template}"):
        for options in (["-y"], ["-y", "--pretend"]):
            refused(machine.run("new", "-t", source, *options), *words)
    assert list(machine.work.iterdir()) == []
    assert not list(machine.root.rglob("hacked*"))


def configure(template: Path, line: str) -> None:
    config = template / "copier.yml"
    config.write_text(f"{line}\n{config.read_text()}")


@pytest.mark.parametrize(
    ("line", "feature"),
    [
        ("_tasks: [touch ../../../hacked]", "tasks"),
        ("_migrations: [touch ../../../hacked]", "migrations"),
        ("_jinja_extensions: [os.path]", "jinja_extensions"),
    ],
)
def test_code(machine: Machine, template: Path, line: str, feature: str) -> None:
    configure(template, line)
    hostile(machine, template, "template churn wants to run its own code", f"({feature})", "to `trust` in copier's")


@pytest.mark.parametrize("name", ["../../hacked", "/tmp/smscaffold-hacked"])
def test_a_path_outside(machine: Machine, template: Path, name: str) -> None:
    parts = name.split("/")  # a file's own name cannot hold a slash, what it renders to can
    write(template / "template" / ("{{ '" + "' + _copier_conf.sep + '".join(parts) + "' }}"), "x\n")
    hostile(machine, template, "hacked", "forbidden")


def test_an_include_from_outside(machine: Machine, template: Path) -> None:
    configure(template, "!include ../../secret.yml\n---")
    commit(template, "v2.0.0")
    refused(machine.run("new", "-t", template, "-y"), "not a copier configuration", "outside the template")


@pytest.mark.parametrize("keep", ["true", "false"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../../secret.yml"])
def test_a_link_out(machine: Machine, template: Path, keep: str, target: str) -> None:
    configure(template, f"_preserve_symlinks: {keep}")
    (template / "template" / "leak").symlink_to(target)
    hostile(machine, template, "leak")


@pytest.mark.parametrize("name", ["$(touch hacked)", "`touch hacked`", "a;touch hacked", "a|b", "a&b", "-rf", "a\nb"])
def test_names_for_a_shell(machine: Machine, template: Path, name: str) -> None:
    write(template / "template" / name, "")
    hostile(machine, template, "template churn makes a file of the name", "a shell could take for a command")


@pytest.mark.parametrize("name", ["$(touch hacked)", "`touch hacked`", "x; touch hacked"])
def test_answers_for_a_shell(machine: Machine, template: Path, name: str) -> None:
    refused(machine.run("new", "-t", template, "-y", "-d", f"project_name={name}"), "is no name for a folder")
    machine.done("new", "x", "-t", template, "-y", "-d", f"region={name}")
    assert name in (machine.work / "x" / "README.md").read_text()
    assert not list(machine.root.rglob("hacked*"))


def test_an_update_brings_it(machine: Machine, template: Path) -> None:
    machine.done("new", "x", "-t", template, "-y", "--quiet")
    write(template / "template" / "$(touch hacked)", "")
    commit(template, "v2.0.0")
    folder = machine.work / "x"
    refused(machine.run("update", cwd=folder), "makes a file of the name '$(touch hacked)'")
    assert machine.command("git", "status", "--porcelain", cwd=folder).stdout == ""


class TestTrust:
    """The user trusts a source by copier's own settings."""

    def test_tasks_are_run_where_a_folder_is_written(self, machine: Machine, template: Path) -> None:
        configure(template, "_tasks: [echo task > made.txt]")
        commit(template, "v2.0.0")
        settings = write(machine.root / "home" / ".config" / "copier" / "settings.yml", f"trust: ['{template}']\n")
        machine.done("new", "x", "-t", template, "-y")
        assert (machine.work / "x" / "made.txt").read_text() == "task\n"
        assert "made.txt" not in machine.done("new", "y", "-t", template, "-y", "--pretend").stdout
        refused(machine.run("new", "z", "-t", f"git+file://{template}", "-y"), f"add git+file://{template} to `trust`")
        settings.write_text("trust: {a\n")
        refused(machine.run("new", "z", "-t", template, "-y"), "copier's settings.yml cannot be read")
