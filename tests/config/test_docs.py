"""The examples of docs/organisation.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_helpers import CHECKOUT, COPIER_YML, Machine, answers
from shared_helpers import write

TEXT = (CHECKOUT / "docs" / "organisation.md").read_text()
CONSOLE = re.compile(r"```console\n\$ smscaffold config\n(.*?)```", re.DOTALL)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def standard(machine: Machine) -> Path:
    """The example's file."""
    return write(machine.systems, blocks("toml")[0])


def test_what_config_shows(machine: Machine, standard: Path) -> None:
    done = machine.done("config")
    shown = CONSOLE.search(TEXT)
    assert shown
    assert done.stdout.replace(str(standard), "/etc/xdg/smscaffold/smscaffold.toml") == shown[1]
    assert done.stderr == ""


def test_it_makes_a_folder(machine: Machine, standard: Path) -> None:
    machine.done("new", "model", "--defaults")
    found = answers(machine.work / "model")
    assert (found["layout"], found["aws_region"]) == ("split", "eu-central-1")
    assert found["base_image"] == "registry.example/python:3.13"
    assert found["fixed_answers"] == ["aws_region", "base_image"]


def test_a_template_may_do_the_same(machine: Machine, template: Path) -> None:
    settings, _, _ = COPIER_YML.partition("project_name:")
    (template / "copier.yml").write_text(f"{settings}\n{blocks('yaml')[0]}workers: 2\n")
    write(machine.systems, "[fixed]\nregion = 'north'\n")
    machine.done("new", "model", "-t", template, "-y", "--quiet")
    assert answers(machine.work / "model")["fixed_answers"] == ["region"]
