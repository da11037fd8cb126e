"""What ``smscaffold update`` refuses: one clear sentence, exit code 1, nothing changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from shared_helpers import refused, write
from update_helpers import Machine, append


def test_a_folder_that_is_no_container_folder(machine_b: Machine, folder: Path, tmp_path: Path) -> None:
    refused(
        machine_b.update(tmp_path, check=False), f"{tmp_path} is not a container folder: it has no .copier-answers.yml"
    )
    inside = machine_b.update(folder / "program", check=False)
    refused(inside, "is not a container folder", f"its folder is {folder}")
    refused(machine_b.run("smscaffold", "update", "nowhere", cwd=tmp_path), "nowhere is not a container folder")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is not YAML"),
        ("a: 2024-13-45", "is not YAML: month must be in 1..12"),
        ("- a\n", "does not say which template"),
        ("_commit: v1.0.0\n", "does not say which template"),
        ("_src_path: /some/folder\n", "/some/folder, which had no version then"),
        ("_src_path: git+smscaffold://gone\n_commit: v1.0.0\n", "no template 'gone' with a history is installed"),
        ("_src_path: /some/folder\n_commit: v1.0.0\n", "cannot get the template /some/folder: fatal: "),
        ("_src_path: git+smscaffold://python-flask\n_commit: main2\n", "main2"),
    ],
)
def test_answers_files(machine_b: Machine, folder: Path, text: str, words: str) -> None:
    write(folder / ".copier-answers.yml", text)
    machine_b.commit(folder)
    refused(machine_b.update(folder, check=False), words)


def test_changes_that_are_not_committed(machine_b: Machine, folder: Path) -> None:
    append(folder / "Dockerfile", "# mine\n")
    write(folder / "own.txt", "")
    refused(machine_b.update(folder, check=False), "(Dockerfile, own.txt): commit or stash them first")
    assert (folder / "Dockerfile").read_text().endswith("# mine\n")


def test_a_checkout_that_lacks_a_part_of_the_folder(machine_b: Machine, folder: Path) -> None:
    machine_b.git(folder, "sparse-checkout", "set", "program")
    before = machine_b.git(folder, "rev-parse", "HEAD:")
    done = machine_b.update(folder, check=False)
    refused(done, f"the checkout leaves out files of {folder} (", ", ...)", "`git sparse-checkout disable`")
    assert (machine_b.status(folder), machine_b.git(folder, "write-tree")) == ("", before)


def test_a_checkout_that_lacks_something_else(machine_b: Machine, folder: Path) -> None:
    shutil.rmtree(folder / ".git")
    top = folder.parent
    write(top / "other" / "file", "")
    machine_b.git(top, "init", "--quiet")
    machine_b.git(top, "add", "model", "other")
    machine_b.git(top, "commit", "--quiet", "--message", "All")
    machine_b.git(top, "sparse-checkout", "set", "model")
    assert not (top / "other").exists()
    machine_b.update(folder, "--quiet")
    assert (folder / "added.md").exists()
    machine_b.git(top, "commit", "--quiet", "--message", "Update")
    assert "other/file" in machine_b.git(top, "ls-tree", "-r", "--name-only", "HEAD")


def test_no_git(machine_b: Machine, folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / ".git")
    refused(
        machine_b.update(folder, check=False), "model is not in a git repository: `git init`, add and commit it first"
    )
    machine_b.git(folder, "init", "--quiet")
    refused(machine_b.update(folder, check=False), "commit or stash them first")
    write(folder / ".git" / "info" / "exclude", "*\n")
    refused(machine_b.update(folder, check=False), "git ignores")
    (tmp_path / "empty").mkdir()
    python = machine_b.root / "venv" / "bin" / "python"
    done = machine_b.run(python, "-m", "smscaffold", "update", cwd=folder, PATH=str(tmp_path / "empty"))
    refused(done, "git is not installed")


def test_an_older_package_than_the_folder(machine_a: Machine, machine_b: Machine, tmp_path: Path) -> None:
    folder = machine_b.new(tmp_path / "x")
    refused(
        machine_a.update(folder, check=False),
        "was made with v1.1.0 of git+smscaffold://python-flask",
        "the newest version installed here is v1.0.0",
        "first upgrade smscaffold\n",
    )


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"GIT_ALLOW_PROTOCOL": "https:ssh"}, "(GIT_ALLOW_PROTOCOL=https:ssh) forbids smscaffold addresses"),
        (
            {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.smscaffold.allow", "GIT_CONFIG_VALUE_0": "never"},
            "(protocol.allow in git's configuration) forbids smscaffold addresses",
        ),
    ],
)
def test_a_policy_that_forbids_the_helper(machine_b: Machine, folder: Path, policy: dict[str, str], words: str) -> None:
    refused(machine_b.update(folder, check=False, **policy), words, "insteadOf")


def test_the_organisation_serves_the_same_history(machine_b: Machine, folder: Path, tmp_path: Path) -> None:
    machine_b.git(tmp_path, "clone", "--quiet", "--mirror", "smscaffold://python-flask", "server/python-flask")
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/server/.insteadOf",
        "GIT_CONFIG_VALUE_0": "smscaffold://",
        "GIT_ALLOW_PROTOCOL": "file",
    }
    machine_b.update(folder, "--quiet", **variables)
    assert (folder / "added.md").exists()
    machine_b.git(folder, "reset", "--quiet", "--hard")
    python = machine_b.root / "venv" / "bin" / "python"
    copier = [python, "-m", "copier", "update", "--defaults", "--quiet"]
    machine_b.run(*copier, cwd=folder, check=True, PATH="/usr/bin:/bin", **variables)
    assert (folder / "added.md").exists()


def test_answers(machine_b: Machine, folder: Path) -> None:
    refused(machine_b.update(folder, "-d", "layuot=split", check=False), "did you mean 'layout'?")
    refused(machine_b.update(folder, "-d", "layout=splt", check=False), "did you mean 'split'?")
    refused(machine_b.update(folder, "-d", "project_name=X", check=False), "project_name: must be", "(R1)")
    refused(machine_b.update(folder, "--ref", "v9", check=False), "has no version, branch or commit 'v9'")
    assert machine_b.status(folder) == ""
    assert machine_b.git(folder, "worktree", "list").count("\n") == 1


def test_an_answer_that_is_so_already(machine_b: Machine, folder: Path) -> None:
    machine_b.update(folder, "--quiet")
    machine_b.commit(folder)
    assert machine_b.update(folder, "-d", "layout=single").stdout == "Nothing changes in model\n"


def test_the_way_back(machine_b: Machine, folder: Path) -> None:
    machine_b.update(folder, "--quiet")
    machine_b.commit(folder)
    refused(machine_b.update(folder, "--ref", "v1.0.0", check=False), "copier cannot update it: You are downgrading")


def test_what_git_refuses_to_copier(machine_b: Machine, folder: Path, tmp_path: Path) -> None:
    refuse = 'case " $* " in *" diff-tree "*) echo "fatal: no\nUse another one." >&2; exit 128 ;; esac'
    git = write(tmp_path / "bin" / "git", f'#!/bin/sh\n{refuse}\nexec {shutil.which("git")} "$@"\n')
    git.chmod(0o755)
    path = f"{git.parent}{os.pathsep}{machine_b.environment['PATH']}"
    done = machine_b.update(folder, check=False, PATH=path)
    refused(done, "smscaffold: error: git failed when copier ran it: fatal: no\n")
    assert machine_b.status(folder) == ""


def test_a_file_that_git_ignores_is_not_overwritten(machine_b: Machine, folder: Path) -> None:
    append(folder / ".gitignore", "/added.md\n")
    machine_b.commit(folder)
    write(folder / "added.md", "mine\n")
    refused(machine_b.update(folder, check=False), "the update brings added.md", "move it away")
    assert (folder / "added.md").read_text() == "mine\n"
    assert machine_b.status(folder) == ""


def test_the_same_file_that_git_ignores_stands_in_no_ones_way(machine_b: Machine, folder: Path) -> None:
    """Templates by others bring files that their own .gitignore names."""
    machine_b.update(folder)
    added = (folder / "added.md").read_text()
    machine_b.run("git", "reset", "--quiet", "--hard", cwd=folder)
    append(folder / ".gitignore", "/added.md\n")
    machine_b.commit(folder)
    write(folder / "added.md", added)
    machine_b.update(folder)
    assert (folder / "added.md").read_text() == added
    assert machine_b.run("git", "ls-files", "added.md", cwd=folder).stdout == ""
