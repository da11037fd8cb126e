"""An update never loses what the user has committed or what git ignores: it keeps it, merges it or tells a conflict."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_helpers import Run
from shared_helpers import refused, write
from test_hostile_updates import commit, git

LINES = "".join(f"line {number}\n" for number in range(1, 31))
MINE, THEIRS = "MY EDIT\n", "THE TEMPLATE'S EDIT\n"
BINARY = {name: f"\0{name}\0".encode() * 40 for name in ("old", "mine", "new")}
UTF_16 = {name: LINES.replace("line 5\n", f"{name}\n").encode("utf-16") for name in ("old", "mine", "new")}


def edit(file: Path, line: int, text: str) -> None:
    file.write_text(file.read_text().replace(f"line {line}\n", text))


@pytest.fixture
def files(template: Path) -> Path:
    """The files of the template, which has no release yet."""
    write(template / "template" / "a.txt", LINES)
    write(template / "template" / "b.txt", LINES)
    (template / "template" / "image.png").write_bytes(BINARY["old"])
    (template / "template" / "table.csv").write_bytes(UTF_16["old"])
    git(template, "init", "-q")
    return template / "template"


class User:
    """A user with a container folder of the template's first release."""

    def __init__(self, run_here: Run, template: Path, folder: Path) -> None:
        self.run_here, self.template, self.folder = run_here, template, folder
        commit(template, "v1.0.0")
        done = run_here("new", folder, "-t", template, "-y")
        assert done.returncode == 0, done.stderr

    def edits(self, name: str = "a.txt", line: int = 5) -> None:
        edit(self.folder / name, line, MINE)

    def template_edits(self, name: str = "a.txt", line: int = 25) -> None:
        edit(self.template / "template" / name, line, THEIRS)

    def update(self, *conflicts: str, options: tuple[str, ...] = (), release: bool = True) -> None:
        """Commits and updates; these files must conflict, and no others."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "-qm", "Edit", "--allow-empty")
        if release:
            commit(self.template, "v2.0.0")
        done = self.run_here("update", self.folder, *options)
        unmerged = {line.partition("\t")[2] for line in git(self.folder, "ls-files", "--unmerged").splitlines()}
        assert unmerged == set(conflicts), done.stderr
        assert done.returncode == bool(conflicts), done.stderr

    def text(self, name: str = "a.txt") -> str:
        return (self.folder / name).read_text()

    def has_both(self, name: str = "a.txt") -> None:
        assert MINE in self.text(name)
        assert THEIRS in self.text(name)


@pytest.fixture
def user(run_here: Run, files: Path, work: Path) -> User:
    return User(run_here, files.parent, work / "x")


class TestBinaryFiles:
    @pytest.mark.parametrize(("name", "content"), [("image.png", BINARY), ("table.csv", UTF_16)])
    @pytest.mark.parametrize("only_answers", [False, True])
    def test_an_edit_stays(self, user: User, name: str, content: dict[str, bytes], only_answers: bool) -> None:
        (user.folder / name).write_bytes(content["mine"])
        if only_answers:
            user.update(options=("-d", "workers=7"), release=False)
            assert "7" in user.text("README.md")
        else:
            user.template_edits()
            user.update()
            assert THEIRS in user.text()
        assert (user.folder / name).read_bytes() == content["mine"]

    @pytest.mark.parametrize(("name", "content"), [("image.png", BINARY), ("table.csv", UTF_16)])
    def test_edits_of_both_conflict(self, user: User, name: str, content: dict[str, bytes]) -> None:
        (user.folder / name).write_bytes(content["mine"])
        (user.template / "template" / name).write_bytes(content["new"])
        user.update(name)
        assert (user.folder / name).read_bytes() == content["mine"]
        git(user.folder, "checkout", "--theirs", name)
        assert (user.folder / name).read_bytes() == content["new"]

    def test_the_templates_edit_comes(self, user: User) -> None:
        (user.template / "template" / "image.png").write_bytes(BINARY["new"])
        user.update()
        assert (user.folder / "image.png").read_bytes() == BINARY["new"]

    def test_a_run_bit_of_the_users_stays(self, user: User) -> None:
        (user.folder / "image.png").chmod(0o755)
        (user.template / "template" / "image.png").write_bytes(BINARY["new"])
        user.update()
        assert (user.folder / "image.png").read_bytes() == BINARY["new"]
        assert (user.folder / "image.png").stat().st_mode & 0o111

    def test_text_that_the_template_makes_binary(self, user: User) -> None:
        user.edits()
        (user.template / "template" / "a.txt").write_bytes(BINARY["new"])
        user.update("a.txt")
        assert MINE in user.text()


ATTRIBUTES = ["* binary", "* -diff", "* -text -diff -merge"]


class TestAttributes:
    """What git's attributes say about a file does not decide whether an edit of it is kept."""

    @pytest.mark.parametrize("attributes", ATTRIBUTES)
    def test_of_the_template(self, run_here: Run, files: Path, work: Path, attributes: str) -> None:
        write(files / ".gitattributes", f"{attributes}\n")
        user = User(run_here, files.parent, work / "x")
        user.edits()
        user.template_edits()
        user.edits("b.txt")
        user.update()
        user.has_both()
        assert MINE in user.text("b.txt")

    @pytest.mark.parametrize("attributes", ATTRIBUTES)
    def test_of_the_template_with_a_conflict(self, run_here: Run, files: Path, work: Path, attributes: str) -> None:
        write(files / ".gitattributes", f"{attributes}\n")
        user = User(run_here, files.parent, work / "x")
        user.edits()
        user.template_edits(line=5)
        user.update("a.txt")
        user.has_both()
        assert "<<<<<<< before updating\n" in user.text()

    @pytest.mark.parametrize("attributes", ["* -diff", "*.txt diff=strange"])
    def test_of_the_user_everywhere(self, user: User, tmp_path: Path, attributes: str) -> None:
        attributes_file = write(tmp_path / "attributes", f"{attributes}\n")
        git(user.folder, "config", "--global", "core.attributesFile", str(attributes_file))
        git(user.folder, "config", "--global", "diff.strange.binary", "true")
        user.edits()
        user.template_edits()
        user.update()
        user.has_both()


