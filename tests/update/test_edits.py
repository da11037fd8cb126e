"""What a user has edited is there after an update, whatever the update changes; what cannot be merged is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from shared_helpers import write
from update_helpers import CHECKOUT, Machine, append

from smscaffold.template_config import Question, load_config

MARK = "mine-%d-mine"
OTHER = {
    "project_name": "team/other-model",
    "aws_region": "eu-central-1",
    "base_image": "debian:trixie-slim",
    "train_base_image": "ubuntu:24.04",
    "owner": "somebody",
}


def other_answer(question: Question) -> str | None:
    """An answer that is not the default; None if there is just one."""
    if question.choices:
        return str(question.choices[1]) if len(question.choices) > 1 else None
    return {"bool": "yes", "int": "7"}.get(question.type) or OTHER[question.name]


def edit_everything(folder: Path, names: list[str]) -> dict[str, str]:
    """A line of the user's own inside each file, where no answer changes the lines beside it; returns these lines."""
    marks = {}
    for number, name in enumerate(names):
        lines = (folder / name).read_text().splitlines(keepends=True)
        lines.insert(len(lines) * 2 // 5, f"{MARK % number}\n")
        (folder / name).write_text("".join(lines))
        marks[name] = MARK % number
    return marks


def test_no_answer_moves_or_drops_an_edit(machine_b: Machine, tmp_path: Path, version_b: Path) -> None:
    folder = machine_b.new(tmp_path / "x")
    every = machine_b.git(folder, "ls-files").splitlines()
    gone = ["local_test/payloads/iris.json", "local_test/opt_ml/input/data/train/iris.csv"]
    marks = edit_everything(folder, [name for name in every if name not in (".copier-answers.yml", *gone)])
    for name in gone:
        (folder / name).unlink()
    write(folder / "program" / "own.py", "mine\n")
    machine_b.commit(folder)

    def update(*pairs: str) -> None:
        machine_b.update(folder, "--quiet", *(word for pair in pairs for word in ("-d", pair)))
        machine_b.commit(folder, " ".join(pairs))
        kept = {name: mark for name, mark in marks.items() if (folder / name).read_text().count(mark) == 1}
        assert kept == marks, pairs
        assert not [name for name in gone if (folder / name).exists()], pairs
        assert (folder / "program" / "own.py").read_text() == "mine\n"

    template = tmp_path / "template"
    machine_b.git(tmp_path, "clone", "--quiet", "smscaffold://python-flask", str(template))
    questions = load_config(template).questions.values()
    others = {each.name: other for each in questions if not each.computed and (other := other_answer(each))}
    assert others["layout"] == "split"
    before = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    for name, other in others.items():
        update(f"{name}={other}")
    update("layout=single")
    update(*(f"{name}={before[name]}" for name in others if name in before))
    assert yaml.safe_load((folder / ".copier-answers.yml").read_text()) == before
    tracked = set(machine_b.git(folder, "ls-files").splitlines())
    assert tracked == {*every, "program/own.py"} - set(gone)


def test_the_files_of_the_user_are_the_algorithm_and_the_requirements() -> None:
    for template in sorted((CHECKOUT / "templates").glob("*/copier.yml")):
        skipped = load_config(template.parent, includes=False).settings["skip_if_exists"]
        assert all(
            re.search(r"(?i)algorithm\.|requirements(-train)?\.txt$|packages(-train)?\.txt$|pom\.xml$", name)
            for name in skipped
        )


@pytest.fixture
def conflict(machine_a: Machine, folder: Path) -> Path:
    """A folder in which the line is edited that the template changes too."""
    notes = folder / "notes.md"
    notes.write_text(notes.read_text().replace("line 10\n", "my line\n"))
    append(folder / "local_test" / "dropped.md", "I need this.\n")
    machine_a.commit(folder)
    return folder


def test_a_conflict_is_told_and_left_as_git_leaves_one(machine_b: Machine, conflict: Path) -> None:
    pretended = machine_b.update(conflict, "--pretend", check=False)
    assert pretended.returncode == 1
    assert "would conflict in local_test/dropped.md, notes.md\n" in pretended.stderr
    assert machine_b.status(conflict) == ""
    done = machine_b.update(conflict, check=False)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "smscaffold: error: your changes and the template's conflict in local_test/dropped.md, notes.md; edit them, "
    )
    assert "line 9\n<<<<<<< before updating\nmy line\n=======\nline ten\n>>>>>>> after updating\nline 11\n" in (
        (conflict / "notes.md").read_text()
    )
    assert (conflict / "local_test" / "dropped.md").read_text().endswith("I need this.\n")
    status = machine_b.status(conflict)
    assert "UU notes.md\n" in status
    assert "UD local_test/dropped.md\n" in status
    assert machine_b.run("git", "commit", "--all", "-m", "x", cwd=conflict).returncode == 0
    assert "There is nothing to update" in machine_b.update(conflict).stdout


def test_a_conflict_is_undone(machine_b: Machine, conflict: Path) -> None:
    done = machine_b.update(conflict, check=False)
    undo = done.stderr.strip().rpartition(": ")[2]
    machine_b.run(*undo.split(), cwd=conflict, check=True)
    assert machine_b.status(conflict) == ""
    assert "my line\n" in (conflict / "notes.md").read_text()


def test_a_conflict_is_taken_from_one_side(machine_b: Machine, conflict: Path) -> None:
    machine_b.update(conflict, check=False)
    machine_b.git(conflict, "checkout", "--theirs", "notes.md")
    assert "line ten\n" in (conflict / "notes.md").read_text()
    machine_b.git(conflict, "checkout", "--ours", "notes.md")
    assert "my line\n" in (conflict / "notes.md").read_text()


def test_copier_itself_ends_with_0_on_a_conflict(machine_b: Machine, conflict: Path) -> None:
    done = machine_b.run("copier", "update", "--defaults", cwd=conflict)
    assert done.returncode == 0
    assert "UU notes.md\n" in machine_b.status(conflict)
