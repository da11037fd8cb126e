"""A later version of a template that wants to do harm, and updates that would lose a change: nothing changes then.

Every attack here has been seen succeeding before the rule that holds it off was written.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import Result, Run
from shared_helpers import refused, write
from test_hostile_templates import CODE

JINJA_GIT = "{{ '.gi' ~ 't' }}"

Refused = Callable[..., None]


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path, tag: str = "") -> None:
    """Commits everything; with a tag it is a release."""
    git(folder, "add", "--all")
    git(folder, "commit", "-qm", "x")
    if tag:
        git(folder, "tag", tag)


def state(folder: Path) -> tuple[object, ...]:
    """Everything that an update could change in a folder and its repository."""
    worktrees = folder / ".git" / "worktrees"
    return (
        git(folder, "status", "--porcelain", "--ignored", "--untracked-files=all"),
        git(folder, "rev-parse", "HEAD"),
        git(folder, "worktree", "list"),
        sorted(path.name for path in worktrees.iterdir()) if worktrees.exists() else None,
    )


@pytest.fixture
def released(template: Path) -> Path:
    """The template, as a git repository with a first release."""
    write(template / "template" / "notes.md", "one\ntwo\nthree\n")
    git(template, "init", "-q")
    commit(template, "v1.0.0")
    return template


@pytest.fixture
def folder(run_here: Run, released: Path, work: Path) -> Path:
    """A container folder of that release, committed."""
    assert run_here("new", "x", "-t", released, "-y").returncode == 0
    return work / "x"


@pytest.fixture
def evil(tmp_path: Path, ran: Path) -> str:
    """A configuration of git that runs a program of its author's."""
    program = write(tmp_path / "evil.sh", f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    return (
        f'[core]\nrepositoryformatversion = 0\nfsmonitor = {program}\n[filter "evil"]\nclean = {program}\n'
        "[user]\nname = A\nemail = a@example.com\n"
    )


@pytest.fixture
def is_refused(run_here: Run, folder: Path, ran: Path) -> Refused:
    """An update, and one that is only shown, are refused, and everything is as it was."""

    def is_refused(*words: str) -> None:
        before = state(folder)
        for options in (["--pretend"], []):
            refused(run_here("update", folder, *options), *words)
            assert state(folder) == before
            assert not ran.exists()

    return is_refused


class TestGitFolders:
    """No part of a path that git would take for its own folder: copier runs git in what it renders."""

    def gitdir(self, template: Path, evil: str) -> None:
        """A file that leads git to a repository beside it."""
        write(template / "template" / JINJA_GIT, "gitdir: ./evil\n")
        for path, text in {
            "config": evil,
            "HEAD": "ref: refs/heads/main\n",
            "objects/x": "",
            "refs/x": "",
        }.items():
            write(template / "template" / "evil" / path, text)
        write(template / "template" / ".gitattributes", "* filter=evil\n")

    def test_a_file_that_leads_to_a_repository(
        self, is_refused: Refused, released: Path, evil: str, folder: Path
    ) -> None:
        self.gitdir(released, evil)
        commit(released, "v2.0.0")
        is_refused("git would take")

    def test_in_an_update_that_forgets_it(self, is_refused: Refused, released: Path, evil: str, folder: Path) -> None:
        """A version of the past is rendered as well: what it makes is looked at too."""
        self.gitdir(released, evil)
        commit(released, "v1.5.0")
        for path in (JINJA_GIT, ".gitattributes"):
            (released / "template" / path).unlink()
        commit(released, "v2.0.0")
        answers = folder / ".copier-answers.yml"
        answers.write_text(answers.read_text().replace("v1.0.0", "v1.5.0"))
        commit(folder)
        is_refused("git would take")

    def test_only_where_copier_renders_it_for_an_update(
        self, is_refused: Refused, released: Path, evil: str, folder: Path
    ) -> None:
        """A template can tell copier's renderings apart by the folder that they go to."""
        name = "{{ '.gi' ~ 't' if 'copy' in _copier_conf.dst_path.as_posix() else 'safe' }}"
        write(released / "template" / name / "config", evil)
        write(released / "template" / ".gitattributes", "* filter=evil\n")
        commit(released, "v2.0.0")
        is_refused("git would take")

    @pytest.mark.parametrize("path", [f"sub/{JINJA_GIT}/config", "git~1{{ '' }}/config", f"{JINJA_GIT}/hooks/x"])
    def test_others(self, is_refused: Refused, released: Path, evil: str, folder: Path, path: str) -> None:
        write(released / "template" / path, evil)
        commit(released, "v2.0.0")
        is_refused("git would take")

    def test_a_link_to_it(self, is_refused: Refused, released: Path, folder: Path) -> None:
        (released / "template" / "link").symlink_to(".git/hooks")
        config = released / "copier.yml"
        config.write_text("_preserve_symlinks: true" + config.read_text())
        commit(released, "v2.0.0")
        is_refused("makes the link link to .git/hooks", "git would take")

    def test_a_repository_of_the_template_that_runs_programs(
        self, run_here: Run, released: Path, evil: str, folder: Path, ran: Path
    ) -> None:
        write(released / ".gitattributes", "* filter=evil\n")
        write(released / "template" / "later.txt", "")
        commit(released)
        git(released, "tag", "-d", "v1.0.0")
        git(released, "tag", "v0.1.0", "HEAD~1")
        answers = folder / ".copier-answers.yml"
        answers.write_text(answers.read_text().replace("v1.0.0", "v0.1.0"))
        commit(folder)
        git(released, "tag", "-d", "v0.1.0")
        (released / "copier.yml").touch()
        with (released / ".git" / "config").open("a") as config:
            config.write(evil)
        run_here("update", folder)
        assert not ran.exists()


def test_code_in_an_expression(
    is_refused: Refused, released: Path, folder: Path, ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAN", str(ran))
    write(released / "template" / "later.txt.jinja", CODE)
    commit(released, "v2.0.0")
    is_refused("no attribute 'model_fields'")


@pytest.mark.parametrize(
    "text",
    ["{a: [", "- 1\n", "x", "", "_src_path: x\n", "_commit: v1\n", "_src_path: [x]\n_commit: v2.0.0\n", 'a: "\\uD8"'],
)
def test_an_answers_file_that_no_later_update_could_read(
    is_refused: Refused, released: Path, folder: Path, text: str
) -> None:
    write(released / "template" / "{{ _copier_conf.answers_file }}.jinja", text)
    commit(released, "v2.0.0")
    is_refused(".copier-answers.yml", "nothing was written")


@pytest.mark.parametrize("name", ["*.py", ":x.py", "sub/:x", "a?", "none.rej", "sub/a.py.rej"])
def test_names_that_git_reads_as_patterns_or_copier_as_its_own(
    is_refused: Refused, released: Path, folder: Path, name: str
) -> None:
    write(released / "template" / name, "x\n")
    commit(released, "v2.0.0")
    is_refused("makes a file of the name", name)


def test_a_name_in_brackets_is_no_pattern(run_here: Run, released: Path, work: Path) -> None:
    for name in ("[x].py", "x.py"):
        write(released / "template" / name, "one\n")
    commit(released, "v1.1.0")
    assert run_here("new", "y", "-t", released, "-y").returncode == 0
    folder = work / "y"
    for name in ("[x].py", "x.py"):
        (released / "template" / name).unlink()
        write(folder / name, f"mine {name}\n")
    git(folder, "commit", "-qam", "x")
    commit(released, "v2.0.0")
    done = run_here("update", folder)
    assert done.returncode == 1
    assert {name: (folder / name).read_text() for name in ("[x].py", "x.py")} == {
        "[x].py": "mine [x].py\n",
        "x.py": "mine x.py\n",
    }


class TestNothingIsLeftBehind:
    def test_when_the_work_trees_own_link_is_gone(
        self, run_here: Run, released: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """git does not remove a work tree that it cannot find its way back from."""
        write(released / "template" / "later.txt", "")
        commit(released, "v2.0.0")

        def broken(_: object, second: Path, *__: object, **___: object) -> None:
            (second / ".git").write_text("gitdir: elsewhere\n")
            raise KeyboardInterrupt

        monkeypatch.setattr("smscaffold.update._run_copier", broken)
        before = state(folder)
        assert run_here("update", folder).returncode == 130
        assert state(folder) == before

    def test_of_the_users_other_work_trees_nothing_is_lost(
        self, run_here: Run, released: Path, folder: Path, tmp_path: Path
    ) -> None:
        git(folder, "worktree", "add", "-q", "--detach", str(tmp_path / "other"))
        (tmp_path / "other").rename(tmp_path / "moved")
        write(released / "template" / "later.txt", "")
        commit(released, "v2.0.0")
        before = state(folder)[2:]
        assert run_here("update", folder).returncode == 0
        assert state(folder)[2:] == before


class TestLinksOfTheUser:
    """A link that the user has committed where the template has a file."""

    def link(self, folder: Path, name: str, target: str) -> None:
        """Moves a file or folder there and commits a link to it."""
        (folder / target).parent.mkdir(exist_ok=True)
        (folder / name).rename(folder / target)
        (folder / name).symlink_to(target)
        commit(folder)

    def test_the_templates_change_is_not_lost(self, is_refused: Refused, released: Path, folder: Path) -> None:
        self.link(folder, "notes.md", "mine.md")
        write(released / "template" / "notes.md", "one\n2\nthree\n")
        commit(released, "v2.0.0")
        is_refused("x/notes.md is a link", "commit")

    def test_nor_is_a_file_that_the_template_drops(
        self, run_here: Run, released: Path, folder: Path, work: Path
    ) -> None:
        self.link(folder, "notes.md", "mine.md")
        (released / "template" / "notes.md").unlink()
        write(released / "template" / "later.txt", "")
        commit(released, "v2.0.0")
        run_here("update", folder)
        assert (folder / "mine.md").read_text() == "one\ntwo\nthree\n"

    def test_a_link_stays_where_the_template_changes_something_else(
        self, run_here: Run, released: Path, folder: Path
    ) -> None:
        self.link(folder, "notes.md", "mine.md")
        write(released / "template" / "later.txt", "")
        commit(released, "v2.0.0")
        done = run_here("update", folder)
        assert done.returncode == 0, done.stderr
        assert (folder / "notes.md").readlink() == Path("mine.md")
        assert (folder / "later.txt").exists()

    @pytest.mark.parametrize("target", ["scripts", "../elsewhere"])
    def test_a_link_in_place_of_a_folder(self, is_refused: Refused, released: Path, folder: Path, target: str) -> None:
        self.link(folder, "local_test", target)
        write(folder / target / "train_local.sh", "mine\n")
        if not git(folder, "status", "--porcelain").startswith("??") and target == "scripts":
            commit(folder)
        write(released / "template" / "local_test" / "train_local.sh", "#!/bin/sh\necho\n")
        commit(released, "v2.0.0")
        is_refused("x/local_test is a link")
        assert (folder / target / "train_local.sh").read_text() == "mine\n"

    def test_a_link_in_place_of_a_folder_that_the_template_drops(
        self, is_refused: Refused, released: Path, folder: Path
    ) -> None:
        """Copier removes the template's old files, and would do so in what the link leads to."""
        self.link(folder, "local_test", "scripts")
        (released / "template" / "local_test" / "train_local.sh").unlink()
        commit(released, "v2.0.0")
        is_refused("x/local_test is a link")
        assert (folder / "scripts" / "train_local.sh").exists()

    def test_a_link_in_place_of_a_file_that_is_the_users(self, run_here: Run, released: Path, folder: Path) -> None:
        """What the template gives once and never changes may be a link: nothing of the template is lost by it."""
        config = released / "copier.yml"
        config.write_text("_skip_if_exists: [notes.md]" + config.read_text())
        write(released / "template" / "notes.md", "one\n2\nthree\n")
        commit(released, "v2.0.0")
        self.link(folder, "notes.md", "mine.md")
        done = run_here("update", folder)
        assert done.returncode == 0, done.stderr
        assert (folder / "notes.md").readlink() == Path("mine.md")
        assert (folder / "mine.md").read_text() == "one\ntwo\nthree\n"

    def test_a_submodule_in_place_of_a_folder(self, is_refused: Refused, released: Path, folder: Path) -> None:
        """git adds nothing below a submodule: what the template changes there would be lost as well."""
        (folder / "local_test" / "train_local.sh").rename(folder.parent / "train_local.sh")
        git(folder, "rm", "-q", "-r", "--cached", "local_test")
        git(folder, "init", "-q", "local_test")
        (folder.parent / "train_local.sh").rename(folder / "local_test" / "train_local.sh")
        commit(folder / "local_test")
        commit(folder)
        write(released / "template" / "local_test" / "train_local.sh", "#!/bin/sh\necho\n")
        commit(released, "v2.0.0")
        is_refused("x/local_test is a submodule")

    def test_the_answers_file(self, is_refused: Refused, released: Path, folder: Path) -> None:
        self.link(folder, ".copier-answers.yml", "answers.yml")
        write(released / "template" / "later.txt", "")
        commit(released, "v2.0.0")
        is_refused(".copier-answers.yml is a link")

    def test_gitignore(self, is_refused: Refused, released: Path, folder: Path) -> None:
        write(released / "template" / ".gitignore", "a\n")
        commit(released, "v1.1.0")
        write(folder / "ignored", "mine\n")
        (folder / ".gitignore").symlink_to("ignored")
        commit(folder)
        is_refused("x/.gitignore is a link")

    def test_a_link_that_leads_nowhere(self, is_refused: Refused, released: Path, folder: Path) -> None:
        (folder / "notes.md").unlink()
        (folder / "notes.md").symlink_to("nowhere")
        commit(folder)
        write(released / "template" / "notes.md", "one\n2\nthree\n")
        commit(released, "v2.0.0")
        is_refused("x/notes.md is a link")


def test_modes_of_an_update(run_here: Run, released: Path, folder: Path) -> None:
    script = write(released / "template" / "later.sh", "#!/bin/sh\n")
    script.chmod(0o6777)
    commit(released, "v2.0.0")
    done: Result = run_here("update", folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "later.sh").stat().st_mode & 0o7777 == 0o755