class TestIgnoredFiles:
    @pytest.mark.parametrize("scope", ["--global", "--local"])
    def test_a_folder_that_does_not_show_untracked_files(self, user: User, scope: str) -> None:
        git(user.folder, "config", scope, "status.showUntrackedFiles", "no")
        user.edits()
        user.template_edits(line=5)
        user.update("a.txt")
        user.has_both()

    @pytest.mark.parametrize("pattern", ["*.txt", "*.rej"])
    @pytest.mark.parametrize("line", [5, 25])
    def test_a_file_that_the_user_ignores_everywhere(self, user: User, tmp_path: Path, pattern: str, line: int) -> None:
        user.edits()
        excludes = write(tmp_path / "excludes", f"{pattern}\n")
        git(user.folder, "config", "--global", "core.excludesFile", str(excludes))
        user.template_edits(line=line)
        user.update(*["a.txt"] * (line == 5))
        user.has_both()

    def test_a_file_that_the_templates_gitignore_names(self, run_here: Run, files: Path, work: Path) -> None:
        write(files / "settings.env", LINES)
        git(files, "add", "--all")
        write(files / ".gitignore", "*.env\n")
        user = User(run_here, files.parent, work / "x")
        user.edits("settings.env")
        git(user.folder, "add", "--force", "settings.env")
        user.template_edits("settings.env")
        user.update()
        user.has_both("settings.env")

    @pytest.mark.parametrize("kind", ["file", "link", "folder"])
    def test_what_is_ignored_where_the_template_makes_a_folder(self, user: User, tmp_path: Path, kind: str) -> None:
        """``git read-tree -u`` removes an ignored file that is in the way of a folder."""
        precious = write(tmp_path / "big" / "y", "precious\n")
        data = user.folder / "data"
        if kind == "file":
            data.write_text("precious\n")
        elif kind == "link":
            data.symlink_to(precious.parent)
        else:
            write(data / "x", "precious\n")
        write(user.folder / ".git" / "info" / "exclude", "data\n")
        write(user.template / "template" / "data" / "x", "the template's\n")
        commit(user.template, "v2.0.0")
        refused(user.run_here("update", user.folder), "data", "move it away")
        left = {"file": data, "link": data / "y", "folder": data / "x"}[kind]
        assert left.read_text() == "precious\n"
        assert data.is_symlink() == (kind == "link")
        assert git(user.folder, "status", "--porcelain") == ""


class TestFilesOfAnotherKind:
    def test_a_file_that_becomes_a_link(self, user: User) -> None:
        user.edits()
        file = user.template / "template" / "a.txt"
        file.unlink()
        file.symlink_to("b.txt")
        write(user.template / "copier.yml", "_preserve_symlinks: true\n" + (user.template / "copier.yml").read_text())
        user.update("a.txt")
        assert MINE in user.text()
        assert not (user.folder / "a.txt").is_symlink()
        assert MINE not in user.text("b.txt")

    @pytest.mark.parametrize(("old", "new"), [("a.txt", "a.txt/x"), ("data/one", "data")])
    def test_a_file_that_becomes_a_folder_or_the_reverse(
        self, run_here: Run, files: Path, work: Path, old: str, new: str
    ) -> None:
        """Copier cannot do it: nothing changes then."""
        write(files / old, LINES)
        user = User(run_here, files.parent, work / "x")
        user.edits(old)
        commit(user.folder)
        (files / old).unlink()
        if "/" in old:
            (files / old).parent.rmdir()
        write(files / new, "x\n")
        commit(user.template, "v2.0.0")
        refused(run_here("update", user.folder))
        assert MINE in user.text(old)
        assert git(user.folder, "status", "--porcelain") == ""


