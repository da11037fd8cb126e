"""An update of a container folder that lies among others: it looks at nothing else, and nothing else changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_helpers import Run
from shared_helpers import refused, write
from test_hostile_updates import commit, git

import smscaffold.update

LINES = "one\ntwo\nthree\n"


class Monorepo:
    """A repository with the container folder ``models/x`` and more."""

    def __init__(self, run_here: Run, template: Path, top: Path) -> None:
        self.run_here, self.template, self.top = run_here, template, top
        self.folder = top / "models" / "x"
        write(template / "template" / "notes.md", LINES)
        git(template, "init", "-q")
        commit(template, "v1.0.0")
        write(top / "other" / "file", "theirs\n")
        write(top / "models" / "y" / "file", "theirs\n")
        done = run_here("new", self.folder, "-t", template, "-y")
        assert done.returncode == 0, done.stderr

    def release(self, name: str = "notes.md", text: str = LINES.replace("one", "1")) -> None:
        """Commits everything, and releases another version of the template."""
        commit(self.top)
        write(self.template / "template" / name, text)
        commit(self.template, "v2.0.0")

    def update(self) -> list[str]:
        """Updates the folder; returns the changes as git lists them, one line each."""
        done = self.run_here("update", self.folder)
        assert done.returncode == 0, done.stderr
        return git(self.top, "status", "--porcelain").splitlines()


@pytest.fixture(params=["sha1", "sha256"])
def monorepo(request: pytest.FixtureRequest, run_here: Run, template: Path, work: Path) -> Monorepo:
    git(work, "init", "-q", f"--object-format={request.param}", "mono")
    return Monorepo(run_here, template, work / "mono")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the second work tree, as copier finds it."""
    found: list[str] = []
    original = smscaffold.update._run_copier

    def run_copier(folder: object, second: Path, *more: object, **options: object) -> object:
        top = second.parents[1]
        found.extend(str(path.relative_to(top)) for path in sorted(top.rglob("*")) if path.is_file())
        return original(folder, second, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(smscaffold.update, "_run_copier", run_copier)
    return found


def test_only_the_folder_is_checked_out(monorepo: Monorepo, seen: list[str]) -> None:
    write(monorepo.top / ".gitattributes", "*.bin -diff\n")
    write(monorepo.top / "models" / ".gitignore", "*.log\n")
    monorepo.release()
    config = (monorepo.top / ".git" / "config").read_text()
    assert monorepo.update() == ["M  models/x/.copier-answers.yml", "M  models/x/notes.md"]
    around = [name for name in seen if not name.startswith("models/x/")]
    assert around == [".git", ".gitattributes", "models/.gitignore"]
    assert "models/x/notes.md" in seen
    assert (monorepo.top / ".git" / "config").read_text() == config
    assert not (monorepo.top / ".git" / "worktrees").exists()


def test_a_template_that_the_user_trusts_finds_everything(
    monorepo: Monorepo, seen: list[str], environment: dict[str, str]
) -> None:
    trust = f"trust: ['{monorepo.template}']\n"
    write(Path(environment["HOME"]) / ".config" / "copier" / "settings.yml", trust)
    monorepo.release()
    assert monorepo.update() == ["M  models/x/.copier-answers.yml", "M  models/x/notes.md"]
    assert {"other/file", "models/y/file"} < set(seen)


def test_a_name_elsewhere_that_is_no_utf_8_stays(monorepo: Monorepo) -> None:
    """Copier cannot read such a name."""
    with open(bytes(monorepo.top) + b"/other/caf\xe9", "w") as file:  # noqa: PTH123  a name in bytes
        file.write("mine\n")
    monorepo.release()
    assert monorepo.update() == ["M  models/x/.copier-answers.yml", "M  models/x/notes.md"]


def test_attributes_of_the_folders_above_count(monorepo: Monorepo) -> None:
    """Line ends: what is checked out, what copier makes of it, and what is committed go together."""
    write(monorepo.top / ".gitattributes", "*.md text eol=crlf\n")
    monorepo.release()
    shutil.rmtree(monorepo.folder)
    git(monorepo.top, "checkout", "--", ".")
    assert (monorepo.folder / "notes.md").read_bytes() == b"one\r\ntwo\r\nthree\r\n"
    monorepo.update()
    assert git(monorepo.top, "diff", "--cached", "--numstat", "--", "models/x/notes.md").split()[:2] == ["1", "1"]
    assert (monorepo.folder / "notes.md").read_bytes() == b"1\r\ntwo\r\nthree\r\n"


def test_a_link_out_of_the_folder_stays(monorepo: Monorepo) -> None:
    shared = monorepo.top / "other" / "notes.md"
    (monorepo.folder / "notes.md").rename(shared)
    (monorepo.folder / "notes.md").symlink_to("../../other/notes.md")
    monorepo.release("later.txt", "x\n")
    assert monorepo.update() == ["M  models/x/.copier-answers.yml", "A  models/x/later.txt"]
    assert (monorepo.folder / "notes.md").readlink() == Path("../../other/notes.md")
    assert shared.read_text() == LINES


def test_a_submodule_in_the_folder_and_one_elsewhere_stay(monorepo: Monorepo, tmp_path: Path) -> None:
    write(tmp_path / "library" / "file", "x\n")
    git(tmp_path / "library", "init", "-q", f"--object-format={object_format(monorepo)}")
    commit(tmp_path / "library")
    for place in ("models/x/library", "other/library"):
        add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "library"), place)
        git(monorepo.top, *add)
    monorepo.release()
    assert monorepo.update() == ["M  models/x/.copier-answers.yml", "M  models/x/notes.md"]
    assert (monorepo.folder / "library" / "file").read_text() == "x\n"


def object_format(monorepo: Monorepo) -> str:
    return git(monorepo.top, "rev-parse", "--show-object-format").strip()


class TestTheIndex:
    @pytest.mark.parametrize("assumed", [False, True])
    def test_of_a_copy_is_refreshed(self, monorepo: Monorepo, work: Path, assumed: bool) -> None:
        """After ``cp -r`` the index knows other files; with core.ignoreStat git does not look at them by itself."""
        git(monorepo.top, "config", "core.ignoreStat", str(assumed).lower())
        monorepo.release()
        git(monorepo.top, "rm", "-rq", "--cached", "--force", ".")
        git(monorepo.top, "add", "--all")
        monorepo.folder = work / "copy" / "models" / "x"
        shutil.copytree(monorepo.top, work / "copy", copy_function=shutil.copy)
        monorepo.top = work / "copy"
        assert monorepo.update() == ["M  models/x/.copier-answers.yml", "M  models/x/notes.md"]
        assert (monorepo.folder / "notes.md").read_text().startswith("1\n")

    def test_that_another_program_holds_for_a_while(self, monorepo: Monorepo, monkeypatch: pytest.MonkeyPatch) -> None:
        monorepo.release()
        lock = write(monorepo.top / ".git" / "index.lock", "")
        monkeypatch.setattr("smscaffold.update.time.sleep", lambda _: lock.unlink(missing_ok=True))
        assert monorepo.update() == ["M  models/x/.copier-answers.yml", "M  models/x/notes.md"]

    def test_that_another_program_never_lets_go(self, monorepo: Monorepo, monkeypatch: pytest.MonkeyPatch) -> None:
        monorepo.release()
        lock = write(monorepo.top / ".git" / "index.lock", "")
        monkeypatch.setattr("smscaffold.update.time.sleep", lambda _: None)
        refused(monorepo.run_here("update", monorepo.folder), "another program of git's is at work in", str(lock))
        assert git(monorepo.top, "status", "--porcelain") == ""
