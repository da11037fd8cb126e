"""``smscaffold update`` says that a folder is up to date only where that is proved."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Result, Run
from shared_helpers import write
from test_hostile_updates import commit, git

ANSWERS = ".copier-answers.yml"


class User:
    """A user with the container folder ``x`` of the template's only release."""

    def __init__(self, run_here: Run, template: Path, folder: Path) -> None:
        self.run_here, self.template, self.folder = run_here, template, folder
        config = template / "copier.yml"
        config.write_text("_skip_if_exists: [mine.py]" + config.read_text())
        write(template / "template" / "mine.py", "x\n")
        write(template / "template" / "notes.md", "one\ntwo\n")
        git(template, "init", "-q")
        commit(template, "v1.0.0")
        done = run_here("new", folder, "-t", template, "-y", "-d", "workers=3")
        assert done.returncode == 0, done.stderr

    def record(self, old: str, new: str) -> None:
        """Edits the answers file by hand."""
        file = self.folder / ANSWERS
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def update(self, *options: str) -> Result:
        if git(self.folder, "status", "--porcelain"):
            commit(self.folder)
        before = git(self.folder, "rev-parse", "HEAD:")
        done = self.run_here("update", self.folder, *options)
        assert done.returncode == 0, done.stderr
        assert (git(self.folder, "status", "--porcelain"), git(self.folder, "write-tree")) == ("", before)
        return done

    def is_proved(self, *options: str) -> None:
        done = self.update(*options)
        assert (done.stdout, done.stderr) == (f"x is up to date with v1.0.0 of {self.template}\n", "")

    def is_not_proved(self, *words: str, version: str = "v1.0.0", template: Path | None = None) -> None:
        done = self.update()
        source = template or self.template
        assert done.stdout == f"There is nothing to update: {ANSWERS} of x names {version} of {source} already\n"
        assert done.stderr.startswith("smscaffold: ")
        for word in words:
            assert word in done.stderr


@pytest.fixture
def user(run_here: Run, template: Path, work: Path) -> User:
    return User(run_here, template, work / "x")


def test_a_folder_as_it_was_made(user: User) -> None:
    user.is_proved()
    user.is_proved("--ref", "v1.0.0")


def test_what_is_the_users_proves_nothing_else(user: User) -> None:
    (user.folder / "mine.py").write_text("edited\n")
    write(user.folder / "own.txt", "x\n")
    notes = user.folder / "notes.md"
    notes.write_bytes(notes.read_bytes().replace(b"\n", b"\r\n"))
    notes.chmod(0o755)
    user.record("# The recorded answers.\n", "# edited\n\n")
    user.is_proved()


def test_edits_are_no_fault(user: User) -> None:
    write(user.folder / "notes.md", "mine\n")
    (user.folder / "README.md").unlink()
    user.is_not_proved("in 2 of 4 files", "(README.md, notes.md): by edits, or because it was not made")


def test_a_version_switched_by_hand(user: User) -> None:
    write(user.template / "template" / "notes.md", "three\n")
    commit(user.template, "v2.0.0")
    user.record("v1.0.0", "v2.0.0")
    user.is_not_proved("in 1 of 4 files", "(notes.md)", version="v2.0.0")


def test_a_template_switched_by_hand(user: User, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(user.template), str(other))
    write(other / "template" / "program" / "serve", "x\n")
    config = other / "copier.yml"
    config.write_text(config.read_text() + "tree: {type: int, default: 3}\n")
    git(other, "tag", "-d", "v1.0.0")
    commit(other, "v1.0.0")
    user.record(str(user.template), str(other))
    user.is_not_proved("in 2 of 5 files", f"({ANSWERS}, program/serve)", template=other)


def test_an_answer_changed_by_hand(user: User) -> None:
    user.record("workers: 3", "workers: 4")
    user.is_not_proved("(README.md)")
    user.record("workers: 4", "workers: many")
    user.is_not_proved("whether x is what this version renders cannot be told: ")


def test_a_link_is_not_followed(user: User) -> None:
    (user.folder / "notes.md").rename(user.folder / "moved.md")
    (user.folder / "notes.md").symlink_to("moved.md")
    user.is_not_proved("(notes.md)")


def test_a_template_that_runs_code_and_is_not_trusted(user: User, ran: Path) -> None:
    config = user.template / "copier.yml"
    config.write_text(f"_tasks: ['touch {ran}']\n" + config.read_text())
    commit(user.template, "v1.1.0")
    user.record("v1.0.0", "v1.1.0")
    user.is_not_proved("cannot be told: the template", "run its own code", version="v1.1.0")
    assert not ran.exists()