class TestStaysAsItWas:
    """What was right before: files that are the user's alone, deleted files, and changes that both sides have made."""

    def test_skipped_excluded_and_deleted_files(self, run_here: Run, files: Path, work: Path) -> None:
        for name in ("skipped.txt", "excluded.txt"):
            write(files / name, LINES)
        (files / "skipped.png").write_bytes(BINARY["old"])
        copier_yml = files.parent / "copier.yml"
        copier_yml.write_text("_skip_if_exists: ['skipped.*']\n" + copier_yml.read_text())
        user = User(run_here, files.parent, work / "x")
        for name in ("skipped.txt", "excluded.txt"):
            user.edits(name)
        (user.folder / "skipped.png").write_bytes(BINARY["mine"])
        (user.folder / "b.txt").unlink()
        (user.folder / "image.png").unlink()
        write(user.folder / "own.bin", "\0mine")
        (files / "skipped.png").write_bytes(BINARY["new"])
        (files / "image.png").write_bytes(BINARY["new"])
        for name in ("skipped.txt", "excluded.txt", "b.txt"):
            user.template_edits(name)
        copier_yml.write_text("_exclude: [excluded.txt, copier.yml]\n" + copier_yml.read_text())
        user.update()
        assert user.text("skipped.txt") == user.text("excluded.txt") == LINES.replace("line 5\n", MINE)
        assert (user.folder / "skipped.png").read_bytes() == BINARY["mine"]
        assert not (user.folder / "b.txt").exists()
        assert not (user.folder / "image.png").exists()
        assert user.text("own.bin") == "\0mine"

    def test_a_change_that_the_user_had_already_made(self, user: User) -> None:
        """The user has the template's change and one more: nothing conflicts."""
        user.edits()
        edit(user.folder / "a.txt", 25, THEIRS)
        user.template_edits()
        user.update()
        user.has_both()

    def test_in_a_subfolder_of_a_repository(self, run_here: Run, files: Path, work: Path) -> None:
        git(work, "init", "-q")
        user = User(run_here, files.parent, work / "models" / "x")
        commit(work)
        (user.folder / "image.png").write_bytes(BINARY["mine"])
        (user.folder / "table.csv").write_bytes(UTF_16["mine"])
        (files / "table.csv").write_bytes(UTF_16["new"])
        user.edits()
        user.template_edits()
        user.update("table.csv")
        user.has_both()
        assert (user.folder / "image.png").read_bytes() == BINARY["mine"]


class TestLeftovers:
    def test_records_of_updates_that_were_killed(self, user: User, tmp_path: Path) -> None:
        """Only those of our own temporary folders, and only where these are gone (``kill -9``)."""
        for place in (".smscaffold-dead", ".smscaffold-alive", "others"):
            (tmp_path / place).mkdir()
            git(user.folder, "worktree", "add", "-q", "--detach", str(tmp_path / place / "tree"))
        for place in (".smscaffold-dead", "others"):
            subprocess.run(["rm", "-r", str(tmp_path / place)], check=True)
        user.template_edits()
        user.update()
        listed = git(user.folder, "worktree", "list", "--porcelain")
        assert ".smscaffold-dead" not in listed
        assert str(tmp_path / ".smscaffold-alive") in listed
        assert str(tmp_path / "others") in listed

    def test_copiers_temporary_folders_lie_in_ours(
        self, user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Copier forgets its own when it is stopped; ours goes with everything in it."""
        import tempfile

        made: list[Path] = []
        original = tempfile.mkdtemp

        def mkdtemp(*args: str, **options: str) -> str:
            made.append(Path(original(*args, **options)))
            return str(made[-1])

        for name in ("tempfile", "copier._vcs", "copier._template"):
            monkeypatch.setattr(f"{name}.mkdtemp", mkdtemp)
        user.template_edits()
        user.update()
        assert any("copier" in path.name for path in made)
        (ours,) = [path for path in made if path.name.startswith(".smscaffold-")]
        assert [path for path in made if path != ours and not path.is_relative_to(ours)] == []
        assert not ours.exists()
