"""Answers that an organisation proposes or fixes: when a folder is made, and when it is updated."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from config_helpers import Machine, answers, commit
from shared_helpers import refused, write

from smscaffold import catalog
from smscaffold.compile import compile_template
from smscaffold.template_config import load_config

BUILT_IN = [template for template in catalog.templates() if template.origin == catalog.BUILT_IN and template.folder]
FIXED = "[fixed]\nregion = 'north'\n[defaults]\nworkers = 4\n[defaults.churn]\nproject_name = 'churn'\n"


def test_they_are_taken_without_asking(machine: Machine, template: Path) -> None:
    write(machine.systems, FIXED)
    machine.done("new", "-t", template, "-y")
    assert (machine.work / "churn" / "README.md").read_text() == "# churn north 4\n"
    machine.done("new", "other", "-t", template, "-y", "-d", "workers=8", "-d", "region=north")
    assert (machine.work / "other" / "README.md").read_text() == "# other north 8\n"


def test_a_fixed_answer_is_not_changed(machine: Machine, template: Path) -> None:
    write(machine.systems, FIXED)
    words = f"region is fixed to 'north' by {machine.systems}, line 2: --data cannot change it"
    refused(machine.run("new", "-t", template, "-y", "-d", "region=south"), words)
    file = write(machine.root / "answers.yml", "region: south\n")
    refused(machine.run("new", "-t", template, "-y", "--data-file", file), "line 2: --data-file cannot change it")
    refused(machine.run("new", "-t", template, "-y", "-n", "-d", "region=south"), words)
    assert list(machine.work.iterdir()) == []


def test_it_needs_no_answer(machine: Machine, template: Path) -> None:
    write(machine.systems, FIXED)
    done = machine.run("new", "-t", template, "-d", "project_name=x")
    refused(done, "add -y for the defaults, or -d workers=VALUE (without an answer: workers)")


@pytest.mark.parametrize("template", BUILT_IN, ids=lambda template: template.name)
def test_each_question_can_be_fixed(template: catalog.Template, tmp_path: Path) -> None:
    """Plain ``copier update`` does not ask what stands in `fixed_answers`: every question looks there for itself."""
    assert template.folder
    compile_template(template.folder, tmp_path / "template")
    config = load_config(tmp_path / "template")
    assert next(iter(config.questions)) == "fixed_answers"
    for name, question in config.questions.items():
        if not question.computed:
            assert question.details["ask"] == f"{{{{ '{name}' not in fixed_answers }}}}"
    assert config.settings["min_copier_version"] == "9.19.0"


class TestUpdate:
    """What later updates make of it."""

    @pytest.fixture
    def folder(self, released: Machine) -> Path:
        write(released.systems, "[fixed]\naws_region = 'eu-central-1'\nfront_end = 'nginx'\n")
        released.done("new", "model", "-y", "--quiet")
        return released.work / "model"

    def test_the_same_configuration_changes_nothing(self, released: Machine, folder: Path) -> None:
        assert "is up to date" in released.done("update", cwd=folder).stdout
        words = f"aws_region is fixed to 'eu-central-1' by {released.systems}, line 2"
        refused(released.run("update", "-d", "aws_region=us-east-1", cwd=folder), words)

    def test_other_answers_leave_it_alone(self, released: Machine, folder: Path) -> None:
        released.done("update", "-d", "layout=split", cwd=folder)
        found = answers(folder)
        assert (found["layout"], found["aws_region"]) == ("split", "eu-central-1")
        assert found["fixed_answers"] == ["aws_region", "front_end"]

    def test_a_new_value_is_applied_and_told(self, released: Machine, folder: Path) -> None:
        released.systems.write_text("[fixed]\naws_region = 'eu-west-1'\n")
        done = released.done("update", cwd=folder)
        told = f"aws_region is now 'eu-west-1', fixed by {released.systems} (it was 'eu-central-1')"
        assert done.stderr.splitlines() == [f"smscaffold: {told}"]
        assert answers(folder)["aws_region"] == "eu-west-1"
        assert answers(folder)["fixed_answers"] == ["aws_region"]

    def test_a_value_that_the_template_refuses(self, released: Machine, folder: Path) -> None:
        released.systems.write_text("[fixed]\naws_region = 'Europe'\n")
        refused(released.run("update", cwd=folder), f"{released.systems}, line 2: fixed.aws_region must be a region")
        assert released.command("git", "status", "--porcelain", cwd=folder).stdout == ""

    def test_without_the_configuration_the_folder_remembers(self, released: Machine, folder: Path) -> None:
        released.systems.unlink()
        refused(released.run("update", "-d", "aws_region=us-east-1", cwd=folder), "aws_region was fixed by the org")
        released.done("update", "-d", "layout=split", "-d", "aws_region=eu-central-1", cwd=folder)
        assert answers(folder)["fixed_answers"] == ["aws_region", "front_end"]

    def test_plain_copier_asks_the_rest_only(self, released: Machine, folder: Path) -> None:
        if not shutil.which("tmux"):
            pytest.skip("tmux is not installed")
        from ask_helpers import Terminal

        command = [sys.executable, "-m", "copier", "update"]
        place = released.root / "terminal"
        place.mkdir()
        environment = {**released.environment, "TERM": "screen", "LANG": "C.UTF-8"}
        terminal = Terminal(place, command, folder, environment, (100, 40))
        try:
            terminal.answer("Name of the project", "-other")
            for question in ("One image or two?", "Does training use a GPU?", "Base image"):
                shown = terminal.wait(question)
                terminal.press("Enter")
            assert terminal.exit_code() == 0
            assert "AWS region" not in shown + terminal.screen()
            assert "What faces" not in shown + terminal.screen()
        finally:
            terminal.close()
        found = answers(folder)
        assert (found["project_name"], found["aws_region"]) == ("model-other", "eu-central-1")
        assert found["fixed_answers"] == ["aws_region", "front_end"]


def test_templates_by_others_keep_it_too(machine: Machine, template: Path) -> None:
    """They know nothing of it: ``smscaffold update`` keeps it, and plain copier would ask, with its value proposed."""
    write(machine.systems, FIXED)
    machine.done("new", "model", "-t", template, "-y", "--quiet")
    folder = machine.work / "model"
    write(template / "template" / "new.txt", "new\n")
    commit(template, "v1.1.0")
    machine.systems.write_text("[fixed]\nregion = 'east'\nworkers = 3\n")
    done = machine.done("update", cwd=folder)
    assert "region is now 'east'" in done.stderr
    assert (folder / "README.md").read_text() == "# model east 3\n"
    assert (folder / "new.txt").exists()


class TestAsking:
    """A real terminal."""

    def test_fixed_answers_are_settled(self, machine: Machine) -> None:
        if not shutil.which("tmux"):
            pytest.skip("tmux is not installed")
        from ask_helpers import Terminal

        text = "[fixed]\naws_region = 'eu-central-1'\n[defaults]\nlayout = 'split'\n"
        file = write(machine.root / "s.toml", text)
        words = ["new", "churn", "-t", "python-flask", "--no-git", "--config", str(file)]
        place = machine.root / "terminal"
        place.mkdir()
        environment = {**machine.environment, "TERM": "screen", "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "smscaffold", *words]
        terminal = Terminal(place, command, machine.work, environment, (160, 40))
        try:
            terminal.answer("Name of the project")
            terminal.wait("One image or two?", "> split")
            terminal.press("Enter")
            terminal.wait("Does training use a GPU?", f"AWS region    eu-central-1  fixed by {file}")
            terminal.press("Enter")
            terminal.answer("Base image of the serve image")
            terminal.answer("Base image of the train image")
            shown = terminal.wait("Write it, or change an answer?")
            choices = shown.partition("Write it")[2]
            assert "Layout" in choices
            assert "AWS region" not in choices
            assert "fixed_answers  " not in shown
            terminal.press("Enter")
            assert terminal.exit_code() == 0
        finally:
            terminal.close()
        found = answers(machine.work / "churn")
        assert (found["aws_region"], found["layout"]) == ("eu-central-1", "split")
        assert found["fixed_answers"] == ["aws_region"]
