"""The first commit that ``smscaffold new`` makes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import Run
from shared_helpers import write

Git = Callable[..., str]


@pytest.fixture
def git(environment: dict[str, str]) -> Git:
    """Runs git in a folder and returns what it prints."""

    def git(folder: Path, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    return git


def test_everything_is_in_it(run: Run, template: Path, work: Path, git: Git) -> None:
    done = run("new", "x", "-t", template, "--defaults")
    assert git(work / "x", "log", "--format=%an %s").splitlines() == ["A User Start from smscaffold template stub"]
    assert git(work / "x", "status", "--porcelain", "--ignored") == ""
    assert "100755" in git(work / "x", "ls-files", "--stage", "local_test/train_local.sh")
    assert "Traceback" not in done.stderr


def test_no_git(run: Run, template: Path, work: Path) -> None:
    run("new", "x", "-t", template, "--defaults", "--no-git")
    assert not (work / "x" / ".git").exists()


def test_without_an_identity_everything_is_staged(run: Run, template: Path, work: Path, git: Git) -> None:
    empty = write(work.parent / "gitconfig", "")
    done = run("new", "x", "-t", template, "--defaults", env={"GIT_CONFIG_GLOBAL": str(empty), "EMAIL": ""})
    assert done.returncode == 0
    assert "git knows no name and email for you" in done.stderr
    by_hand = done.stderr.strip().splitlines()[-1].strip()
    assert by_hand == "git commit -m 'Start from smscaffold template stub'"
    assert len(git(work / "x", "diff", "--cached", "--name-only").splitlines()) == 3
    subprocess.run(["git", "config", "user.name", "N"], cwd=work / "x", check=True)
    subprocess.run(["git", "config", "user.email", "n@example.com"], cwd=work / "x", check=True)
    subprocess.run(by_hand, shell=True, cwd=work / "x", check=True, capture_output=True)
    assert git(work / "x", "status", "--porcelain") == ""


def test_a_commit_that_a_hook_refuses_is_left_staged(run: Run, template: Path, work: Path, git: Git) -> None:
    hook = write(work.parent / "hooks" / "pre-commit", "#!/bin/sh\necho 'not on a Friday' >&2; exit 1\n")
    hook.chmod(0o755)
    git(work, "config", "--global", "core.hooksPath", str(hook.parent))
    settings = write(work.parent / "settings.yml", f"trust: ['{template}']\n")
    done = run("new", "x", "-t", template, "--defaults", env={"COPIER_SETTINGS_PATH": str(settings)})
    assert done.returncode == 0
    assert "git commit failed" in done.stderr
    assert "not on a Friday" in done.stderr
    assert len(git(work / "x", "diff", "--cached", "--name-only").splitlines()) == 3


@pytest.mark.parametrize("dest", ["x", "a/b/x"])
def test_inside_a_repository_none_is_made(run: Run, template: Path, work: Path, git: Git, dest: str) -> None:
    git(work, "init", "-q")
    done = run("new", dest, "-t", template, "--defaults")
    assert done.returncode == 0
    assert "lies in a git repository: commit it there before you update it" in done.stderr
    assert not (work / dest / ".git").exists()
    assert git(work, "status", "--porcelain", "--untracked-files=normal").startswith("?? ")


def test_variables_of_a_surrounding_hook_do_not_mislead(run: Run, template: Path, work: Path, git: Git) -> None:
    other = work.parent / "other"
    other.mkdir()
    git(other, "init", "-q")
    done = run("new", "x", "-t", template, "-y", env={"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)})
    assert done.returncode == 0, done.stderr
    assert len(git(work / "x", "log", "--oneline").splitlines()) == 1
    assert git(other, "status", "--porcelain") == ""


def test_git_is_not_installed(run: Run, template: Path, work: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = run("new", "x", "-t", template, "--defaults", env={"PATH": str(tmp_path / "bin")})
    assert done.returncode == 0, done.stderr
    assert "git is not installed" in done.stderr
    assert (work / "x" / "README.md").is_file()


def test_git_that_cannot_make_a_repository(run: Run, template: Path, work: Path, tmp_path: Path) -> None:
    real = shutil.which("git")
    broken = write(
        tmp_path / "bin" / "git", f'#!/bin/sh\ncase "$*" in *add*) echo no >&2; exit 1;; esac\n{real} "$@"\n'
    )
    broken.chmod(0o755)
    done = run("new", "x", "-t", template, "--defaults", env={"PATH": f"{broken.parent}:/usr/bin:/bin"})
    assert (done.returncode, done.stderr) == (1, "smscaffold: error: git add failed: no; --no-git leaves git out\n")
    assert list(work.iterdir()) == []
